"""Statistics against known answers."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import multinomial

from simulator.cluster.engine import Cluster, simulate
from simulator.core import ticks
from simulator.planning import statistics
from simulator.searchers.halving import random
from tests.support.worlds import World
from tools import coverage_of_intervals as coverage


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


def test_without_runs_the_interval_is_from_0_to_1():
    assert statistics.wilson(0, 0, 0.95)[1:] == (0, 1)


def test_the_mean_of_values_without_skew_has_students_interval():
    """The example is Student's own, 10 patients' hours of additional sleep (Biometrika 6, 1908); the interval is that of R's t.test."""
    sleep = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    even = np.concatenate([sleep, -sleep])  # these values have a skewness of 0
    found = statistics.mean(even, 0.95)
    half = 2.093024 * even.std(ddof=1) / np.sqrt(20)

    assert found.estimate == pytest.approx(0, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((-half, half), rel=1e-6)


def test_the_mean_of_skewed_values_reaches_further_to_the_long_side():
    sleep = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    found = statistics.mean(sleep, 0.95)

    assert found.estimate == pytest.approx(1.58)
    assert found.high - found.estimate > found.estimate - found.low > 0


def test_the_interval_of_few_values_holds_students():
    """Ten values show little of their skewness; that of the mean alone would end above Student's lower end."""
    sleep = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    found = statistics.mean(sleep, 0.95)
    half = 2.262157 * sleep.std(ddof=1) / np.sqrt(10)

    assert found.low == pytest.approx(1.58 - half, rel=1e-6)
    assert found.high > 1.58 + half
    assert statistics.mean(np.tile(sleep, 4), 0.95).low == pytest.approx(
        1.58 - 2.022691 * sleep.std() / np.sqrt(39), rel=1e-6
    )
    assert statistics.mean(np.tile(sleep, 5), 0.95).low > 1.58 - 2.009575 * sleep.std() / np.sqrt(49)


@pytest.mark.parametrize("runs", [10, 20])
def test_the_difference_of_a_few_unlike_times_is_held_as_often_as_stated(runs):
    """In 93 % or more for 95 %, and 4,000 experiments have an error of .8 points. Without Student's it is less."""
    rng, truth = np.random.default_rng(7), coverage.apart(0.1, 0.5)

    assert 0.93 <= coverage.held(partial(coverage.times_apart, 0.1, 0.5), truth, runs, 4000, rng) <= 0.97


def test_the_runs_that_show_what_is_rare():
    assert [statistics.runs_to_see(0.1, 0.95), statistics.runs_to_see(0.5, 0.95)] == [29, 5]
    assert 1 - 0.9**29 >= 0.95 > 1 - 0.9**28


@pytest.mark.parametrize(
    ("count", "share", "low", "high"),
    [
        (10, 0.5, (1, 2), (7, 8)),  # between the second and the third, since P(Bin(10, .5) < 2) = .011 and < 3 .055
        (9, 0.5, (1, 2), (6, 7)),
        (10, 0.9, (6, 7), None),  # ten runs say nothing of how long the slowest tenth takes
        (100, 0.9, (82, 84), (94, 96)),
    ],
)
def test_a_quantile_lies_between_order_statistics(count, share, low, high):
    found = statistics.quantile_interval(np.arange(count, dtype=float), share, 0.95)

    assert low[0] <= found.low <= low[1]
    assert found.high == np.inf if high is None else high[0] <= found.high <= high[1]


def test_a_quantile_of_runs_that_never_ended():
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, np.inf, np.inf, np.inf])

    assert statistics.quantile_interval(values, 0.5, 0.95) == (5, pytest.approx(2.66, abs=0.01), np.inf)


