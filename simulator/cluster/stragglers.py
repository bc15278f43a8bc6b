"""Stragglers: by what factor a job takes longer than its curve says.

A factor is drawn for each attempt at a job, or once for each worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Factors = NDArray[np.float64]


class Straggler(Protocol):
    """A distribution of factors > 0."""

    def draw(self, rng: np.random.Generator, n: int) -> Factors:
        """Return n factors, as an array of shape (n,)."""
        ...


@dataclass(frozen=True)
class HalfNormal:
    """1 + |z|, z normal with sd `std`: mean 1 + 0.798 std (Li et al., arXiv 1810.05934, appendix A.1)."""

    std: float

    def draw(self, rng: np.random.Generator, n: int) -> Factors:
        """Return n factors."""
        return 1 + self.std * np.abs(rng.standard_normal(n))


@dataclass(frozen=True)
class LogNormal:
    """Log-normal of mean 1 whose log has sd `sigma`."""

    sigma: float

    def draw(self, rng: np.random.Generator, n: int) -> Factors:
        """Return n factors."""
        return np.exp(self.sigma * rng.standard_normal(n) - self.sigma**2 / 2)


@dataclass(frozen=True)
class Pareto:
    """Pareto of mean 1 with tail index `alpha` > 1: the smaller, the heavier the tail."""

    alpha: float

    def draw(self, rng: np.random.Generator, n: int) -> Factors:
        """Return n factors."""
        return (self.alpha - 1) / self.alpha * (1 - rng.random(n)) ** (-1 / self.alpha)


@dataclass(frozen=True)
class TwoPoint:
    """`factor` with `probability`, else 1."""

    probability: float
    factor: float

    def draw(self, rng: np.random.Generator, n: int) -> Factors:
        """Return n factors."""
        return np.where(rng.random(n) < self.probability, self.factor, 1.0)


@dataclass(frozen=True)
class Quantiles:
    """As measured: `values` are evenly spaced quantiles, from the least to the greatest factor."""

    values: Sequence[float]

    def draw(self, rng: np.random.Generator, n: int) -> Factors:
        """Return n factors."""
        return np.interp(rng.random(n), np.linspace(0, 1, len(self.values)), self.values)
