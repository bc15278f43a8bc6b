"""What a plan asks for, in words."""

from __future__ import annotations

from simulator.core import formatting
from simulator.core.formatting import counted, level
from simulator.scenario.plan import PlanSection


def goal(plan: PlanSection) -> str:
    """The plan's target in words."""
    target = plan.target
    if target is None:
        return "done"
    if target.loss is not None:
        return f"at a loss of {target.loss:g}"
    if target.quantile is not None:
        return f"at {_top(target.quantile)}"
    return f"at {counted(target.full_length_trials or 0, 'fully trained trial')}"


def _top(quantile: float) -> str:
    return f"a top-{level(quantile)} result"


def what_none_does(plan: PlanSection) -> str:
    """A clause on what no option does: reach the target, or be shown to reach it."""
    target, shown = plan.target, plan.choose_by == "lower_bound"
    if target is None:
        return "is shown to be done" if shown else "is done"
    if target.full_length_trials is not None:
        trials = f"{counted(target.full_length_trials, 'trial')} in full"
        return f"is shown to train {trials}" if shown else f"trains {trials}"
    result = f"a loss of {target.loss:g}" if target.loss is not None else _top(target.quantile or 0)
    return f"is shown to reach {result}" if shown else f"reaches {result}"


def goal_with_limits(plan: PlanSection, unit: str) -> str:
    """The target with deadline and budget, such as "done within 8 h"."""
    return goal(plan) + limits_in_words(plan, unit)


def limits_in_words(plan: PlanSection, unit: str) -> str:
    """Deadline and budget as text, each after a space."""
    text = ""
    if plan.deadline is not None:
        text += f" within {formatting.time(plan.deadline, unit, 3)}"
        text += f" (by {plan.due})" if plan.due else ""
    if plan.budget is None:
        return text
    return f"{text}{' and' if plan.deadline else ''} for ${formatting.decimal(plan.budget, 2)}"
