"""Rungs with thousands of results: decisions at the border are right even if most results are far from it.

The searches of test_adversaries.py are small and quick; those here are few and long.
"""

from __future__ import annotations

import random as random_numbers
from math import inf, sin

import pytest

from simulator.searchers.determined import async_halving, sync_halving
from simulator.searchers.determined_layouts import async_halving_layout, sync_halving_layout
from simulator.searchers.geometry import rung_sizes
from simulator.searchers.halving import asha, sha
from simulator.searchers.protocol import Idle
from tests.contract.drawn import Law, determined_async, determined_sync, exact, one
from tests.contract.promises import Promises
from tests.support.budgets import FUZZ

pytestmark = pytest.mark.slow

STEPS = int(12_000 * FUZZ) if FUZZ else 2_500


def draw_sha(divisor):
    sizes = rung_sizes(1500, 2, divisor)
    return one(
        sha,
        {"max_trials": 1500, "max_length": 40, "num_rungs": 2, "divisor": divisor},
        Law("barrier", (int(40 / divisor), 40), sizes, max_trials=1500),
    )


def draw_asha(divisor, *, delayed=False):
    options = {"max_length": 1000, "num_rungs": 3, "divisor": divisor, "delayed": delayed}
    resources = asha(**options).resources
    return one(asha, options, Law("delayed" if delayed else "asynchronous", resources, part=exact(divisor)))


def draw_sync_halving(divisor):
    options = {"num_rungs": 2, "max_length": 40, "budget": 40_000, "divisor": divisor}
    return determined_sync(sync_halving, options, [sync_halving_layout(**options)])


def draw_async_halving(divisor, *, stop_once=False):
    options = {
        "num_rungs": 3,
        "max_length": 1000,
        "max_trials": 10**6,
        "divisor": divisor,
        "max_concurrent_trials": 64,
    }
    return determined_async(async_halving, options, [async_halving_layout(**options)], stop_once=stop_once)


SEARCHERS = {
    "sha": draw_sha,
    "asha": draw_asha,
    "asha, delayed": lambda divisor: draw_asha(divisor, delayed=True),
    "sync_halving": draw_sync_halving,
    "async_halving": draw_async_halving,
    "async_halving, stop once": lambda divisor: draw_async_halving(divisor, stop_once=True),
}
LOSSES = {
    "any": lambda rng, n: rng.random(),
    "equal": lambda rng, n: 1.0,
    "few": lambda rng, n: rng.choice([0.0, 1.0, 2.0, 3.0]),
    "better and better": lambda rng, n: -float(n),
    "worse and worse": lambda rng, n: float(n),
    "in waves": lambda rng, n: sin(n / 100) + rng.random() / 10,
    "better, then worse, then dead": lambda rng, n: inf if n % 2000 > 1500 else abs(float(n % 1500) - 700),
    "outliers": lambda rng, n: rng.choice([rng.random(), rng.random() * 10 ** rng.randint(-300, 300), inf]),
}


@pytest.mark.parametrize("losses", LOSSES)
@pytest.mark.parametrize("name", SEARCHERS)
def test_promises_hold_with_thousands_of_results(name, losses):
    rng = random_numbers.Random(f"{name} {losses} {FUZZ}")
    withdrawal = rng.choice([0, 0.002])
    steps = 0
    while steps < STEPS:
        promises = Promises(SEARCHERS[name](rng.choice([4, 2, 1.1])))
        at_once, arrivals = rng.choice([1, 60]), 0
        while steps < STEPS:
            steps += 1
            outstanding = promises.outstanding
            answer = None
            if len(outstanding) < at_once:
                answer = promises.ask()
            if answer is Idle.DONE:
                promises.check_end()
                break
            if len(outstanding) == at_once or answer is Idle.WAIT:
                place = rng.randrange(len(outstanding))
                if rng.random() < withdrawal:
                    promises.withdraw(place)
                    continue
                arrivals += 1
                (promises.report_and_next if at_once == 1 else promises.report)(place, LOSSES[losses](rng, arrivals))
