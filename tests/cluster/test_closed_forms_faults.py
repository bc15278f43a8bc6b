"""Stragglers, lost jobs and failing workers against closed forms; seeds are fixed, errors are Monte Carlo's own.

Figures: Li et al., arXiv 1810.05934 v3, appendix A.1, and textbook results (order statistics, geometric and exponential
losses, alternating renewal). Each tolerance is four standard errors of the mean of the runs made.
"""

from __future__ import annotations

from math import gamma, log, sqrt

import numpy as np
import pytest

from simulator.cluster.attempts import Course, Overheads, Recovery
from simulator.cluster.durations import LogNormalSpan, Weibull, expected_completion
from simulator.cluster.engine import Cluster, Stop, simulate
from simulator.cluster.fates import Conditions, Drop
from simulator.cluster.groups import Failures, MachineGroup
from simulator.cluster.pool import MachinePool
from simulator.cluster.stragglers import HalfNormal, LogNormal, Pareto, Quantiles, TwoPoint
from simulator.core.streams import Stream, uniforms
from simulator.searchers.halving import asha, random, sha
from simulator.trace import billing, metrics
from tests.support.worlds import UNIT, World, shuffled

PAPER = {"max_trials": 256, "max_length": 256, "divisor": 4}
AGAIN = Recovery("restart", 1, 10_000)


def spans(make, workers, conditions, runs, *, resume=False):
    """The makespan in units for each seed."""
    cluster = Cluster(workers, resume=resume, conditions=conditions)
    return [simulate(make(), World(shuffled), cluster, seed=seed).makespan / UNIT for seed in range(runs)]


def check_mean(values, expected):
    error = np.std(values) / sqrt(len(values))
    assert np.mean(values) == pytest.approx(expected, abs=4 * error + 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("std", "expected"), [(0.1, 393.8), (0.2371, 443.1), (2 / 3, 594.5), (1, 714.6), (5 / 3, 955.6)]
)
def test_the_papers_stragglers_on_a_bracket(std, expected):
    """Mean makespan of one bracket on 25 workers: each rung waits for its slowest job."""
    check_mean(spans(lambda: sha(**PAPER), 25, Conditions(HalfNormal(std)), 250), expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (HalfNormal(0.5), 1 + 0.5 * 2.2535),
        (LogNormal(0.25), 1.5973),
        (LogNormal(0.5), 2.4388),
        (TwoPoint(0.05, 4), 1 + 3 * (1 - 0.95**25)),  # 3.1678
        (TwoPoint(0.1, 3), 2.8564),
        (Pareto(3), (2 / 3) * gamma(26) * gamma(2 / 3) / gamma(26 - 1 / 3)),  # 2.6514
        (Pareto(2.5), 3.2536),
    ],
    ids=str,
)
def test_the_slowest_of_25_equal_jobs(model, expected):
    check_mean(spans(lambda: random(max_trials=25, max_length=1), 25, Conditions(model), 1500), expected)


@pytest.mark.parametrize(
    ("model", "mean"),
    [
        (HalfNormal(0.6), 1 + 0.6 * sqrt(2 / np.pi)), (LogNormal(0.5), 1), (Pareto(3.5), 1), (TwoPoint(0.1, 4), 1.3),
        (Quantiles([1, 1, 2]), 1.25),
    ],
    ids=str,
)  # fmt: skip
def test_mean_factors(model, mean):
    check_mean(model.quantile(uniforms(0, Stream.STRAGGLER, n=40_000)), mean)


def test_a_factor_belongs_to_the_worker_if_the_scenario_says_so():
    conditions = Conditions(LogNormal(0.5), straggler_per="worker")
    trace = simulate(random(max_trials=30, max_length=1), World(), Cluster(3, conditions=conditions))
    for worker in range(3):
        assert len(np.unique((trace.end - trace.start)[trace.worker == worker])) == 1
    assert len(np.unique(trace.end - trace.start)) == 3


@pytest.mark.slow
@pytest.mark.parametrize(("p", "expected"), [(1e-4, 259.3), (1e-3, 291.9), (10**-2.5, 395.2), (1e-2, 1210.4)])
def test_dropped_jobs_run_again_from_scratch(p, expected):
    """(1 - (1-p)**T) / (p (1-p)**T) units for a job of T = 256."""
    survive = (1 - p) ** 256
    assert (1 - survive) / (p * survive) == pytest.approx(expected, rel=2e-3)
    conditions = Conditions(drop=Drop(p, UNIT), recovery=AGAIN)
    trace = simulate(random(max_trials=3000, max_length=256), World(), Cluster(3000, conditions=conditions))
    ends = [trace.end[trace.trial == trial].max() / UNIT for trial in range(3000)]

    check_mean(ends, expected)


