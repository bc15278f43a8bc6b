"""Stragglers: distributions of the factor by which a job takes longer than its curve says.

A factor is drawn for each attempt at a job, or once for each worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simulator.core.normals import normal_quantile
from simulator.core.streams import Numbers


class Straggler(Protocol):
    """A distribution of factors > 0."""

    def quantile(self, share: Numbers) -> Numbers:
        """The factor that a `share` of all factors, in (0, 1), does not exceed; shaped like `share`."""
        ...


@dataclass(frozen=True)
class HalfNormal:
    """1 + |z|, z normal with sd `std`: mean 1 + 0.798 std (Li et al., arXiv 1810.05934, appendix A.1)."""

    std: float

    def quantile(self, share: Numbers) -> Numbers:
        """The factor that a `share` of all factors does not exceed."""
        return 1 - self.std * normal_quantile((1 - share) / 2)


@dataclass(frozen=True)
class LogNormal:
    """Log-normal of mean 1 whose log has sd `sigma`."""

    sigma: float

    def quantile(self, share: Numbers) -> Numbers:
        """The factor that a `share` of all factors does not exceed."""
        return np.asarray(np.exp(self.sigma * normal_quantile(share) - self.sigma**2 / 2))


@dataclass(frozen=True)
class Pareto:
    """Pareto of mean 1 with tail index `alpha` > 1; the smaller `alpha` is, the heavier is the tail."""

    alpha: float

    def quantile(self, share: Numbers) -> Numbers:
        """The factor that a `share` of all factors does not exceed."""
        return (self.alpha - 1) / self.alpha * (1 - share) ** (-1 / self.alpha)


@dataclass(frozen=True)
class TwoPoint:
    """`factor` with `probability`, else 1."""

    probability: float
    factor: float

    def quantile(self, share: Numbers) -> Numbers:
        """The factor that a `share` of all factors does not exceed."""
        return np.where(1 - share < self.probability, self.factor, 1.0)


@dataclass(frozen=True)
class Quantiles:
    """Measured factors: `values` are evenly spaced quantiles, from the least to the greatest factor."""

    values: Sequence[float]

    def quantile(self, share: Numbers) -> Numbers:
        """The factor that a `share` of all factors does not exceed."""
        return np.interp(share, np.linspace(0, 1, len(self.values)), self.values)
