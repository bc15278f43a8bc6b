"""Sentences on what would change the decision, and on what the figures depend most."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite

from simulator.core.formatting import percent
from simulator.planning.options import Option
from simulator.planning.planner import Answer
from simulator.planning.report.amounts import expense, time
from simulator.planning.report.goals import goal_with_limits
from simulator.planning.turning import Turn


def turning(answer: Answer) -> Iterator[str]:
    """Sentences on the smallest changes that turn the decision."""
    if answer.turns is None:
        return
    if not answer.turns:
        yield (
            "The decision stays the same if any of these is halved or doubled: "
            f"{', '.join(dict.fromkeys(way.what for way, _ in answer.sensitivity))}."
        )
        return
    first = answer.turns[0]
    if first.share is not None:
        yield f"What is not known may well change the decision: {turn(first)}."
        if len(answer.turns) > 1:
            first = answer.turns[1]
            yield f"Apart from that, the {first.what} changes the decision first: {turn(first)}."
        return
    yield f"The {first.what} {'change' if _several(first) else 'changes'} the decision first: {turn(first)}."


def turn(found: Turn) -> str:
    """A clause on a change of the decision: "if it rises by more than 20 %, the answer is …"."""
    asked = "does what is asked"
    now = f"no option that was looked at {asked}" if found.now is None else f"the answer is {found.now.name}"
    if found.share is not None:
        often = "" if found.now is None else "mostly "
        return f"in {percent(found.share)} of the sets that were drawn the option is not enough, and {often}{now}"
    moves = "rise" if found.factor > 1 else "fall"
    moved = f"they {moves}" if _several(found) else f"it {moves}s"
    return f"if {moved} by more than {round(100 * abs(found.factor - 1))} %, {now}"


def _several(found: Turn) -> bool:
    """Whether the quantity's name is a plural."""
    return found.what.endswith("s") and not found.what.startswith("price")


def sensitive(answer: Answer) -> Iterator[str]:
    """Sentences on the quantities to which the chosen option's figures are most sensitive."""
    advice, plan, unit = answer.advice, answer.plan, answer.loaded.scenario.time_unit
    base = answer.fresh
    if not answer.sensitivity:
        return
    by_share = plan.asked

    def weight(option: Option) -> tuple[float, float]:
        moved = abs(option.met.estimate - base.met.estimate)
        return (moved if by_share else 0.0, _moved(option, base))

    variation, option = max(answer.sensitivity, key=lambda pair: weight(pair[1]))
    told = [
        ("half of the runs within {}", [time(one.time_s.middle, unit) for one in (option, base)]),
        ("{}", [expense(one, advice.priced) for one in (option, base)]),
    ]
    if by_share:
        asked = f"{goal_with_limits(plan, unit)} in {{}} of runs"
        told.insert(0, (asked, [percent(one.met.estimate) for one in (option, base)]))
    what = "Its figures are most sensitive to the" if advice.chosen else "The nearest is most sensitive to the"
    where = variation.name.removeprefix(variation.quantity)[1:]
    for text, (now, before) in told:
        if now != before:
            yield f"{what} {variation.quantity}: at {where}, {text.format(now)} instead of {before}."
            return


def _moved(option: Option, base: Option) -> float:
    if option.time_s.middle == base.time_s.middle:
        spent = base.mean_cost.estimate
        return abs(option.mean_cost.estimate - spent) / max(spent, 1e-9)
    if not isfinite(option.time_s.middle) or not isfinite(base.time_s.middle):
        return inf
    return abs(option.time_s.middle / base.time_s.middle - 1)
