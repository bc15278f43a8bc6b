"""What some runs say about all runs: shares, quantiles, means and paired differences, each with its interval."""

from __future__ import annotations

import warnings
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Resamples of a bootstrap.
RESAMPLES = 2000
#: Numbers of a bootstrap held at once.
AT_ONCE = 4_000_000

Values = NDArray[np.float64]


class Interval(NamedTuple):
    """An estimate and the interval around it."""

    estimate: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """From end to end."""
        return self.high - self.low


def wilson(successes: int, runs: int, level: float) -> Interval:
    """The share of successes, with Wilson's score interval; of no runs nothing is known.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
    """
    if runs == 0:
        return Interval(float("nan"), 0.0, 1.0)
    share, z = successes / runs, NormalDist().inv_cdf(0.5 + level / 2)
    middle = (share + z * z / (2 * runs)) / (1 + z * z / runs)
    half = z / (1 + z * z / runs) * sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
    low = 0.0 if successes == 0 else middle - half
    return Interval(share, low, 1.0 if successes == runs else middle + half)


def quantile(values: Values, share: float) -> float:
    """The least value that at least `share` of them don't exceed; values may be inf."""
    return float(np.quantile(values, share, method="inverted_cdf"))


def mean(values: Values, level: float, rng: np.random.Generator) -> Interval:
    """The mean, with the bootstrap's bias-corrected and accelerated interval; values are finite, shape (n,).

    One value, or equal ones, leave no room for an interval but themselves. Source: B. Efron, Better bootstrap
    confidence intervals, JASA 82 (1987), by way of scipy.
    """
    from scipy.stats import bootstrap

    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"))
    estimate = float(values.mean())
    if np.ptp(values) == 0:
        return Interval(estimate, estimate, estimate)
    batch = max(1, AT_ONCE // len(values))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of values that are almost all equal
        found = bootstrap(
            (values,), np.mean, method="BCa", confidence_level=level, n_resamples=RESAMPLES, batch=batch, rng=rng,
            vectorized=True,
        ).confidence_interval  # fmt: skip
    if np.isnan(found.low) or np.isnan(found.high):
        return Interval(estimate, float(values.min()), float(values.max()))
    return Interval(estimate, float(found.low), float(found.high))


def difference(one: Values, other: Values, level: float, rng: np.random.Generator) -> tuple[Interval, int]:
    """The mean of `one` less `other`, pair by pair, and how many pairs there are: those where both are finite."""
    both = np.isfinite(one) & np.isfinite(other)
    return mean(one[both] - other[both], level, rng), int(both.sum())
