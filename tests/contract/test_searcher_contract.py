"""The contract of searchers (simulator/searchers/protocol.py) as a state machine, which shrinks failing cases."""

from __future__ import annotations

import random as random_numbers
from math import inf

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from simulator.searchers.protocol import Idle, Job
from tests.contract.drawn import SEARCHERS
from tests.contract.promises import Promises
from tests.support.budgets import budget

pytestmark = pytest.mark.slow

LOSSES = st.sampled_from([0.0, 1.0, 1.0, 2.0, 3.0, 5.0, -1.0, inf])
ENDLESS = {"sha, backfilled"}


def machine(draw):
    """A state machine that asks, and reports or withdraws outstanding jobs as it likes."""

    class Contract(RuleBasedStateMachine):
        promises = None

        @initialize(seed=st.integers(0, 9999))
        def begin(self, seed):
            self.promises = Promises(draw(random_numbers.Random(seed)))

        @rule()
        def ask(self):
            if self.promises.ask() is Idle.DONE:
                self.promises.check_end()

        @precondition(lambda self: self.promises and self.promises.outstanding)
        @rule(data=st.data(), loss=LOSSES)
        def report(self, data, loss):
            self.promises.report(data.draw(st.integers(0, len(self.promises.outstanding) - 1)), loss)

        @precondition(lambda self: self.promises and self.promises.outstanding)
        @rule(data=st.data(), loss=LOSSES)
        def report_and_next(self, data, loss):
            place = data.draw(st.integers(0, len(self.promises.outstanding) - 1))
            if self.promises.report_and_next(place, loss) is Idle.DONE:
                self.promises.check_end()

        @precondition(lambda self: self.promises and self.promises.outstanding)
        @rule(data=st.data())
        def withdraw(self, data):
            self.promises.withdraw(data.draw(st.integers(0, len(self.promises.outstanding) - 1)))

    return Contract


@pytest.mark.parametrize("name", SEARCHERS)
def test_contract(name):
    run_state_machine_as_test(
        machine(SEARCHERS[name]), settings=settings(budget(test=25, fuzz=200), stateful_step_count=60)
    )


@pytest.mark.parametrize("name", [name for name in SEARCHERS if name not in ENDLESS])
@pytest.mark.parametrize("loss", [1.0, inf], ids=["alive", "all die"])
def test_a_search_of_so_many_trials_ends(name, loss):
    finite = [drawn for seed in range(60) if (drawn := SEARCHERS[name](random_numbers.Random(seed))).max_trials]
    assert len(finite) > 20
    for drawn in finite:
        searcher = drawn.make()
        for _ in range(drawn.max_trials * len(searcher.resources)):
            job = searcher.next_job()
            if not isinstance(job, Job):
                break
            searcher.report(job, loss)

        assert searcher.next_job() is Idle.DONE
        if loss < inf and 0 not in [law.max_trials for law in drawn.laws]:
            assert searcher.progress == 1
