"""How long a worker stays up, or down: distributions of time spans."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, gamma, log, sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Span(Protocol):
    """A distribution of time spans, in ticks."""

    @property
    def mean(self) -> float:
        """Mean span, in ticks."""
        ...

    def draw(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Return n spans in ticks, as an array of shape (n,)."""
        ...


@dataclass(frozen=True)
class Weibull:
    """Weibull of the given mean; shape 1 is the exponential, less is heavy-tailed, more wears out."""

    mean: float
    shape: float = 1.0

    def draw(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Return n spans."""
        return self.mean / gamma(1 + 1 / self.shape) * rng.exponential(size=n) ** (1 / self.shape)


@dataclass(frozen=True)
class LogNormalSpan:
    """Log-normal given by its median and its mean, which is the greater of the two."""

    median: float
    mean: float

    def draw(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Return n spans."""
        sigma = sqrt(2 * log(self.mean / self.median))
        return self.median * np.exp(sigma * rng.standard_normal(n))


def expected_completion(work: float, losses: float) -> float:
    """Expected time until `work` ticks are done in one go, started again after each loss at rate `losses` per tick.

    (exp(rate * work) - 1) / rate; inf where that is beyond any clock.
    """
    exponent = losses * work
    if exponent > 700:  # noqa: PLR2004  (exp overflows)
        return float("inf")
    return (exp(exponent) - 1) / losses if losses else work
