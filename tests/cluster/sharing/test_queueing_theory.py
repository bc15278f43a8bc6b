"""Queues whose mean waits have closed forms: searches have one trial each, and every mean agrees within its error."""

from __future__ import annotations

from math import factorial, sqrt

import numpy as np
import pytest

from simulator.cluster.sharing.engine import Arrival, share
from simulator.cluster.sharing.fair_share import FairShare
from simulator.cluster.sharing.fifo import Fifo
from simulator.cluster.sharing.priority import Priority
from simulator.cluster.spec import Cluster
from simulator.core.normals import normal_quantile
from simulator.core.streams import Stream, uniforms
from simulator.searchers.halving import random, single
from simulator.trace.queueing import batch_means, mser5, presence, queueing
from tests.support.worlds import World

#: Ticks of a mean service.
MEAN = 1_000_000
RUNS, SEARCHES = 16, 1000


def waits(workers, load, services, policy=Fifo, seed=0):
    """(Workload, waits in units of the mean service time) of one run with Poisson arrivals and drawn service times."""
    gaps = -np.log1p(-uniforms(seed, Stream.ARRIVAL, n=SEARCHES)) * MEAN / (load * workers)
    times = np.cumsum(gaps).round().astype(int).tolist()
    length = np.maximum(services(uniforms(seed, Stream.CURVES, n=SEARCHES)) * MEAN, 1).round().astype(int).tolist()
    arrivals = (
        Arrival(at, "a", n, lambda n=n: (single(max_length=1), World(ticks=lambda *_: length[n])))
        for n, at in enumerate(times)
    )
    workload = share(arrivals, Cluster(workers), policy())
    starts = np.empty(SEARCHES)
    starts[workload.search] = workload.trace.start
    return workload, (starts - [visit.arrived for visit in workload.visits]) / MEAN


def exponential(u):
    return -np.log1p(-u)


def fixed(u):
    return np.ones_like(u)


def log_normal(u):
    return np.exp(normal_quantile(u) - 0.5)


def erlang_c(c, a):
    """The chance that all c workers are busy, in M/M/c."""
    last = a**c / factorial(c) * c / (c - a)
    return last / (sum(a**k / factorial(k) for k in range(c)) + last)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workers", "load", "services", "wait"),
    [
        (1, 0.8, exponential, 4.0),
        (4, 0.8, exponential, 0.7455),
        (16, 0.9, exponential, 0.3696),
        (1, 0.8, fixed, 2.0),
        (1, 0.8, log_normal, 5.4366),
    ],
)
def test_mean_waits_of_queues_in_steady_state(workers, load, services, wait):
    warm = SEARCHES // 3
    means = [waits(workers, load, services, seed=seed)[1][warm:].mean() for seed in range(RUNS)]

    error = np.std(means, ddof=1) / sqrt(RUNS)
    assert abs(np.mean(means) - wait) < 4 * error
    assert error < wait / 4


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "load"), [(4, 0.8), (16, 0.9)])
def test_the_share_of_searches_that_wait_is_erlangs(workers, load):
    warm = SEARCHES // 3
    shares = [(waits(workers, load, exponential, seed=seed)[1][warm:] > 0).mean() for seed in range(RUNS)]

    expected = {(4, 0.8): 0.5964, (16, 0.9): 0.5913}[workers, load]
    assert round(erlang_c(workers, load * workers), 4) == expected
    assert abs(np.mean(shares) - expected) < 4 * np.std(shares, ddof=1) / sqrt(RUNS)


