"""What every searcher promises (simulator/searchers/job.py), whoever asks and in whatever order results come."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from simulator.searchers.determined import (
    adaptive,
    adaptive_asha,
    adaptive_simple,
    async_halving,
    grid,
    sync_halving,
)
from simulator.searchers.halving import asha, random, sha, single
from simulator.searchers.hyperband import async_hyperband, hyperband
from simulator.searchers.job import Idle, Job

SEARCHERS = {
    "sha": lambda: sha(max_trials=9, max_length=9, divisor=3),
    "sha, sizes that don't divide": lambda: sha(max_trials=11, max_length=10, divisor=2, num_rungs=3),
    "sha, backfilled": lambda: sha(max_trials=4, max_length=4, divisor=2, backfill=True),
    "asha": lambda: asha(max_trials=12, max_length=9, divisor=3),
    "asha, fractional divisor": lambda: asha(max_trials=12, max_length=10, divisor=2.5, num_rungs=3),
    "asha, unlimited": lambda: asha(max_length=8, divisor=2),
    "asha, four at once": lambda: asha(max_trials=12, max_length=9, divisor=3, max_concurrent_trials=4),
    "d-asha": lambda: asha(max_trials=12, max_length=9, divisor=3, delayed=True),
    "random": lambda: random(max_trials=5, max_length=7),
    "random, two at once": lambda: random(max_trials=5, max_length=7, max_concurrent_trials=2),
    "single": lambda: single(max_length=7),
    "grid": lambda: grid(points=5, max_length=7, max_concurrent_trials=2),
    "sync_halving": lambda: sync_halving(num_rungs=3, max_length=9, budget=27, divisor=3),
    "sync_halving, equal rungs": lambda: sync_halving(num_rungs=4, max_length=4, budget=20, divisor=2.5),
    "adaptive": lambda: adaptive(max_length=16, budget=60, max_rungs=3, mode="conservative"),
    "adaptive_simple": lambda: adaptive_simple(max_length=16, max_trials=9, divisor=2),
    "async_halving": lambda: async_halving(num_rungs=3, max_length=9, max_trials=12, divisor=3),
    "async_halving, two at once": lambda: async_halving(
        num_rungs=3, max_length=4, max_trials=12, divisor=2, max_concurrent_trials=2
    ),
    "async_halving, stop once": lambda: async_halving(
        num_rungs=3, max_length=9, max_trials=12, divisor=3, stop_once=True
    ),
    "adaptive_asha": lambda: adaptive_asha(max_length=16, max_trials=12, divisor=2, max_concurrent_trials=7),
    "adaptive_asha, stop once": lambda: adaptive_asha(
        max_length=16, max_trials=12, divisor=2, mode="conservative", stop_once=True
    ),
    "hyperband": lambda: hyperband(max_length=4, divisor=2),
    "async hyperband": lambda: async_hyperband(max_length=4, divisor=2, max_trials=12),
    "async hyperband, four at once": lambda: async_hyperband(
        max_length=4, divisor=2, max_trials=12, max_concurrent_trials=4
    ),
    "async hyperband, unlimited": lambda: async_hyperband(max_length=8, divisor=2),
}
FINITE = [name for name in SEARCHERS if "unlimited" not in name and "backfilled" not in name]
LOSSES = st.sampled_from([0.0, 1.0, 1.0, 2.0, 3.0, 5.0, -1.0, inf])


def machine(make):
    """A state machine that asks, and reports or withdraws outstanding jobs as it likes."""

    class Contract(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.searcher, self.twin = make(), make()
            self.outstanding: list[Job] = []
            self.last: dict[int, Job] = {}  # trial -> its last job
            self.over = False

        @rule()
        def ask(self):
            assert 0 <= self.searcher.progress <= 1
            answer = self.searcher.next_job()
            assert self.twin.next_job() == answer, "same reports in the same order, same jobs"
            if answer is Idle.DONE:
                assert not self.outstanding, "DONE only when no job is outstanding"
                self.over = True
                return
            assert not self.over, "DONE is final"
            if answer is Idle.WAIT:
                assert self.outstanding, "WAIT only while a job is outstanding"
                return
            assert answer.trial not in {job.trial for job in self.outstanding}, "one job a trial at a time"
            before = self.last.get(answer.trial)
            if before is None:
                assert answer.trial == len(self.last), "new trials are numbered 0, 1, 2, …"
                assert (answer.rung, answer.from_resource) == (0, 0)
            else:
                assert (answer.bracket, answer.rung) == (before.bracket, before.rung + 1)
                assert answer.from_resource == before.to_resource
            assert answer.from_resource < answer.to_resource <= self.searcher.resources[-1]
            assert answer.to_resource in self.searcher.resources
            assert answer.to_resource == self.searcher.brackets[answer.bracket][answer.rung]
            self.last[answer.trial] = answer
            self.outstanding.append(answer)

        @precondition(lambda self: self.outstanding)
        @rule(data=st.data(), loss=LOSSES)
        def report(self, data, loss):
            job = self.outstanding.pop(data.draw(st.integers(0, len(self.outstanding) - 1)))
            self.searcher.report(job, loss)
            self.twin.report(job, loss)

        @precondition(lambda self: self.outstanding)
        @rule(data=st.data())
        def withdraw(self, data):
            job = self.outstanding.pop(data.draw(st.integers(0, len(self.outstanding) - 1)))
            self.searcher.withdraw(job)
            self.twin.withdraw(job)

    return Contract


@pytest.mark.parametrize("name", SEARCHERS)
def test_contract(name):
    run_state_machine_as_test(
        machine(SEARCHERS[name]), settings=settings(max_examples=60, stateful_step_count=60, deadline=None)
    )


@pytest.mark.parametrize("name", FINITE)
@pytest.mark.parametrize("loss", [1.0, inf], ids=["alive", "all die"])
def test_a_finite_search_ends(name, loss):
    searcher = SEARCHERS[name]()
    assert searcher.progress == 0
    for _ in range(150):
        job = searcher.next_job()
        if not isinstance(job, Job):
            break
        searcher.report(job, loss)

    assert job is Idle.DONE
    if loss < inf:
        assert searcher.progress == 1
