"""The advice: which option to take, and what else a reader should know. It claims no more than the runs show.

All of planning uses these words:

* An option **does** what is asked if the share of its runs that met deadline, budget and target is shown to reach the
plan's confidence: by the share's lower bound at the plan's one-sided `assurance`, or by the share itself if the plan
says `choose_by: estimate`. It **may** do it if the upper bound reaches the confidence. If trials are drawn from
pilots, the bounds include the uncertainty from few pilots. * Its **expense** is the mean of its cost, or of its
worker-hours if nothing has a price. * With a deadline, the option to take is the one of least expense among those
that do. With only a budget, it is the soonest of them, or the cheapest of those that are about as soon (within
`SAME`, or not distinguishable). With neither, it is the knee of time against expense, or the option of least expense
if there is no knee. * Options are **tied** with it if they may do what is asked and, compared replicate by replicate,
can't be distinguished from it by the criterion by which it was chosen. * Larger numbers of workers that don't do what
is asked are **exceptions**: the makespan of an asynchronous search is not monotone in the number of workers. The
report names them, and they don't count against the option. * The **nearest** option is named if none does: the one
that met the question most often, then reached the target most often, then is the soonest, then has the least expense.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple

import numpy as np

from simulator.planning import statistics
from simulator.planning.options import Option, Share
from simulator.planning.statistics import Interval, Values
from simulator.scenario.plan import PlanSection
from simulator.trace import comparison

#: Relative difference of two median times up to which two options count as equally soon.
SAME = 0.05

Ground = Literal["expense", "time", "knee"]


class Pick(NamedTuple):
    """The index of the chosen count, and the indices of larger counts that fail the question."""

    place: int
    failing: tuple[int, ...] = ()


def knee(points: Sequence[tuple[float, float]]) -> int | None:
    """The knee of a trade-off: the point of its front that is furthest below the straight line between the ends.

    Both axes are scaled to the range of the front. None for fewer than three points, or if no point is below the
    line.
    """
    order = front(points)
    if len(order) < 3:  # noqa: PLR2004
        return None
    (x0, y0), (x1, y1) = points[order[0]], points[order[-1]]
    depths = [1 - (points[at][0] - x0) / (x1 - x0) - (points[at][1] - y1) / (y0 - y1) for at in order]
    deepest = max(range(len(order)), key=depths.__getitem__)
    return order[deepest] if depths[deepest] > 0 else None


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the finite points that no other point beats, in rising order of the first coordinate.

    A point beats another if it is at least as good in both coordinates and better in one.
    """
    order = sorted((at for at, point in enumerate(points) if max(point) < inf), key=lambda at: (*points[at], at))
    best, found = inf, []
    for at in order:
        if points[at][1] < best:
            best = points[at][1]
            found.append(at)
    return found


@dataclass(frozen=True, eq=False)
class Series:
    """Options that differ only in their number of workers, fewest first, and which of them to take."""

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
        """Options with more workers than the chosen one that fail the question."""
        return () if self.pick is None else tuple(self.options[place] for place in self.pick.failing)

    @property
    def edge(self) -> Literal["fewest", "most"] | None:
        """The end of several counts at which the chosen option is, "fewest" or "most"; None if it is at no end."""
        if self.pick is None or len(self.options) == 1:
            return None
        return {0: "fewest", len(self.options) - 1: "most"}.get(self.pick.place)  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class Difference:
    """The first searcher of a cell minus another one, replicate by replicate.

    `seconds` compares the times, over the pairs in which both reached the target. If some pairs are missing, times
    can't be compared, since the missing runs are the slow ones. Without a target they can't be compared either if the
    two are not `alike` in the work they did. `share` compares the shares of runs that met the question, `cost` the
    money.
    """

    one: Option
    other: Option
    seconds: Interval
    pairs: int
    share: Interval
    cost: Interval
    kept: Interval  # cost if every machine were kept to the end
    drained: Interval  # cost if every machine were let go after its last work
    alike: bool  # whether both did the same work, so that their times compare

    @property
    def whole(self) -> bool:
        """Whether both reached the target in every replicate."""
        return self.pairs == self.one.replicates

    @property
    def comparable(self) -> bool:
        """Whether times compare: both reached the target in every replicate, and did the same work."""
        return self.whole and self.alike

    @property
    def seen(self) -> bool:
        """Whether a difference of times is shown: they can be compared, and the interval excludes 0."""
        return self.comparable and told_apart(self.seconds)


