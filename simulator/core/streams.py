"""Random numbers by key: a draw depends on the seed, its stream and its key, never on the order of calls.

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

#: Version of the rule that turns a seed into numbers. It is raised whenever the same seed would draw other numbers.
#: It is written into traces and plans, so that results of two versions are never mixed. Version 1 seeded a generator
#: for each block of numbers.
DRAWS_VERSION = 2

Numbers = NDArray[np.float64]

#: Step of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, Fast splittable pseudorandom number generators, OOPSLA
#: 2014): the odd number nearest to 2**64 divided by the golden ratio. The hash here is the last step of SplitMix64,
#: with D. Stafford's constants of variant 13.
STEP = 0x9E3779B97F4A7C15
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
WORD = 2**64 - 1


class Stream(IntEnum):
    """What a draw decides. A value is never reused, since it is part of what a seed means."""

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
    CALIBRATION = 27
    SLOW_START = 28


def words(seed: int, stream: Stream, *key: int, n: int, first: int = 0) -> NDArray[np.uint64]:
    """Numbers `first` to `first + n - 1` that belong to `key`, each of 64 random bits, as an array of shape (n,).

    `seed` is any integer >= 0; the integers of a key are from 0 to 2**64 - 1.
    """
    return _words(np.uint64(_start(seed, stream, key)), n, first)


def uniforms(seed: int, stream: Stream, *key: int, n: int, first: int = 0) -> Numbers:
    """Uniform numbers, as an array of shape (n,); they are odd multiples of 2**-53, and so neither 0 nor 1."""
    return _uniform(words(seed, stream, *key, n=n, first=first))


def integers(seed: int, stream: Stream, *key: int, below: int, n: int, first: int = 0) -> NDArray[np.int64]:
    """Integers from 0 to `below` - 1, as an array of shape (n,); `below` is at most 2**31.

    The probabilities of two integers differ by at most a share of `below` / 2**32.
    """
    hashed = words(seed, stream, *key, n=n, first=first) >> np.uint64(32)
    return (hashed * np.uint64(below) >> np.uint64(32)).astype(np.int64)


def order(seed: int, stream: Stream, *key: int, n: int) -> NDArray[np.int64]:
    """The integers from 0 to `n` - 1 in random order."""
    return words(seed, stream, *key, n=n).argsort(kind="stable")


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """A numpy generator that belongs to `key`, for libraries that need one and for data that is recorded once.

    No trace may depend on it: another version of numpy may draw other numbers from the same bits.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, *key)))


def _start(seed: int, stream: Stream, key: tuple[int, ...]) -> int:
    """The start of a key's sequence; number i is the hash of the start plus `i + 1` times STEP."""
    pieces = [seed >> shift & WORD for shift in range(0, max(seed.bit_length(), 1), 64)]
    start = len(pieces)
    for piece in (*pieces, stream, *key):
        start = _hash((start ^ piece) + STEP & WORD)
    return start


def _words(start: np.uint64 | NDArray[np.uint64], n: int, first: int) -> NDArray[np.uint64]:
    """Numbers `first` to `first + n - 1` of the sequence of a start; starts of shape (keys, 1) give a row each."""
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
    """The hash that `words` applies to each number, for a single Python integer."""
    word = (word ^ word >> 30) * FIRST & WORD
    word = (word ^ word >> 27) * SECOND & WORD
    return word ^ word >> 31


#: Greatest number of blocks by which a key's list of numbers is extended at once; blocks further on are kept singly.
AHEAD = 4


class Drawn:
    """Numbers by key: `at(i, *key)` is always the same number, whatever was asked before.

    `quantile` turns uniform numbers into another distribution, shape for shape; without it they stay uniform. Its
    results are rounded to nine digits, so that the last bits of exp and pow, which differ between processors, can
    hardly reach a trace. Numbers are computed in blocks of `block`. The first block is computed for `abreast` keys at
    once, which differ in their first integer. This changes no number. It saves calls of numpy, each of which takes as
    long as computing a hundred numbers.
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
        if block - drawn < AHEAD:  # trials usually come one after the other
            end = max(block + 1, drawn + min(drawn, AHEAD))  # doubles the list, but adds AHEAD blocks at most
            line.extend(self._computed([key], drawn, end)[0])
            return line[index]
        numbers = self._blocks.get((key, block))
        if numbers is None:
            numbers = self._blocks[key, block] = self._computed([key], block, block + 1)[0]
        return numbers[index % self._block]

    def _begin(self, key: tuple[int, ...]) -> None:
        """Draw the first block of a key and of the keys computed together with it."""
        keys = [key]
        if key and self._abreast > 1:
            first = key[0] - key[0] % self._abreast
            several = [(place, *key[1:]) for place in range(first, first + self._abreast)]
            keys = [each for each in several if each not in self._lines]
        self._lines.update(zip(keys, self._computed(keys, 0, 1), strict=True))

    def _computed(self, keys: list[tuple[int, ...]], start: int, end: int) -> list[array[float]]:
        """The numbers of blocks `start` to `end` - 1, for each of `keys`."""
        starts = np.array([[_start(self._seed, self._stream, key)] for key in keys], np.uint64)
        numbers = _uniform(_words(starts, (end - start) * self._block, start * self._block))
        if self._quantile is not None:
            numbers = np.round(self._quantile(numbers), 9)
        return [array("d", row.tobytes()) for row in numbers]
