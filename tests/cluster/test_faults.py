"""A cluster in trouble: nothing is lost, nothing runs twice, nothing hangs, and every tick is accounted for."""

from __future__ import annotations

import random as random_numbers

import numpy as np
import pytest

from simulator.cluster.engine import StarvedError, simulate
from simulator.searchers.protocol import Job, OneByOne
from simulator.trace import metrics
from simulator.trace.trace import Outcome, Spell
from tests.cluster.test_engine import RandomCurves, rows
from tests.support.budgets import FUZZ
from tests.support.oracles.heap_engine import simulate_rows
from tests.support.random_worlds import trouble

pytestmark = pytest.mark.slow

#: Number of random clusters in trouble; each takes some 6 ms.
CLUSTERS = 10_000 if FUZZ else 1_000


class Slow(RandomCurves):
    """The same curves with units of about a thousand ticks."""

    def train(self, trial, from_resource, to_resource):
        spent, loss, exit_ = super().train(trial, from_resource, to_resource)
        return spent * 500, loss, exit_


SLOW = [Slow(0), Slow(1)]


class Witness(OneByOne):
    """Passes everything on to a searcher, and sees that each job is answered exactly once."""

    def __init__(self, searcher):
        self.searcher, self.max_length = searcher, searcher.max_length
        self.outstanding, self.answered = set(), set()

    def next_job(self):
        job = self.searcher.next_job()
        if isinstance(job, Job):
            assert job not in self.outstanding | self.answered
            self.outstanding.add(job)
        return job

    def report(self, job, loss):
        self.outstanding.remove(job)
        self.answered.add(job)
        self.searcher.report(job, loss)

    def withdraw(self, job):
        self.outstanding.remove(job)
        self.answered.add(job)
        self.searcher.withdraw(job)


def run(make, curves, cluster, stop, seed):
    witness = Witness(make())
    try:
        return witness, simulate(witness, curves, cluster, stop=stop, seed=seed)
    except StarvedError:
        return witness, None


@pytest.mark.parametrize("seed", range(400))
def test_simpy_and_a_plain_heap_agree_in_trouble(seed):
    make, cluster, stop = trouble(random_numbers.Random(seed))
    curves = SLOW[seed % 2]
    _, trace = run(make, curves, cluster, stop, seed)
    told = {}
    expected = simulate_rows(make(), curves, cluster, stop, seed, told)

    if expected is None:
        assert trace is None
        return
    assert len(trace) == len(expected)
    for row, wanted in zip(rows(trace), expected, strict=True):
        np.testing.assert_equal(row, wanted)
    let_go, started = ([(worker, *span) for worker, each in found for span in each] for found in idled(trace, told))
    assert [row for row in spans(trace.released) if row[0] in told] == let_go
    assert set(started) <= set(spans(trace.spells, Spell.BOOT))


def idled(trace, told):
    """For each worker whose machine may be let go while idle: when it was let go, and when it started up again."""
    found = {worker: machine.let_go(trace.makespan) for worker, machine in told.items()}
    return [[(worker, each[part]) for worker, each in found.items()] for part in range(2)]


def spans(spells, kind=Spell.DOWN):
    """(worker, start, end) of spells."""
    which = spells.kind == kind
    return list(zip(*(getattr(spells, name)[which].tolist() for name in ("worker", "start", "end")), strict=True))


def test_clusters_in_trouble_come_to_an_end():
    """No run hangs. In each run all time is accounted for, nothing overlaps, and no job is lost or done twice."""
    ended = 0
    for seed in range(CLUSTERS):
        make, cluster, stop = trouble(random_numbers.Random(seed))
        witness, trace = run(make, SLOW[seed % 2], cluster, stop, seed)
        if trace is None:
            continue
        ended += 1
        check_time(trace)
        check_jobs(trace, witness)
    assert ended > 0.9 * CLUSTERS


def check_time(trace):
    spent = metrics.split(trace)
    assert sum(spent) == trace.workers * trace.makespan
    assert min(spent) >= 0
    assert (trace.overhead >= 0).all()
    assert (trace.lost >= 0).all()
    assert (trace.end - trace.start >= trace.overhead + trace.lost).all()
    # a worker does one thing at a time, and nothing while it is not there
    spells = trace.spells
    worker = np.concatenate([trace.worker, spells.worker])
    start, end = np.concatenate([trace.start, spells.start]), np.concatenate([trace.end, spells.end])
    order = np.lexsort((start, worker))
    same = worker[order][1:] == worker[order][:-1]
    assert (start[order][1:] >= end[order][:-1])[same].all()
    assert set(np.unique(spells.kind)) <= {Spell.DOWN, Spell.BOOT}


def check_jobs(trace, witness):
    final = trace.where(Outcome.COMPLETED, Outcome.EXITED)
    jobs = list(zip(trace.trial[final].tolist(), trace.rung[final].tolist(), strict=True))
    assert len(jobs) == len(set(jobs)) == len(witness.answered), "each job ends once"
    tried = set(zip(trace.trial.tolist(), trace.rung.tolist(), strict=True))
    assert tried <= {(job.trial, job.rung) for job in witness.answered | witness.outstanding}
    order = np.lexsort((trace.start, trace.trial))
    same = trace.trial[order][1:] == trace.trial[order][:-1]
    assert (trace.start[order][1:] >= trace.end[order][:-1])[same].all(), "a trial is in one place at a time"
    assert (trace.from_resource < trace.to_resource).all()
    assert np.isfinite(trace.loss[trace.where(Outcome.COMPLETED)]).all()
    assert not np.isfinite(trace.loss[trace.where(Outcome.EXITED)]).any()  # inf, or absent where it was invalid


def test_the_same_seed_is_the_same_run_and_another_is_not():
    make, cluster, stop = trouble(random_numbers.Random(11))
    first, again, other = (rows(run(make, SLOW[1], cluster, stop, seed)[1]) for seed in (1, 1, 2))

    np.testing.assert_equal(first, again)
    assert first != other
