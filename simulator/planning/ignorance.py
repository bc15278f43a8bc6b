"""What a few pilots don't tell: how far an answer may be off because other pilots would have told another.

Runs with sets of pilots drawn from those that there are (the bootstrap) differ by chance and by their pilots: what
the runs of a set have in common, beyond what chance makes, is what the pilots don't tell. Times and costs are taken
by their logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, inf, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core.formatting import counted
from simulator.planning.statistics import Interval, Values

#: Runs with each set of pilots, under the same seeds in all sets.
OF_SET = 3
#: Pilots like the trials that a search trains in full, below which too little is told of those: with some three,
#: stated intervals held the truth in 67 to 71 % of cases instead of 90 (docs/validation.md).
FEW = 5.0

#: Degrees of freedom of what pilots tell, at least; from so many on, Student's distribution is the normal one.
LEAST_FREEDOM, MOST_FREEDOM = 2.0, 1e9


class Off(NamedTuple):
    """By how much the logarithm of a quantity may be off: its sd between sets of pilots, and its bias.

    The bias is how much more it is in the mean with a set than with all pilots, as these may be off by as much.
    """

    sd: float
    bias: float

    def factors(self, level: float, freedom: float) -> tuple[float, float]:
        """By what the quantity may have to be multiplied, at least and at most, with confidence `level`.

        `freedom` is how many independent values tell the sd: with few it is itself not known well.
        """
        reach = _student(level, freedom) * self.sd
        return exp(-reach - max(self.bias, 0.0)), exp(reach - min(self.bias, 0.0))


@dataclass(frozen=True)
class Ignorance:
    """What `pilots` don't tell of an option: of its times and its costs, and of the share that reaches the target.

    `top` is how many of the pilots are, in the mean, like those that a search trains in full. `pilots` are None
    where trials are not drawn from any; `cluster` says whether a calibrated cluster has intervals of its own.
    """

    pilots: int | None
    top: float
    time: Off
    cost: Off
    reached_sd: float
    cluster: bool = False

    def reach(self, level: float) -> float:
        """By how much the share of runs that reach the target may be off, with confidence `level`."""
        return _student(level, self.freedom) * self.reached_sd

    @property
    def freedom(self) -> float:
        """How many pilots tell how far the answer may be off, in Student's sense.

        A search ends with its best few trials, and a makespan hangs on those. So it is the pilots that are like them
        and not all of them that tell by how much other pilots would differ; no fewer than `LEAST_FREEDOM`.
        """
        return inf if self.pilots is None else max(min(self.pilots - 1, max(self.top, LEAST_FREEDOM)), 1.0)

    @property
    def too_few(self) -> bool:
        """Whether so few pilots are like the trials that a search ends with that no interval can be trusted."""
        return self.pilots is not None and self.top < FEW

    @property
    def rests_on(self) -> str:
        """What the answer is given, in words: "only 12 pilots", "what is known of the cluster"."""
        known = [] if self.pilots is None else [f"only {counted(self.pilots, 'pilot')}"]
        return " and ".join([*known, *(["what is known of the cluster"] if self.cluster else [])])

    @property
    def if_right(self) -> str:
        """What chance alone takes for granted, in words."""
        taken = [] if self.pilots is None else ["the curves"]
        taken += ["the cluster"] if self.cluster else []
        return f"if {' and '.join(taken)} {'is' if taken == ['the cluster'] else 'are'} right"

    @property
    def needed(self) -> int:
        """Pilots of which enough would be like the trials that a search ends with."""
        return ceil(FEW * (self.pilots or 0) / self.top)


def ignorance(pilots: int | None, top_share: float, sets: NDArray[np.void], *, cluster: bool = False) -> Ignorance:
    """What pilots don't tell, by runs with sets of them, in order of set and seed; the first set is all of them.

    `top_share` is the share of a search's trials that it trains in full. With `cluster` each set has a cluster of its
    own too, drawn from what it may be.
    """
    return Ignorance(
        pilots,
        (pilots or 0) * top_share,
        off(_table(sets, "time_s")[1:], _table(sets, "time_s")[0]),
        off(_table(sets, "cost")[1:], _table(sets, "cost")[0]),
        sqrt(between(np.isfinite(_table(sets, "time_s")[1:]).astype(np.float64))),
        cluster,
    )


def off(sets: NDArray[np.float64], own: Values) -> Off:
    """How far the logarithm of a quantity may be off.

    `sets` has a row for each set of pilots and a column for each seed, `own` the runs with all pilots under those
    seeds. Values that are not finite, or not above 0, tell nothing.
    """
    whole = sets[np.all(np.isfinite(sets) & (sets > 0), axis=1)]
    if len(whole) < 2:  # noqa: PLR2004
        return Off(0.0, 0.0)
    logs = np.log(whole)
    told = np.isfinite(own) & (own > 0)
    bias = float((logs.mean(axis=0)[told] - np.log(own[told])).mean()) if told.any() else 0.0
    return Off(sqrt(between(logs)), bias)


def between(table: NDArray[np.float64]) -> float:
    """The variance between rows beyond what chance makes, by analysis of variance; a column has a seed in common.

    So what a seed makes of all sets alike is no chance here, and a few seeds are enough.
    """
    rows, columns = table.shape
    if rows < 2:  # noqa: PLR2004
        return 0.0
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    chance = float((rest**2).sum()) / (rows - 1) / (columns - 1) if columns > 1 else 0.0
    spread: float = max(float(table.mean(axis=1).var(ddof=1)) - chance / columns, 0.0)
    return spread


def widened(chance: Interval, low: float, high: float) -> Interval:
    """An interval of chance and one of ignorance, from `low` to `high`, put together: their halves add in squares."""
    middle = chance.estimate
    down, up = _apart(middle - chance.low, middle - low), _apart(chance.high - middle, high - middle)
    return Interval(middle, middle - down, middle + up)


def more_pilots(deadline_s: float, median_s: float, found: Ignorance, level: float) -> int | None:
    """How many more pilots would settle whether the median is in time; None where none, or no number, would.

    What pilots don't tell falls with the square root of their number.
    """
    if not (0 < median_s < inf and 0 < deadline_s < inf) or found.time.sd == 0 or found.pilots is None:
        return None
    _, most = found.time.factors(level, found.freedom)
    room = abs(log(deadline_s / median_s))
    if room == 0 or log(most) <= room:
        return None
    return int(np.ceil(found.pilots * (log(most) / room) ** 2)) - found.pilots


def by_set(sets: NDArray[np.void], name: str) -> Values:
    """How far the logarithm of a figure lies, in each set of pilots, from where it lies in all of them."""
    table = _table(sets, name)[1:]
    whole: NDArray[np.bool_] = np.all(np.isfinite(table) & (table > 0), axis=1)
    logs = np.log(np.where(whole[:, None], table, 1.0)).mean(axis=1)
    return np.where(whole, logs - logs[whole].mean(), 0.0) if whole.any() else np.zeros(len(table))


def _student(level: float, freedom: float) -> float:
    """Student's quantile; that of a normal distribution without end of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(min(freedom, MOST_FREEDOM), 0.5 + level / 2))


def _apart(one: float, other: float) -> float:
    one, other = max(one, 0.0), max(other, 0.0)
    return inf if inf in (one, other) else sqrt(one * one + other * other)


def _table(sets: NDArray[np.void], name: str) -> NDArray[np.float64]:
    """A figure of the runs by set of pilots and number in the set."""
    return np.asarray(sets[name], np.float64).reshape(-1, OF_SET)
