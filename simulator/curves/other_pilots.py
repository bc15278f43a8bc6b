"""Other sets of pilots, made from the given pilots: they show how uncertain an answer from few pilots is.

A search ends with its best few trials, and its makespan depends on how slow these are. Only a few pilots are like
these trials, so sets that merely repeat pilots are too alike: if no good pilot is slow, no set has a slow good trial.
In another set, therefore, a pilot keeps its losses but takes the pace of a pilot that is drawn from all pilots. The
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

#: About this many pilots stand for endlessly many: each given pilot, repeated with many paces.
WHOLE = 1000
#: The tail is fitted to the slowest of every TAIL_OF pilots, but at least to LEAST_OF_TAIL pilots.
TAIL_OF, LEAST_OF_TAIL = 5, 3
#: A trial of another set takes at most this many times as long as the slowest pilot.
SLOWEST = 10.0


class Tail(NamedTuple):
    """The upper tail of some logarithms: the `pilots` greatest of them are above `start`, by `weight` on average."""

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
    """The numbers of the pilots, each repeated to about WHOLE entries in all, so that it meets many paces."""
    return [pilot for pilot in range(pilots) for _ in range(max(WHOLE // pilots, 1))]


def factors(times: Sequence[float], drawn: Sequence[int], seed: int, number: int) -> list[float]:
    """The factor by which each of the `drawn` pilots is slower in set `number` than it was itself.

    `times` are the pilots' seconds per unit, in the order of their losses. Their logarithms are split into a straight
    line over that order and deviations from the line. Each drawn pilot takes the deviation of any pilot, or one from
    the fitted tail. So if worse pilots are slower on average, worse trials are too. If any time is not above 0, all
    factors are 1. Source: B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 9 (residuals).
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
    """Quantiles of the deviations, at shares in (0, 1): those of the pilots, or in the tail those of the fit."""
    known = len(deviations)
    found: NDArray[np.float64] = np.sort(deviations)[(place * known).astype(np.int64)]
    end = tail(deviations.tolist())
    if end is None:
        return found
    left = (1 - place) * known / end.pilots  # the share of the tail that is greater; above 1 outside the tail
    return np.where(left < 1, end.start - end.weight * np.log(left), found)
