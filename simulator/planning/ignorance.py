"""The uncertainty from few pilots: how far off an answer may be, because other pilots would give another answer.

Other sets of pilots are made from the given pilots (the bootstrap). Runs with these sets differ by chance and by
their pilots. The variance between sets that is left after the variance by chance measures how uncertain the answer
is. The first set stands for endlessly many pilots, and the mean difference of the other sets from it is a bias. Times
and costs are compared by their logarithms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, inf, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core.formatting import counted
from simulator.curves.other_pilots import tail
from simulator.planning.distributions import student_quantile
from simulator.planning.statistics import Interval, Values

#: Number of runs with each set of pilots; all sets have the same seeds.
OF_SET = 3
#: Intervals can be trusted if at least this many pilots are like the trials that a search trains in full. With one or
#: three such pilots, the intervals of the share in time held the truth in 71 to 96 % of cases instead of 90, and the
#: intervals of the median were up to twice as wide as with eleven (docs/validation.md).
FEW = 5.0

#: An interval of the share in time can be trusted if the tail of the pilots' times is no heavier than this, as
#: `tail_of` measures it. With tails of .4, intervals held the truth in 71 to 85 % of cases instead of 90
#: (docs/validation.md). If times are log-normal with an sd of .3, about one set in ten has a heavier tail by chance.
HEAVY = 0.25

#: Least degrees of freedom of Student's distribution, which is the number of pilots in the smallest tail; and the
#: number from which the distribution counts as normal.
LEAST_FREEDOM, MOST_FREEDOM = 3.0, 1e9


class LogError(NamedTuple):
    """How far the logarithm of a quantity may be off: its sd between sets of pilots, and its bias.

    The bias is the mean difference between the runs with a set and the runs with endlessly many pilots. The runs with
    the real pilots may be off by as much.
    """

    sd: float
    bias: float

    def factors(self, level: float, freedom: float) -> tuple[float, float]:
        """The least and greatest factors by which the true quantity may differ, with confidence `level`.

        `freedom` is the number of independent values behind the sd; with few of them the sd itself is uncertain.
        """
        reach = _student(level, freedom) * self.sd
        return exp(-reach - max(self.bias, 0.0)), exp(reach - min(self.bias, 0.0))


@dataclass(frozen=True)
class Ignorance:
    """The uncertainty that `pilots` leave about an option: its times, its costs, its share that reaches the target.

    `top` is the mean number of pilots that are like the trials that a search trains in full. `pilots` is None if
    trials are not drawn from pilots. `cluster` says whether the cluster is calibrated and has intervals. `tail` is
    how heavy the tail of the pilots' times is, as tail_of() measures it.
    """

    pilots: int | None
    top: float
    time: LogError
    cost: LogError
    reached_sd: float
    cluster: bool = False
    tail: float = 0.0

    def reach(self, level: float) -> float:
        """How far the share of runs that reach the target may be off, with confidence `level`."""
        return _student(level, self.freedom) * self.reached_sd

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the uncertainty: the number of pilots that determine it.

        A search ends with its best few trials, and the makespan depends on these. So only pilots like these trials
        determine how much the answers of other pilots would differ. The number is at least `LEAST_FREEDOM`.
        """
        return inf if self.pilots is None else max(min(self.pilots - 1, max(self.top, LEAST_FREEDOM)), 1.0)

    @property
    def too_few(self) -> bool:
        """Whether too few pilots are like the trials that a search ends with, so that no interval can be trusted."""
        return self.pilots is not None and self.top < FEW

    @property
    def heavy_tailed(self) -> bool:
        """Whether some pilots are so much slower than the others that still slower trials must be expected.

        A run draws its trials from the pilots, and so has no slower trial; too many of the runs are then in time.
        """
        return self.pilots is not None and self.tail > HEAVY

    @property
    def rests_on(self) -> str:
        """What the answer rests on, in words: "only 12 pilots", "what is known of the cluster"."""
        known = [] if self.pilots is None else [f"only {counted(self.pilots, 'pilot')}"]
        return " and ".join([*known, *(["what is known of the cluster"] if self.cluster else [])])

    @property
    def if_right(self) -> str:
        """The assumption behind intervals that are of chance alone, in words."""
        taken = [] if self.pilots is None else ["the curves"]
        taken += ["the cluster"] if self.cluster else []
        return f"if {' and '.join(taken)} {'is' if taken == ['the cluster'] else 'are'} right"

    @property
    def needed(self) -> int:
        """The number of pilots that would have FEW pilots like the trials that a search ends with."""
        return ceil(FEW * (self.pilots or 0) / self.top)