def of_trials(trials):
    return random(max_trials=trials, max_length=1), World(ticks=lambda *_: MEAN // TRIALS)


#: Numbers of trials in a mean service, of searches and of runs, if workers are shared trial by trial.
TRIALS, MANY, TIMES = 8, 500, 10


@pytest.mark.slow
@pytest.mark.parametrize("services", [exponential, fixed])
def test_many_short_trials_under_fair_share_stay_as_in_processor_sharing(services):
    """M/G/1-PS: the mean stay is 1 / (1 - load) mean services, whatever their distribution."""
    stays = []
    for seed in range(TIMES):
        gaps = exponential(uniforms(seed, Stream.ARRIVAL, n=MANY)) / 0.8 * MEAN
        drawn = services(uniforms(seed, Stream.CURVES, n=MANY)) * TRIALS
        trials = np.maximum(np.round(drawn), 1).astype(int).tolist()
        arrivals = (
            Arrival(round(at), "a", n, lambda many=many: of_trials(many))
            for n, (at, many) in enumerate(zip(np.cumsum(gaps).tolist(), trials, strict=True))
        )
        workload = share(arrivals, Cluster(1), FairShare())
        stays.append(np.mean([visit.done - visit.arrived for visit in workload.visits][MANY // 3 :]) / MEAN)

    error = np.std(stays, ddof=1) / sqrt(TIMES)
    assert abs(np.mean(stays) - 5.0) < 4 * error
    assert error < 0.5


@pytest.mark.parametrize("policy", [Fifo, FairShare, Priority, lambda: Priority(preemption=True)])
def test_littles_law_holds_in_ticks(policy):
    workload, _ = waits(3, 0.9, log_normal, policy)
    times, present = presence(workload)

    area = int((present[:-1] * np.diff(times)).sum())
    assert area == sum(visit.done - visit.arrived for visit in workload.visits)


@pytest.mark.parametrize("policy", [Fifo, FairShare, Priority, lambda: Priority(preemption=True)])
def test_no_worker_idles_while_a_search_waits(policy):
    """Work conservation: at any time all workers are busy, or as many as there are searches."""
    workload, _ = waits(3, 0.9, exponential, policy)
    trace = workload.trace
    times, present = presence(workload)
    busy = [int(((trace.start <= at) & (trace.end > at)).sum()) for at in times]

    assert busy == np.minimum(present, 3).tolist()


def test_endless_searches_of_weights_one_and_three_share_one_to_three():
    arrivals = [
        Arrival(0, label, 0, lambda: (random(max_trials=None, max_length=1), World()), weight=weight)
        for label, weight in (("one", 1), ("three", 3))
    ]
    workload = share(iter(arrivals), Cluster(8), FairShare(), stop=1000 * MEAN)

    ticks = np.bincount(workload.search, workload.trace.end - workload.trace.start)
    assert (ticks / ticks.sum()).tolist() == [0.25, 0.75]


@pytest.mark.parametrize(("load", "overloaded"), [(0.5, False), (0.9, False), (1.1, True), (1.5, True)])
def test_overload_is_found_by_the_load(load, overloaded):
    workload, _ = waits(4, load, fixed, seed=1)
    found = queueing(workload, rates={"a": load * 4 / MEAN}).about

    assert abs(found["load"] - load) < 0.001
    assert found["overloaded"] == overloaded


def test_overload_is_found_by_a_queue_that_grows_where_no_rate_is_known():
    workload, _ = waits(4, 1.5, fixed)

    assert queueing(workload, rates={"a": 1e-12}).about["queue_grows"]
    assert not queueing(waits(4, 0.5, fixed)[0], rates={"a": 1e-12}).about["overloaded"]


def test_mser_5_leaves_out_a_warm_up_and_nothing_of_a_steady_run():
    steady = uniforms(1, Stream.RECORD, n=500)
    rising = np.concatenate([np.linspace(-20, 0.5, 60), steady])

    assert mser5(steady) <= 60
    assert 45 <= mser5(rising) <= 120
    assert mser5(steady[:19]) == 0


def test_batch_means_cover_the_mean_of_correlated_numbers():
    covered = 0
    for seed in range(100):
        noise = normal_quantile(uniforms(seed, Stream.RECORD, n=4000))
        values = [0.0]
        for shock in noise:
            values.append(0.8 * values[-1] + float(shock))
        low, high = batch_means(np.array(values))
        covered += low <= 0 <= high
    assert 86 <= covered <= 100
    assert batch_means(np.zeros(99)) is None
