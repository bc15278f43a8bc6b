"""Randomness: one seed, named streams, and a draw that belongs to what it is about, never to call order.

`generator(seed, Stream.CURVES, 3)` is the same generator whatever ran before, so two searchers under one seed
meet the same trials, the same stragglers and the same failures (common random numbers).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a draw is about. A value is never reused: it is part of what a seed means."""

    CURVES = 1
    RESAMPLE = 2
    RECORD = 3


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """Return the generator that belongs to `key` within `stream`; `seed` and keys are integers >= 0."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, *key)))
