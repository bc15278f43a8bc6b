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
    BRACKET = 20
    CAPACITY = 21
    SLOW_SPELL = 22
    SLOW_LENGTH = 23


#: A line is drawn on over so many blocks at once; what is asked for beyond stands alone.
AHEAD = 4


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
        self._lines: dict[tuple[int, ...], array[float]] = {}  # numbers of a key, from the first on
        self._blocks: dict[tuple[tuple[int, ...], int], array[float]] = {}  # blocks far beyond the end of a line

    def at(self, index: int, *key: int) -> float:
        """Number `index` of those that belong to `key`."""
        try:
            return self._lines[key][index]
        except LookupError:
            return self._further(index, key)

    def _further(self, index: int, key: tuple[int, ...]) -> float:
        line, block = self._lines.setdefault(key, array("d")), index // self._block
        drawn = len(line) // self._block
        if block - drawn < AHEAD:  # one trial after the other is asked for, as a rule
            for missing in range(drawn, block + 1):
                line.extend(self._drawn(missing, key))
            return line[index]
        numbers = self._blocks.get((key, block))
        if numbers is None:
            numbers = self._blocks[key, block] = self._drawn(block, key)
        return numbers[index % self._block]

    def _drawn(self, block: int, key: tuple[int, ...]) -> array[float]:
        rng = generator(self._seed, self._stream, *key, block)
        return array("d", np.round(self._draw(rng, self._block), 9).tobytes())


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """Return the generator that belongs to `key` within `stream`; `seed` and keys are integers >= 0."""
    try:
        # the words that numpy puts together of a seed and a spawn_key, in a third of the time
        words = np.array((seed, 0, 0, 0, stream, *key), np.uint32)
    except OverflowError:
        return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, *key)))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
