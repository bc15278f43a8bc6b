"""The draw of brackets, where a library puts each trial into one at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from simulator.core.streams import Drawn, Stream

#: Brackets of so many trials are drawn in one go.
BLOCK = 1024


def drawn_brackets(weights: Sequence[float], seed: int) -> Callable[[int], int]:
    """Says a trial's bracket by its number: bracket i in proportion to `weights[i]`, whatever was asked before."""
    ends = (np.cumsum(weights) / sum(weights))[:-1]
    drawn = Drawn(seed, Stream.BRACKET, block=BLOCK)
    return lambda trial: int(np.searchsorted(ends, drawn.at(trial), side="right"))