def test_what_is_promised_of_a_share():
    assert statistics.at_least(93, 100, 0.8) > 0.9 > statistics.at_least(92, 100, 0.8)
    assert statistics.at_most(86, 100, 0.8) < 0.9 < statistics.at_most(88, 100, 0.8)
    for share in (0.5, 0.9, 0.95, 0.99):
        needed = statistics.runs_to_show(share, 0.8)
        assert statistics.at_least(needed, needed, 0.8) >= share
        assert needed == 1 or statistics.at_least(needed - 1, needed - 1, 0.8) < share


def test_equal_values_leave_no_interval_and_no_warning():
    assert statistics.mean(np.full(5, 2.0), 0.95) == (2, 2, 2)
    assert statistics.mean(np.array([7.0]), 0.95) == (7, 7, 7)
    assert np.isnan(statistics.mean(np.zeros(0), 0.95).estimate)


def test_almost_equal_values():
    values = np.array([1.0] * 19 + [2.0])
    found = statistics.mean(values, 0.95)

    assert found.low <= found.estimate == 1.05 <= found.high


def test_a_quantile_is_one_of_the_values_and_may_be_never():
    values = np.array([3.0, 1.0, np.inf, 2.0])

    assert [statistics.quantile(values, share) for share in (0.25, 0.5, 0.75, 0.76)] == [1, 2, 3, np.inf]


def test_pairs_leave_out_runs_that_never_reached_the_target():
    one, other = np.array([5.0, 3.0, np.inf, 4.0]), np.array([4.0, 2.0, 1.0, np.inf])

    assert statistics.difference(one, other, 0.95) == ((1, 1, 1), 2)


@pytest.mark.slow
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
        found = statistics.mean(spans, 0.9)
        means += found.low <= mean <= found.high
        waves = experiment.max(axis=1)
        hit = statistics.wilson(int((waves <= 3).sum()), runs, 0.9)
        shares += hit.low <= share <= hit.high

    assert 0.86 <= means / experiments <= 0.94
    assert 0.86 <= shares / experiments <= 0.94


def makespan(times, workers):
    """The engine's makespan for jobs that take `times`."""
    world = World(ticks=lambda trial, start, end: int(times[trial] * ticks.PER_SECOND))
    trace = simulate(random(max_trials=len(times), max_length=1), world, Cluster(workers))
    return trace.makespan / ticks.PER_SECOND


@pytest.mark.parametrize(
    ("gained", "lost", "pairs", "low", "high"),
    [
        (0, 0, 50, -0.03769, 0.03769),  # even runs that agree in every pair leave some uncertainty
        (5, 1, 50, -0.02058, 0.17443),
        (50, 0, 50, 0.89710, 1.0),
    ],
)
def test_a_paired_difference_of_shares(gained, lost, pairs, low, high):
    """By Agresti and Min it is (b - c) / (n + 2), with half a pair added to each of four kinds; the error is computed by hand."""
    one, other = np.zeros(pairs, bool), np.zeros(pairs, bool)
    one[:gained], other[pairs - lost :] = True, True
    found = statistics.share_difference(one, other, 0.95)

    assert found.estimate == (gained - lost) / pairs
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-5)


@pytest.mark.parametrize(("gained", "lost"), [(0.18, 0.08), (0.07, 0.02), (0.05, 0.05)])
def test_a_paired_difference_of_shares_holds_the_truth(gained, lost):
    """Computed exactly over all counts of pairs gained and lost, a 95 % interval holds the truth in at least 93 %."""
    for pairs in (10, 20, 50):
        counts = np.arange(pairs + 1)
        likely = multinomial.pmf(
            [[b, c, pairs - b - c] for b in counts for c in counts if b + c <= pairs],
            pairs,
            [gained, lost, 1 - gained - lost],
        )
        there = (
            statistics.share_difference(np.arange(pairs) < b, np.arange(pairs) >= pairs - c, 0.95)
            for b in counts for c in counts if b + c <= pairs
        )  # fmt: skip
        held = [found.low <= gained - lost <= found.high for found in there]
        assert likely[held].sum() > 0.93
