"""A rung: the results of trials trained to one resource, and which of these trials may leave for the next rung.

A rung keeps its results split into the best so far and the rest. A promotion rule (rules.py) says how many are the
best: it gives the number of results with which each place among the best opens. While a barrier waits, no place
opens.

The border between the best and the rest moves back and forth by a place or two with each report. So the results near
the border are kept sorted in a short list, the `edge`, in which a move is one step of an index. The results far from
it are in a reserve on either side, which usually just stores a new result. If there were only a heap on either side,
every move would take the top of one heap and put it on top of the other, which is the slowest operation of a heap.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple, Protocol

from simulator.searchers.far_results import Entry, Reserve

#: A function from a number k to the number of results with which a rung has k best results. The function increases,
#: is never less than k, and is inf if a rung never has k best results.
Opens = Callable[[int], float]

#: Number of results by which the edge is extended at a time. An edge of more than 8 * REACH is cut to 2 * REACH.
REACH = 16


class Standing(NamedTuple):
    """The standing of a rung: the trials of the best `places` of its `results` results may leave.

    One more may leave from `opens` results on; inf means never. Of equal losses the earlier result is better, or with
    `later` the later one.
    """

    places: int
    results: int
    opens: float
    later: bool = False


class AnyRung(Protocol):
    """The part of a rung that a bracket uses."""

    #: Entries of the trials that may leave, and perhaps others; a bracket only looks whether there are any.
    candidates: list[Entry]

    def __len__(self) -> int:
        """The number of results so far, including those of dead trials, without withdrawn ones."""
        ...

    def record(self, trial: int, loss: float) -> bool:
        """Take a result; returns whether `promote` may find a trial."""
        ...

    def promote(self) -> Entry | None:
        """Let the next trial leave; None if no trial may leave that has not left already."""
        ...

    def withdraw(self, trial: int) -> bool:
        """Forget the result of `trial`; returns whether there was one."""
        ...


class Rung:
    """Lets the best trials leave, the best first and each once; there are k best from `opens(k)` results on.

    A trial that has left keeps its place among the results. With `capped`, the number of trials that have left is
    never greater than the number of the best (D-ASHA). Without it, a trial that left and is no longer among the best
    does not hold back a better one. With `reopens`, a trial may leave if it moves up into the best because a result
    is withdrawn. Without it, only a new result lets a trial leave (Determined).
    """

    __slots__ = (
        "_admitted", "_ahead", "_arrivals", "_behind", "_best", "_border", "_capped", "_edge", "_first", "_last",
        "_left", "_next", "_opens", "_reopens", "_withdrawn", "candidates",
    )  # fmt: skip

    def __init__(self, opens: Opens, *, capped: bool = False, reopens: bool = True) -> None:
        self._opens = opens
        self._capped = capped
        self._reopens = reopens
        self._arrivals = 0
        self._withdrawn = 0
        self._left = 0
        self._border = 0  # how many results of the edge are among the best
        self._best = 0  # how many results are among the best: all ahead of the edge, and the edge up to the border
        self._next = opens(1)  # the arrival that opens one more place
        #: A heap of the trials that entered the best and have not left; some may no longer be among the best.
        self.candidates: list[Entry] = []
        self._admitted: set[int] = set()  # arrivals of all candidates, and of all trials that have left
        self._lay_out([])

    def __len__(self) -> int:
        return self._arrivals - self._withdrawn

    def record(self, trial: int, loss: float) -> bool:
        """Take a result; returns whether `promote` may find a trial."""
        arrival = self._arrivals = self._arrivals + 1
        if loss > self._last:  # behind the edge, like most results
            behind = self._behind
            if loss > behind.bar:
                behind.losses.append(loss)
                behind.arrivals.append(arrival)
                behind.trials.append(trial)
            else:
                behind.put((loss, arrival, trial))
            if arrival < self._next:
                return False
        elif loss < self._first:
            self._go_ahead((loss, arrival, trial))
        else:
            self._place((loss, arrival, trial))
        if arrival >= self._next:
            self._grow()
        return True if self.candidates else False  # noqa: SIM210  (a call of bool takes longer than the rest)

    @property
    def standing(self) -> Standing:
        """How many trials may leave, and with how many results one more may."""
        return Standing(self._best, len(self), self._next - self._withdrawn)

    def promote(self) -> Entry | None:
        """Let the best trial leave; None if no trial may leave that has not left already."""
        candidates = self.candidates
        if not candidates or not self._border or candidates[0] > self._edge[self._border - 1]:
            return None
        if self._capped and self._left >= self._best:
            return None
        self._left += 1
        return heappop(candidates)

    def withdraw(self, trial: int) -> bool:
        """Forget the result of `trial`, if there is one. O(n log n), since invalid trials are few."""
        entries = [*map(_mirrored, self._ahead), *self._edge, *self._behind]
        kept = sorted(entry for entry in entries if entry[2] != trial)
        if len(kept) == len(entries):
            return False
        gone = {arrival for _, arrival, other in entries if other == trial}
        left = self._admitted - {arrival for _, arrival, _ in self.candidates} - gone
        self._withdrawn += len(gone)
        while self._best and self._opens(self._best) > len(kept):
            self._best -= 1
        self._next = self._opens(self._best + 1) + self._withdrawn
        may_leave = kept[: self._best] if self._reopens else self.candidates
        self.candidates = sorted(entry for entry in may_leave if entry[1] not in left and entry[2] != trial)
        self._admitted = left | {arrival for _, arrival, _ in self.candidates}
        self._left = len(left)
        self._lay_out(kept)
        return True

    def _go_ahead(self, entry: Entry) -> None:
        """Add a result better than the whole edge; if no new place opens, the worst of the best loses its place."""
        loss, arrival, trial = entry
        self._ahead.put((-loss, -arrival, trial))
        self._admitted.add(arrival)
        heappush(self.candidates, entry)
        if self._arrivals >= self._next:
            best = self._best = self._best + 1
            self._next = self._opens(best + 1) + self._withdrawn
            return
        self._border -= 1
        if not self._border:
            worst = [_mirrored(other) for other in reversed(self._ahead.take(REACH))]
            self._set_edge(worst + self._edge, len(worst))

    def _place(self, entry: Entry) -> None:
        """Add a result where it belongs."""
        edge, border = self._edge, self._border
        if not edge or entry > edge[-1]:
            self._behind.put(entry)
        elif border and entry < edge[0]:
            self._go_ahead(entry)
        else:
            place = bisect(edge, entry)
            edge.insert(place, entry)
            if place < border:  # it is among the best; if no place opens, the worst of these loses its place
                self._admitted.add(entry[1])
                heappush(self.candidates, entry)
                if self._arrivals >= self._next:
                    self._border = border + 1
                    best = self._best = self._best + 1
                    self._next = self._opens(best + 1) + self._withdrawn
            if len(edge) > 8 * REACH:
                self._set_edge(edge, self._border)

    def _grow(self) -> None:
        """Move the border outwards until all open places are filled."""
        while self._arrivals >= self._next:
            border = self._border
            if border == len(self._edge):
                self._set_edge(self._edge + self._behind.take(REACH), border)
                border = self._border
            entry = self._edge[border]
            if entry[1] not in self._admitted:
                self._admitted.add(entry[1])
                heappush(self.candidates, entry)
            self._border = border + 1
            if not border:
                self._first = entry[0]
            best = self._best = self._best + 1
            self._next = self._opens(best + 1) + self._withdrawn

    def _lay_out(self, results: list[Entry]) -> None:
        """Divide sorted results between the edge and the reserves."""
        first, last = max(0, self._best - REACH), self._best + REACH
        self._ahead = Reserve([_mirrored(entry) for entry in reversed(results[:first])])
        self._behind = Reserve(results[last:])
        self._set_edge(results[first:last], self._best - first)

    def _set_edge(self, edge: list[Entry], border: int) -> None:
        """Replace the edge; if it is too long, its ends go to the reserves."""
        if len(edge) > 8 * REACH:
            first, last = max(0, border - REACH), border + REACH
            for entry in edge[:first]:
                self._ahead.put(_mirrored(entry))
            for entry in edge[last:]:
                self._behind.put(entry)
            edge, border = edge[first:last], border - first
        self._edge, self._border = edge, border
        self._first = edge[0][0] if border else -inf
        self._last = edge[-1][0] if edge else -inf


def _mirrored(entry: Entry) -> Entry:
    """The entry with loss and arrival negated, which reverses the order."""
    loss, arrival, trial = entry
    return -loss, -arrival, trial


class TopRung(Rung):
    """The top rung, which no trial leaves."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(lambda k: inf)  # noqa: ARG005  (no place ever opens)

    def record(self, trial: int, loss: float) -> bool:  # noqa: ARG002  (a rung like the others)
        """Count a result; False, since no trial may leave."""
        self._arrivals += 1
        return False


