"""The draw of brackets, where a library puts each trial into one at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from simulator.core.streams import Stream, generator

#: Brackets of so many trials are drawn in one go.
BLOCK = 1024


def drawn_brackets(weights: Sequence[float], seed: int) -> Callable[[int], int]:
    """Says a trial's bracket by its number: bracket i in proportion to `weights[i]`, whatever was asked before."""
    drawn: dict[int, list[int]] = {}
    ends = np.cumsum(weights) / sum(weights)

    def bracket_of(trial: int) -> int:
        block, place = divmod(trial, BLOCK)
        if block not in drawn:
            rng = generator(seed, Stream.BRACKET, block)
            drawn[block] = np.searchsorted(ends[:-1], rng.random(BLOCK), side="right").tolist()
        return drawn[block][place]

    return bracket_of
