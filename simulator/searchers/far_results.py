"""What lies far from a rung's border, on one side of it."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from heapq import heappop, heappush
from math import inf

import numpy as np

#: A result: loss, arrival, trial. Compares by (loss, arrival): of equal losses the earlier is the better.
Entry = tuple[float, int, int]

#: One in so many is kept near.
NEAR = 8
#: So few are not worth piling up.
FEW = 64


class Reserve:
    """Gives back the least of its entries. Those of a loss above `bar` lie on a pile, the others in a heap, `near`.

    Most newcomers go to the pile, three columns of numbers: a sixth of the memory of tuples in a heap, and a heap
    would touch some of that all over the place: with plain heaps a search of 30,000 trials takes a sixth more time
    and half as much memory again. When the near ones run out, or have become the most, all are sorted and one in
    eight is near again: O(log n) for each entry that is put in or given back.
    """

    __slots__ = ("_crowd", "arrivals", "bar", "losses", "near", "trials")

    def __init__(self, entries: list[Entry]) -> None:
        """Keep `entries`, which are sorted."""
        self.near = entries
        self.bar = inf if entries else -inf  # where nobody has asked yet, the pile will do
        self.losses, self.arrivals, self.trials = array("d"), array("q"), array("q")
        self._crowd = NEAR * FEW  # more than that are not near
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
        """Remove and return the least, `most` of them or all, sorted."""
        if self.losses and len(self.near) < most:
            self._sort_out()
        near = self.near
        return [heappop(near) for _ in range(min(most, len(near)))]

    def _sort_out(self) -> None:
        """Pile up all but the least."""
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
