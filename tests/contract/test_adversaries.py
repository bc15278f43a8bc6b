"""Every searcher against adversaries: results in any order, late, equal, dead, withdrawn; and asked at any time.

`make fuzz` takes 200,000 steps with each and prints how many.
"""

from __future__ import annotations

import random as random_numbers
from collections import Counter
from math import inf

import pytest

from simulator.searchers.protocol import Idle
from tests.contract.drawn import SEARCHERS
from tests.contract.promises import Promises
from tests.support.budgets import FUZZ

STEPS = int(200_000 * FUZZ) if FUZZ else 2_000

#: Functions that choose which outstanding job ends next; the oldest job is first in the list.
ORDERS = {
    "first in, first out": lambda rng, n: 0,
    "last in, first out": lambda rng, n: n - 1,
    "any": lambda rng, n: rng.randrange(n),
    "the oldest as late as can be": lambda rng, n: rng.randrange(1, n) if n > 1 else 0,
    "the first two in any order": lambda rng, n: rng.randrange(min(n, 2)),
}
LOSSES = {
    "any": lambda rng, job: rng.random(),
    "equal": lambda rng, job: 1.0,
    "few": lambda rng, job: rng.choice([0.0, -0.0, 1.0, 2.0]),
    "better and better": lambda rng, job: -float(job.trial),
    "worse and worse": lambda rng, job: float(job.trial),
    "turned over on each rung": lambda rng, job: (-1.0) ** job.rung * job.trial,
    "extreme": lambda rng, job: rng.choice([-1.7e308, 1.7e308, 5e-324, 0.0, 1e-300]),
}
#: Probability that a job ends with its trial dead.
DEATHS = [0, 0, 0.05, 0.5, 1]
#: Probability that a trial turns out invalid.
WITHDRAWALS = [0, 0, 0.05, 0.4]
#: Probability that the engine asks rather than reports; 1 asks until there are no more jobs.
ASKING = [1, 1, 0.5, 0.7, 0.2]


def episode(draw, seed, most=400):
    """Run one search to its end, or for a number of steps; returns the steps taken.

    Raises AssertionError where a promise is broken.
    """
    rng = random_numbers.Random(seed)
    promises = Promises(draw(rng))
    order, loss = rng.choice(list(ORDERS.values())), rng.choice(list(LOSSES.values()))
    death, withdrawal, asking = rng.choice(DEATHS), rng.choice(WITHDRAWALS), rng.choice(ASKING)
    at_once, exchanges = rng.choice([1, 4, 16, 64]), rng.random() < 0.3  # number of workers; one call instead of two
    nothing = False  # the last answer was not a job, and nothing was reported since
    for step in range(most):
        outstanding = promises.outstanding
        if outstanding and (nothing or len(outstanding) >= at_once or rng.random() >= asking):
            place, fate = order(rng, len(outstanding)), rng.random()
            result = inf if fate - withdrawal < death else loss(rng, outstanding[place])
            nothing = False
            if fate < withdrawal:
                promises.withdraw(place)
                continue
            if not exchanges or rng.random() < 0.1:
                promises.report(place, result)
                continue
            answer = promises.report_and_next(place, result)
        else:
            answer = promises.ask()
        if answer is Idle.DONE:
            promises.check_end()
            return step + 4
        nothing = answer is Idle.WAIT and rng.random() < 0.9  # sometimes the searcher is asked again
    return most


@pytest.mark.parametrize("name", SEARCHERS)
def test_promises_hold_against_adversaries(name):
    steps = Counter()
    for seed in range(10**6):
        try:
            steps["steps"] += episode(SEARCHERS[name], f"{name} {seed}")
        except AssertionError as error:
            raise AssertionError(f"{name}, seed {seed}: {error}") from error
        steps["searches"] += 1
        if steps["steps"] >= STEPS:
            break
    print(f"{name}: {steps['steps']:,} steps in {steps['searches']:,} searches")  # noqa: T201  (shown by `make fuzz`)
