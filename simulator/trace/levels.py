"""The ladder that runs share: every resource at which a job of theirs ends, whatever rung of its bracket that is.

Brackets start at different resources, so the lowest rung of one may be the middle of another: what several brackets
or searchers are counted and coloured by is the resource, never a rung's index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.core.formatting import counted
from simulator.trace.trace import Trace

#: Levels that are told apart; of real runs, which may end anywhere, some then stand for all up to them.
MOST = 32


@dataclass(frozen=True)
class Levels:
    """Resources in units, lowest first, each with its label; a job belongs to the first that it does not exceed."""

    resources: tuple[int, ...]
    labels: tuple[str, ...]
    short: tuple[str, ...]  # for where there is little room

    def __len__(self) -> int:
        return len(self.resources)

    def of(self, resources: ArrayLike) -> NDArray[np.int64]:
        """The level of each of `resources`, which none of the runs exceeds; an array of the same shape."""
        return np.searchsorted(self.resources, resources).astype(np.int64)


def levels(traces: Sequence[Trace]) -> Levels:
    """The levels of some runs, at least one. They are named as rungs where all brackets agree which rung it is."""
    pairs = sorted(
        {pair for trace in traces for pair in zip(trace.to_resource.tolist(), trace.rung.tolist(), strict=True)}
    )
    if not pairs:
        pairs = [(max((trace.max_length for trace in traces), default=1), 0)]
    if len(pairs) <= MOST and all(low[0] < high[0] and low[1] < high[1] for low, high in pairwise(pairs)):
        return Levels(
            tuple(resource for resource, _ in pairs),
            tuple(f"rung {rung} · {counted(resource, 'unit')}" for resource, rung in pairs),
            tuple(f"rung {rung}" for _, rung in pairs),
        )
    known, up_to = sorted({resource for resource, _ in pairs}), ""
    if len(known) > MOST:
        known = [known[place] for place in np.linspace(0, len(known) - 1, MOST).round().astype(int).tolist()]
        up_to = "to "
    names = tuple(up_to + counted(resource, "unit") for resource in known)
    return Levels(tuple(known), names, names)
