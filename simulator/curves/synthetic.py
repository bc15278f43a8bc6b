"""Synthetic curves without end: a power law a trial, and a log-normal time a unit.

Trials are drawn in blocks that belong to the block's number, so trial i is the same whatever ran before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator import ticks
from simulator.curves.curves import Training
from simulator.streams import Stream, generator

BLOCK = 1024

#: Losses and times carry so many digits: what is left of the last bits of exp and pow, which differ between
#: processors, can hardly reach them. This is what makes the bytes of a trace the same everywhere.
DIGITS = 9


@dataclass(frozen=True)
class PowerLaw:
    """loss(r) = asymptote + gain * r**-rate for r units trained, and `r * unit time` to get there.

    Each trial draws its asymptote uniformly from [`best`, `worst`], its gain log-normally with median `gain` and
    its rate log-normally with median `rate` (sd of the logs `gain_sigma`, `rate_sigma`), and its time a unit
    log-normally with median `unit_s` seconds and sd of the log `unit_sigma` (0: all alike).
    """

    best: float
    worst: float
    gain: float
    gain_sigma: float
    rate: float
    rate_sigma: float
    unit_s: float
    unit_sigma: float


class Synthetic:
    """Trials drawn from a `PowerLaw` by `seed`."""

    trials: None = None

    def __init__(self, law: PowerLaw, seed: int) -> None:
        self._law = law
        self._seed = seed
        self._drawn: dict[int, NDArray[np.float64]] = {}  # block -> rows asymptote, gain, rate, unit seconds
        self._columns: dict[tuple[int, int], tuple[list[int], list[float]]] = {}  # (block, resource)

    def reach(self, resources: tuple[int, ...]) -> str | None:  # noqa: ARG002
        """Any resource will do."""
        return None

    def train(self, trial: int, from_resource: int, to_resource: int) -> Training:
        """Time between two points of the trial's clock, and the loss at the second."""
        block, row = divmod(trial, BLOCK)
        times, losses = self._column(block, to_resource)
        before = self._column(block, from_resource)[0][row] if from_resource else 0
        return Training(times[row] - before, losses[row])

    def _column(self, block: int, resource: int) -> tuple[list[int], list[float]]:
        """Clock in ticks and loss of every trial of a block at `resource`."""
        column = self._columns.get((block, resource))
        if column is None:
            asymptote, gain, rate, unit_s = self._draw(block)
            losses = np.round(asymptote + gain * resource**-rate, DIGITS)
            column = np.rint(resource * unit_s * ticks.PER_SECOND).astype(np.int64).tolist(), losses.tolist()
            self._columns[block, resource] = column
        return column

    def _draw(self, block: int) -> NDArray[np.float64]:
        rows = self._drawn.get(block)
        if rows is None:
            law, rng = self._law, generator(self._seed, Stream.CURVES, block)
            rows = self._drawn[block] = np.round(
                [
                    rng.uniform(law.best, law.worst, BLOCK),
                    law.gain * np.exp(law.gain_sigma * rng.standard_normal(BLOCK)),
                    law.rate * np.exp(law.rate_sigma * rng.standard_normal(BLOCK)),
                    law.unit_s * np.exp(law.unit_sigma * rng.standard_normal(BLOCK)),
                ],
                DIGITS,
            )
        return rows
