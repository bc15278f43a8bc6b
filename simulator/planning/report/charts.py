"""The figures of a plan of one search: times and expense by workers, the trade-off, and paired differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from simulator.core.ticks import UNITS, to_seconds
from simulator.planning.advice import Advice
from simulator.planning.choice import Series
from simulator.planning.options import Option, Spread
from simulator.planning.planner import Answer
from simulator.planning.report.drawing import (
    DASHES,
    LINES,
    MARKS,
    SHOWN,
    Chart,
    Limit,
    chart,
    colours,
    draw_limit,
    kept_of,
    mark_counts,
    sheet,
)
from simulator.render.plots.figure import named
from simulator.render.style import THEMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def charts(answer: Answer) -> Iterator[Chart]:
    """All figures of an answer: times and expense by workers, the trade-off, and the paired differences."""
    advice, plan, unit = answer.advice, answer.plan, answer.loaded.scenario.time_unit
    hour = UNITS[unit] / UNITS["s"]
    money = "cost ($)" if advice.priced else "worker-hours"
    shown = _shown(advice)
    deadline = None if plan.deadline is None else Limit(to_seconds(plan.deadline) / hour, "deadline")
    kept = kept_of(len(shown), len(advice.series))
    title = f"Time by number of workers: half of the runs (line), four in five (band){kept}"
    yield _by_workers(shown, lambda option: _scaled(option.time_s, hour), f"time ({unit})", deadline, title)
    budget = None if plan.budget is None else Limit(plan.budget, "budget")
    title = (
        f"{'Cost' if advice.priced else 'Worker-hours'} by number of workers: half of the runs, four in five{kept}"
    )
    yield _by_workers(
        shown, lambda option: option.cost if advice.priced else option.worker_hours, money, budget, title
    )
    yield _trade_off(advice, shown, hour, unit, money)
    if any(found.comparable for found in advice.differences):
        yield _differences(advice, hour, unit)


def _shown(advice: Advice) -> list[Series]:
    chosen = advice.chosen
    order = sorted(
        advice.series,
        key=lambda one: chosen is not None and (one.setting != chosen.cell.setting, one.label != chosen.label),
    )
    kept = order[:SHOWN]
    return [one for one in advice.series if one in kept]


def _by_workers(
    shown: Sequence[Series],
    spread: Callable[[Option], Spread],
    unit: str,
    limit: Limit | None,
    title: str,
) -> Chart:
    figure, axes = sheet()
    _lines(axes, shown, spread, unit, limit)
    return chart(figure, axes, title)


def draw_times(answer: Answer, axes: Axes) -> str:
    """Draw the first figure, times by number of workers, and return its title."""
    unit, deadline = answer.loaded.scenario.time_unit, answer.plan.deadline
    hour = UNITS[unit] / UNITS["s"]
    limit = None if deadline is None else Limit(to_seconds(deadline) / hour, "deadline")
    shown = _shown(answer.advice)
    _lines(axes, shown, lambda option: _scaled(option.time_s, hour), f"time ({unit})", limit)
    kept = kept_of(len(shown), len(answer.advice.series))
    return f"Time by number of workers: half of the runs (line), four in five (band){kept}"


def _lines(
    axes: Axes, shown: Sequence[Series], spread: Callable[[Option], Spread], unit: str, limit: Limit | None
) -> None:
    palette = colours(THEMES["light"])
    spreads = [spread(option) for one in shown for option in one.options]
    known = [value for found in spreads for value in found if isfinite(value)]
    ceiling = 1.05 * max([*known, limit.value if limit else 0.0]) or 1.0
    for one, colour, dash, mark in _styled(shown):
        points = [(option.count, spread(option)) for option in one.options if isfinite(spread(option).middle)]
        if not points:
            continue
        counts, middles = [count for count, _ in points], [found.middle for _, found in points]
        tops = [min(found.high, ceiling) for _, found in points]
        lows = [found.low for _, found in points]
        axes.plot(counts, middles, dash, marker=mark, ms=4, color=palette[colour], label=named(_name(one)))
        if len(points) > 1:
            axes.fill_between(counts, lows, tops, color=palette[colour], alpha=0.15, lw=0)
        else:
            axes.vlines(counts, lows, tops, color=palette[colour], lw=2, alpha=0.5)
    if limit is not None:
        draw_limit(axes, limit)
    axes.set_ylim(0, None if len(known) == 3 * len(spreads) else ceiling)  # infinite values are not drawn
    mark_counts(axes, sorted({option.count for one in shown for option in one.options}))
    axes.set_ylabel(unit)


def _trade_off(advice: Advice, shown: Sequence[Series], hour: float, unit: str, money: str) -> Chart:
    figure, axes = sheet()
    palette = colours(THEMES["light"])

    def place(option: Option) -> tuple[float, float]:
        spent = option.mean_cost if advice.priced else option.mean_hours
        return option.time_s.middle / hour, spent.estimate

    axes.plot(*_columns(map(place, advice.front)), color=palette["muted"], lw=5, alpha=0.35, label="best trade-offs")
    for one, colour, _, mark in _styled(shown):
        points = [place(option) for option in one.options if isfinite(option.time_s.middle)]
        axes.plot(*_columns(points), mark, ms=5, color=palette[colour], label=named(_name(one)))
    marked: dict[Option, str] = {}
    if advice.knee is not None:
        marked[advice.knee] = f"knee: {advice.knee.count:,}"
    if advice.chosen is not None:
        both = advice.chosen is advice.knee
        marked[advice.chosen] = f"recommended{' (knee)' if both else ''}: {advice.chosen.count:,}"
    for number, (option, text) in enumerate(marked.items()):
        axes.annotate(
            text, place(option), xytext=(14, 46 - 24 * number), textcoords="offset points",
            color=palette["ink"], zorder=9,
            bbox={"fc": palette["panel"], "ec": "none", "pad": 1},
            arrowprops={"arrowstyle": "-", "ec": palette["ink"]},
        )  # fmt: skip
        axes.plot(*_columns([place(option)]), "o", ms=11, mfc="none", mec=palette["ink"], mew=1.2)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"time, median ({unit})")
    axes.set_ylabel(f"{money}, mean")
    kept = kept_of(len(shown), len(advice.series))
    return chart(figure, axes, f"Time against cost; the grey line joins the best{kept}")


def _differences(advice: Advice, hour: float, unit: str) -> Chart:
    figure, axes = sheet()
    palette = colours(THEMES["light"])
    groups: dict[str, list[tuple[int, float, float, float]]] = {}
    for found in advice.differences:
        if found.comparable:  # else slow runs would be missing, or less work would look faster
            setting = f", {found.one.cell.setting}" if found.one.cell.setting else ""
            text = f"{found.one.label} − {found.other.label}{setting}"
            middle, low, high = (value / hour for value in found.seconds)
            groups.setdefault(text, []).append((found.one.count, middle, low, high))
    for number, (text, points) in enumerate(list(groups.items())[:SHOWN]):
        counts, middles, lows, highs = zip(*sorted(points), strict=True)
        colour = palette[LINES[number % len(LINES)]]
        axes.plot(counts, middles, marker=MARKS[number % len(MARKS)], ms=4, lw=1, color=colour, label=named(text))
        axes.vlines(counts, lows, highs, color=colour, lw=2.5, alpha=0.5)
    axes.axhline(0, color=palette["ink"], lw=1)
    mark_counts(axes, sorted({found.one.count for found in advice.differences if found.comparable}))
    axes.set_ylabel(f"difference of times ({unit})")
    kept = kept_of(min(len(groups), SHOWN), len(groups))
    return chart(figure, axes, f"The same seeds in both: mean difference with its interval; 0 is none{kept}")


def _styled(shown: Sequence[Series]) -> Iterator[tuple[Series, str, str, str]]:
    """Each series with its style: a colour for the searcher, dashes and a mark for the setting; no two are equal."""
    labels = list(dict.fromkeys(one.label for one in shown))
    settings = list(dict.fromkeys(one.setting for one in shown))
    taken: set[tuple[str, int]] = set()
    for one in shown:
        colour = LINES[labels.index(one.label) % len(LINES)]
        own = settings.index(one.setting)
        place = next(at for at in (*range(own, len(MARKS)), *range(own)) if (colour, at) not in taken)
        taken.add((colour, place))
        yield one, colour, DASHES[place % len(DASHES)], MARKS[place]


def _scaled(spread: Spread, unit: float) -> Spread:
    return Spread(*(value / unit for value in spread))


def _columns(points: Iterable[tuple[float, float]]) -> tuple[list[float], list[float]]:
    pairs = list(points)
    return [x for x, _ in pairs], [y for _, y in pairs]


def _name(series: Series) -> str:
    return f"{series.label}, {series.setting}" if series.setting else series.label
