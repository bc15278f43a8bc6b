"""The scheduler gives jobs out one after the other, and takes its time for each."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.cluster.engine import Cluster, Stop, simulate
from simulator.cluster.fates import Conditions, SlowSpells
from simulator.cluster.groups import MachineGroup
from simulator.curves.ordered import Ordered
from simulator.searchers.halving import random
from simulator.trace import metrics
from simulator.trace.trace import Outcome

S = 1_000_000


def run(trials: int, workers: int, decision: int, stop: Stop | None = None):
    searcher = random(max_trials=trials, max_length=1)
    cluster = Cluster(workers, decision_time=decision * S)
    return simulate(searcher, Ordered(10 * S), cluster, stop=stop or Stop())


def test_a_single_worker_waits_for_each_decision():
    trace = run(3, 1, 2)
    assert (trace.start // S).tolist() == [2, 14, 26]
    assert trace.makespan == 36 * S


def test_the_first_jobs_of_many_workers_are_given_out_one_after_the_other():
    trace = run(4, 4, 3)
    assert (trace.start // S).tolist() == [3, 6, 9, 12]
    assert trace.makespan == 22 * S


def test_workers_wait_in_line_behind_the_scheduler():
    trace = run(40, 20, 1)  # twenty jobs of 10 s take the scheduler 20 s
    assert (trace.start // S).tolist() == list(range(1, 41))
    assert trace.makespan == 50 * S


def test_waiting_for_a_decision_is_idle_time():
    trace = run(3, 1, 2)
    where = metrics.split(trace)
    assert (where.busy, where.idle) == (30 * S, 6 * S)
    assert sum(where) == trace.workers * trace.makespan


def test_jobs_that_were_not_given_out_are_cut_where_the_run_ends():
    trace = run(4, 4, 3, Stop(time=7 * S))
    assert trace.makespan == 7 * S
    assert (trace.end >= trace.start).all()
    assert trace.where(Outcome.CUT).all()


def test_no_decision_time_is_the_plain_run():
    with pytest.raises(ValueError, match="fast"):
        simulate(random(max_trials=1, max_length=1), Ordered(S), Cluster(1, decision_time=1), engine="fast")
    assert run(4, 2, 0).makespan == 20 * S


class Every:
    """A span that is always the same."""

    def __init__(self, span):
        self.mean = self.span = span

    def quantile(self, share):
        return np.full(len(share), float(self.span))


def test_a_slow_spell_counts_from_when_the_job_is_given_out():
    """A slow spell begins at second 20.

    The job that the scheduler gives out at second 20 is slow, although its worker was free at 0.
    """
    slow = Conditions(slow=SlowSpells(Every(20 * S), Every(1000 * S), 3.0, since=0))
    cluster = Cluster(2, conditions=slow, decision_time=10 * S)
    trace = simulate(random(max_trials=2, max_length=1), Ordered(10 * S), cluster)

    assert (trace.start // S).tolist() == [10, 20]
    assert (trace.end // S).tolist() == [20, 50]


def test_a_machine_that_goes_before_the_scheduler_comes_to_it_loses_the_job_as_it_goes():
    """The second worker leaves at second 15, and would have got its job at second 20."""
    cluster = Cluster((MachineGroup(1), MachineGroup(1, name="b", leave=15 * S)), decision_time=10 * S)
    trace = simulate(random(max_trials=2, max_length=1), Ordered(10 * S), cluster)

    assert (trace.start // S).tolist() == [10, 15, 30]
    assert (trace.end // S).tolist() == [20, 15, 40]
    assert trace.outcome.tolist() == [Outcome.COMPLETED, Outcome.PREEMPTED, Outcome.COMPLETED]
    assert sum(metrics.split(trace)) == 2 * trace.makespan
