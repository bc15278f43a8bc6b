"""Distributions of time spans, such as how long a machine stays up or down."""

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
        """The span in ticks that a `share` of all spans, in (0, 1), does not exceed; shaped like `share`."""
        ...


@dataclass(frozen=True)
class Weibull:
    """Weibull distribution with the given mean; shape 1 is exponential, less has heavy tails, more fails by wear."""

    mean: float
    shape: float = 1.0

    def quantile(self, share: Numbers) -> Numbers:
        """The span that a `share` of all spans does not exceed."""
        return self.mean / gamma(1 + 1 / self.shape) * (-np.log1p(-share)) ** (1 / self.shape)


@dataclass(frozen=True)
class LogNormalSpan:
    """Log-normal distribution with the given median and mean, which is the greater of the two."""

    median: float
    mean: float

    def quantile(self, share: Numbers) -> Numbers:
        """The span that a `share` of all spans does not exceed."""
        sigma = sqrt(2 * log(self.mean / self.median))
        return np.asarray(self.median * np.exp(sigma * normal_quantile(share)))


def expected_completion(work: float, losses: float) -> float:
    """Expected time until `work` ticks in a row pass without a loss, if losses come at the rate `losses` per tick.

    It is (exp(rate * work) - 1) / rate; inf where that overflows.
    """
    exponent = losses * work
    if exponent > 700:  # noqa: PLR2004  (exp overflows)
        return float("inf")
    return (exp(exponent) - 1) / losses if losses else work
