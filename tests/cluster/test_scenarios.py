"""Whole scenarios drawn at random, with and without faults: three ways to simulate them make the same trace.

`make fuzz` runs 1,200 and prints what they were made of.
"""

from __future__ import annotations

import random as random_numbers
from collections import Counter

import numpy as np
import pytest

from simulator.cluster.engine import StarvedError, simulate
from simulator.searchers.protocol import Job
from simulator.trace.trace import Outcome
from tests.cluster.test_engine import rows
from tests.cluster.test_faults import Witness, check_jobs, check_time
from tests.support.budgets import FUZZ
from tests.support.oracles.heap_engine import simulate_rows
from tests.support.random_worlds import scenario

#: Lots of scenarios, and how many in each.
LOTS, EACH = (max(1, int(40 * FUZZ)) if FUZZ else 5), 30


class QuickWitness(Witness):
    """Lets a searcher report and decide in one, as the engine wants it where nothing can go wrong."""

    def report_and_next(self, job, loss):
        self.outstanding.remove(job)
        self.answered.add(job)
        answer = self.searcher.report_and_next(job, loss)
        if not isinstance(answer, tuple):
            return answer
        job = Job(*answer)
        assert job not in self.outstanding | self.answered
        self.outstanding.add(job)
        return job


def run(drawn, curves, cluster, stop, seed):
    """The searcher as it was asked, and its trace; None where the cluster starves it."""
    witness = QuickWitness(drawn.make())
    try:
        return witness, simulate(witness, curves, cluster, stop=stop, seed=seed)
    except StarvedError:
        return witness, None


@pytest.mark.parametrize("lot", range(LOTS))
def test_simpy_with_heaps_and_a_plain_heap_with_sorting_make_the_same_trace(lot):
    """The engine and the searcher are both replaced by their slow versions, row for row the same comes out."""
    seen = Counter()
    for seed in range(lot * EACH, (lot + 1) * EACH):
        drawn, curves, cluster, stop = scenario(random_numbers.Random(seed))
        witness, trace = run(drawn, curves, cluster, stop, seed)
        oracle = drawn.oracle()
        oracle.max_length = witness.max_length
        expected = simulate_rows(oracle, curves, cluster, stop, seed)

        where = f"seed {seed}: {drawn.options} {cluster} {stop}"
        if expected is None or trace is None:
            assert trace is expected, where
            seen["starved"] += 1
            continue
        np.testing.assert_equal(rows(trace), expected, where)
        check_time(trace)
        check_jobs(trace, witness)
        seen["without trouble" if cluster.trouble_free else "in trouble"] += 1
        seen["rows"] += len(trace)
        seen.update(Outcome(outcome).name.lower() for outcome in trace.outcome.tolist())
    print(dict(seen))  # noqa: T201  (shown by `make fuzz`)


@pytest.mark.parametrize("lot", range(LOTS))
def test_the_fast_engine_and_the_model_make_the_same_trace(lot):
    """Where there is no trouble both can run."""
    for seed in range(lot * EACH, (lot + 1) * EACH):
        drawn, curves, cluster, stop = scenario(random_numbers.Random(seed))
        if not cluster.trouble_free:
            continue
        fast, model = (
            simulate(drawn.make(), curves, cluster, stop=stop, seed=seed, engine=engine)
            for engine in ("fast", "model")
        )

        np.testing.assert_equal(rows(fast), rows(model), f"seed {seed}: {drawn.options} {cluster} {stop}")
