"""Student's quantiles and the binomial distribution.

They are the only two functions of SciPy that runs and plans would need, and SciPy takes 143 MB and long to import.
Tests compare both with SciPy's.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, sqrt, tan

import numpy as np
from numpy.typing import NDArray

#: Number of points at which a density is evaluated to integrate it, and of halvings to find a quantile.
POINTS, HALVINGS = 200, 60
#: Number of standard deviations beyond which a nearly normal density is 0.
FAR = 12.0


@lru_cache(maxsize=1024)
def student_quantile(share: float, freedom: float) -> float:
    """The quantile of Student's distribution for a share from 0.5 to 1, with `freedom` from 1 to 1e9.

    With t = sqrt(freedom) tan(angle), the density of the angle is proportional to cos(angle) ** (freedom - 1), which
    is smooth, so that Gauss and Legendre's rule finds its integral to some ten digits. The angle is then found by
    halving.
    """
    most = min(pi / 2, FAR / sqrt(freedom))
    whole = _mass(most, freedom)
    low, high = 0.0, most
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _mass(middle, freedom) / whole < 2 * share - 1:
            low = middle
        else:
            high = middle
    return sqrt(freedom) * tan((low + high) / 2)


def _mass(angle: float, freedom: float) -> float:
    """The integral of cos ** (freedom - 1) from 0 to an angle up to a right one."""
    points, weights = _rule()
    cosine = -2 * np.sin(angle * points / 2) ** 2  # the cosine minus 1, which is exact for small angles
    return float(angle * (weights * np.exp((freedom - 1) * np.log1p(cosine))).sum())


@lru_cache(maxsize=1)
def _rule() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points of Gauss and Legendre's rule from 0 to 1, and their weights, which add up to 1."""
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    return (points + 1) / 2, weights / 2


def binomial_at_most(count: int, chance: float) -> NDArray[np.float64]:
    """The probabilities of at most 0, 1, … `count` successes, shape (count + 1,); `chance` is between 0 and 1."""
    hits = np.arange(count + 1)
    factorials = np.cumsum(np.log(np.maximum(hits, 1)))  # logarithms of 0!, 1!, … count!
    ways = factorials[-1] - factorials - factorials[::-1]
    return np.cumsum(np.exp(ways + hits * np.log(chance) + (count - hits) * np.log1p(-chance)))