@dataclass(frozen=True, eq=False)
class Conflict:
    """No option meets deadline and budget together: the cheapest that is in time, and the soonest within the budget.

    Either is None if no option meets that limit alone.
    """

    in_time: Option | None
    affordable: Option | None


@dataclass(frozen=True, eq=False)
class Advice:
    """All conclusions from a sweep; `ground` is the criterion by which the option was chosen."""

    options: tuple[Option, ...]
    series: tuple[Series, ...]
    best: Series | None
    ground: Ground
    priced: bool
    tied: tuple[Option, ...]
    front: tuple[Option, ...]
    knee: Option | None
    conflict: Conflict | None
    differences: tuple[Difference, ...]

    @property
    def chosen(self) -> Option | None:
        """The option to take."""
        return self.best.chosen if self.best else None

    @property
    def by_knee(self) -> bool:
        """Whether only a target was asked for, so that the knee of the trade-off is taken."""
        return self.ground == "knee"

    @property
    def nearest(self) -> Option:
        """The option to name if none can be taken."""
        return min(
            self.options,
            key=lambda option: (
                -option.met.estimate, -option.reached, option.time_s.middle, _expense(option, self.priced).estimate,
                option.count,
            ),
        )  # fmt: skip


def advise(options: Sequence[Option], plan: PlanSection) -> Advice:
    """Draw the conclusions from all options of a sweep."""
    choice = _Choice(options, plan)
    series = tuple(choice.series(group) for group in _grouped(options))
    chosen = choice.taken(options)
    best = next((one for one in series if chosen in one.options), None)
    if (
        best is not None and chosen is not None and best.chosen is not chosen
    ):  # the knee of all options may not be the knee of its series
        turned = choice.picked(best.options, chosen)
        series, best = tuple(turned if one is best else one for one in series), turned
    bend = knee(choice.points(options))
    return Advice(
        options=tuple(options),
        series=series,
        best=best,
        ground=choice.ground,
        priced=choice.priced,
        tied=() if chosen is None else tuple(choice.tied(chosen)),
        front=tuple(options[at] for at in front(choice.points(options))),
        knee=None if bend is None else options[bend],
        conflict=choice.conflict() if chosen is None else None,
        differences=tuple(_differences(options, plan.confidence, targeted=plan.target is not None)),
    )


def told_apart(difference: Interval) -> bool:
    """Whether the interval of a difference excludes 0; False if there is no estimate."""
    return not np.isnan(difference.estimate) and not difference.low <= 0 <= difference.high


def does(share: Share, plan: PlanSection) -> bool:
    """Whether a share of runs is shown to be at least what the plan asks for."""
    shown = share.at_least if plan.choose_by == "lower_bound" else share.estimate
    return not plan.asked or shown >= plan.confidence


