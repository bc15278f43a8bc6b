"""Other sets of pilots, made of those that there are: they show how uncertain so few pilots leave an answer.

A search ends with its best few trials, and its makespan depends on how slow these are. Only a few pilots are like
them, so sets that merely repeat pilots are too alike: where no good pilot is slow, no set has a slow good trial. In
another set, a pilot therefore keeps its losses and takes the pace of another pilot, drawn from all of them. The
slowest paces are drawn from a tail that is fitted to them, since further trials may be slower than any pilot.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core.streams import Stream, uniforms

#: The set that stands for endlessly many pilots has about so many: each pilot with many paces.
WHOLE = 1000
#: The tail is that of the slowest of so many pilots, and of at least LEAST_OF_TAIL of them.
TAIL_OF, LEAST_OF_TAIL = 5, 3
#: No trial of another set takes longer than so many times the time of the slowest pilot.
SLOWEST = 10.0


class Tail(NamedTuple):
    """The upper end of some logarithms: the `pilots` greatest lie above `start`, by `weight` on average."""

    pilots: int
    start: float
    weight: float


def tail(logs: Sequence[float]) -> Tail | None:
    """The tail of the logarithms of some times, None for too few; `weight` estimates 1 / alpha of a Pareto tail.

    Source: B. M. Hill, A simple general approach to inference about the tail of a distribution, Annals of Statistics
    3 (1975).
    """
    down = sorted(logs, reverse=True)
    count = max(len(down) // TAIL_OF, LEAST_OF_TAIL)
    return Tail(count, down[count], fmean(down[:count]) - down[count]) if len(down) > count else None


def whole_set(pilots: int) -> list[int]:
    """The pilots, each as often as it takes to be paired with many paces."""
    return [pilot for pilot in range(pilots) for _ in range(max(WHOLE // pilots, 1))]


def factors(times: Sequence[float], drawn: Sequence[int], seed: int, number: int) -> list[float]:
    """By how many times each of the `drawn` pilots is slower in set `number` than it was itself.

    `times` are the pilots' seconds a unit, in the order of their losses. Their logarithms are split into a straight
    line over that order and deviations from it, and each drawn pilot takes a deviation of any pilot, or one from
    their tail. So worse trials stay slower on average, if they are. If a time is not above 0, all stay as they are.
    Source: B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 9 (residuals).
    """
    known, rows = np.asarray(times, np.float64), np.asarray(drawn)
    if not (known > 0).all():
        return [1.0] * len(drawn)
    logs, place = np.log(known), np.linspace(-1, 1, len(known))
    line = logs.mean() + place * (place @ logs) / (place @ place)
    made = line[rows] + _drawn(logs - line, uniforms(seed, Stream.PILOTS, number, 1, n=len(rows)))
    made = np.clip(made, logs.min(), logs.max() + log(SLOWEST))
    # Rounded, since the last bits of exp and log vary between processors.
    return [float(factor) for factor in np.round(np.exp(made - logs[rows]), 9)]


def _drawn(deviations: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """The deviations at some places between 0 and 1: those of pilots, and those of their tail at its places."""
    known = len(deviations)
    found: NDArray[np.float64] = np.sort(deviations)[(place * known).astype(np.int64)]
    end = tail(deviations.tolist())
    if end is None:
        return found
    left = (1 - place) * known / end.pilots  # share of the tail beyond the place; more than 1 below the tail
    return np.where(left < 1, end.start - end.weight * np.log(left), found)
