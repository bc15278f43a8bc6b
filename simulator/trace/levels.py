"""Levels that several runs share: every resource at which one of their jobs ends.

Brackets start at different resources, so the lowest rung of one may be the middle of another. Several brackets or
searchers are therefore counted and coloured by resource, never by a rung's index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.core.formatting import counted
from simulator.trace.trace import Trace

#: Greatest number of levels. Jobs of real runs may end at any resource, so a level may stand for all resources from
#: the level below up to its own.
MOST = 32


@dataclass(frozen=True)
class Levels:
    """Resources in units, the lowest first, each with its label; a job belongs to the first that it does not exceed.

    `rungs` are the levels' rung numbers, if all brackets agree on them. `sampled` means that a level stands for all
    resources up to its own.
    """

    resources: tuple[int, ...]
    labels: tuple[str, ...]
    short: tuple[str, ...]  # short labels
    rungs: tuple[int, ...] = ()
    sampled: bool = False

    def __len__(self) -> int:
        return len(self.resources)

    def index_of(self, resources: ArrayLike) -> NDArray[np.int64]:
        """The level of each of `resources`, which none of the runs exceeds; an array of the same shape."""
        return np.searchsorted(self.resources, resources).astype(np.int64)


def levels(traces: Sequence[Trace]) -> Levels:
    """The levels of one or more runs, named as rungs if all brackets agree which rung each level is."""
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
            tuple(rung for _, rung in pairs),
        )
    known, up_to = sorted({resource for resource, _ in pairs}), ""
    if len(known) > MOST:
        known = [known[place] for place in np.linspace(0, len(known) - 1, MOST).round().astype(int).tolist()]
        up_to = "to "
    names = tuple(up_to + counted(resource, "unit") for resource in known)
    return Levels(tuple(known), names, names, sampled=bool(up_to))
