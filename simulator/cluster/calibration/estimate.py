"""An estimate from runs: its value, its interval, and the number of events behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from math import exp, inf, isfinite, log, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.core.formatting import counted

if TYPE_CHECKING:
    from scipy import stats

#: Confidence level of the intervals.
LEVEL = 0.9
#: Twice the log likelihood is lower by this much at the ends of a profile interval of that level than at its maximum.
DROP = 2.7055
#: The same for a likelihood that is greatest at the end of its range, as for a law whose parameter is its least
#: value.
EDGE = 4.6052
#: Steps of the search for each end of a profile interval.
ROUNDS = 60

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """`value` with its 90 % interval from `low` to `high`, estimated from `events` events of the kind `what`.

    `what` is a noun in the singular. For a share, `out_of` is the number of attempts or checks in all.
    """

    value: float
    low: float
    high: float
    events: int
    what: str
    out_of: int = 0

    @property
    def source(self) -> str:
        """The events in words: "1 attempt", "23 lost attempts", "58 of 440 attempts"."""
        if self.out_of:
            return f"{self.events:,} of {counted(self.out_of, self.what)}"
        return counted(self.events, self.what)

    def draw(self, rng: np.random.Generator) -> float:
        """Draw a possible true value: above and below `value` equally often, in the interval with probability 90 %.

        Each side is a half-normal distribution, of logarithms if all three figures are positive.
        """
        side = 1 if rng.random() < 0.5 else -1  # noqa: PLR2004
        size = abs(rng.standard_normal()) / 1.6449
        end = self.high if side > 0 else self.low
        if self.low > 0 and isfinite(self.high):
            return exp(log(self.value) + size * log(end / self.value))
        return self.value + size * (min(end, 1e300) - self.value)


def check_installed() -> None:
    """Raise InputError if SciPy, which has the distributions behind the intervals, is not installed."""
    if find_spec("scipy") is None:
        message = "needs SciPy, which is not installed: pip install 'asha-simulator[calibrate]'"
        raise InputError(Problem("calibration", message))


def exactly(value: float, events: int, what: str) -> Estimate:
    """A figure without uncertainty, because it was counted, or because it was the same each time."""
    return Estimate(value, value, value, events, what)


def mean(values: Values, what: str) -> Estimate:
    """A mean with Student's interval; a single value has an interval of width 0."""
    value = float(values.mean())
    if len(values) < 2 or np.ptp(values) == 0:  # noqa: PLR2004
        return exactly(value, len(values), what)
    half = float(_stats().t.ppf(0.5 + LEVEL / 2, len(values) - 1) * values.std(ddof=1) / sqrt(len(values)))
    return Estimate(value, value - half, value + half, len(values), what)


def rate(events: int, exposure: float, what: str) -> Estimate:
    """The rate of events per unit of `exposure`, with the exact interval of a Poisson count (Garwood, 1936)."""
    chi2 = _stats().chi2
    tail = (1 - LEVEL) / 2
    low = float(chi2.ppf(tail, 2 * events) / 2 / exposure) if events else 0.0
    high = float(chi2.ppf(1 - tail, 2 * events + 2) / 2 / exposure)
    return Estimate(events / exposure, low, high, events, what)


def mean_span(total: float, events: int, what: str) -> Estimate:
    """The mean length of exponential spans, of which `events` ended during `total` seconds of observation."""
    if events and not total:  # all ended as soon as they began
        return exactly(0.0, events, what)
    found = rate(events, total, what)
    if not found.events:
        return Estimate(inf, 1 / found.high, inf, 0, what)
    chi2 = _stats().chi2
    tail = (1 - LEVEL) / 2
    low = float(2 * total / chi2.ppf(1 - tail, 2 * events))
    return Estimate(total / events, low, float(2 * total / chi2.ppf(tail, 2 * events)), events, what)


def share(events: int, of: int, what: str) -> Estimate:
    """The probability of an event that happened `events` times in `of`, with Jeffreys' interval."""
    beta = _stats().beta
    tail = (1 - LEVEL) / 2
    low = float(beta.ppf(tail, events + 0.5, of - events + 0.5)) if events else 0.0
    high = float(beta.ppf(1 - tail, events + 0.5, of - events + 0.5)) if events < of else 1.0
    return Estimate(events / of, low, high, events, what, of)


def median(values: Values, what: str) -> Estimate:
    """The median, with an interval of order statistics that holds for any distribution."""
    ordered = np.sort(values)
    n = len(ordered)
    first = int(_stats().binom.ppf((1 - LEVEL) / 2, n, 0.5))
    return Estimate(
        float(np.median(ordered)), float(ordered[max(first - 1, 0)]), float(ordered[min(n - first, n - 1)]), n, what
    )


def profile(
    likelihood: Callable[[float], float], low: float, high: float, events: int, what: str, *, drop: float = DROP
) -> Estimate:
    """The maximum of a log likelihood from `low` to `high`, with the interval in which twice it falls by `drop`."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(lambda at: -likelihood(exp(at)), bounds=(log(low), log(high)), method="bounded")
    best, top = exp(float(found.x)), -float(found.fun)

    def end(outer: float) -> float:
        inner = log(best)
        limit = log(outer)
        if 2 * (top - likelihood(outer)) < drop:
            return outer
        for _ in range(ROUNDS):
            middle = (inner + limit) / 2
            if 2 * (top - likelihood(exp(middle))) < drop:
                inner = middle
            else:
                limit = middle
        return exp((inner + limit) / 2)

    return Estimate(best, end(low), end(high), events, what)


def _stats() -> stats:
    from scipy import stats

    return stats


def plain(value: float) -> str:
    """A number in four significant digits, without a power of ten."""
    return np.format_float_positional(value, precision=4, unique=False, fractional=False, trim="-")


def in_unit(seconds: float) -> str:
    """A duration with its unit, such as "2.5 h": four digits, in the greatest unit that fits into it twice."""
    unit = unit_of(seconds)
    return f"{plain(seconds / seconds_of(unit))} {unit}"


def unit_of(seconds: float) -> str:
    """The greatest unit of time that fits twice into a duration."""
    return next((name for name in ("d", "h", "min") if 2 * seconds_of(name) <= seconds < inf), "s")


def seconds_of(unit: str | None) -> float:
    """The seconds of a unit of time; 1 for None."""
    return ticks.to_seconds(ticks.UNITS[unit]) if unit else 1.0
