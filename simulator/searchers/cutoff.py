"""Losses split at a rank that only grows: a quantile, or the k-th best loss, takes O(log n) per result."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush, heappushpop


class Cutoff:
    """Keeps the best losses in one heap and the rest in another; the caller says how many are the best."""

    __slots__ = ("_best", "_rest")

    def __init__(self) -> None:
        self._best: list[float] = []  # the best losses, negated, as a heap whose top is the worst of them
        self._rest: list[float] = []  # the other losses, as a heap whose top is the best of them

    def __len__(self) -> int:
        return len(self._best) + len(self._rest)

    def add(self, loss: float, best: int) -> None:
        """Add a loss; from now on the `best` smallest losses are the best."""
        if self._best and loss < -self._best[0]:
            loss = -heappushpop(self._best, -loss)
        heappush(self._rest, loss)
        while len(self._best) < best:
            heappush(self._best, -heappop(self._rest))
        while len(self._best) > best:
            heappush(self._rest, -heappop(self._best))

    @property
    def inside(self) -> float:
        """The greatest of the best losses."""
        return -self._best[0]

    @property
    def outside(self) -> float:
        """The smallest of the other losses."""
        return self._rest[0]

    def reset(self, losses: Iterable[float], best: int) -> None:
        """Replace all losses by these. O(n log n)."""
        ranked = sorted(losses)
        self._best = [-loss for loss in ranked[:best]]
        heapify(self._best)
        self._rest = ranked[best:]
