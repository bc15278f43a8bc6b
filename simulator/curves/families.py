"""Shapes of learning curves: how much of a trial's gain is left after r units, 1 at the first unit.

The names are those of the learning curve database LCDB (Mohr et al. 2022). A loss of `asymptote + gain * left` gives
its models; a constant factor of a shape is part of the gain.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np
from numpy.typing import NDArray

from simulator.core.vocabulary import Family

Values = NDArray[np.float64]
#: Type of left(r, rate, scale), for r units and the rate and scale of each trial.
Shape = Callable[[float, Values, Values], Values]

#: Ranges to which rates and scales are clipped, so that their powers do not overflow.
RATES = (1e-3, 20.0)
SCALES = (1e-3, 1e6)


def _pow3(r: float, rate: Values, scale: Values) -> Values:  # noqa: ARG001
    """Power law: x**-c."""
    return np.asarray(r**-rate)


def _pow4(r: float, rate: Values, scale: Values) -> Values:
    """Power law with a late start: (x + d)**-c."""
    return np.asarray(((r + scale) / (1 + scale)) ** -rate)


def _exp3(r: float, rate: Values, scale: Values) -> Values:  # noqa: ARG001
    """Exponential: e**-bx."""
    return np.asarray(np.exp(-rate * (r - 1)))


def _exp4(r: float, rate: Values, scale: Values) -> Values:
    """Stretched exponential, that is Weibull: e**-(x/s)**d."""
    return np.asarray(np.exp((1 / scale) ** rate - (r / scale) ** rate))


def _logpower3(r: float, rate: Values, scale: Values) -> Values:
    """Log-power, a sigmoid in the logarithm of x: 1 / (1 + (x/s)**c)."""
    return np.asarray((1 + (1 / scale) ** rate) / (1 + (r / scale) ** rate))


def _mmf4(r: float, rate: Values, scale: Values) -> Values:
    """Morgan-Mercer-Flodin: b / (b + x**d)."""
    return np.asarray((scale + 1) / (scale + r**rate))


def _vap3(r: float, rate: Values, scale: Values) -> Values:
    """Vapour pressure: e**(b/x) * x**-c."""
    return np.asarray(np.exp(scale / r - scale) * r**-rate)


def _ilog2(r: float, rate: Values, scale: Values) -> Values:  # noqa: ARG001
    """Inverse logarithm, slower than any power: ln(x + 1)**-c."""
    return np.asarray((log(r + 1) / log(2)) ** -rate)


_SHAPES: dict[Family, Shape] = {
    "pow3": _pow3,
    "pow4": _pow4,
    "exp3": _exp3,
    "exp4": _exp4,
    "logpower3": _logpower3,
    "mmf4": _mmf4,
    "vap3": _vap3,
    "ilog2": _ilog2,
}

#: Families whose shape has a `scale`.
SCALED: frozenset[Family] = frozenset({"pow4", "exp4", "logpower3", "mmf4", "vap3"})


def left(family: Family, resource: float, rate: Values, scale: Values) -> Values:
    """The share of the gain that is left after `resource` units, for rates and scales of shape (trials,)."""
    with np.errstate(under="ignore"):
        return _SHAPES[family](float(resource), np.clip(rate, *RATES), np.clip(scale, *SCALES))
