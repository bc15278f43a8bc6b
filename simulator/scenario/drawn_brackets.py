"""Random brackets, for libraries that put each trial into a bracket at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from simulator.core.streams import Drawn, Stream

#: Number of trials whose brackets are drawn at once.
BLOCK = 1024


def drawn_brackets(weights: Sequence[float], seed: int) -> Callable[[int], int]:
    """Make a function from a trial's number to its bracket: bracket i has a probability proportional to `weights[i]`.

    The function returns the same bracket whatever was asked before.
    """
    ends = (np.cumsum(weights) / sum(weights))[:-1]
    drawn = Drawn(seed, Stream.BRACKET, block=BLOCK)
    return lambda trial: int(np.searchsorted(ends, drawn.at(trial), side="right"))
