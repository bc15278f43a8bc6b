"""The SimPy cluster: which worker gets which job when; a plain heap gives the same answer."""

from __future__ import annotations

import random as random_numbers
from math import inf

import numpy as np
import pytest

from simulator.cluster.durations import Weibull
from simulator.cluster.engine import Cluster, Stop, simulate
from simulator.cluster.groups import Failures, MachineGroup
from simulator.curves.protocol import Exit
from simulator.searchers.halving import asha, random, sha
from simulator.trace import metrics
from simulator.trace.trace import COLUMNS, Outcome
from tests.support.oracles.heap_engine import simulate_rows
from tests.support.worlds import UNIT, Mortal, World


def rows(trace):
    return list(zip(*(getattr(trace, name).tolist() for name in COLUMNS), strict=True))


def starts(trace):
    """(worker, trial, rung, start, end) of each row, times in units."""
    return [
        (row[0], row[1], row[3], row[6] / UNIT, row[7] / UNIT) for row in rows(trace)
    ]  # fmt: skip


def test_sha_on_two_workers():
    trace = simulate(sha(max_trials=4, max_length=4, divisor=2), World(), Cluster(2))

    assert starts(trace) == [
        (0, 0, 0, 0, 1), (1, 1, 0, 0, 1),
        (0, 2, 0, 1, 2), (1, 3, 0, 1, 2),
        (0, 0, 1, 2, 3), (1, 1, 1, 2, 3),
        (0, 0, 2, 3, 5),
    ]  # fmt: skip


def test_asha_on_two_workers():
    trace = simulate(asha(max_trials=4, max_length=4, divisor=2), World(), Cluster(2))

    assert starts(trace) == [
        (0, 0, 0, 0, 1), (1, 1, 0, 0, 1),
        (0, 2, 0, 1, 2), (1, 0, 1, 1, 2),  # the first worker to end asks before the second has reported
        (0, 3, 0, 2, 3),
        (0, 1, 1, 3, 4),
        (0, 0, 2, 4, 6),
    ]  # fmt: skip


def test_completions_of_one_instant_are_handled_in_order_of_start():
    """Trial 0 is reported first and its worker asks before trial 1 is in the rung."""
    trace = simulate(asha(max_length=2, divisor=2), World(), Cluster(2), stop=2 * UNIT)

    assert [(row[1], row[3]) for row in rows(trace)] == [(0, 0), (1, 0), (2, 0), (0, 1)]


def test_the_lowest_idle_worker_is_taken():
    lengths = {0: 3, 1: 1, 2: 2}
    world = World(ticks=lambda trial, start, end: (end - start) * lengths[trial] * UNIT)
    trace = simulate(sha(max_trials=3, max_length=3, divisor=3), world, Cluster(5))

    assert starts(trace)[-1] == (0, 0, 1, 3, 9)


def test_queued_jobs_wait_in_the_order_they_were_asked_for():
    """All four jobs of the lowest rung are requested at once, so they are in the queue before the first promotion."""
    demand = simulate(asha(max_trials=4, max_length=2, divisor=2), World(), Cluster(1))
    queued = simulate(asha(max_trials=4, max_length=2, divisor=2), World(), Cluster(1, "queued"))

    assert [(row[1], row[3]) for row in rows(demand)] == [(0, 0), (1, 0), (0, 1), (2, 0), (3, 0), (1, 1)]
    assert [(row[1], row[3]) for row in rows(queued)] == [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (1, 1)]


def test_promoted_trials_resume_or_start_again():
    searcher = {"max_trials": 2, "max_length": 4, "divisor": 2, "num_rungs": 2}
    resumed = simulate(sha(**searcher), World(), Cluster(2))
    again = simulate(sha(**searcher), World(), Cluster(2, resume=False))

    assert rows(resumed)[-1][4:8] == (2, 4, 2 * UNIT, 4 * UNIT)
    assert rows(again)[-1][4:8] == (0, 4, 2 * UNIT, 6 * UNIT)


def test_at_the_stop_results_count_and_nothing_starts():
    trace = simulate(random(max_trials=9, max_length=2), World(), Cluster(1), stop=4 * UNIT)
    assert trace.outcome.tolist() == [Outcome.COMPLETED, Outcome.COMPLETED]

    trace = simulate(random(max_trials=9, max_length=2), World(), Cluster(1), stop=5 * UNIT)
    assert trace.outcome.tolist() == [Outcome.COMPLETED, Outcome.COMPLETED, Outcome.CUT]
    assert trace.makespan == 5 * UNIT
    assert np.isnan(trace.loss[-1])


def test_a_trial_that_errs_is_reported_as_worst():
    trace = simulate(sha(max_trials=3, max_length=3, divisor=3), Mortal(Exit.ERRORED), Cluster(3))

    assert starts(trace) == [(0, 0, 0, 0, 1), (1, 1, 0, 0, 0.5), (2, 2, 0, 0, 1), (0, 0, 1, 1, 3)]
    assert (trace.outcome[1], trace.loss[1]) == (Outcome.EXITED, inf)


def test_a_trial_that_is_invalid_is_replaced():
    trace = simulate(sha(max_trials=3, max_length=3, divisor=3), Mortal(Exit.INVALID), Cluster(3))

    assert starts(trace)[3:] == [(1, 3, 0, 0.5, 1.5), (0, 0, 1, 1.5, 3.5)]


