"""Times that each attempt takes beyond its curve, whatever the worker's pace: at its start, and at each report.

An attempt of n units takes `pace` x nominal + `start` + `report` x (n - 1) seconds, or fewer reports if they are not
made at every unit. Programs differ in which of the two they have: one that starts a process for each trial pays at
the start, one that writes down each result pays at each report.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.calibration.estimate import LEVEL, Estimate
from simulator.cluster.calibration.regression import robust, spread

#: Greatest constant, in seconds, that counts as none.
INSTANT = 1e-4
#: Smallest number of attempts from which a constant can be distinguished from a factor.
FEW = 20
#: An attempt shows the worker's pace if it is this many times as long as the constants, and as their noise.
SHORT = 20
#: A constant counts if it is above 0 with this confidence.
SURE = 0.99

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Constants:
    """Seconds at the start of an attempt and at each report before its end; None where they can't be told from 0.

    `noise` is the standard deviation, in seconds, of what differs between attempts whatever their length.
    """

    start: Estimate | None
    report: Estimate | None
    noise: float

    def seconds(self, reports: Values) -> Values:
        """The constant seconds of attempts that each have this number of `reports` before their end, shape (n,)."""
        start = self.start.value if self.start else 0.0
        report = self.report.value if self.report else 0.0
        return start + report * reports

    @property
    def shortest(self) -> float:
        """Length in seconds from which an attempt shows the worker's pace."""
        return SHORT * max(self.noise, sum(own.value for own in (self.start, self.report) if own))


def constants(spent: Values, nominal: Values, reports: Values) -> Constants | None:
    """Estimate the constants from attempts' seconds, their curves' seconds and their reports, all of shape (n,).

    Returns None if neither constant can be told from 0.
    """
    if len(spent) < FEW:
        return None
    columns = {"pace": nominal, "start": np.ones(len(spent)), "report": reports}
    used = ["pace"]
    weight = 1 / nominal  # so every attempt's factor has the same weight, and skewed stragglers change only the pace
    for name in ("start", "report"):
        design = np.column_stack([columns[own] * weight for own in (*used, name)])
        norms = np.linalg.norm(design, axis=0)
        if norms.all() and np.linalg.cond(design / norms) < 1e6:  # noqa: PLR2004  (columns that say the same)
            used.append(name)
    while True:
        values, errors, rest = robust(np.column_stack([columns[own] for own in used]), spent, weight)
        unsure = [
            (value / error if error else np.inf * value, name)
            for name, value, error in zip(used[1:], values[1:], errors[1:], strict=True)
            if value < INSTANT or value <= _normal(SURE) * error
        ]
        if not unsure:
            break
        used.remove(min(unsure)[1])
    found = {
        name: Estimate(value, value - _normal(LEVEL) * error, value + _normal(LEVEL) * error, len(spent), "attempt")
        for name, value, error in zip(used[1:], values[1:].tolist(), errors[1:].tolist(), strict=True)
    }
    return Constants(found.get("start"), found.get("report"), _noise(rest, nominal)) if found else None


def _noise(rest: Values, nominal: Values) -> float:
    """The spread of short attempts' residuals that is left after what the factors of long attempts explain."""
    order = np.argsort(nominal)
    third = len(order) // 3
    short, long = order[:third], order[-third:]
    factor = spread(rest[long] / nominal[long])
    left = spread(rest[short]) ** 2 - (factor * float(np.median(nominal[short]))) ** 2
    return float(np.sqrt(max(left, 0.0)))


def _normal(level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf(0.5 + level / 2))
