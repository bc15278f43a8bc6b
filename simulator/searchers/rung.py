"""A rung: the results of trials trained to one resource, and who of them may leave for the next.

A rung keeps its results split into the best `quota(n)` of the n so far and the rest, so that a report costs
O(log n). A promotion rule (rules.py) is such a quota; waiting for the barrier is a quota that stays 0.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush, heappushpop, heapreplace
from math import inf

#: How many of n results are the best: a non-decreasing function of n.
Quota = Callable[[int], int]

#: A result: loss, arrival, trial. Compares by (loss, arrival): of equal losses the earlier is the better.
Entry = tuple[float, int, int]


class Rung:
    """Hands out the trials among the best `quota(n)` of n results, best first, each once.

    A trial that has left keeps its place among the results. With `capped`, no more than `quota(n)` have ever
    left (D-ASHA); without, a trial that fell out of the best after leaving does not hold back a better one.
    With `reopens`, who moves up into the best because a result is withdrawn may leave; without, only a result
    ever lets somebody leave (Determined).
    """

    _step = 1  # from one arrival to the next

    def __init__(self, quota: Quota, *, capped: bool = False, reopens: bool = True) -> None:
        self._quota = quota
        self._capped = capped
        self._reopens = reopens
        self._arrivals = 0
        self._results = 0
        self._best: list[Entry] = []  # max-heap: loss and arrival negated
        self._rest: list[Entry] = []  # min-heap
        self._candidates: list[Entry] = []  # min-heap of entries that entered the best; some may have left it
        self._promoted: set[int] = set()  # arrivals

    def __len__(self) -> int:
        return self._results

    def record(self, trial: int, loss: float) -> bool:
        """Take a result; True where somebody entered the best, so that `promote` is worth asking."""
        arrival = self._arrivals = self._arrivals + self._step
        n = self._results = self._results + 1
        entry = (loss, arrival, trial)
        best, rest = self._best, self._rest
        room = self._quota(n) - len(best)
        if room <= 0:
            if not best or loss > -best[0][0] or entry > (-best[0][0], -best[0][1]):
                heappush(rest, entry)
                return False
            worst_loss, worst_arrival, worst = heapreplace(best, (-loss, -arrival, trial))
            heappush(rest, (-worst_loss, -worst_arrival, worst))
            self._admit(entry)
            return True
        moved = heappushpop(rest, entry)
        while True:
            heappush(best, (-moved[0], -moved[1], moved[2]))
            self._admit(moved)
            room -= 1
            if not room:
                return True
            moved = heappop(rest)

    def promote(self) -> Entry | None:
        """Let the best trial leave that may and has not; None where there is none."""
        candidates, promoted = self._candidates, self._promoted
        while candidates:
            entry = candidates[0]
            if entry[1] in promoted:  # entered the best twice
                heappop(candidates)
                continue
            if not self._best or entry > (-self._best[0][0], -self._best[0][1], inf):
                return None
            if self._capped and len(promoted) >= self._quota(self._results):
                return None
            promoted.add(entry[1])
            return heappop(candidates)
        return None

    def withdraw(self, trial: int) -> bool:
        """Forget the result of `trial`, if there is one. O(n log n), since invalid trials are few."""
        entries = [(-loss, -arrival, other) for loss, arrival, other in self._best] + self._rest
        kept = sorted(entry for entry in entries if entry[2] != trial)
        if len(kept) == len(entries):
            return False
        self._promoted -= {arrival for _, arrival, other in entries if other == trial}
        self._results = len(kept)
        quota = self._quota(len(kept))
        self._best = [(-loss, -arrival, other) for loss, arrival, other in kept[:quota]]
        heapify(self._best)
        self._rest = kept[quota:]
        may_leave = kept[:quota] if self._reopens else self._candidates
        self._candidates = sorted(
            entry for entry in may_leave if entry[1] not in self._promoted and entry[2] != trial
        )
        return True

    def _admit(self, entry: Entry) -> None:
        if entry[1] not in self._promoted:
            heappush(self._candidates, entry)


class StoppingRung(Rung):
    """Decides once, as a result arrives: among the best quota the trial goes on, else it never will.

    Of equal losses the later is the better, so that with equal losses everything goes on (Determined's
    `stop_once`). A dead trial, of loss inf, never goes on.
    """

    _step = -1  # later is smaller, hence better

    def __init__(self, quota: Quota) -> None:
        super().__init__(quota)
        self._going_on: deque[Entry] = deque()

    def promote(self) -> Entry | None:
        """Let the trial leave whose turn came first."""
        return self._going_on.popleft() if self._going_on else None

    def withdraw(self, trial: int) -> bool:
        """Forget the result of `trial`, and its leave to go on."""
        self._going_on = deque(entry for entry in self._going_on if entry[2] != trial)
        return super().withdraw(trial)

    def _admit(self, entry: Entry) -> None:
        newcomer = entry[1] == self._arrivals  # whoever else moves up had its turn
        if newcomer and entry[0] < inf:
            self._going_on.append(entry)
