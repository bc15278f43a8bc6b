"""Randomness: one seed, named streams, and a draw that belongs to what it is about, never to call order.

`generator(seed, Stream.CURVES, 3)` is the same generator whatever ran before, so two searchers under one seed
meet the same trials, the same stragglers and the same failures (common random numbers).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Stream(IntEnum):
    """What a draw is about. A value is never reused: it is part of what a seed means."""

    CURVES = 1
    RESAMPLE = 2
    RECORD = 3
    STRAGGLER = 4
    DROP = 5
    CRASH = 6
    FAILURE = 7
    REPAIR = 8
    PREEMPTION = 9
    RETURN = 10
    SERIES = 11
    UNIT_TIME = 12
    CURVE_NOISE = 13
    CURVE_WAVE = 14
    DEATH = 15
    FIT = 16
    PREVIEW = 17
    REPLICATE = 18
    BOOTSTRAP = 19


class Drawn:
    """Numbers drawn in blocks that belong to their key: `at(i, *key)` is the same whatever was asked before.

    `draw(rng, n)` makes n numbers, as an array of shape (n,); they are rounded to nine digits, so that the last
    bits of exp and pow, which differ between processors, can hardly reach a trace.
    """

    def __init__(
        self, seed: int, stream: Stream, draw: Callable[[np.random.Generator, int], NDArray[np.float64]], block: int
    ) -> None:
        self._seed = seed
        self._stream = stream
        self._draw = draw
        self._block = block
        self._drawn: dict[tuple[tuple[int, ...], int], array[float]] = {}

    def at(self, index: int, *key: int) -> float:
        """Number `index` of those that belong to `key`."""
        size = self._block
        block = index // size
        numbers = self._drawn.get((key, block))
        if numbers is None:
            rng = generator(self._seed, self._stream, *key, block)
            numbers = self._drawn[key, block] = array("d", np.round(self._draw(rng, size), 9).tobytes())
        return numbers[index % size]


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """Return the generator that belongs to `key` within `stream`; `seed` and keys are integers >= 0."""
    try:
        # the words that numpy puts together of a seed and a spawn_key, in a third of the time
        words = np.array((seed, 0, 0, 0, stream, *key), np.uint32)
    except OverflowError:
        return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, *key)))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
