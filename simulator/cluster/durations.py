"""How long a worker stays up, or down: distributions of time spans."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, gamma, log, sqrt
from typing import Protocol

import numpy as np

from simulator.core.normals import normal_quantile
from simulator.core.streams import Numbers


class Span(Protocol):
    """A distribution of time spans, in ticks."""

    @property
    def mean(self) -> float:
        """Mean span, in ticks."""
        ...

    def quantile(self, share: Numbers) -> Numbers:
        """The span in ticks that a share of all, in (0, 1), does not exceed; the shape stays."""
        ...


@dataclass(frozen=True)
class Weibull:
    """Weibull of the given mean; shape 1 is the exponential, less is heavy-tailed, more wears out."""

    mean: float
    shape: float = 1.0

    def quantile(self, share: Numbers) -> Numbers:
        """The span that a share of all does not exceed."""
        return self.mean / gamma(1 + 1 / self.shape) * (-np.log1p(-share)) ** (1 / self.shape)


@dataclass(frozen=True)
class LogNormalSpan:
    """Log-normal given by its median and its mean, which is the greater of the two."""

    median: float
    mean: float

    def quantile(self, share: Numbers) -> Numbers:
        """The span that a share of all does not exceed."""
        sigma = sqrt(2 * log(self.mean / self.median))
        return np.asarray(self.median * np.exp(sigma * normal_quantile(share)))


def expected_completion(work: float, losses: float) -> float:
    """Expected time until `work` ticks are done in one go, started again after each loss at rate `losses` per tick.

    (exp(rate * work) - 1) / rate; inf where that is beyond any clock.
    """
    exponent = losses * work
    if exponent > 700:  # noqa: PLR2004  (exp overflows)
        return float("inf")
    return (exp(exponent) - 1) / losses if losses else work
