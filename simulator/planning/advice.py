"""The advice: which option to take, and what else was worth knowing. It claims no more than the runs show.

The makespan of an asynchronous search is not monotone in the number of workers, so a count is recommended only where
every larger one of the grid does it too, or it is said which ones don't.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

from simulator.core.streams import Stream, generator
from simulator.planning import statistics
from simulator.planning.options import Option
from simulator.planning.statistics import Interval
from simulator.scenario.plan import Plan


class Pick(NamedTuple):
    """A place in a row of counts, and the places of larger ones that fail all the same."""

    place: int
    failing: tuple[int, ...] = ()


def lasting(meets: Sequence[bool], also: Sequence[bool] | None = None) -> Pick | None:
    """Of a row of counts, the smallest from which all larger ones meet the target too; None where none meets it.

    Where the largest doesn't, it is the smallest that meets it, with those that fail after it. `also` is asked of the
    pick alone, as a budget is: more workers may cost more.
    """
    also = [True] * len(meets) if also is None else also
    tail = len(meets)
    while tail and meets[tail - 1]:
        tail -= 1
    for place in range(tail, len(meets)):
        if also[place]:
            return Pick(place)
    for place in range(tail):
        if meets[place] and also[place]:
            return Pick(place, tuple(later for later in range(place, len(meets)) if not meets[later]))
    return None


def knee(points: Sequence[tuple[float, float]]) -> int | None:
    """Of the front of a trade-off, the point that lies deepest below the straight line between its ends.

    Both axes are taken as shares of what the front spans; None for fewer than three points, or where none lies below.
    """
    order = front(points)
    if len(order) < 3:  # noqa: PLR2004
        return None
    (x0, y0), (x1, y1) = points[order[0]], points[order[-1]]
    depths = [1 - (points[at][0] - x0) / (x1 - x0) - (points[at][1] - y1) / (y0 - y1) for at in order]
    deepest = max(range(len(order)), key=depths.__getitem__)
    return order[deepest] if depths[deepest] > 0 else None


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Points that no other is as good as in both and better in one, by rising first coordinate; none that is inf."""
    order = sorted((at for at, point in enumerate(points) if max(point) < inf), key=lambda at: (*points[at], at))
    best, found = inf, []
    for at in order:
        if points[at][1] < best:
            best = points[at][1]
            found.append(at)
    return found


@dataclass(frozen=True, eq=False)
class Series:
    """Options that differ in their number of workers alone, fewest first, and which of them to take."""

    setting: str
    label: str
    options: tuple[Option, ...]
    pick: Pick | None

    @property
    def chosen(self) -> Option | None:
        """The option to take."""
        return None if self.pick is None else self.options[self.pick.place]

    @property
    def failing(self) -> tuple[Option, ...]:
        """Larger ones than the chosen that don't do it."""
        return () if self.pick is None else tuple(self.options[place] for place in self.pick.failing)


@dataclass(frozen=True, eq=False)
class Difference:
    """How much longer the first searcher of a cell takes than another, replicate by replicate, in seconds."""

    one: Option
    other: Option
    seconds: Interval
    pairs: int

    @property
    def seen(self) -> bool:
        """Whether there is a difference: the interval doesn't hold 0."""
        return self.pairs > 0 and not self.seconds.low <= 0 <= self.seconds.high


@dataclass(frozen=True, eq=False)
class Advice:
    """All that is concluded from a sweep. `by_knee`: nothing was asked, so the knee of the trade-off is taken."""

    options: tuple[Option, ...]
    series: tuple[Series, ...]
    best: Series | None
    by_knee: bool
    priced: bool
    front: tuple[Option, ...]
    knee: Option | None
    differences: tuple[Difference, ...]

    @property
    def chosen(self) -> Option | None:
        """The option to take."""
        return self.best.chosen if self.best else None

    @property
    def nearest(self) -> Option:
        """The option to name where none is to be taken: that which meets the target most often, then the soonest."""
        return min(self.options, key=lambda option: (-option.met.estimate, option.time_s.middle, option.count))


