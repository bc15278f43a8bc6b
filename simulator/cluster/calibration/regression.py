"""Robust least squares, which a few extreme values do not move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Rounds of weighting; and the residual, in robust standard deviations, above which a value has less weight.
ROUNDS, FAR = 100, 1.345
#: Standard deviation of normal values divided by their median absolute deviation.
DEVIATIONS = 1.4826

Values = NDArray[np.float64]


def robust(design: Values, paid: Values, weight: Values) -> tuple[Values, Values, Values]:
    """The coefficients, shape (k,), their standard errors, and the residuals of `paid`, shape (n,).

    `design` has shape (n, k). Huber's weights reduce the effect of distant values; the errors are those of the
    sandwich estimate.
    """
    matrix, target = design * weight[:, None], paid * weight
    values = _least_absolute(matrix, target)
    rest = target - matrix @ values
    scale = max(spread(rest), 1e-12)  # fixed, or it could widen round by round
    kept = np.ones(len(paid))
    for _ in range(ROUNDS):
        before, kept = kept, np.minimum(1.0, FAR * scale / np.maximum(abs(rest), 1e-300))
        if np.allclose(before, kept, atol=1e-6):
            break
        values = _weighted(matrix, target, kept)
        rest = target - matrix @ values
    bread = np.linalg.pinv((matrix * (abs(rest) <= FAR * scale)[:, None]).T @ matrix)
    meat = matrix * (kept * rest)[:, None]
    errors: Values = np.linalg.norm(meat @ bread, axis=0)
    return values, errors, rest / weight


def _least_absolute(matrix: Values, target: Values) -> Values:
    """Coefficients with the least sum of absolute residuals; values that agree exactly decide them."""
    values = _weighted(matrix, target, np.ones(len(target)))
    least = 1e-9 * max(float(abs(target).max()), 1e-300)
    for _ in range(ROUNDS):
        before, values = values, _weighted(matrix, target, 1 / np.maximum(abs(target - matrix @ values), least))
        if np.allclose(before, values, rtol=1e-9, atol=1e-12):
            break
    return values


def _weighted(matrix: Values, target: Values, weights: Values) -> Values:
    root = np.sqrt(weights)
    found: Values = np.linalg.lstsq(matrix * root[:, None], target * root, rcond=None)[0].astype(float)
    return found


def spread(values: Values) -> float:
    """A robust standard deviation: the one of normal values with the same median absolute deviation."""
    return float(DEVIATIONS * np.median(abs(values - np.median(values))))
