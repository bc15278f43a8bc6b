"""A search alone on a shared cluster has the trace that it has on a cluster of its own."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from simulator.cluster.engine import simulate
from simulator.cluster.sharing.engine import Arrival, share
from simulator.cluster.spec import Stop
from simulator.core.errors import RunError
from simulator.trace.trace import COLUMNS
from tests.cluster.sharing.test_against_naive import POLICIES
from tests.support import random_worlds

pytestmark = pytest.mark.slow


def outcome(run):
    try:
        return run()
    except RunError as error:
        return error


@pytest.mark.parametrize("policy", POLICIES)
def test_same_rows_on_random_clusters_in_trouble(policy):
    rows = 0
    for seed in range(150):
        drawn, curves, cluster, stop = random_worlds.scenario(Random(f"{policy} {seed}"))
        arrival = Arrival(
            0, "alone", 0, lambda drawn=drawn, curves=curves: (drawn.make(), curves),
            seed=seed, slots=cluster.slots_per_trial,
        )  # fmt: skip
        alone = outcome(
            lambda drawn=drawn, curves=curves, cluster=cluster, stop=stop, seed=seed: simulate(
                drawn.make(), curves, cluster, stop=Stop(stop.time), seed=seed, engine="model"
            )
        )
        shared = outcome(
            lambda arrival=arrival, cluster=cluster, stop=stop, seed=seed: (
                share(
                    iter([arrival]),
                    cluster,
                    POLICIES[policy](),
                    slots=[cluster.slots_per_trial],
                    stop=stop.time,
                    seed=seed,
                ).trace
            )
        )
        if isinstance(alone, RunError):
            assert type(alone) is type(shared)
            continue
        for name in COLUMNS:
            assert np.array_equal(getattr(shared, name), getattr(alone, name), equal_nan=name == "loss"), (seed, name)
        for name in ("worker", "start", "end", "kind"):
            assert np.array_equal(getattr(shared.spells, name), getattr(alone.spells, name)), seed
        rows += len(alone)
    assert rows > 5_000
