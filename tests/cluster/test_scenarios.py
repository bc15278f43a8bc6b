"""Random scenarios, with and without faults: three ways to simulate them make the same trace.

`make fuzz` runs ten thousand, and prints what they contained.
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

pytestmark = pytest.mark.slow

#: Number of batches of scenarios, and of scenarios in each.
LOTS, EACH = (max(1, int(340 * FUZZ)) if FUZZ else 5), 30


class QuickWitness(Witness):
    """Lets a searcher report and decide in one call, as the fast engine does if nothing can go wrong."""

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


def run(drawn, curves, cluster, stop, seed, engine):
    """The witness of the searcher, and its trace; None if the cluster starves it."""
    witness = QuickWitness(drawn.make())
    try:
        return witness, simulate(witness, curves, cluster, stop=stop, seed=seed, engine=engine)
    except StarvedError:
        return witness, None


@pytest.mark.parametrize("lot", range(LOTS))
def test_the_model_the_fast_engine_and_a_plain_heap_with_sorting_make_the_same_trace(lot):
    """The heap also runs the slow version of the searcher. The fast engine runs if machines come and stay."""
    seen = Counter()
    for seed in range(lot * EACH, (lot + 1) * EACH):
        drawn, curves, cluster, stop = scenario(random_numbers.Random(seed))
        oracle = drawn.oracle()
        oracle.max_length = drawn.make().max_length
        expected = simulate_rows(oracle, curves, cluster, stop, seed)
        for engine in ("model", "fast") if cluster.constant else ("model",):
            witness, trace = run(drawn, curves, cluster, stop, seed, engine)
            where = f"{engine}, seed {seed}: {drawn.options} {cluster} {stop}"
            seen[engine] += 1
            if expected is None or trace is None:
                assert trace is expected, where
                seen[f"{engine}, starved"] += 1
                continue
            np.testing.assert_equal(rows(trace), expected, where)
            check_time(trace)
            check_jobs(trace, witness)
        if expected is not None:
            seen["without trouble" if cluster.trouble_free else "in trouble"] += 1
            seen["rows"] += len(trace)
            seen.update(Outcome(outcome).name.lower() for outcome in trace.outcome.tolist())
    print(dict(seen))  # noqa: T201  (shown by `make fuzz`)
