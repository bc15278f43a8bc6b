"""Schedulers on machines of several slots against one that makes every decision anew, on random clusters of searches."""

from __future__ import annotations

from random import Random

import pytest

from simulator.cluster.sharing.claims import Claim
from simulator.cluster.sharing.room import Machines
from tests.cluster.sharing.test_against_naive import POLICIES
from tests.support.oracles import slot_scheduler
from tests.support.sharing import settled


def drawn(rng):
    """Sizes of machines, and guests as (slots, weight, priority, max_slots, waiting), in turns of arrival."""
    machines = [rng.choice([1, 2, 4, 4, 8]) for _ in range(rng.randint(1, 5))]
    turns = [
        [
            (
                rng.choice([1, 1, 2, 3, 4, 8]), rng.choice([1, 1, 2, 5]), rng.choice([42, 42, 1, 60]),
                rng.choice([None, None, None, 8, 12]), rng.randint(0, 6),
            )
            for _ in range(rng.randint(1, 3))
        ]
        for _ in range(rng.randint(1, 3))
    ]  # fmt: skip
    return machines, turns


@pytest.mark.parametrize("policy", POLICIES)
def test_same_decisions_on_random_machines_and_searches(policy):
    starts = stops = wide = 0
    for seed in range(600):
        machines, turns = drawn(Random(f"{policy} {seed}"))
        scheduler, room, claims, guests = POLICIES[policy](), Machines(machines), [], []
        started = 0
        for turn in turns:
            new = []
            for slots, weight, priority, most, waiting in turn:
                number = len(claims) + len(new)
                about = {"weight": weight, "priority": priority, "max_slots": most, "waiting": waiting}
                new.append(Claim(number, slots=slots, **about))
                guests.append([slots, weight, priority, most, waiting, {}])
            done = settled(scheduler, room, new)
            claims += new
            expected = slot_scheduler.settled(policy, machines, guests, started)
            started += sum(one[0] == "start" for one in expected)

            assert done == expected, seed
            starts += sum(one[0] == "start" for one in done)
            stops += sum(one[0] == "stop" for one in done)
            wide += sum(one[0] == "start" and len(one[2]) > 1 for one in done)
    assert starts > 2000
    assert wide > 20
    assert (stops > 100) == (policy in {"fair_share", "preemption"})
