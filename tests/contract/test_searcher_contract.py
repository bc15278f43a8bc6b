"""What every searcher promises (simulator/searchers/job.py), whoever asks and in whatever order results come."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from simulator.searchers.halving import asha, random, sha, single
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
    for _ in range(100):
        job = searcher.next_job()
        if not isinstance(job, Job):
            break
        searcher.report(job, loss)

    assert job is Idle.DONE
