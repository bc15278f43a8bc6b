"""The answer in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from simulator.core import formatting, ticks
from simulator.core.formatting import counted, level, percent, trimmed
from simulator.planning import statistics
from simulator.planning.advice import Advice
from simulator.planning.choice import SAME, Series
from simulator.planning.differences import Difference, told_apart
from simulator.planning.ignorance import more_pilots
from simulator.planning.options import Option
from simulator.planning.planner import Answer
from simulator.planning.report.amounts import expense, hours, money, share, time, time_range
from simulator.planning.report.decision import sensitive, turn, turning
from simulator.planning.report.differences import dearer, difference
from simulator.planning.report.goals import goal, goal_with_limits, limits_in_words, what_none_does
from simulator.scenario.cluster import IdleReleaseSection, Release
from simulator.scenario.plan import PlanSection

__all__ = [
    "dearer",
    "difference",
    "expense",
    "goal",
    "hours",
    "money",
    "question",
    "remarks",
    "risk",
    "rule",
    "sensitive",
    "sentence",
    "share",
    "sure",
    "time",
    "turn",
    "turning",
]

#: Greatest number of other options that the first sentence names.
OTHERS = 4
#: A share of runs, and the confidence with which the replicates should have shown what happens in it.
RARE, SEEN = 0.1, 0.95


def sentence(answer: Answer) -> str:
    """The answer in one sentence; its figures are those of the fresh runs."""
    advice, plan, unit = answer.advice, answer.plan, answer.loaded.scenario.time_unit
    chosen, fresh = advice.chosen, answer.fresh
    if chosen is None:
        middle = fresh.time_s.middle
        half = (
            f"half of them within {time(middle, unit)}" if isfinite(middle) else "and in fewer than half at any time"
        )
        return (
            f"No option {what_none_does(plan)}{limits_in_words(plan, unit)} in {level(plan.confidence)} of runs; the "
            f"nearest is {fresh.name}: in {_met(answer)}, {half}."
        )
    if advice.by_knee:
        best = "is the knee of time against cost" if chosen is advice.knee else "costs least"
        return f"No deadline was given; {chosen.name} {best}: {_half(advice, plan, fresh, unit)}."
    text = f"{chosen.name}: {goal_with_limits(plan, unit)} in {_met(answer)}, {expense(fresh, advice.priced)}"
    if advice.best is not None and advice.best.failing:
        text += f", but not with every larger number: {_failing(advice.best, plan)}"
    others = "; ".join(_others(advice, chosen, plan))
    return f"{text}; {others}." if others else f"{text}."


def question(answer: Answer) -> str:
    """The question in one sentence."""
    plan, unit = answer.plan, answer.loaded.scenario.time_unit
    spec = answer.fresh.cell.loaded.scenario.searchers[answer.fresh.label]
    search = "a search" if spec.trials is None else f"a search of {counted(spec.trials, 'trial')}"
    sure = f", in {level(plan.confidence)} of runs" if plan.asked else ""
    return f"How many workers, and which, for {search} to be {goal_with_limits(plan, unit)}{sure}?"


def sure(answer: Answer) -> str:
    """The certainty of the answer in one or two sentences."""
    fresh, unit = answer.fresh, answer.loaded.scenario.time_unit
    median = fresh.known.median_s
    half = f"Half of the runs are done within {time(fresh.time_s.middle, unit)}"
    if isfinite(median.low) and isfinite(median.high):
        half += f" ({time_range(max(median.low, 0.0), median.high, unit)})"
    tenth = f"nine of ten within {time(fresh.time_s.high, unit)}"
    what = goal_with_limits(answer.plan, unit)
    asked = f"{what[0].upper()}{what[1:]} in {_met(answer)}. " if answer.plan.asked else ""
    return f"{asked}{half}, {tenth}."


def risk(answer: Answer) -> str:
    """The main risk that the answer is wrong, in one sentence."""
    if answer.turns and answer.turns[0].share is not None:
        return next(turning(answer))
    known = answer.fresh.ignorance
    if known is not None and (known.too_few or known.heavy_tailed):
        return next(text for text in _pilots(answer) if "too few" in text)
    for found in (_alone(answer), _below(answer), turning(answer), sensitive(answer)):
        for text in found:
            return text
    return answer.origin


def remarks(answer: Answer) -> Iterator[str]:
    """Further remarks, one sentence each."""
    advice, unit = answer.advice, answer.loaded.scenario.time_unit
    chosen = advice.chosen
    yield from _ground(answer)
    yield from _pilots(answer)
    yield from _edge(advice)
    yield from _tied(advice, answer.plan)
    yield from _conflict(answer)
    yield from _would_do(answer)
    if chosen is not None and answer.fresh.met.estimate < answer.plan.confidence and answer.plan.asked:
        seen = percent(chosen.met.estimate, unlike=answer.plan.confidence)
        yield (
            f"It was chosen because {seen} of its first runs did what is asked. Of its fresh runs, fewer did so than "
            f"the {level(answer.plan.confidence)} that were asked for."
        )
    yield from _below(answer)
    if advice.knee is not None and not advice.by_knee and advice.knee is not chosen:
        half = _half(advice, answer.plan, advice.knee, unit)
        yield f"The knee of time against cost is {advice.knee.name}: {half}."
    for found in _told(advice):
        yield difference(found, unit)
        if advice.priced:
            yield dearer(found)
    yield from _bills(answer)
    yield from _alone(answer)
    yield from turning(answer)
    yield from sensitive(answer)
    cell = (chosen or advice.nearest).cell
    if answer.plan.target is None and cell.loaded.scenario.stop is not None:
        yield "A run that comes to the scenario's `stop` is over there and counts as done, whatever was left to do."
    yield f"{answer.why[0].upper()}{answer.why[1:]}."
    yield from _open(answer)
    yield from _rare(answer)
    yield answer.origin


def _met(answer: Answer) -> str:
    """The share of runs that meet the question, with its interval by chance and, with pilots, its full interval."""
    fresh, sure = answer.fresh, answer.plan.confidence
    met = f"{share(fresh.met, sure)} of {_fresh(answer)}"
    if fresh.ignorance is None:
        return met
    span = share(fresh.known.met, sure).partition("(")[2].removesuffix(")")
    return f"{met} {fresh.ignorance.if_right}, {span} given {fresh.ignorance.rests_on}"


def _pilots(answer: Answer) -> Iterator[str]:
    """Sentences on the uncertainty from pilots: of the median time, and how many more pilots would be enough."""
    fresh, plan, unit = answer.fresh, answer.plan, answer.loaded.scenario.time_unit
    found = fresh.ignorance
    if found is None:
        return
    median = fresh.known.median_s
    if isfinite(median.low) and isfinite(median.high):
        yield (
            f"Half of the runs are done within {time(median.estimate, unit)} {found.if_right}, and within "
            f"{time_range(max(median.low, 0.0), median.high, unit)} given {found.rests_on}."
        )
    if found.pilots is not None and found.too_few:
        needed = found.needed
        yield (
            f"{found.pilots:,} pilots are too few for this question: a search trains in full the best 1 in "
            f"{round(found.pilots / found.top):,} of its trials, so hardly a pilot is like those, and the true share "
            f"may lie outside the interval. About {needed:,} pilots would be enough."
        )
    elif plan.deadline is not None:
        more = more_pilots(ticks.to_seconds(plan.deadline), fresh.time_s.middle, found, plan.confidence)
        if more is not None:
            yield f"About {counted(more, 'more pilot')} would settle whether half of the runs are in time."
    if found.heavy_tailed:
        yield (
            f"A few of the {found.pilots:,} pilots are far slower than the others, so trials slower than any of them "
            "must be expected. The pilots are too few to show how slow: more runs may be late than the interval says."
        )


def _fresh(answer: Answer) -> str:
    return f"{answer.fresh.replicates:,} fresh runs"


def _ground(answer: Answer) -> Iterator[str]:
    """The criterion by which the option was chosen; or why the runs could not show that any option does it."""
    advice, plan = answer.advice, answer.plan
    unused = "which were not used to choose it"
    if not plan.asked:
        if advice.chosen is not None:
            yield f"Its figures come from {_fresh(answer)}, {unused}."
        return
    sure = level(plan.confidence)
    bound = f"with {level(plan.assurance)} confidence, one-sided"
    if advice.chosen is not None:
        if plan.choose_by == "lower_bound":
            how = f"are shown to do this in {sure} of runs ({bound})"
        else:
            how = f"did this in at least {sure} of their runs"
        cheapest = "is the cheapest on average"
        best = {
            "expense": cheapest if advice.priced else "takes the fewest worker-hours on average",
            "time": "is the soonest, or the cheapest of those that are as soon",
            "knee": "is the knee of time against cost" if advice.chosen is advice.knee else cheapest,
        }[advice.ground]
        if advice.base is not None and advice.base is not advice.chosen:
            how += f" and cost up to {level(SAME)} more than {advice.base.name} ({_spent(advice.base, advice)})"
            best = "is the soonest"
        yield f"Of the options that {how}, it {best}. Its figures come from fresh runs, {unused}."
    elif plan.choose_by == "lower_bound":
        needed = statistics.runs_to_show(plan.confidence, plan.assurance)
        if answer.replicates < needed:
            yield (
                f"No {answer.replicates:,} runs can show {sure} {bound}: it takes {needed:,} or more, so raise "
                "replicates."
            )
            return
        able = [option for option in advice.options if option.met.estimate >= plan.confidence]
        if able:
            best_able = max(able, key=lambda option: option.met.estimate)
            yield (
                f"By the share of its runs alone, {best_able.name} would be enough "
                f"({share(best_able.met, plan.confidence)}), but that is not shown {bound}."
            )


def _below(answer: Answer) -> Iterator[str]:
    """A sentence if the true share may be less than was asked for, although the option was chosen."""
    met, plan = answer.fresh.known.met, answer.plan
    if answer.advice.chosen is not None and plan.asked and met.low < plan.confidence <= met.estimate:
        low = percent(met.low, unlike=plan.confidence)
        yield (
            f"The true share may be below the {level(plan.confidence)} asked for: its interval reaches down to {low}."
        )


def _open(answer: Answer) -> Iterator[str]:
    """What may settle a choice that another seed of the plan may change."""
    settle = answer.plan.replicates.settle
    if not answer.advice.open or answer.fresh.ignorance is not None:  # more runs don't help where pilots are too few
        return
    told = "Another seed of this plan may give another answer"
    if settle is None:
        yield f"{told}. `replicates: {{settle: 400}}` adds runs of the options that may be the answer, to settle it."
    else:
        yield f"{told}: {settle:,} runs of each option that may be the answer have not settled it."


def _rare(answer: Answer) -> Iterator[str]:
    """A warning if the runs are too few to show what happens in few of them."""
    needed = statistics.runs_to_see(RARE, SEEN)
    if answer.replicates < needed:
        yield (
            f"{answer.replicates:,} replicates may all miss what happens in one run of ten, such as a "
            "far longer time or a far higher bill. Means, differences and their intervals would then be wrong. "
            f"{needed:,} replicates show it with {level(SEEN)} confidence."
        )


def _bills(answer: Answer) -> Iterator[str]:
    """A sentence on the costs with machines kept or let go, and on which of them the answer uses."""
    if not answer.advice.priced:
        return
    cluster = answer.fresh.cell.loaded.scenario.cluster
    rules = [group.release or cluster.release for group in (cluster.groups or {}).values()] or [cluster.release]
    kept, drained = (money(bill.estimate) for bill in (answer.fresh.kept, answer.fresh.drained))
    bills = f"{kept} if machines are kept to the end, {drained} if each is let go after its last work"
    used = rule(rules[0]) if all(rule == rules[0] for rule in rules) else "let go group by group"
    if any(rule not in ("end", "drained") for rule in rules):
        used += f", which cost {money(answer.fresh.mean_cost.estimate)} on average"
    text = f"{answer.fresh.name}: on average {bills}. The answer assumes machines that are {used}"
    turned = [found for found in _told(answer.advice) if _opposite(found)]
    yield f"{text} (`release`)."
    for found in turned:
        labels = found.one.label, found.other.label
        cheap, other = labels if found.kept.estimate < 0 else labels[::-1]
        less = money(abs(found.kept.estimate)), money(abs(found.drained.estimate))
        yield (
            f"{found.one.cell.name}: which of {labels[0]} and {labels[1]} costs less depends on that. If machines "
            f"are kept it is {cheap}, by {less[0]} on average; if they are let go it is {other}, by {less[1]}."
        )


def rule(release: Release) -> str:
    """When machines are let go, in words."""
    if isinstance(release, IdleReleaseSection):
        unit = next((unit for unit in ("d", "h", "min") if release.idle % ticks.UNITS[unit] == 0), "s")
        return f"let go after {trimmed(f'{release.idle / ticks.UNITS[unit]:.6f}')} {unit} without work"
    return "kept to the end" if release == "end" else "let go"


def _opposite(found: Difference) -> bool:
    """Whether the two bills disagree on which of two searchers costs less, and both are sure."""
    return told_apart(found.kept) and told_apart(found.drained) and found.kept.estimate * found.drained.estimate < 0


def _alone(answer: Answer) -> Iterator[str]:
    """A warning if spot machines are taken away one by one, since real ones mostly go together."""
    cluster = answer.fresh.cell.loaded.scenario.cluster
    groups = [(group.count, group.preemption or cluster.preemption) for group in (cluster.groups or {}).values()]
    for count, preemption in groups or [(cluster.workers or 1, cluster.preemption)]:
        if count == 1 or preemption is None or preemption.availability is not None:
            continue
        if preemption.together == "machine":
            remedy = "`preemption: {together: group}`"
            if preemption.series is not None:
                remedy = "`up`, `down` and `together: group` in place of `series`"
            yield (
                "In this scenario its machines are taken away one by one. Real machines of one type and zone are "
                f"mostly taken away together, and then the times of runs differ more. Say so with {remedy}."
            )
            return


def _edge(advice: Advice) -> Iterator[str]:
    """A sentence if the answer lies at an end of the grid."""
    if advice.best is None or advice.chosen is None:
        return
    count = advice.chosen.count
    if len(advice.best.options) == 1 and count > 1:
        yield f"No other number than {count:,} was tried. Fewer workers may be enough; `--extend` tries them."
    for number, edge in advice.edges.items():
        if edge == "most":
            more = "More workers may do better; `--extend` tries them."
            yield f"{number:,} is the largest number that was tried. {more}"
        elif number > 1:
            fewer = "Fewer workers may be enough; `--extend` tries them."
            yield f"{number:,} is the smallest number that was tried. {fewer}"


def _tied(advice: Advice, plan: PlanSection) -> Iterator[str]:
    """A sentence on options that can't be distinguished from the chosen one."""
    if not advice.tied:
        return
    named = []
    for option in advice.tied[:OTHERS]:
        met = f"{percent(option.met.estimate, unlike=plan.confidence)}, " if plan.asked else ""
        named.append(f"{option.name} ({met}{_spent(option, advice)})")
    more = len(advice.tied) - len(named)
    text = "; ".join([*named, f"and {counted(more, 'other')}"] if more else named)
    if advice.base is None:
        yield f"These runs can't tell it apart from: {text}."
        return
    more_ = f"cost over {level(SAME)} more" if advice.priced else f"take over {level(SAME)} more worker-hours"
    yield f"These may do it too, and are not shown to {more_}: {text}."


