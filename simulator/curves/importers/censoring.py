"""Ways to continue a curve that was stopped early."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Losses = NDArray[np.float64]
Resources = NDArray[np.int64]

#: Exponents to try for a power law, and the smallest number of points that it is fitted to.
RATES = np.geomspace(0.05, 4, 40)
FEWEST = 3


def held(resources: Resources, losses: Losses, new: Resources) -> Losses | None:  # noqa: ARG001
    """The losses of a curve that stays at its last loss, shape (resources,)."""
    return np.full(len(new), losses[-1])


def extrapolated(resources: Resources, losses: Losses, new: Resources) -> Losses | None:
    """The power law loss = a + b * resource**-c, b >= 0, of least squares; None for fewer than three points.

    It is shifted to go through the last point, so that the curve does not jump there. If the squares of the losses
    overflow, the last loss is held instead.
    """
    known = np.isfinite(losses)
    if known.sum() < FEWEST:
        return None
    at, loss = resources[known].astype(float), losses[known]
    best: tuple[float, float, float] = (np.inf, 0.0, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        for rate in RATES:
            shape = at**-rate
            centred = shape - shape.mean()
            spread = float(centred @ centred)
            gain = max(float(centred @ (loss - loss.mean())) / spread, 0.0) if spread else 0.0
            rest = loss - loss.mean() - gain * centred
            best = min(best, (float(rest @ rest), gain, float(rate)))
        _, gain, slope = best
        made: Losses = loss[-1] + gain * (new.astype(float) ** -slope - at[-1] ** -slope)
    return made if np.isfinite(made).all() else held(resources, loss, new)


def times(resources: Resources, seconds: Losses, new: Resources) -> Losses:
    """Cumulative seconds at the resources `new`, if the trial goes on at its mean pace."""
    made: Losses = seconds[-1] + (new - resources[-1]) * (seconds[-1] / resources[-1])
    return made
