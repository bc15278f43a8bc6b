"""A reserve compared with a sorted list: most entries are on a pile, and yet the least come back first."""

from __future__ import annotations

import random as random_numbers
from bisect import insort
from math import inf

import pytest

from simulator.searchers.far_results import FEW, NEAR, Reserve

LOSSES = {
    "any": lambda rng, n: rng.random(),
    "equal": lambda rng, n: 1.0,
    "few": lambda rng, n: rng.choice([0.0, 1.0, 2.0, inf]),
    "falling": lambda rng, n: -float(n),
    "rising": lambda rng, n: float(n),
    "mirrored and dead": lambda rng, n: rng.choice([-inf, -2.0, -rng.random()]),
}


@pytest.mark.parametrize("losses", LOSSES)
@pytest.mark.parametrize("seed", range(6))
def test_what_is_taken_is_the_least(losses, seed):
    rng = random_numbers.Random(seed)
    draw = LOSSES[losses]
    kept = sorted((draw(rng, -n), -n, n) for n in range(rng.choice([0, FEW - 1, FEW, FEW + 1, 10 * FEW * NEAR])))
    reserve = Reserve(list(kept))
    taking = rng.choice([0.01, 0.1, 0.5])
    for n in range(3000):
        if rng.random() < taking:
            most = rng.choice([1, 16, 16, FEW])
            assert reserve.take(most) == kept[:most]
            del kept[:most]
        else:
            entry = (draw(rng, n), n, n)
            reserve.put(entry)
            insort(kept, entry)
    assert sorted(reserve) == kept
    while kept:
        assert reserve.take(16) == kept[:16]
        del kept[:16]
    assert reserve.take(16) == []


def test_most_lie_on_the_pile():
    reserve = Reserve([(float(n), n, n) for n in range(80 * FEW)])

    assert len(reserve.near) == 80 * FEW // NEAR
    assert len(reserve.losses) == len(reserve.arrivals) == len(reserve.trials) == 70 * FEW
    assert reserve.bar == 80 * FEW // NEAR - 1
    assert reserve.take(16) == [(float(n), n, n) for n in range(16)]