@pytest.mark.parametrize("p", [1e-3, 1e-2])
def test_the_share_of_jobs_that_survive(p):
    """(1-p)**T: .7740 and .0763 for T = 256."""
    conditions = Conditions(drop=Drop(p, UNIT), recovery=Recovery("exit", 1, 0))
    trace = simulate(random(max_trials=4000, max_length=256), World(), Cluster(4000, conditions=conditions))

    check_mean(np.isfinite(trace.loss).astype(float), (1 - p) ** 256)


@pytest.mark.slow
def test_checkpoints_shorten_what_is_lost():
    """T = 256 at a loss rate of .01: (T/c)(exp(.01 c) - 1)/.01 with a checkpoint every c: 277.6 for 16, 358.6 for 64."""
    group = MachineGroup(2500, failures=Failures(Weibull(100 * UNIT), Weibull(1)))
    for every, expected in ((16, 277.6), (64, 358.6)):
        assert 256 / every * expected_completion(every, 0.01) == pytest.approx(expected, rel=1e-3)
        conditions = Conditions(recovery=Recovery("resume", every, 10_000))
        trace = simulate(random(max_trials=2500, max_length=256), World(), Cluster((group,), conditions=conditions))
        ends = [trace.end[trace.trial == trial].max() / UNIT for trial in range(2500)]
        check_mean(ends, expected)


def test_youngs_checkpoint_interval_is_near_the_best():
    """sqrt(2 d / l) - d for a save of d = .5 at a rate l = .02: 6.57; the exact optimum is 6.74."""
    rate, save = 0.02, 0.5
    times = {every / 100: expected_completion(every / 100 + save, rate) / (every / 100) for every in range(300, 1500)}
    best = min(times, key=times.get)

    assert best == pytest.approx(6.74, abs=0.01)
    assert sqrt(2 * save / rate) - save == pytest.approx(6.57, abs=0.01)
    assert times[6.57] < 1.001 * times[best]


@pytest.mark.slow
def test_worker_availability():
    """MTBF / (MTBF + MTTR): 50 and 5 give .9091."""
    pool = MachinePool(
        (MachineGroup(400, failures=Failures(Weibull(50 * UNIT), Weibull(5 * UNIT))),),
        slots_per_trial=1, policy="fastest", seed=0,
    )  # fmt: skip
    horizon = 5000 * UNIT
    spells = pool.spells(horizon)
    down = np.bincount(spells.worker, weights=spells.end - spells.start, minlength=400) / horizon

    check_mean(1 - down, 50 / 55)


@pytest.mark.parametrize("shape", [0.7, 1.0, 2.0])
def test_spans_have_the_mean_they_are_given(shape):
    check_mean(Weibull(1000.0, shape).quantile(uniforms(0, Stream.FAILURE, n=50_000)), 1000)


def test_spot_spells_are_as_public_traces_show():
    """Median 30 min, mean 2.5 h, 95th percentile about 10 h (10.7 h in the traces)."""
    drawn = LogNormalSpan(0.5, 2.5).quantile(uniforms(0, Stream.PREEMPTION, n=200_000))

    assert np.median(drawn) == pytest.approx(0.5, rel=0.02)
    assert np.mean(drawn) == pytest.approx(2.5, rel=0.05)
    assert np.quantile(drawn, 0.95) == pytest.approx(9.5, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("p", "synchronous", "asynchronous"), [(1e-4, 361.7, 356), (1e-3, 378.8, 363), (10**-2.5, 419.5, 383)]
)
def test_figure_8_without_stragglers(p, synchronous, asynchronous):
    """Mean time to the first full trial on 25 workers, SHA backfilled (400 runs of another program)."""
    conditions = Conditions(drop=Drop(p, UNIT), recovery=AGAIN)
    cluster, runs = Cluster(25, resume=False, conditions=conditions), 50

    def first(make, seed):
        order = np.random.default_rng(seed).random(20_000)
        world = World(lambda trial, _: order[trial])
        trace = simulate(make(), world, cluster, stop=Stop(full_length=1), seed=seed)
        return metrics.summarize(trace).first_full_length_s

    mean_sha = [first(lambda: sha(**PAPER, backfill=True), seed) for seed in range(runs)]
    mean_asha = [first(lambda: asha(max_length=256, divisor=4), seed) for seed in range(runs)]
    for values, expected in ((mean_sha, synchronous), (mean_asha, asynchronous)):
        error = np.std(values) * sqrt(1 / runs + 1 / 400)
        assert np.mean(values) == pytest.approx(expected, abs=4 * error)
    assert np.mean(mean_asha) < np.mean(mean_sha)


