"""Compares straggler models with the observed factors: by likelihood, by their tails, by the widest gap (KS)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import erfc, exp, inf, log, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.calibration.estimate import EDGE, Estimate, exactly, mean, profile, share

#: Factors of attempts that were not slowed at all differ from 1 by at most this much.
ALIKE = 0.005
#: A family is used if it would fit as badly by chance with at least this probability; else the measured factors are.
MISFIT = 0.001
#: Smallest number of factors from which a family may be rejected.
ENOUGH = 30
#: Number of quantiles of a measured model.
QUANTILES = 21
#: Log likelihood that each further parameter of a family must add, as in Akaike's criterion.
COST = 1.0

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A fitted family: its entries in a scenario, its log likelihood, and its distance from the observed factors.

    `gap` is the statistic of Kolmogorov and Smirnov, and `chance` is the probability that it is at least as great by
    chance. `tail` is the observed 95 % quantile divided by the fitted one.
    """

    kind: str
    entries: dict[str, Estimate]
    likelihood: float
    gap: float
    chance: float
    tail: float
    values: tuple[float, ...] = ()

    @property
    def section(self) -> dict[str, Any]:
        """The straggler model as a scenario has it."""
        if self.kind == "quantiles":
            return {"kind": self.kind, "values": list(self.values)}
        return {"kind": self.kind, **{name: figure.value for name, figure in self.entries.items()}}

    def drawn(self, rng: np.random.Generator) -> dict[str, Any]:
        """The straggler model with parameters drawn from their uncertainty."""
        section = self.section
        for name, figure in self.entries.items():
            section[name] = figure.draw(rng)
        return section


Density = Callable[[float], float]


def fits(factors: Values, censored: NDArray[np.bool_]) -> list[Fit]:
    """Every family that can have produced the factors, shape (n,), the likeliest first.

    The true factor of a `censored` attempt is at least its value. The list is empty if all factors are equal, since
    there are no stragglers then.
    """
    seen, more = factors[~censored], factors[censored]
    if len(seen) < 2 or np.ptp(np.log(seen)) < 2 * ALIKE:  # noqa: PLR2004
        return []
    made = [_half_normal(seen, more), _log_normal(seen, more), _pareto(seen, more), _two_point(seen)]
    return sorted((fit for fit in made if fit is not None), key=lambda fit: len(fit.entries) * COST - fit.likelihood)


def best(factors: Values, censored: NDArray[np.bool_]) -> tuple[Fit | None, list[Fit]]:
    """The model to use, and all that were compared; it is the likeliest family, or else the factors as measured."""
    found = fits(factors, censored)
    if not found:
        return None, []
    seen = factors[~censored]
    if found[0].chance < MISFIT and len(seen) >= ENOUGH:
        values = tuple(float(f"{value:.4g}") for value in np.quantile(seen, np.linspace(0, 1, QUANTILES)))
        measured = Fit("quantiles", {}, inf, 0.0, 1.0, 1.0, values)
        return measured, [measured, *found]
    return found[0], found


def _half_normal(seen: Values, more: Values) -> Fit | None:
    if seen.min() < 1 - ALIKE:
        return None
    z, beyond = np.maximum(seen - 1, 0), np.maximum(more - 1, 0)

    def likelihood(std: float) -> float:
        inside = float((-log(std) + 0.5 * log(2 / pi) - (z / std) ** 2 / 2).sum())
        return inside + sum(log(max(erfc(value / std / sqrt(2)), 1e-300)) for value in beyond.tolist())

    std = profile(likelihood, 1e-4, 100.0, len(seen), "factor")
    return _fit(
        "half_normal",
        {"std": std},
        likelihood(std.value),
        seen,
        lambda x: 1 - erfc(max(x - 1, 0) / std.value / sqrt(2)),
    )