def _spent(option: Option, advice: Advice) -> str:
    """The mean cost of an option, or its mean worker-hours if nothing has a price."""
    return money(option.mean_cost.estimate) if advice.priced else f"{hours(option.mean_hours.estimate)} worker-hours"


def _conflict(answer: Answer) -> Iterator[str]:
    """Sentences on which of deadline and budget fails."""
    conflict, plan, unit = answer.advice.conflict, answer.plan, answer.loaded.scenario.time_unit
    if conflict is None or plan.deadline is None or plan.budget is None:
        return
    deadline, budget = formatting.time(plan.deadline, unit, 3), f"${formatting.decimal(plan.budget, 2)}"
    in_time, affordable = conflict.in_time, conflict.affordable
    if in_time is not None and affordable is not None:
        yield (
            f"Deadline and budget can each be met, but not together. Of the options in time the cheapest is "
            f"{in_time.name}, at {money(in_time.mean_cost.estimate)} on average. Of the options within budget the "
            f"soonest is {affordable.name}, with half of its runs within {time(affordable.time_s.middle, unit)}."
        )
    elif in_time is not None:
        yield (
            f"It is the budget that can't be met: of the options in time the cheapest is {in_time.name}, at "
            f"{money(in_time.mean_cost.estimate)} on average, and the budget is {budget}."
        )
    elif affordable is not None:
        yield (
            f"It is the deadline that can't be met: of the options within budget the soonest is {affordable.name}, "
            f"with half of its runs within {time(affordable.time_s.middle, unit)}, and the deadline is {deadline}."
        )
    else:
        yield f"Neither can be met: no option is done within {deadline}, and none for {budget}."


