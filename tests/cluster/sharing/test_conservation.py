"""No job is lost or done twice, no slot holds two trials, and no tick of a slot is unaccounted for."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import isfinite
from random import Random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.cluster.fates import Conditions
from simulator.cluster.groups import MachineGroup, Scaling
from simulator.cluster.sharing.engine import Arrival, share
from simulator.cluster.sharing.model import unit_of
from simulator.cluster.spec import Cluster
from simulator.core.errors import RunError
from simulator.trace.trace import Outcome
from tests.cluster.sharing.test_against_naive import POLICIES, make_searcher
from tests.support import random_worlds
from tests.support.budgets import budget
from tests.support.random_worlds import DrawnCurves

pytestmark = pytest.mark.slow

TYPICAL = 1000


class Witness:
    """Passes every call on to a searcher, and keeps its answers and the reports."""

    def __init__(self, searcher):
        self._searcher = searcher
        self.asked, self.told = [], []

    def __getattr__(self, name):
        return getattr(self._searcher, name)

    def next_job(self):
        answer = self._searcher.next_job()
        if isinstance(answer, tuple):
            self.asked.append(tuple(answer))
        return answer

    def report(self, job, loss):
        self.told.append(tuple(job))
        self._searcher.report(job, loss)

    def withdraw(self, job):
        self.told.append(tuple(job))
        self._searcher.withdraw(job)


def world(seed):
    """Draw (arrivals, their witnesses, cluster, slots, stop): mixed needs, any trouble; half of the searches arrive at once."""
    rng = Random(seed)
    groups = tuple(random_worlds.group(rng, TYPICAL, index, most=4) for index in range(rng.randint(1, 2)))
    if rng.random() < 0.3:  # pools that grow and shrink
        delays = [0, TYPICAL, 5 * TYPICAL]
        groups = tuple(
            replace(
                group,
                release=Scaling(
                    rng.randint(0, group.count), rng.choice([0.5, 1]), rng.choice(delays), rng.choice(delays)
                ),
            )
            for group in groups
        )
    calm = rng.random() < 0.3
    if calm:
        groups = (MachineGroup(rng.randint(1, 4), slots=rng.choice([1, 2, 4])),)
    cluster = Cluster(
        groups,
        rng.choice(["on_demand", "queued"]),
        policy=rng.choice(["fastest", "lowest"]),
        conditions=Conditions() if calm else random_worlds.conditions(rng, TYPICAL),
        decision_time=0 if calm else rng.choice([0, 50]),
    )
    most = max(group.slots for group in groups)
    whole = groups[0].slots * min(2, groups[0].count)
    needs = rng.choice([[1], [most], [1, most], [1, whole], [whole]])
    if any(group.slots < unit_of(needs, groups) for group in groups):  # machines that no trial could use
        needs = [1]
    gap, at, arrivals, witnesses = rng.choice([0, TYPICAL // 3, 5 * TYPICAL]), 0, [], []
    for number in range(rng.randint(1, 8)):
        at += rng.randint(0, gap)
        witness, curves = Witness(make_searcher(rng)()), DrawnCurves(rng, TYPICAL)
        witnesses.append(witness)
        arrivals.append(
            Arrival(
                at, "a", number, lambda witness=witness, curves=curves: (witness, curves), seed=number,
                slots=rng.choice(needs), weight=rng.choice([1, 2]), priority=rng.choice([1, 42, 60]),
            )
        )  # fmt: skip
    return arrivals, witnesses, cluster, needs, rng.choice([40, 400]) * TYPICAL


@budget(test=150, fuzz=20_000)
@given(seed=st.integers(0, 10**9), policy=st.sampled_from(list(POLICIES)))
@example(seed=960, policy="fifo")  # a machine of several places was let go while it started up
@example(seed=2665, policy="fifo")  # each event added one more check of a pool that could not grow, for ever
@example(seed=1244, policy="fifo")  # and one that was away, so that it was hired and let go for ever
def test_everything_is_accounted_for(seed, policy):
    arrivals, witnesses, cluster, needs, stop = world(seed)
    try:
        workload = share(iter(arrivals), cluster, POLICIES[policy](), slots=needs, stop=stop, seed=seed)
    except RunError:
        return
    trace = workload.trace

    for number, visit in enumerate(workload.visits):
        mine, witness = workload.trace_of(number), witnesses[number]
        ended = mine.where(Outcome.COMPLETED, Outcome.EXITED)
        done = sorted(zip(mine.trial[ended].tolist(), mine.rung[ended].tolist(), strict=True))
        assert done == sorted((job[0], job[2]) for job in witness.told)  # each result is reported once
        assert len(set(witness.told)) == len(witness.told) <= len(witness.asked)
        assert (visit.done is None) or set(witness.told) == set(witness.asked)
        assert (mine.start >= visit.arrived).all()
        pieces = {}
        for row in np.argsort(mine.start, kind="stable").tolist():
            pieces.setdefault((int(mine.trial[row]), int(mine.rung[row])), []).append(row)
        for rows in pieces.values():  # attempts follow one another, and only the last has a result
            assert (mine.start[rows][1:] >= mine.end[rows][:-1]).all()
            assert not mine.where(Outcome.COMPLETED, Outcome.EXITED)[rows[:-1]].any()

    worker = np.concatenate([trace.worker, workload.held[:, 1]])
    start = np.concatenate([trace.start, trace.start[workload.held[:, 0]]])
    end = np.concatenate([trace.end, trace.end[workload.held[:, 0]]])
    spells = trace.spells
    until = trace.makespan
    for one in range(trace.workers):
        gone = spells.worker == one
        spans = sorted(
            [
                *zip(start[worker == one].tolist(), end[worker == one].tolist(), strict=True),
                *zip(spells.start[gone].tolist(), np.minimum(spells.end[gone], until).tolist(), strict=True),
            ]
        )
        assert all(first[1] <= second[0] for first, second in pairwise(spans)), one
    assert (
        (trace.overhead >= 0) & (trace.lost >= 0) & (trace.overhead + trace.lost <= trace.end - trace.start)
    ).all()
    sizes = workload.places
    assert len(workload.held) == int((sizes - 1).sum())
    assert all(
        isfinite(loss) or outcome != Outcome.COMPLETED
        for loss, outcome in zip(trace.loss, trace.outcome, strict=True)
    )