def _log_normal(seen: Values, more: Values) -> Fit:
    logs, beyond = np.log(seen), np.log(more)

    def likelihood(sigma: float) -> float:
        z, tail = (logs + sigma**2 / 2) / sigma, (beyond + sigma**2 / 2) / sigma
        inside = float((-log(sigma) - 0.5 * log(2 * pi) - z**2 / 2 - logs).sum())
        return inside + sum(log(max(erfc(value / sqrt(2)) / 2, 1e-300)) for value in tail.tolist())

    sigma = profile(likelihood, 1e-4, 5.0, len(seen), "factor")
    s = sigma.value
    return _fit(
        "log_normal", {"sigma": sigma}, likelihood(s), seen,
        lambda x: 1 - erfc((log(x) + s * s / 2) / s / sqrt(2)) / 2 if x > 0 else 0.0,
    )  # fmt: skip


def _pareto(seen: Values, more: Values) -> Fit | None:
    least = float(seen.min())
    if least >= 1:
        return None
    most = min(100.0, 1 / (1 - least))  # with a mean of 1 the least factor is (alpha - 1) / alpha
    if most <= 1.01:  # noqa: PLR2004  (the least that a scenario takes)
        return None
    logs, beyond = np.log(seen), np.log(np.maximum(more, 1e-12))

    def likelihood(alpha: float) -> float:
        start = log((alpha - 1) / alpha)
        inside = float((log(alpha) + alpha * start - (alpha + 1) * logs).sum())
        return inside + float(np.minimum(alpha * (start - beyond), 0).sum())

    alpha = profile(likelihood, 1.01, most, len(seen), "factor", drop=EDGE)
    a = alpha.value
    start = (a - 1) / a
    return _fit("pareto", {"alpha": alpha}, likelihood(a), seen, lambda x: 1 - (start / x) ** a if x > start else 0.0)


def _two_point(seen: Values) -> Fit | None:
    slow = seen > 1 + 20 * ALIKE
    if not slow.any() or slow.all() or abs(np.log(seen[~slow])).max() > 4 * ALIKE:
        return None
    of = seen[slow]
    if np.ptp(np.log(of)) > 8 * ALIKE:
        return None
    probability = share(int(slow.sum()), len(seen), "attempt")
    factor = mean(of, "slow attempt")
    width = 2 * ALIKE
    p = probability.value
    likelihood = float(slow.sum() * log(p) + (~slow).sum() * log(1 - p) - len(seen) * log(width))
    return Fit(
        "two_point",
        {"probability": probability, "factor": factor},
        likelihood,
        0.0,
        1.0,
        float(of.max() / factor.value),
    )


def _fit(kind: str, entries: dict[str, Estimate], likelihood: float, seen: Values, below: Density) -> Fit:
    ordered = np.sort(seen)
    n = len(ordered)
    model = np.array([below(value) for value in ordered.tolist()])
    gap = float(max((np.arange(1, n + 1) / n - model).max(), (model - np.arange(n) / n).max()))
    return Fit(kind, entries, likelihood, gap, _chance(gap, n), _tail(ordered, below))


def _chance(gap: float, n: int) -> float:
    """The probability that n draws have at least this gap to the distribution that they are drawn from.

    It is Kolmogorov's limit with Stephens' correction.
    """
    at = (sqrt(n) + 0.12 + 0.11 / sqrt(n)) * gap
    if at < 0.3:  # noqa: PLR2004  (where the series is slow and the answer 1)
        return 1.0
    terms = (exp(-2 * k * k * at * at) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * sum(term if k % 2 == 0 else -term for k, term in enumerate(terms))))


def _tail(ordered: Values, below: Density) -> float:
    low: float = 1e-6
    high: float = 1e9
    for _ in range(80):
        middle = sqrt(low * high)
        low, high = (middle, high) if below(middle) < 0.95 else (low, middle)  # noqa: PLR2004
    seen: float = float(np.quantile(ordered, 0.95))
    return seen / high


def spread_of_none(factors: Values) -> Estimate:
    """The mean factor of attempts that were all equally fast."""
    return mean(factors, "attempt") if len(factors) > 1 else exactly(float(factors[0]), 1, "attempt")
