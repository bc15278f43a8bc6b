"""Randomness: one seed, named streams, and a draw that belongs to what it is about, never to call order.

A number is a hash of (seed, stream, key, index), and nothing else: `uniforms(seed, Stream.DROP, 2, 0, n=5)` are the
same five numbers whatever was asked before, and however many are asked for at a time. So two searchers under one seed
meet the same trials, the same stragglers and the same failures (common random numbers).

Other distributions are made of uniform numbers by their quantiles. Hashes and uniform numbers come of integers alone,
so they are the same on every machine and with every version of numpy.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

#: What a seed means. It grows when the same seed comes to draw other numbers, and stands in traces and plans, so that
#: figures of two versions are never taken for figures of one. Version 1 seeded a generator for each block of numbers.
DRAWS_VERSION = 2

Numbers = NDArray[np.float64]

#: Odd, and near 2**64 over the golden ratio: the steps of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, Fast
#: splittable pseudorandom number generators, OOPSLA 2014), whose last step, with D. Stafford's constants of variant
#: 13, is the hash here.
STEP = 0x9E3779B97F4A7C15
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
WORD = 2**64 - 1


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
    ARRIVAL = 24
    SEARCH = 25
    PILOTS = 26


def words(seed: int, stream: Stream, *key: int, n: int, first: int = 0) -> NDArray[np.uint64]:
    """Numbers `first` to `first + n - 1` that belong to `key`, each of 64 random bits, as an array of shape (n,).

    `seed` is any integer >= 0; a key's are from 0 to 2**64 - 1.
    """
    return _words(np.uint64(_start(seed, stream, key)), n, first)


def uniforms(seed: int, stream: Stream, *key: int, n: int, first: int = 0) -> Numbers:
    """Uniform numbers, as an array of shape (n,); they are odd multiples of 2**-53, and so neither 0 nor 1."""
    return _uniform(words(seed, stream, *key, n=n, first=first))


def integers(seed: int, stream: Stream, *key: int, below: int, n: int, first: int = 0) -> NDArray[np.int64]:
    """Integers from 0 to `below` - 1, as an array of shape (n,); `below` is at most 2**31.

    One is likelier than another by a share of `below` / 2**32 at most.
    """
    hashed = words(seed, stream, *key, n=n, first=first) >> np.uint64(32)
    return (hashed * np.uint64(below) >> np.uint64(32)).astype(np.int64)


def order(seed: int, stream: Stream, *key: int, n: int) -> NDArray[np.int64]:
    """The integers from 0 to `n` - 1 in random order."""
    return words(seed, stream, *key, n=n).argsort(kind="stable")


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """A generator of numpy's that belongs to `key`, for libraries that want one and for what is recorded but once.

    No trace may rest on it: what it makes of its bits may be another thing in another version of numpy.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, *key)))


def _start(seed: int, stream: Stream, key: tuple[int, ...]) -> int:
    """Where the numbers of a key start, from which number i is `i + 1` steps away, hashed."""
    pieces = [seed >> shift & WORD for shift in range(0, max(seed.bit_length(), 1), 64)]
    start = len(pieces)
    for piece in (*pieces, stream, *key):
        start = _hash((start ^ piece) + STEP & WORD)
    return start


def _words(start: np.uint64 | NDArray[np.uint64], n: int, first: int) -> NDArray[np.uint64]:
    """Numbers `first` to `first + n - 1` from a start on, or from several of shape (keys, 1), a row each."""
    hashed = np.arange(first + 1, first + n + 1, dtype=np.uint64) * np.uint64(STEP) + start
    hashed ^= hashed >> np.uint64(30)
    hashed *= np.uint64(FIRST)
    hashed ^= hashed >> np.uint64(27)
    hashed *= np.uint64(SECOND)
    hashed ^= hashed >> np.uint64(31)
    return hashed


def _uniform(hashed: NDArray[np.uint64]) -> Numbers:
    return ((hashed >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _hash(word: int) -> int:
    """What `words` does to each number, for one."""
    word = (word ^ word >> 30) * FIRST & WORD
    word = (word ^ word >> 27) * SECOND & WORD
    return word ^ word >> 31


#: A line is drawn on over so many blocks at once; what is asked for beyond stands alone.
AHEAD = 4


class Drawn:
    """Numbers that belong to their key: `at(i, *key)` is the same whatever was asked before.

    `quantile` makes numbers of uniform ones, shape for shape; without it they are uniform. Those that it makes are
    rounded to nine digits, so that the last bits of exp and pow, which differ between processors, can hardly reach a
    trace. Numbers are computed `block` at a time, the first block for so many keys `abreast`, which differ in their
    first place. That changes no number: it saves calls of numpy, each of which takes as long as a hundred numbers.
    """

    def __init__(
        self,
        seed: int,
        stream: Stream,
        quantile: Callable[[Numbers], Numbers] | None = None,
        *,
        block: int,
        abreast: int = 1,
    ) -> None:
        self._seed = seed
        self._stream = stream
        self._quantile = quantile
        self._block = block
        self._abreast = abreast
        self._lines: dict[tuple[int, ...], array[float]] = {}  # numbers of a key, from the first on
        self._blocks: dict[tuple[tuple[int, ...], int], array[float]] = {}  # blocks far beyond the end of a line

    def at(self, index: int, *key: int) -> float:
        """Number `index` of those that belong to `key`."""
        try:
            return self._lines[key][index]
        except LookupError:
            return self._further(index, key)

    def _further(self, index: int, key: tuple[int, ...]) -> float:
        if key not in self._lines:
            self._begin(key)
        line, block = self._lines[key], index // self._block
        drawn = len(line) // self._block
        if block < drawn:
            return line[index]
        if block - drawn < AHEAD:  # one trial after the other is asked for, as a rule
            end = max(block + 1, drawn + min(drawn, AHEAD))  # twice as long, up to a point
            line.extend(self._computed([key], drawn, end)[0])
            return line[index]
        numbers = self._blocks.get((key, block))
        if numbers is None:
            numbers = self._blocks[key, block] = self._computed([key], block, block + 1)[0]
        return numbers[index % self._block]

    def _begin(self, key: tuple[int, ...]) -> None:
        """Draw the first block of a key, and of those abreast of it."""
        keys = [key]
        if key and self._abreast > 1:
            first = key[0] - key[0] % self._abreast
            several = [(place, *key[1:]) for place in range(first, first + self._abreast)]
            keys = [each for each in several if each not in self._lines]
        self._lines.update(zip(keys, self._computed(keys, 0, 1), strict=True))

    def _computed(self, keys: list[tuple[int, ...]], start: int, end: int) -> list[array[float]]:
        """The numbers of blocks from `start` to `end` - 1, for each of some keys."""
        starts = np.array([[_start(self._seed, self._stream, key)] for key in keys], np.uint64)
        numbers = _uniform(_words(starts, (end - start) * self._block, start * self._block))
        if self._quantile is not None:
            numbers = np.round(self._quantile(numbers), 9)
        return [array("d", row.tobytes()) for row in numbers]
