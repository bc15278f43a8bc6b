"""Statistics against known answers."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.core import ticks
from simulator.planning import statistics
from simulator.searchers.halving import random
from tests.worlds import World


@pytest.mark.parametrize(
    ("successes", "runs", "level", "low", "high"),
    [
        (0, 10, 0.95, 0.0, 0.2775),  # Newcombe, Stat. Med. 17 (1998), and R's prop.test without correction
        (81, 263, 0.95, 0.2553, 0.3662),
        (15, 148, 0.95, 0.0624, 0.1605),
        (1, 29, 0.95, 0.0061, 0.1718),
        (10, 10, 0.95, 0.7225, 1.0),
        (5, 10, 0.90, 0.2693, 0.7307),
    ],
)
def test_wilson(successes, runs, level, low, high):
    found = statistics.wilson(successes, runs, level)

    assert found.estimate == successes / runs
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


def test_nothing_is_known_of_no_runs():
    assert statistics.wilson(0, 0, 0.95)[1:] == (0, 1)


def test_bca_on_efrons_law_school_data():
    """Efron and Tibshirani (1993): the correlation's BCa interval is wide; of the mean it is near the normal one."""
    lsat = np.array([576, 635, 558, 578, 666, 580, 555, 661, 651, 605, 653, 575, 545, 572, 594], float)
    found = statistics.mean(lsat, 0.9, np.random.default_rng(1))
    half = 1.645 * lsat.std() / np.sqrt(len(lsat))

    assert found.estimate == lsat.mean()
    assert found.low == pytest.approx(lsat.mean() - half, abs=3)
    assert found.high == pytest.approx(lsat.mean() + half, abs=3)
    assert found.high - found.estimate > found.estimate - found.low  # skewed to the right


def test_equal_values_leave_no_interval_and_no_warning():
    assert statistics.mean(np.full(5, 2.0), 0.95, np.random.default_rng(0)) == (2, 2, 2)
    assert statistics.mean(np.array([7.0]), 0.95, np.random.default_rng(0)) == (7, 7, 7)
    assert np.isnan(statistics.mean(np.zeros(0), 0.95, np.random.default_rng(0)).estimate)


def test_almost_equal_values():
    values = np.array([1.0] * 19 + [2.0])
    found = statistics.mean(values, 0.95, np.random.default_rng(0))

    assert found.low <= found.estimate == 1.05 <= found.high


def test_a_quantile_is_one_of_the_values_and_may_be_never():
    values = np.array([3.0, 1.0, np.inf, 2.0])

    assert [statistics.quantile(values, share) for share in (0.25, 0.5, 0.75, 0.76)] == [1, 2, 3, np.inf]


def test_pairs_leave_out_whoever_never_got_there():
    one, other = np.array([5.0, 3.0, np.inf, 4.0]), np.array([4.0, 2.0, 1.0, np.inf])

    assert statistics.difference(one, other, 0.95, np.random.default_rng(0)) == ((1, 1, 1), 2)


def test_intervals_cover_the_truth_as_often_as_they_say():
    """Exponential times, 9 jobs on 4 workers: the mean makespan is (n - W) / W + H_W (papers.md, section 7.3), and
    with as many workers as jobs P(makespan <= t) = (1 - e^-t)^9. 500 experiments of 40 runs, 90 % intervals."""
    experiments, runs, jobs = 500, 40, 9
    rng = np.random.default_rng(8)
    drawn = rng.exponential(size=(experiments, runs, jobs))
    mean = (jobs - 4) / 4 + sum(1 / k for k in range(1, 5))
    share = (1 - np.exp(-3.0)) ** jobs
    means = shares = 0
    for experiment in drawn:
        spans = np.array([makespan(times, 4) for times in experiment])
        found = statistics.mean(spans, 0.9, rng)
        means += found.low <= mean <= found.high
        waves = experiment.max(axis=1)
        hit = statistics.wilson(int((waves <= 3).sum()), runs, 0.9)
        shares += hit.low <= share <= hit.high

    assert 0.86 <= means / experiments <= 0.94
    assert 0.86 <= shares / experiments <= 0.94


def makespan(times, workers):
    """Of the engine, for jobs that take `times`."""
    world = World(ticks=lambda trial, start, end: int(times[trial] * ticks.PER_SECOND))
    trace = simulate(random(max_trials=len(times), max_length=1), world, Cluster(workers))
    return trace.makespan / ticks.PER_SECOND
