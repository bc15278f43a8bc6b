"""Times per unit for curves without recorded times: one log-normal time for each trial."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.core.normals import normal_quantile
from simulator.core.streams import Drawn, Stream

BLOCK = 1024


@dataclass(frozen=True)
class UnitTimes:
    """A trial takes `median` ticks per unit, times its own log-normal factor (`sigma`: the sd of the logarithm)."""

    median: int
    sigma: float = 0.0
    seed: int = 0

    def clock(self, trial: NDArray[np.int64], resource: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ticks that each `trial` (sorted) takes up to `resource`, both of shape (n,); a unit takes at least a tick.

        A time longer than twice `ticks.LIMIT` is cut to that.
        """
        drawn = Drawn(self.seed, Stream.UNIT_TIME, normal_quantile, block=BLOCK)
        numbers, which = np.unique(trial, return_inverse=True)
        factors = np.exp(self.sigma * np.array([drawn.at(number) for number in numbers.tolist()]))
        unit = np.maximum(np.rint(np.round(factors, 9) * self.median), 1)
        return np.minimum(unit[which] * resource, 2.0 * ticks.LIMIT).astype(np.int64)  # exact up to the limit