def _would_do(answer: Answer) -> Iterator[str]:
    """If no option does what is asked: sentences on the budget and the deadline that some option would meet."""
    advice, plan, unit = answer.advice, answer.plan, answer.loaded.scenario.time_unit
    if advice.chosen is not None or not advice.options:
        return
    conflict, sure = advice.conflict, plan.confidence
    if plan.budget is not None and (conflict is None or conflict.affordable is None):
        costs = {option: statistics.quantile(option.costs, sure) for option in advice.options}
        cheap = min(advice.options, key=costs.__getitem__)
        if costs[cheap] > plan.budget:
            yield f"A budget of {money(costs[cheap])} is what {level(sure)} of the runs of {cheap.name} cost at most."
    if plan.deadline is not None and (conflict is None or conflict.in_time is None):
        times = {option: statistics.quantile(option.times, sure) for option in advice.options}
        soon = min(advice.options, key=times.__getitem__)
        if isfinite(times[soon]) and times[soon] > ticks.to_seconds(plan.deadline):
            yield f"Within {time(times[soon], unit)}, {level(sure)} of the runs of {soon.name} are {goal(plan)}."


def _half(advice: Advice, plan: PlanSection, option: Option, unit: str) -> str:
    mean = option.mean_time_s
    span = time_range(mean.low, mean.high, unit)
    what = "mean" if option.reached == 1 else f"mean of the {percent(option.reached)} that get there"
    return (
        f"half of the runs {goal(plan)} within {time(option.time_s.middle, unit)} "
        f"({what} {time(mean.estimate, unit)}, {span}), {expense(option, advice.priced)}"
    )


