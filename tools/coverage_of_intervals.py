"""How often 95 % intervals hold the truth: `python -m tools.coverage_of_intervals [EXPERIMENTS]` prints a table.

Times and bills are drawn from known laws, and are skewed like those of runs. How often the interval of a share holds
the truth is computed exactly; for the other intervals it is counted in experiments.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.random import Generator
from scipy import stats

from simulator.planning import statistics
from simulator.planning.statistics import Interval

LEVEL, SIZES = 0.95, (10, 20, 50, 100)
#: A function that makes an experiment with a number of runs, and returns the interval that it gives.
Experiment = Callable[[Generator, int], Interval]
EXPONENTIAL, LOG_NORMAL, HOURS = stats.expon(), stats.lognorm(0.4), stats.lognorm(0.4, scale=8)


def mean_of(law: stats.rv_frozen, rng: Generator, runs: int) -> Interval:
    """The mean of a law."""
    return statistics.mean(law.rvs(runs, random_state=rng), LEVEL)


def quantile_of(law: stats.rv_frozen, share: float, rng: Generator, runs: int) -> Interval:
    """A quantile of a law."""
    return statistics.quantile_interval(law.rvs(runs, random_state=rng), share, LEVEL)


def begun_hours(rng: Generator, runs: int) -> Interval:
    """The mean of bills that charge begun hours."""
    return statistics.mean(np.ceil(HOURS.rvs(runs, random_state=rng)), LEVEL)


def two_bills(rng: Generator, runs: int) -> Interval:
    """The mean of bills of which 45 % are five times as high as the others."""
    return statistics.mean(np.where(rng.random(runs) < 0.45, 5.0, 1.0), LEVEL)


def times_apart(one: float, other: float, rng: Generator, runs: int) -> Interval:
    """The difference of two times under the same seeds: they have a common part, and separate parts with these sds."""
    common, ours, theirs = (np.exp(sigma * rng.standard_normal(runs)) for sigma in (0.4, one, other))
    return statistics.difference(common * ours, 1.1 * common * theirs, LEVEL)[0]


def shares_apart(gained: float, lost: float, rng: Generator, runs: int) -> Interval:
    """The difference of two shares under the same seeds: only the first, or only the second, is done in these shares."""
    drawn = rng.random(runs)
    return statistics.share_difference(drawn < gained, drawn > 1 - lost, LEVEL)


def apart(one: float, other: float) -> float:
    """The true difference of `times_apart`."""
    return float(np.exp(0.08) * (np.exp(one**2 / 2) - 1.1 * np.exp(other**2 / 2)))


#: The name of each kind of interval, its experiment, and the truth.
KINDS: list[tuple[str, Experiment, float]] = [
    ("mean, exponential", partial(mean_of, EXPONENTIAL), 1.0),
    ("mean, log-normal", partial(mean_of, LOG_NORMAL), float(LOG_NORMAL.mean())),
    ("median, exponential", partial(quantile_of, EXPONENTIAL, 0.5), float(EXPONENTIAL.ppf(0.5))),
    ("90 % quantile, exponential", partial(quantile_of, EXPONENTIAL, 0.9), float(EXPONENTIAL.ppf(0.9))),
    ("mean bill of begun hours", begun_hours, float(HOURS.sf(np.arange(1000)).sum())),
    ("mean bill, 45 % of them five times as high", two_bills, 2.8),
    ("difference of times, own sd .3 and .3", partial(times_apart, 0.3, 0.3), apart(0.3, 0.3)),
    ("difference of times, own sd .1 and .5", partial(times_apart, 0.1, 0.5), apart(0.1, 0.5)),
    ("difference of shares, .18 and .08 differ", partial(shares_apart, 0.18, 0.08), 0.1),
    ("difference of shares, .07 and .02 differ", partial(shares_apart, 0.07, 0.02), 0.05),
    ("difference of shares, .25 and .25 differ", partial(shares_apart, 0.25, 0.25), 0.0),
]
SHARES = (0.5, 0.7, 0.9, 0.95, 0.99)


def held(experiment: Experiment, truth: float, runs: int, experiments: int, rng: Generator) -> float:
    """The share of experiments whose interval holds the truth."""
    found = [experiment(rng, runs) for _ in range(experiments)]
    return float(np.mean([one.low <= truth <= one.high for one in found]))


def share_held(share: float, runs: int) -> float:
    """The probability that the interval of a share of `runs` runs holds the true share."""
    likely = stats.binom.pmf(np.arange(runs + 1), runs, share)
    found = [statistics.wilson(count, runs, LEVEL) for count in range(runs + 1)]
    return float(sum(part for part, one in zip(likely, found, strict=True) if one.low <= share <= one.high))


def table(experiments: int) -> Iterator[tuple[str, list[float]]]:
    """For each kind of interval, its name and how often it holds the truth for each of `SIZES`."""
    rng = np.random.default_rng(3)
    for name, experiment, truth in KINDS:
        yield name, [held(experiment, truth, runs, experiments, rng) for runs in SIZES]
    for share in SHARES:
        yield f"share of {share:g} (exact)", [share_held(share, runs) for runs in SIZES]


def main() -> None:
    """Print the table."""
    print(f"| 95 % interval of | {' | '.join(f'n = {runs}' for runs in SIZES)} |")
    print(f"| --- |{' ---: |' * len(SIZES)}")
    for name, shares in table(int(sys.argv[1]) if len(sys.argv) > 1 else 500):
        print(f"| {name} | {' | '.join(f'{100 * share:.1f}' for share in shares)} |", flush=True)


if __name__ == "__main__":
    main()
