"""The answer in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite

from simulator.core import formatting, ticks
from simulator.core.formatting import counted, level, percent, trimmed
from simulator.planning.advice import Advice, Difference, Series
from simulator.planning.options import Option
from simulator.planning.planner import Answer
from simulator.planning.statistics import Interval
from simulator.scenario.plan import Plan

#: Others that the first sentence names.
OTHERS = 4


def sentence(answer: Answer) -> str:
    """The answer in one sentence."""
    advice, plan, unit = answer.advice, answer.plan, answer.loaded.scenario.time_unit
    chosen = advice.chosen
    if chosen is None:
        near, middle = advice.nearest, advice.nearest.time_s.middle
        half = (
            f"half of them within {time(middle, unit)}" if isfinite(middle) else "and in fewer than half at any time"
        )
        return (
            f"Nothing on the grid is {_asked(plan, unit)} in {level(plan.confidence)} of runs; the nearest is "
            f"{near.name}: in {share(near.met, plan.confidence)} of runs, {half}."
        )
    if advice.by_knee:
        best = "is the knee of time against cost" if chosen is advice.knee else "costs least"
        return f"No deadline was given; {chosen.name} {best}: {_half(advice, plan, chosen, unit)}."
    met = share(chosen.met, plan.confidence)
    text = f"{chosen.name}: {_asked(plan, unit)} in {met} of runs, {expense(chosen, advice.priced)}"
    if advice.best is not None and advice.best.failing:
        text += f", but not with every larger number: {_failing(advice.best, plan.confidence)}"
    others = "; ".join(_others(advice, chosen, plan.confidence))
    return f"{text}; {others}." if others else f"{text}."


def remarks(answer: Answer) -> Iterator[str]:
    """What else may be said, a sentence each."""
    advice, unit = answer.advice, answer.loaded.scenario.time_unit
    chosen = advice.chosen
    sure = answer.plan.confidence
    if chosen is not None and not advice.by_knee and chosen.met.low < sure:
        low = percent(chosen.met.low, unlike=sure)
        yield f"It may be fewer: the interval goes down to {low}, and {level(sure)} were asked."
    if advice.knee is not None and not advice.by_knee and advice.knee is not chosen:
        half = _half(advice, answer.plan, advice.knee, unit)
        yield f"The knee of time against cost is {advice.knee.name}: {half}."
    yield from (difference(found, unit) for found in _told(advice))
    yield from sensitive(answer)
    cell = (chosen or advice.nearest).cell
    if answer.plan.target is None and cell.loaded.scenario.stop is not None:
        yield "A run that comes to the scenario's `stop` is over there and counts as done, whatever was left to do."
    yield f"{answer.why[0].upper()}{answer.why[1:]}."
    yield answer.origin


def difference(found: Difference, unit: str) -> str:
    """What a paired difference says."""
    one, other, where = found.one.label, found.other.label, found.one.cell.name
    if not found.pairs:
        return f"{where}: {one} and {other} never reached the target in the same replicate."
    span = f"{time(abs(found.seconds.estimate), unit)}"
    low, high = sorted((abs(found.seconds.low), abs(found.seconds.high)))
    pairs = counted(found.pairs, "pair")
    if not found.seen:
        low, high = found.seconds.low, found.seconds.high
        return (
            f"{where}: no difference seen between {one} and {other} ({one} less {other} in the mean "
            f"{_signed(low, unit)} to {_signed(high, unit)}, {pairs})."
        )
    sooner, later = (other, one) if found.seconds.estimate > 0 else (one, other)
    return f"{where}: {sooner} is {span} sooner than {later} in the mean ({_range(low, high, unit)}, {pairs})."


def sensitive(answer: Answer) -> Iterator[str]:
    """What the answer is most sensitive to, the most first."""
    advice, plan, unit = answer.advice, answer.plan, answer.loaded.scenario.time_unit
    base = advice.chosen or advice.nearest
    if not answer.sensitivity:
        return
    by_share = plan.deadline is not None or plan.budget is not None or plan.target is not None

    def weight(option: Option) -> tuple[float, float]:
        moved = abs(option.met.estimate - base.met.estimate)
        return (moved if by_share else 0.0, _moved(option, base))

    variation, option = max(answer.sensitivity, key=lambda pair: weight(pair[1]))
    told = [
        ("half of the runs within {}", [time(one.time_s.middle, unit) for one in (option, base)]),
        ("{}", [expense(one, advice.priced) for one in (option, base)]),
    ]
    if by_share:
        asked = f"{_asked(plan, unit)} in {{}} of runs"
        told.insert(0, (asked, [percent(one.met.estimate) for one in (option, base)]))
    what = "The answer is most sensitive to the" if advice.chosen else "The nearest is most sensitive to the"
    where = variation.name.removeprefix(variation.quantity)[1:]
    for text, (now, before) in told:
        if now != before:
            yield f"{what} {variation.quantity}: at {where}, {text.format(now)} instead of {before}."
            return


def share(interval: Interval, unlike: float | None = None) -> str:
    """A share with its interval, "95 % (90–98 %)"; it looks like `unlike` only where it equals that."""
    middle = percent(interval.estimate, unlike=unlike)
    _, _, decimals = middle.removesuffix(" %").partition(".")
    for digits in range(len(decimals), len(decimals) + 4):
        low, high = (trimmed(f"{100 * bound:.{digits}f}") for bound in (interval.low, interval.high))
        if low != high or interval.low == interval.high:
            break
    return f"{middle} ({f'{low}–{high}' if low != high else low} %)"


def time(seconds: float, unit: str) -> str:
    """Seconds as people read them, a decimal where it matters, or that it never happens."""
    if not isfinite(seconds):
        return "never"
    amount = ticks.from_seconds(seconds)
    return formatting.time(amount, unit, 0 if amount >= 1000 * ticks.UNITS[unit] else 1)


def money(amount: float) -> str:
    """An amount of money; cents where they matter."""
    if 0 < amount < 0.01:  # noqa: PLR2004
        return f"${amount:.2g}"
    return f"${amount:,.0f}" if amount >= 100 else f"${amount:,.2f}"  # noqa: PLR2004


def hours(amount: float) -> str:
    """Worker-hours; a decimal where it matters."""
    return f"{amount:,.0f}" if amount >= 10 else f"{amount:.1f}" if amount >= 1 else f"{amount:.2g}"  # noqa: PLR2004


def expense(option: Option, priced: bool) -> str:
    """What half of the runs cost no more than."""
    text = f"about {hours(option.worker_hours.middle)} worker-hours"
    return f"{text}, {money(option.cost.middle)}" if priced else text


def goal(plan: Plan) -> str:
    """What reaching the target means."""
    target = plan.target
    if target is None:
        return "done"
    if target.loss is not None:
        return f"at a loss of {target.loss:g}"
    if target.quantile is not None:
        return f"at a result as good as the best {level(target.quantile)} of the candidates"
    return f"at {counted(target.full_length_trials or 0, 'fully trained trial')}"


def _asked(plan: Plan, unit: str) -> str:
    text = goal(plan)
    if plan.deadline is not None:
        text += f" within {formatting.time(plan.deadline, unit, 3)}"
    if plan.budget is None:
        return text
    return f"{text}{' and' if plan.deadline else ''} for ${formatting.decimal(plan.budget, 2)}"


def _half(advice: Advice, plan: Plan, option: Option, unit: str) -> str:
    mean = option.mean_time_s
    what = "mean" if option.reached == 1 else f"mean of the {percent(option.reached)} that get there"
    return (
        f"half of the runs {goal(plan)} within {time(option.time_s.middle, unit)} "
        f"({what} {time(mean.estimate, unit)}, {_range(mean.low, mean.high, unit)}), {expense(option, advice.priced)}"
    )


def _failing(series: Series, sure: float) -> str:
    named = [f"{option.count:,} ({percent(option.met.estimate, unlike=sure)})" for option in series.failing[:OTHERS]]
    more = len(series.failing) - len(named)
    return ", ".join([*named, f"{more:,} more"] if more else named)


def _others(advice: Advice, chosen: Option, sure: float) -> Iterator[str]:
    rest = [one for one in advice.series if one is not advice.best]
    # what differs in the searcher alone comes first
    rest.sort(key=lambda one: (one.setting != chosen.cell.setting, one.label != chosen.label))
    for one in rest[:OTHERS]:
        name = one.label if one.setting == chosen.cell.setting else f"{one.setting} with {one.label}"
        option = one.chosen
        if option is None:
            yield f"{name} would not do it with any number"
            continue
        cost = f" ({money(option.cost.middle)})" if advice.priced else ""
        but = f", and {_failing(one, sure)} would not do" if one.failing else ""
        same = "as many" if option.count == chosen.count else f"{option.count:,}"
        yield f"{name} would need {same}{cost}{but}"


def _told(advice: Advice) -> list[Difference]:
    """The differences in the chosen cell, else in the nearest."""
    cell = (advice.chosen or advice.nearest).cell
    return [found for found in advice.differences if found.one.cell is cell]


def _moved(option: Option, base: Option) -> float:
    if option.time_s.middle == base.time_s.middle:
        return abs(option.cost.middle - base.cost.middle) / max(base.cost.middle, 1e-9)
    if not isfinite(option.time_s.middle) or not isfinite(base.time_s.middle):
        return inf
    return abs(option.time_s.middle / base.time_s.middle - 1)


def _range(low: float, high: float, unit: str) -> str:
    return f"{time(low, unit).removesuffix(f' {unit}')}–{time(high, unit)}"


def _signed(seconds: float, unit: str) -> str:
    return f"−{time(-seconds, unit)}" if ticks.from_seconds(seconds) < 0 else time(abs(seconds), unit)
