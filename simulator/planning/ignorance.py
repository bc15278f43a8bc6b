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

from simulator.planning.statistics import Interval, Values

#: Runs with each set of pilots.
OF_SET = 3
#: Pilots like the trials that a search trains in full, below which too little is told of those: with some three,
#: stated intervals held the truth in 67 to 71 % of cases instead of 90 (docs/validation.md).
FEW = 5.0


class Off(NamedTuple):
    """By how much the logarithm of a quantity may be off: its sd between sets of pilots, and its bias.

    The bias is how much more it is in the mean with a set than with all pilots, as these may be off by as much.
    """

    sd: float
    bias: float

    def factors(self, level: float, pilots: int) -> tuple[float, float]:
        """By what the quantity may have to be multiplied, at least and at most, with confidence `level`."""
        from scipy.special import stdtrit

        reach = float(stdtrit(max(pilots - 1, 1), 0.5 + level / 2)) * self.sd
        return exp(-reach - max(self.bias, 0.0)), exp(reach - min(self.bias, 0.0))


@dataclass(frozen=True)
class Ignorance:
    """What `pilots` don't tell of an option: of its times and its costs, and of the share that reaches the target.

    `top` is how many of the pilots are, in the mean, like those that a search trains in full.
    """

    pilots: int
    top: float
    time: Off
    cost: Off
    reached_sd: float

    def reach(self, level: float) -> float:
        """By how much the share of runs that reach the target may be off, with confidence `level`."""
        from scipy.special import stdtrit

        return float(stdtrit(max(self.pilots - 1, 1), 0.5 + level / 2)) * self.reached_sd

    @property
    def too_few(self) -> bool:
        """Whether so few pilots are like the trials that a search ends with that no interval can be trusted."""
        return self.top < FEW

    @property
    def needed(self) -> int:
        """Pilots of which enough would be like the trials that a search ends with."""
        return ceil(FEW * self.pilots / self.top)


def ignorance(pilots: int, top_share: float, sets: NDArray[np.void], own: NDArray[np.void]) -> Ignorance:
    """What pilots don't tell, by runs with sets of them and with all; `sets` is in order of set and run.

    `top_share` is the share of a search's trials that it trains in full.
    """
    return Ignorance(
        pilots,
        pilots * top_share,
        off(_table(sets, "time_s"), own["time_s"]),
        off(_table(sets, "cost"), own["cost"]),
        sqrt(between(np.isfinite(_table(sets, "time_s")).astype(np.float64))),
    )


def off(sets: NDArray[np.float64], own: Values) -> Off:
    """How far the logarithm of a quantity may be off.

    `sets` has a row for each set of pilots and a column for each of its runs, `own` the runs with all pilots. Values
    that are not finite, or not above 0, tell nothing.
    """
    whole = sets[(np.isfinite(sets) & (sets > 0)).all(axis=1)]
    known = own[np.isfinite(own) & (own > 0)]
    if len(whole) < 2 or not len(known):  # noqa: PLR2004
        return Off(0.0, 0.0)
    logs = np.log(whole)
    return Off(sqrt(between(logs)), float(logs.mean() - np.log(known).mean()))


def between(table: NDArray[np.float64]) -> float:
    """The variance between rows beyond what chance within them makes, by analysis of variance."""
    columns = table.shape[1]
    chance = float(table.var(axis=1, ddof=1).mean()) if columns > 1 else 0.0
    return max(float(table.mean(axis=1).var(ddof=1) - chance / columns), 0.0)


def widened(chance: Interval, low: float, high: float) -> Interval:
    """An interval of chance and one of ignorance, from `low` to `high`, put together: their halves add in squares."""
    middle = chance.estimate
    down, up = _apart(middle - chance.low, middle - low), _apart(chance.high - middle, high - middle)
    return Interval(middle, middle - down, middle + up)


def more_pilots(deadline_s: float, median_s: float, found: Ignorance, level: float) -> int | None:
    """How many more pilots would settle whether the median is in time; None where none, or no number, would.

    What pilots don't tell falls with the square root of their number.
    """
    if not (0 < median_s < inf and 0 < deadline_s < inf) or found.time.sd == 0:
        return None
    _, most = found.time.factors(level, found.pilots)
    room = abs(log(deadline_s / median_s))
    if room == 0 or log(most) <= room:
        return None
    return int(np.ceil(found.pilots * (log(most) / room) ** 2)) - found.pilots


def _apart(one: float, other: float) -> float:
    one, other = max(one, 0.0), max(other, 0.0)
    return inf if inf in (one, other) else sqrt(one * one + other * other)


def _table(sets: NDArray[np.void], name: str) -> NDArray[np.float64]:
    """A figure of the runs by set of pilots and number in the set."""
    return np.asarray(sets[name], np.float64).reshape(-1, OF_SET)
