"""Losses split at a rank that only grows: what a quantile or a k-th best loss is read from, in O(log n) a result."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush, heappushpop


class Cutoff:
    """The best losses in one heap and the rest in another; the caller says how many the best are."""

    __slots__ = ("_best", "_rest")

    def __init__(self) -> None:
        self._best: list[float] = []  # a heap of the best, negated: the worst of them lies on top
        self._rest: list[float] = []  # a heap of the others: the best of them lies on top

    def __len__(self) -> int:
        return len(self._best) + len(self._rest)

    def add(self, loss: float, best: int) -> None:
        """Take in a loss; the best are `best` of them from now on."""
        if self._best and loss < -self._best[0]:
            loss = -heappushpop(self._best, -loss)
        heappush(self._rest, loss)
        while len(self._best) < best:
            heappush(self._best, -heappop(self._rest))
        while len(self._best) > best:
            heappush(self._rest, -heappop(self._best))

    @property
    def inside(self) -> float:
        """The worst of the best."""
        return -self._best[0]

    @property
    def outside(self) -> float:
        """The best of the rest."""
        return self._rest[0]

    def reset(self, losses: Iterable[float], best: int) -> None:
        """Hold just these losses. O(n log n)."""
        ranked = sorted(losses)
        self._best = [-loss for loss in ranked[:best]]
        heapify(self._best)
        self._rest = ranked[best:]