def test_a_job_takes_time_so_that_an_endless_search_reaches_its_stop():
    trace = simulate(asha(max_length=4, divisor=2), World(ticks=lambda *_: 0), Cluster(3), stop=20)

    assert trace.makespan == 20


def test_a_million_workers_cost_nothing_while_they_have_no_job():
    trace = simulate(random(max_trials=10, max_length=1), World(), Cluster(10**6))

    assert trace.makespan == UNIT
    assert trace.worker.tolist() == list(range(10))


class RandomCurves:
    """Curves with coarse times and losses, so that many are equal; some trials die."""

    trials = None

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.pace = self.rng.integers(0, 4, 5000)
        self.losses = self.rng.integers(0, 6, (5000, 400)).astype(float)
        kinds = self.rng.choice([None, None, None, Exit.ERRORED, Exit.INVALID, Exit.DIVERGED], 5000)
        self.exits = dict(enumerate(kinds)) if seed % 2 else {}

    def train(self, trial, from_resource, to_resource):
        exit_ = self.exits.get(trial)
        if exit_ and to_resource > trial % 5:
            return int(self.pace[trial]), inf, exit_
        return int(self.pace[trial]) * (to_resource - from_resource), self.losses[trial, to_resource], None


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(300))
def test_simpy_and_a_plain_heap_make_the_same_trace(seed):
    rng = random_numbers.Random(seed)
    divisor, trials = rng.choice([2, 3, 4]), rng.randint(16, 60)
    length = divisor ** rng.randint(0, 2)
    common = {"max_length": length, "divisor": divisor}
    make, bounded = rng.choice(
        [
            (lambda: sha(max_trials=trials, **common), True),
            (lambda: sha(max_trials=16, backfill=True, **common), False),
            (lambda: asha(max_trials=trials, **common), True),
            (lambda: asha(max_concurrent_trials=7, **common), False),
            (lambda: asha(max_trials=trials, delayed=True, **common), True),
            (lambda: random(max_trials=trials, max_length=length, max_concurrent_trials=5), True),
        ]
    )
    stop = rng.choice([None, rng.randint(1, 60)]) if bounded else rng.randint(1, 60)
    assignment = rng.choice(["on_demand", "queued"]) if bounded else "on_demand"
    cluster = Cluster(rng.randint(1, 12), assignment, resume=rng.random() < 0.7)

    trace = simulate(make(), RandomCurves(seed), cluster, stop=stop)
    expected = simulate_rows(make(), RandomCurves(seed), cluster, stop)

    assert len(trace) == len(expected)
    for row, wanted in zip(rows(trace), expected, strict=True):
        assert row[:9] == wanted[:9]
        np.testing.assert_equal(row[9], wanted[9])
    spent = metrics.split(trace)
    assert sum(spent) == trace.workers * trace.makespan
    assert min(spent) >= 0
    assert_nobody_works_twice_at_once(trace)


@pytest.mark.parametrize("seed", range(40))
def test_the_fast_engine_and_the_model_agree(seed):
    """Two groups of equal workers also make the same trace as one group."""
    rng = random_numbers.Random(seed)
    workers, stop = rng.randint(2, 9), Stop(rng.randint(5, 60), rng.choice([None, 0.0]), rng.choice([None, 2]))
    resume, two = seed % 2 == 0, (MachineGroup(1), MachineGroup(workers - 1))
    fast, model, groups = (
        rows(
            simulate(
                asha(max_length=9, divisor=3),
                RandomCurves(seed),
                Cluster(of, resume=resume),
                stop=stop,
                engine=engine,
            )
        )
        for of, engine in ((workers, "fast"), (workers, "model"), (two, "model"))
    )

    np.testing.assert_equal(fast, model)
    np.testing.assert_equal(model, groups)


@pytest.mark.parametrize(
    "cluster",
    [
        Cluster((MachineGroup(2), MachineGroup(2))),
        Cluster((MachineGroup(2, leave=100),)),
        Cluster((MachineGroup(2, ramp_up=1),)),
        Cluster((MachineGroup(2, release=100),)),
        Cluster((MachineGroup(2, failures=Failures(Weibull(9.0), Weibull(1.0))),)),
        Cluster((MachineGroup(2, start_up=5),), max_wait=4),
    ],
    ids=["two groups", "they leave", "one after the other", "let go while idle", "they fail", "nobody waits so long"],
)
def test_machines_that_come_and_go_are_for_the_model_alone(cluster):
    with pytest.raises(ValueError, match="the fast engine runs only equal workers that come all at once and stay"):
        simulate(asha(max_trials=9, max_length=9), RandomCurves(0), cluster, engine="fast")


def test_machines_that_join_later_and_start_up_first_are_there_all_at_once():
    fast, model = (
        simulate(
            asha(max_trials=9, max_length=9),
            RandomCurves(0),
            Cluster((MachineGroup(2, join=3, start_up=5),), max_wait=8),
            engine=engine,
        )
        for engine in ("fast", "model")
    )

    assert fast.start.min() == 8
    np.testing.assert_equal(rows(fast), rows(model))
    np.testing.assert_equal(vars(fast.spells), vars(model.spells))


def assert_nobody_works_twice_at_once(trace):
    for key in (trace.worker, trace.trial):
        order = np.lexsort((trace.start, key))
        same = key[order][1:] == key[order][:-1]
        assert (trace.start[order][1:] >= trace.end[order][:-1])[same].all()
