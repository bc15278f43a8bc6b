"""The SimPy model against a slow engine that makes every decision anew, on random clusters of searches."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest

from simulator.cluster.sharing.engine import Arrival, share
from simulator.cluster.sharing.fair_share import FairShare
from simulator.cluster.sharing.fifo import Fifo
from simulator.cluster.sharing.priority import Priority
from simulator.cluster.spec import Cluster
from simulator.searchers.halving import asha, random, sha
from simulator.trace.trace import Outcome
from tests.support.oracles import shared_engine
from tests.support.worlds import World

pytestmark = pytest.mark.slow

POLICIES = {
    "fifo": Fifo,
    "fair_share": FairShare,
    "priority": Priority,
    "preemption": lambda: Priority(preemption=True),
}


def make_searcher(rng):
    trials, length = rng.randint(1, 14), rng.choice([1, 3, 9])
    kind = rng.choice(["sha", "asha", "delayed", "random"])
    most = rng.choice([None, 1, 3])
    if kind == "sha":
        return lambda: sha(max_trials=trials, max_length=length, divisor=3, num_rungs=1 if trials < 9 else None)
    if kind == "random":
        return lambda: random(max_trials=trials, max_length=length, max_concurrent_trials=most)
    delayed = kind == "delayed"
    return lambda: asha(max_trials=trials, max_length=length, divisor=3, delayed=delayed, max_concurrent_trials=most)


def make_curves(rng):
    salt, step, spread = rng.getrandbits(32), rng.choice([1, 7, 100]), rng.choice([1, 2, 50])

    def ticks(trial, start, end):
        return (end - start) * step * (1 + (salt ^ trial * 7919) % 1009 % spread)

    def loss(trial, resource):
        return float((salt ^ (trial * 31 + resource) * 104_729) % 1013 % 5)

    return World(loss, ticks)


def drawn(rng):
    """Draw (arrivals for the model, guests for the slow engine, workers, queued, stop); times are often equal, or never."""
    gap, at, arrivals, guests = rng.choice([0, 5, 40, 300]), 0, [], []
    queued = rng.random() < 0.4
    for number in range(rng.randint(1, 7)):
        at += rng.randint(0, gap)
        searcher, curves = make_searcher(rng), make_curves(rng)
        weight, priority = rng.choice([1, 1, 2, 5]), rng.choice([42, 42, 1, 60])
        most = rng.choice([None, None, None, 1, 2, 5])
        arrivals.append(
            Arrival(
                at, "a", number, lambda searcher=searcher, curves=curves: (searcher(), curves),
                seed=number, weight=weight, priority=priority, max_slots=most,
            )
        )  # fmt: skip
        about = {"queued": queued, "weight": Fraction(weight), "priority": priority, "max_slots": most}
        guests.append((at, lambda searcher=searcher, curves=curves: (searcher(), curves), about))
    return arrivals, guests, rng.randint(1, 8), queued, rng.choice([None, None, rng.randint(1, 2000)])


def rows_of(workload):
    trace = workload.trace
    return [
        (*(int(getattr(trace, name)[i]) for name in ("worker",)), int(trace.search[i]), int(trace.trial[i]),
         int(trace.from_resource[i]), int(trace.to_resource[i]), int(trace.start[i]), int(trace.end[i]),
         None if np.isnan(trace.loss[i]) else float(trace.loss[i]), Outcome(trace.outcome[i]).name.lower())
        for i in range(len(trace))
    ]  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES)
def test_same_rows_on_random_clusters_of_searches(policy):
    rows = stopped = shared = 0
    for seed in range(600):
        arrivals, guests, workers, queued, stop = drawn(Random(f"{policy} {seed}"))
        cluster = Cluster(workers, "queued" if queued else "on_demand")
        workload = share(iter(arrivals), cluster, POLICIES[policy](), stop=stop)
        found = rows_of(workload)
        expected = shared_engine.share(guests, workers, policy, stop)

        assert found == expected, seed
        rows += len(found)
        stopped += sum(row[-1] == "preempted" for row in found)
        shared += len(workload) > 1
    assert rows > 10_000
    assert shared > 400
    assert (stopped > 300) == (policy in {"fair_share", "preemption"})
