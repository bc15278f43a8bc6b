"""Draws belong to their key."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.core.streams import Drawn, Stream, generator


@pytest.mark.parametrize("seed", [0, 1, 7, 2**31, 2**32 - 1, 2**32, 2**40 + 3, 2**64, 2**130 + 5])
@pytest.mark.parametrize("key", [(), (0,), (3, 0, 7), (1, 2, 3, 4, 5, 6), (2**32 - 1,), (2**32, 1)])
def test_a_generator_is_numpy_s_own_for_a_seed_and_a_spawn_key(seed, key):
    expected = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(Stream.DROP, *key)))

    assert generator(seed, Stream.DROP, *key).random(4).tolist() == expected.random(4).tolist()


def test_a_draw_is_the_same_whatever_was_asked_before():
    forwards, backwards = (Drawn(3, Stream.DROP, lambda rng, n: rng.random(n), 16) for _ in range(2))
    places = [(index, key) for index in (0, 15, 16, 100) for key in ((), (1,), (1, 2))]
    drawn = [forwards.at(index, *key) for index, key in places]

    assert [backwards.at(index, *key) for index, key in reversed(places)] == drawn[::-1]
    assert len(set(drawn)) == len(drawn)
