"""Under a stopping rule, a trial whose own result lets it go on never stopped, and so keeps its worker."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.cluster.sharing.engine import Arrival, share
from simulator.cluster.spec import StarvedError, Stop
from simulator.core.errors import RunError
from simulator.searchers.dialects.optuna import optuna_successive_halving
from simulator.searchers.dialects.ray import ray_asha
from simulator.searchers.dialects.ray_hyperband import ray_hyperband
from simulator.trace.trace import COLUMNS
from tests.cluster.sharing.test_against_naive import POLICIES
from tests.support import random_worlds
from tests.support.oracles.heap_engine import simulate_rows

#: The columns of the plain heap's rows.
ROW = (
    "worker", "trial", "bracket", "rung", "from_resource", "to_resource", "start", "end", "outcome", "loss", "overhead",
    "lost",
)  # fmt: skip


class Paced:
    """Trial 0 is quick and bad, trial 1 slow and good."""

    trials = None

    def train(self, trial, from_resource, to_resource):
        return (to_resource - from_resource) * (10 + 10 * trial), 1.0 - trial, None


@pytest.mark.parametrize("engine", ["fast", "model"])
def test_a_trial_goes_on_where_it_is_though_a_lower_worker_is_idle(engine):
    searcher = ray_asha(num_samples=2, max_t=9, reduction_factor=3)
    trace = simulate(searcher, Paced(), Cluster(2), engine=engine)
    places = zip(trace.trial.tolist(), trace.to_resource.tolist(), trace.worker.tolist(), strict=True)
    assert sorted(places) == [(0, 1, 0), (0, 3, 0), (0, 9, 0), (1, 1, 1), (1, 3, 1), (1, 9, 1)]


def searcher_of(rng):
    trials, every = rng.randint(1, 40), rng.choice([1, 2])
    return rng.choice([
        lambda: ray_asha(num_samples=trials, max_t=9, reduction_factor=2, report_every=every),
        lambda: ray_asha(num_samples=trials, max_t=9, reduction_factor=3, brackets=2, bracket_of=lambda trial: trial % 2),
        lambda: optuna_successive_halving(n_trials=trials, max_resource=9, reduction_factor=2),
        lambda: ray_hyperband(num_samples=trials, max_t=9),
    ])  # fmt: skip


def worlds(name, count):
    for seed in range(count):
        rng = Random(f"{name} {seed}")
        _, curves, cluster, stop = random_worlds.scenario(rng)
        yield seed, searcher_of(rng), curves, cluster, stop


def outcome(run):
    try:
        return run()
    except RunError as error:
        return error


@pytest.mark.slow
def test_the_model_and_a_plain_heap_agree_in_trouble():
    rows = 0
    for seed, make, curves, cluster, stop in worlds("in place", 150):
        expected = outcome(lambda: simulate_rows(make(), curves, cluster, stop, seed))  # noqa: B023
        trace = outcome(lambda: simulate(make(), curves, cluster, stop=stop, seed=seed))  # noqa: B023
        if isinstance(trace, RunError):
            assert isinstance(expected, type(trace)) or (isinstance(trace, StarvedError) and expected is None), seed
            continue
        assert len(trace) == len(expected), seed
        # Without rows there are no columns to compare.
        for name, column in zip(ROW, zip(*expected, strict=True), strict=False):
            assert np.array_equal(getattr(trace, name), column, equal_nan=name == "loss"), (seed, name)
        rows += len(trace)
    assert rows > 3_000


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
def test_a_search_alone_on_a_shared_cluster_has_the_same_rows(policy):
    for seed, make, curves, cluster, stop in worlds(policy, 60):
        arrival = Arrival(
            0, "alone", 0, lambda make=make, curves=curves: (make(), curves), seed=seed, slots=cluster.slots_per_trial
        )
        shared = outcome(
            lambda: (
                share(
                    iter([arrival]),  # noqa: B023
                    cluster,  # noqa: B023
                    POLICIES[policy](),
                    slots=[cluster.slots_per_trial],  # noqa: B023
                    stop=stop.time,  # noqa: B023
                    seed=seed,  # noqa: B023
                ).trace
            )
        )
        alone = outcome(
            lambda: simulate(make(), curves, cluster, stop=Stop(stop.time), seed=seed, engine="model")  # noqa: B023
        )
        if isinstance(alone, RunError):
            assert type(alone) is type(shared)
            continue
        for name in COLUMNS:
            assert np.array_equal(getattr(shared, name), getattr(alone, name), equal_nan=name == "loss"), (seed, name)