class StoppingRung(Rung):
    """Decides once, when a result arrives: a trial among the best goes on, any other trial never does.

    Of equal losses the later is the better, so that with equal losses every trial goes on (Determined's `stop_once`).
    A dead trial, of loss inf, never goes on. The candidates are the trials that may go on, in order of their results.
    """

    __slots__ = ()

    @property
    def standing(self) -> Standing:
        """How many are the best; whether a trial goes on was decided when its result arrived."""
        return Standing(self._best, len(self), self._next - self._withdrawn, later=True)

    def record(self, trial: int, loss: float) -> bool:
        """Take a result; returns whether `promote` may find a trial."""
        going_on, self.candidates = self.candidates, []
        self._arrivals += 1
        entry = (loss, -self._arrivals, trial)  # arrivals are negated, so of equal losses the later is better
        self._place(entry)
        self._grow()
        self._admitted.clear()
        self.candidates = going_on  # any other trial that moved up was decided before
        if loss < inf and self._border and entry <= self._edge[self._border - 1]:
            going_on.append(entry)
        return bool(going_on)

    def promote(self) -> Entry | None:
        """Let the trial that has waited longest leave; None if none waits."""
        return self.candidates.pop(0) if self.candidates else None

    def withdraw(self, trial: int) -> bool:
        """Forget the result of `trial`, and that it may go on."""
        going_on = [entry for entry in self.candidates if entry[2] != trial]
        known = super().withdraw(trial)
        self.candidates = going_on
        return known