class _Choice:
    """Applies the plan's question to the options."""

    def __init__(self, options: Sequence[Option], plan: PlanSection) -> None:
        self._options, self._plan = options, plan
        self.priced = any(option.cost.high > 0 for option in options)
        self.ground: Ground = (
            "expense" if plan.deadline is not None else "time" if plan.budget is not None else "knee"
        )

    def does(self, share: Share) -> bool:
        """Whether a share is shown to be at least what the plan asks for."""
        return does(share, self._plan)

    def may(self, share: Share) -> bool:
        """Whether a share may be at least what the plan asks for, by its upper bound."""
        return not self._plan.asked or share.at_most >= self._plan.confidence

    def expense(self, option: Option) -> float:
        """An option's mean cost, or its mean worker-hours if nothing has a price."""
        return _expense(option, self.priced).estimate

    def points(self, options: Sequence[Option]) -> list[tuple[float, float]]:
        """Median time and expense of each option; the time is inf if it reaches the target too rarely."""
        return [(option.time_s.middle if self._reaches(option) else inf, self.expense(option)) for option in options]

    def taken(self, options: Sequence[Option]) -> Option | None:
        """The option to take among these options; None if none can be taken."""
        if self.ground == "knee":
            points = self.points(options)
            bend = knee(points)
            best = front(points)[-1:] if bend is None else [bend]  # without a knee, the cheapest
            return options[best[0]] if best else None
        able = [option for option in options if self.does(option.known.met)]
        if self.ground == "time" and able:
            soonest = min(able, key=lambda option: (option.time_s.middle, self.expense(option), option.count))
            able = [option for option in able if self._as_soon(option, soonest)]
        return min(able, key=lambda option: (self.expense(option), option.count, option.time_s.middle), default=None)

    def series(self, options: tuple[Option, ...]) -> Series:
        """The series of options that differ only in their count, with the option to take among them."""
        return self.picked(options, self.taken(options))

    def picked(self, options: tuple[Option, ...], chosen: Option | None) -> Series:
        """The series of these options, with a given choice."""
        pick = None
        if chosen is not None:
            place = options.index(chosen)
            later = range(place + 1, len(options)) if self.ground == "expense" else ()
            pick = Pick(place, tuple(at for at in later if not self.does(options[at].known.in_time)))
        return Series(options[0].cell.setting, options[0].label, options, pick)

    def tied(self, chosen: Option) -> list[Option]:
        """Options that can't be told apart from the chosen one, the cheapest first."""
        found = [option for option in self._options if option is not chosen and self._as_good(option, chosen)]
        return sorted(found, key=lambda option: (self.expense(option), option.count))

    def conflict(self) -> Conflict | None:
        """The conflict of deadline and budget; None unless both are asked."""
        if self._plan.deadline is None or self._plan.budget is None:
            return None
        in_time = [option for option in self._options if self.does(option.known.in_time)]
        affordable = [option for option in self._options if self.does(option.known.affordable)]
        return Conflict(
            min(in_time, key=self.expense, default=None),
            min(affordable, key=lambda option: (option.time_s.middle, self.expense(option)), default=None),
        )

    def _reaches(self, option: Option) -> bool:
        return self.does(option.known.met) if self.ground == "knee" else option.reached >= self._plan.confidence

    def _as_good(self, option: Option, chosen: Option) -> bool:
        if not self.may(option.known.met):
            return False
        dearer = self._difference(option, chosen, lambda one: _expenses(one, self.priced))
        if self.ground == "expense":
            return not (told_apart(dearer) and dearer.low > 0)
        if self.ground == "time":
            return self._as_soon(option, chosen) and not (told_apart(dearer) and dearer.low > 0)
        later = self._difference(option, chosen, lambda one: one.times)
        return not np.isnan(later.estimate) and not told_apart(later) and not told_apart(dearer)

    def _as_soon(self, option: Option, soonest: Option) -> bool:
        if option.time_s.middle <= (1 + SAME) * soonest.time_s.middle:
            return True
        later = self._difference(option, soonest, lambda one: one.times)
        return not np.isnan(later.estimate) and not told_apart(later)

    def _difference(self, one: Option, other: Option, values: Callable[[Option], Values]) -> Interval:
        """The interval of the difference of two options' values, paired by replicate; NaN if some are infinite."""
        mine, others = values(one), values(other)
        if not (np.isfinite(mine).all() and np.isfinite(others).all()):
            return Interval(float("nan"), float("nan"), float("nan"))
        return statistics.mean(mine - others, self._plan.confidence)


def _expense(option: Option, priced: bool) -> Interval:
    return option.mean_cost if priced else option.mean_hours


def _expenses(option: Option, priced: bool) -> Values:
    return option.costs if priced else option.hours


def _grouped(options: Sequence[Option]) -> list[tuple[Option, ...]]:
    groups: dict[tuple[str, str], list[Option]] = {}
    for option in options:
        groups.setdefault((option.cell.setting, option.label), []).append(option)
    return [tuple(sorted(group, key=lambda option: option.count)) for group in groups.values()]


def _alike(one: Option, other: Option, level: float) -> bool:
    """Whether two options did the same work to its end, by the rule of `run` and `compare`.

    The sooner of the two must not have trained far fewer units; if neither is clearly sooner, this holds for both.
    """
    if one.cut or other.cut or not np.array_equal(one.trials, other.trials):
        return False
    seconds, _ = statistics.difference(one.times, other.times, level)
    fewer_here = comparison.less_work(one.units, other.units) and not seconds.low > 0
    fewer_there = comparison.less_work(other.units, one.units) and not seconds.high < 0
    return not (fewer_here or fewer_there)


def _differences(options: Sequence[Option], level: float, *, targeted: bool) -> list[Difference]:
    by_cell: dict[int, list[Option]] = {}
    for option in options:
        by_cell.setdefault(option.cell.index, []).append(option)
    return [
        Difference(
            one,
            other,
            *statistics.difference(one.times, other.times, level),
            share=statistics.share_difference(one.done, other.done, level),
            cost=statistics.mean(one.costs - other.costs, level),
            kept=statistics.mean(one.costs_kept - other.costs_kept, level),
            drained=statistics.mean(one.costs_drained - other.costs_drained, level),
            alike=targeted or _alike(one, other, level),
        )
        for one, *others in by_cell.values()
        for other in others
    ]