def ignorance(
    pilots: int | None,
    top_share: float,
    sets: NDArray[np.void],
    *,
    cluster: bool = False,
    unit_times: Sequence[float] = (),
) -> Ignorance:
    """Estimate the uncertainty from runs with sets of pilots, in order of set and seed.

    The first set stands for endlessly many pilots. `top_share` is the share of a search's trials that it trains in
    full. With `cluster`, each set also has its own cluster, drawn from the cluster's uncertainty. `unit_times` are
    the pilots' times per unit.
    """
    return Ignorance(
        pilots,
        (pilots or 0) * top_share,
        log_error(_table(sets, "time_s")[1:], _table(sets, "time_s")[0]),
        log_error(_table(sets, "cost")[1:], _table(sets, "cost")[0]),
        sqrt(between(np.isfinite(_table(sets, "time_s")[1:]).astype(np.float64))),
        cluster,
        tail_of(unit_times),
    )


def tail_of(times: Sequence[float]) -> float:
    """How heavy the tail of some times is: an estimate of 1 / alpha of a Pareto tail; 0 for too few times."""
    found = tail([log(time) for time in times if time > 0])
    return 0.0 if found is None else found.weight


def log_error(sets: NDArray[np.float64], own: Values) -> LogError:
    """How far the logarithm of a quantity may be off.

    `sets` has a row for each set of pilots and a column for each seed. `own` has the runs with endlessly many pilots
    under the same seeds. Values that are not finite, or not above 0, are left out.
    """
    whole = sets[np.all(np.isfinite(sets) & (sets > 0), axis=1)]
    if len(whole) < 2:  # noqa: PLR2004
        return LogError(0.0, 0.0)
    logs = np.log(whole)
    told = np.isfinite(own) & (own > 0)
    bias = float((logs.mean(axis=0)[told] - np.log(own[told])).mean()) if told.any() else 0.0
    return LogError(sqrt(between(logs)), bias)


def between(table: NDArray[np.float64]) -> float:
    """The variance between rows beyond chance, by analysis of variance; the values of a column share a seed.

    An effect that a seed has on all sets alike does not count as chance, so a few seeds are enough. A variance below
    its own standard error can't be distinguished from 0, and is taken to be as large as that error. Source of the
    error: S. R. Searle, G. Casella, C. E. McCulloch, Variance Components (1992).
    """
    rows, columns = table.shape
    if rows < 2:  # noqa: PLR2004
        return 0.0
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    chance = float((rest**2).sum()) / (rows - 1) / (columns - 1) / columns if columns > 1 else 0.0
    whole = float(table.mean(axis=1).var(ddof=1))
    error = sqrt(2 / (rows - 1) * (whole**2 + (chance**2 / (columns - 1) if columns > 1 else 0.0)))
    return max(whole - chance, error)


def widened(chance: Interval, low: float, high: float) -> Interval:
    """An interval of chance and one of uncertainty, `low` to `high`, combined: their half-widths add in squares."""
    middle = chance.estimate
    down, up = _apart(middle - chance.low, middle - low), _apart(chance.high - middle, high - middle)
    return Interval(middle, middle - down, middle + up)


def more_pilots(deadline_s: float, median_s: float, found: Ignorance, level: float) -> int | None:
    """The number of further pilots that would show whether the median is in time.

    None if that is clear already, or if no number of pilots would show it.

    The uncertainty falls with the square root of the number of pilots.
    """
    if not (0 < median_s < inf and 0 < deadline_s < inf) or found.time.sd == 0 or found.pilots is None:
        return None
    _, most = found.time.factors(level, found.freedom)
    room = abs(log(deadline_s / median_s))
    if room == 0 or log(most) <= room:
        return None
    return int(np.ceil(found.pilots * (log(most) / room) ** 2)) - found.pilots


def by_set(sets: NDArray[np.void], name: str) -> Values:
    """For each set of pilots, the logarithm of a figure, minus the mean of these logarithms over all sets."""
    table = _table(sets, name)[1:]
    whole: NDArray[np.bool_] = np.all(np.isfinite(table) & (table > 0), axis=1)
    logs = np.log(np.where(whole[:, None], table, 1.0)).mean(axis=1)
    return np.where(whole, logs - logs[whole].mean(), 0.0) if whole.any() else np.zeros(len(table))


def _student(level: float, freedom: float) -> float:
    """Student's quantile; for infinite degrees of freedom, the normal quantile."""
    return student_quantile(0.5 + level / 2, min(freedom, MOST_FREEDOM))


def _apart(one: float, other: float) -> float:
    one, other = max(one, 0.0), max(other, 0.0)
    return inf if inf in (one, other) else sqrt(one * one + other * other)


def _table(sets: NDArray[np.void], name: str) -> NDArray[np.float64]:
    """A figure of the runs by set of pilots and number in the set."""
    return np.asarray(sets[name], np.float64).reshape(-1, OF_SET)
