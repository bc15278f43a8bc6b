"""The results on one side of a rung's border that lie far from it."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from heapq import heappop, heappush
from math import inf

import numpy as np

#: A result: loss, arrival, trial. Entries are ordered by (loss, arrival), so of equal losses the earlier is better.
Entry = tuple[float, int, int]

#: When entries are sorted out, one in NEAR is kept in the heap.
NEAR = 8
#: Smallest number of entries for which sorting out is worthwhile.
FEW = 64


class Reserve:
    """A collection of entries from which the least are taken first.

    Entries with a loss above `bar` are unsorted on a pile, which is three columns of numbers; the others are in a
    heap, `near`. Most new entries go to the pile, which takes a sixth of the memory of tuples in a heap, and is
    written in order. With plain heaps a search of 30,000 trials takes a sixth more time and half as much memory
    again. When the heap is empty, or holds most of the entries, all are sorted and one in eight is put into the heap.
    That costs O(log n) for each entry that is put in or taken.
    """

    __slots__ = ("_crowd", "arrivals", "bar", "losses", "near", "trials")

    def __init__(self, entries: list[Entry]) -> None:
        """Keep `entries`, which are sorted."""
        self.near = entries
        self.bar = inf if entries else -inf  # without entries at the start, all go to the pile
        self.losses, self.arrivals, self.trials = array("d"), array("q"), array("q")
        self._crowd = NEAR * FEW  # number of entries in the heap from which on it is sorted out
        if len(entries) > FEW:
            self._sort_out()

    def __iter__(self) -> Iterator[Entry]:
        yield from self.near
        yield from zip(self.losses, self.arrivals, self.trials, strict=True)

    def put(self, entry: Entry) -> None:
        """Add an entry."""
        if entry[0] > self.bar:
            loss, arrival, trial = entry
            self.losses.append(loss)
            self.arrivals.append(arrival)
            self.trials.append(trial)
        else:
            heappush(self.near, entry)
            if len(self.near) > self._crowd:
                self._sort_out()

    def take(self, most: int) -> list[Entry]:
        """Remove and return the `most` least entries in order, or all entries if there are fewer."""
        if self.losses and len(self.near) < most:
            self._sort_out()
        near = self.near
        return [heappop(near) for _ in range(min(most, len(near)))]

    def _sort_out(self) -> None:
        """Move all but the least entries to the pile."""
        columns = list(zip(*self.near, strict=True)) or [()] * 3
        losses = np.concatenate([np.array(columns[0]), self.losses])
        arrivals = np.concatenate([np.array(columns[1], np.int64), self.arrivals])
        trials = np.concatenate([np.array(columns[2], np.int64), self.trials])
        order = np.lexsort((arrivals, losses))
        kept = max(len(order) // NEAR, FEW)
        self.bar = inf
        if len(order) > kept:
            self.bar = float(losses[order[kept - 1]])
            kept = int(np.searchsorted(losses, self.bar, "right", sorter=order))  # equal losses stay together
        self._crowd = max(len(order) // 2, 2 * kept, NEAR * FEW)
        near, far = order[:kept], order[kept:]
        self.near = list(zip(losses[near].tolist(), arrivals[near].tolist(), trials[near].tolist(), strict=True))
        self.losses = array("d", losses[far].tobytes())
        self.arrivals = array("q", arrivals[far].tobytes())
        self.trials = array("q", trials[far].tobytes())