def _failing(series: Series, plan: PlanSection) -> str:
    sure = plan.confidence
    named = [f"{option.count:,} ({percent(option.met.estimate, unlike=sure)})" for option in series.failing[:OTHERS]]
    more = len(series.failing) - len(named)
    return ", ".join([*named, f"and {counted(more, 'other')}"] if more else named)


def _others(advice: Advice, chosen: Option, plan: PlanSection) -> Iterator[str]:
    rest = [one for one in advice.series if one is not advice.best]
    # options that differ only in the searcher come first
    rest.sort(key=lambda one: (one.setting != chosen.cell.setting, one.label != chosen.label))
    for one in rest[:OTHERS]:
        name = one.label if one.setting == chosen.cell.setting else f"{one.setting} with {one.label}"
        option = one.chosen
        if option is None:
            enough = "is shown to be enough" if plan.choose_by == "lower_bound" else "would be enough"
            yield f"for {name}, no number of workers {enough}"
            continue
        cost = f" ({money(option.mean_cost.estimate)})" if advice.priced else ""
        but = f", and {_failing(one, plan)} would not do" if one.failing else ""
        also = " also" if option.count == chosen.count else ""
        yield f"for {name} it would{also} be {counted(option.count, 'worker')}{cost}{but}"


def _told(advice: Advice) -> list[Difference]:
    """The differences of searchers in the chosen cell, or else in the nearest one."""
    cell = (advice.chosen or advice.nearest).cell
    return [found for found in advice.differences if found.one.cell is cell]