def advise(options: Sequence[Option], plan: Plan, seed: int) -> Advice:
    """Draw the conclusions from all options of a sweep."""
    priced = any(option.cost.high > 0 for option in options)
    expense = _money if priced else _hours
    asked = plan.deadline is not None or plan.budget is not None
    points = _points(options, plan, expense)
    bend = knee(points)
    series = tuple(_series(group, plan, expense) for group in _grouped(options))
    good = [one for one in series if one.chosen is not None]
    # a lasting pick before one with exceptions, then the least expense, then the fewest workers
    best = min(good, key=lambda one: (bool(one.failing), *_merit(one, expense, plan)), default=None)
    place = bend if bend is not None else next(reversed(front(points)), None)
    if not asked and place is not None:  # the knee of all, or else the cheapest: it need not be that of its series
        best = next(one for one in series if options[place] in one.options)
        picked = replace(best, pick=Pick(best.options.index(options[place])))
        series, best = tuple(picked if one is best else one for one in series), picked
    return Advice(
        options=tuple(options),
        series=series,
        best=best,
        by_knee=not asked,
        priced=priced,
        front=tuple(options[at] for at in front(points)),
        knee=None if bend is None else options[bend],
        differences=tuple(_differences(options, plan.confidence, seed)),
    )


def _money(option: Option) -> float:
    return option.cost.middle


def _hours(option: Option) -> float:
    return option.worker_hours.middle


def _points(options: Sequence[Option], plan: Plan, expense: Callable[[Option], float]) -> list[tuple[float, float]]:
    """Time and expense of each option; inf for one that reaches the target too seldom."""
    return [
        (option.time_s.middle if option.reached >= plan.confidence else inf, expense(option)) for option in options
    ]


def _merit(series: Series, expense: Callable[[Option], float], plan: Plan) -> tuple[float, ...]:
    option = series.chosen
    if option is None:
        return (inf,)
    if plan.deadline is None and plan.budget is not None:
        return (option.time_s.middle, expense(option), option.count)
    return (expense(option), option.count, option.time_s.middle)


def _grouped(options: Sequence[Option]) -> list[tuple[Option, ...]]:
    groups: dict[tuple[str, str], list[Option]] = {}
    for option in options:
        groups.setdefault((option.cell.setting, option.label), []).append(option)
    return [tuple(sorted(group, key=lambda option: option.count)) for group in groups.values()]


def _series(options: tuple[Option, ...], plan: Plan, expense: Callable[[Option], float]) -> Series:
    sure = plan.confidence
    if plan.deadline is not None:
        in_time = [option.in_time.estimate >= sure for option in options]
        pick = lasting(in_time, [option.met.estimate >= sure for option in options])
    elif plan.budget is not None:  # the soonest that is affordable
        able = [place for place, option in enumerate(options) if option.met.estimate >= sure]
        soonest = min(able, key=lambda place: options[place].time_s.middle, default=None)
        pick = None if soonest is None else Pick(soonest)
    else:
        points = _points(options, plan, expense)
        bend = knee(points)
        best = front(points)[-1:] if bend is None else [bend]  # the cheapest where there is no knee
        pick = Pick(best[0]) if best else None
    return Series(options[0].cell.setting, options[0].label, options, pick)


def _differences(options: Sequence[Option], level: float, seed: int) -> list[Difference]:
    by_cell: dict[int, list[Option]] = {}
    for option in options:
        by_cell.setdefault(option.cell.index, []).append(option)
    found = []
    for cell, (one, *others) in by_cell.items():
        for place, other in enumerate(others, start=1):
            rng = generator(seed, Stream.BOOTSTRAP, cell, 1000, place)
            found.append(Difference(one, other, *statistics.difference(one.times, other.times, level, rng)))
    return found
