"""The choice: which option to take. It claims no more than the runs show.

All of planning uses these words:

* An option **does** what is asked if the share of its runs that met deadline, budget and target is shown to reach
  the plan's confidence: by the share's lower bound at the plan's one-sided `assurance`, or by the share itself if
  the plan says `choose_by: estimate`. It **may** do it unless its upper bound, with one-sided confidence
  `RULED_OUT`, is below the plan's confidence. If trials are drawn from pilots, the bounds include the uncertainty
  from few pilots.
* Its **expense** is the mean of its cost, or of its worker-hours if nothing has a price.
* With a deadline, the **base** is the option of least expense that may do what is asked. The option to take is the
  soonest of those that do what is asked at an expense of up to `SAME` above that of the base. If there is none, the
  next dearer option becomes the base.
* With only a budget, the option to take is the soonest of those that do, or the cheapest of those that are about as
  soon (within `SAME`, or not distinguishable). With neither, it is the knee of time against expense, or the option
  of least expense if there is no knee.
* Options are **tied** with it if they may do what is asked and are not shown to be worse, compared replicate by
  replicate. With a deadline, an option is worse if its expense is shown to be more than `SAME` above that of the
  base, with confidence `RULED_OUT`. Without a deadline, it is worse if it can be distinguished from the option to
  take by the criterion by which that was chosen.
* With a deadline, the choice is **settled** if no option that may do what is asked is cheaper than the base, and if
  the expense of every tied option is up to `SAME` above that of the base. Until then, the options that may be taken
  are **open**: more replicates of them may settle it.
* Larger numbers of workers that don't do what is asked are **exceptions**: the makespan of an asynchronous search
  is not monotone in the number of workers. The report names them, and they don't count against the option.
* The **nearest** option is named if none does: the one that met the question most often, then reached the target
  most often, then is the soonest, then has the least expense.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple

import numpy as np

from simulator.planning import statistics
from simulator.planning.differences import paired, told_apart
from simulator.planning.options import RULED_OUT, Option, Share
from simulator.planning.statistics import Interval, Values
from simulator.planning.tradeoff import front, knee
from simulator.scenario.plan import PlanSection

#: Relative difference of two median times, or of two expenses, up to which they count as equal.
SAME = 0.05

Ground = Literal["expense", "time", "knee"]
Edge = Literal["fewest", "most"]


class Pick(NamedTuple):
    """The index of the chosen count, and the indices of larger counts that fail the question."""

    place: int
    failing: tuple[int, ...] = ()


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

    def edge(self, option: Option) -> Edge | None:
        """The end of several counts at which one of its options is; None if it is at neither."""
        if len(self.options) == 1:
            return None
        return {0: "fewest", len(self.options) - 1: "most"}.get(self.options.index(option))  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class Conflict:
    """No option meets deadline and budget together: the cheapest that is in time, and the soonest within the budget.

    Either is None if no option meets that limit alone.
    """

    in_time: Option | None
    affordable: Option | None


class Choice:
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
        """Whether it is not ruled out that a share is no less than asked."""
        return not self._plan.asked or share.at_most >= self._plan.confidence

    def expense(self, option: Option) -> float:
        """An option's mean cost, or its mean worker-hours if nothing has a price."""
        return expense(option, priced=self.priced).estimate

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
        if self.ground == "expense":
            base = self.base(options)
            alike = [] if base is None else [option for option in able if self._as_cheap(option, base)]
            return min(alike, key=self._soonest, default=None)
        if able:
            soonest = min(able, key=self._soonest)
            able = [option for option in able if self._as_soon(option, soonest)]
        return min(able, key=lambda option: (self.expense(option), option.count, option.time_s.middle), default=None)

    def base(self, options: Sequence[Option]) -> Option | None:
        """The option of least expense that may do what is asked, and of whose expense there is one that does."""
        able = [option for option in options if self.does(option.known.met)]
        may = [
            option
            for option in options
            if self.may(option.known.met) and any(self._as_cheap(other, option) for other in able)
        ]
        return min(may, key=lambda option: (self.expense(option), option.count), default=None)

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

    def tied(self, chosen: Option, base: Option | None) -> list[Option]:
        """Options that are as good as the chosen one, as far as is shown, the cheapest first."""
        found = [option for option in self._options if option is not chosen and self._as_good(option, chosen, base)]
        return sorted(found, key=lambda option: (self.expense(option), option.count))

    def open(self, chosen: Option | None, base: Option | None, tied: Sequence[Option]) -> list[Option]:
        """Options that may be taken, as long as the choice by expense is not settled."""
        if self.ground != "expense":
            return []
        may = [option for option in self._options if self.may(option.known.met)]
        if chosen is None or base is None:
            return may
        cheapest = all(self.expense(base) <= self.expense(option) for option in may)
        settled = cheapest and all(self._as_cheap(option, base) for option in tied)
        return [] if settled else [chosen, *tied]

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

    def _soonest(self, option: Option) -> tuple[float, float, int]:
        return option.time_s.middle, self.expense(option), option.count

    def _as_cheap(self, option: Option, base: Option) -> bool:
        """Whether the option's expense is up to `SAME` above that of the base, in the replicates of both."""
        mine, others = paired(self._expenses(option), self._expenses(base))
        return bool(mine.mean() <= (1 + SAME) * others.mean())

    def _as_good(self, option: Option, chosen: Option, base: Option | None) -> bool:
        if not self.may(option.known.met):
            return False
        if base is not None:
            return self._as_cheap(option, base) or not self._shown_dearer(option, base)
        dearer = self._difference(option, chosen, self._expenses)
        if self.ground == "time":
            return self._as_soon(option, chosen) and not (told_apart(dearer) and dearer.low > 0)
        later = self._difference(option, chosen, lambda one: one.times)
        return not np.isnan(later.estimate) and not told_apart(later) and not told_apart(dearer)

    def _as_soon(self, option: Option, soonest: Option) -> bool:
        if option.time_s.middle <= (1 + SAME) * soonest.time_s.middle:
            return True
        later = self._difference(option, soonest, lambda one: one.times)
        return not np.isnan(later.estimate) and not told_apart(later)

    def _shown_dearer(self, option: Option, base: Option) -> bool:
        """Whether the option's expense is shown to be more than `SAME` above that of the base."""
        mine, others = paired(self._expenses(option), self._expenses(base))
        return statistics.mean(mine - (1 + SAME) * others, 2 * RULED_OUT - 1).low > 0

    def _expenses(self, option: Option) -> Values:
        return option.costs if self.priced else option.hours

    def _difference(self, one: Option, other: Option, values: Callable[[Option], Values]) -> Interval:
        """The interval of the difference of values, replicate by replicate; NaN if some are infinite."""
        mine, others = paired(values(one), values(other))
        if not (np.isfinite(mine).all() and np.isfinite(others).all()):
            return Interval(float("nan"), float("nan"), float("nan"))
        return statistics.mean(mine - others, self._plan.confidence)


def does(share: Share, plan: PlanSection) -> bool:
    """Whether a share of runs is shown to be at least what the plan asks for."""
    shown = share.at_least if plan.choose_by == "lower_bound" else share.estimate
    return not plan.asked or shown >= plan.confidence


def expense(option: Option, *, priced: bool) -> Interval:
    """An option's mean cost, or its mean worker-hours if nothing has a price."""
    return option.mean_cost if priced else option.mean_hours