@pytest.mark.slow
def test_what_asha_completes_beyond_backfilled_sha_is_mispromotions():
    """In long runs from scratch, SHA and D-ASHA complete W / (K + 1) R trials per unit; literal ASHA completes more by its mispromotions."""
    horizon, order = 10_000, np.random.default_rng(0).random(200_000)
    world = World(lambda trial, _: order[trial])
    makes = {
        "sha": lambda: sha(**PAPER, backfill=True),
        "d-asha": lambda: asha(max_length=256, divisor=4, delayed=True),
        "asha": lambda: asha(max_length=256, divisor=4),
    }
    full, wrong = {}, {}
    for name, make in makes.items():
        trace = simulate(make(), world, Cluster(25, resume=False), stop=horizon * UNIT, meta={"divisor": 4})
        numbers = metrics.summarize(trace)
        full[name], wrong[name] = numbers.full_length_trials, numbers.mispromotions

    assert full["sha"] == pytest.approx(full["d-asha"], abs=3)
    assert full["d-asha"] == pytest.approx(horizon * 25 / (5 * 256) - 6, abs=5)
    assert full["asha"] > 1.05 * full["sha"]
    assert wrong["sha"] == 0 < wrong["d-asha"] < wrong["asha"]


@pytest.mark.slow
def test_common_random_numbers_halve_the_variance_of_the_difference():
    """SHA and ASHA under one seed meet the same stragglers and failures, so their difference varies less."""
    group = MachineGroup(10, failures=Failures(Weibull(200 * UNIT), Weibull(5 * UNIT)))
    conditions = Conditions(HalfNormal(0.7), drop=Drop(1e-3, UNIT), recovery=AGAIN)
    cluster = Cluster((group,), conditions=conditions)

    def length(make, seed):
        return simulate(make(max_trials=64, max_length=64, divisor=4), World(shuffled), cluster, seed=seed).makespan

    seeds = range(150)
    synchronous = np.array([length(sha, seed) for seed in seeds])
    asynchronous = np.array([length(asha, seed) for seed in seeds])
    paired = np.var(synchronous - asynchronous)
    independent = np.var(synchronous - np.roll(asynchronous, 1))

    assert paired < independent / 2


def test_the_course_of_an_attempt():
    """Ten ticks to set up, then six units of ten ticks with a checkpoint of three ticks after every second."""
    course = Course(lead=10, work=60, units=6, every=2, save=3)

    assert (course.length, course.overhead) == (76, 16)
    assert course.cut_short(5) == (5, 0, 0)
    assert course.cut_short(32) == (10, 0, 0)
    assert course.cut_short(33) == (13, 20, 2)
    assert course.cut_short(75) == (16, 40, 4)
    assert course.cut_short_with_notice(32) == (13, 10, 1)  # one unit, and three ticks to save it
    assert course.cut_short_with_notice(75) == (19, 50, 5)


def test_a_trial_that_goes_on_where_it_is_pays_nothing():
    overheads = Overheads(trial_start=UNIT, save=UNIT // 10, restore=UNIT // 5)
    conditions = Conditions(overheads=overheads, recovery=Recovery(checkpoint_every=100))
    trace = simulate(asha(max_trials=2, max_length=4, divisor=2), World(), Cluster(1, conditions=conditions))

    assert trace.trial.tolist() == [0, 1, 0]
    assert (trace.overhead / UNIT).tolist() == [1, 1, 1.3]
    worlds_best_last = World(lambda trial, _: -trial)
    trace = simulate(asha(max_trials=2, max_length=4, divisor=2), worlds_best_last, Cluster(1, conditions=conditions))
    assert trace.trial.tolist() == [0, 1, 1]
    assert (trace.overhead / UNIT).tolist() == [1, 1, 0]


def test_retries_end_after_max_restarts():
    conditions = Conditions(crash=1.0, recovery=Recovery("resume", 1, 2))
    trace = simulate(random(max_trials=1, max_length=8), World(), Cluster(1, conditions=conditions))

    assert [outcome.item() for outcome in trace.outcome] == [2, 2, 1]  # dropped, dropped, exited


def test_a_stop_by_cost_is_when_the_money_is_gone():
    """Two machines cost 3 per hour, and one costs 6 and leaves after half an hour: 6 + 3 in the first hour, then 6."""
    hour = 3600 * UNIT
    groups = (MachineGroup(2, name="a", price=3.0), MachineGroup(1, name="b", price=6.0, leave=hour // 2))
    trace = simulate(random(max_trials=None, max_length=60), World(), Cluster(groups), stop=Stop(cost=15.0))

    assert trace.makespan == 2 * hour
    assert billing.costs_by_group(trace) == pytest.approx({"a": 12, "b": 3})


def test_losses_draw_from_the_rate_they_are_given():
    """The time to a drop is geometric: a fraction 1 - (1-p)**k of jobs is gone after k units."""
    conditions = Conditions(drop=Drop(0.05, UNIT), recovery=Recovery("exit", 1, 0))
    trace = simulate(random(max_trials=4000, max_length=1000), World(), Cluster(4000, conditions=conditions))
    lived = (trace.end / UNIT).astype(int)

    check_mean((lived > 10).astype(float), 0.95**10)
    check_mean(np.log(0.95) * lived, log(0.95) / 0.05)
