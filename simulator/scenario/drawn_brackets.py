"""Random brackets, for libraries that put each trial into a bracket at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from simulator.core.streams import Drawn, Stream

#: Trials whose brackets are drawn at once.
BLOCK = 1024


def drawn_brackets(weights: Sequence[float], seed: int) -> Callable[[int], int]:
    """Gives a trial's bracket by its number: bracket i with probability in proportion to `weights[i]`.

    The answer is the same whatever was asked before.
    """
    ends = (np.cumsum(weights) / sum(weights))[:-1]
    drawn = Drawn(seed, Stream.BRACKET, block=BLOCK)
    return lambda trial: int(np.searchsorted(ends, drawn.at(trial), side="right"))
