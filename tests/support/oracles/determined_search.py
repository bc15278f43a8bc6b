"""Determined's halving, in the manner of its code: everything is decided when a result arrives, with sorted lists.

It restates the rules of determined-ai/determined 0.14.6, and does not copy its code. Each result leads to a list of
(trial, units trained when done), in order.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import inf


class PushSearch:
    """`kind` is sync_halving, async_halving or stop_once."""

    def __init__(self, kind, layout, divisor):
        self.kind, self.layout, self.divisor = kind, layout, divisor
        self.rungs = [[] for _ in layout.units]  # [loss, trial, promoted], best first
        self.under_way = [0] * len(layout.units)
        self.rung_of = {}
        self.dead, self.closed, self.invalids, self.trained = set(), set(), 0, 0

    @property
    def over(self):
        return len(self.closed) == len(self.rung_of)

    def start(self):
        trials = self.layout.sizes[0] if self.kind == "sync_halving" else self.layout.concurrent
        return [self._create() for _ in range(trials)]

    def result(self, trial, loss):
        if loss < inf:
            rung = self.rung_of[trial]
            below = self.layout.resources[rung - 1] if rung else 0
            self.trained += self.layout.resources[rung] - below
        else:
            self.dead.add(trial)
            self.closed.add(trial)
        return getattr(self, "_" + self.kind)(trial, loss)

    def invalid(self, trial):
        if self.kind == "sync_halving":
            return self.result(trial, inf)
        self.invalids += 1
        self.closed.add(trial)
        self.under_way[self.rung_of[trial]] -= 1
        for rung in self.rungs:
            rung[:] = [entry for entry in rung if entry[1] != trial]
        return [self._create()]

    def progress(self):
        if self.kind == "sync_halving":
            expected = self.layout.expected_units
            return min(1, self.trained / expected) if expected else 0
        in_rung_0, most = len(self.rungs[0]), self.layout.max_trials
        progress = in_rung_0 / (1.2 * most)
        return max(progress, (len(self.closed) - self.invalids) / most) if in_rung_0 == most else progress

    def _create(self):
        trial = len(self.rung_of)
        self.rung_of[trial] = 0
        self.under_way[0] += 1
        return trial, self.layout.resources[0]

    def _sync_halving(self, trial, loss):
        at = self.rung_of[trial]
        rung = self.rungs[at]
        place = bisect_right(rung, loss, key=lambda entry: entry[0])
        rung.insert(place, [loss, trial, False])
        if at == len(self.rungs) - 1:
            self.closed.add(trial)
            return []
        sizes, jobs = self.layout.sizes, []
        certain = len(rung) + sizes[at + 1] - sizes[at]
        if certain > 0:
            chosen = rung[place if place < certain else certain - 1]
            chosen[2] = True
            self.rung_of[chosen[1]] = at + 1
            if chosen[1] in self.dead:
                jobs = self._sync_halving(chosen[1], inf)
            else:
                jobs = [(chosen[1], self.layout.resources[at + 1])]
        if len(rung) == sizes[at]:
            self.closed |= {other for _, other, promoted in rung if not promoted}
        return jobs

    def _async_halving(self, trial, loss):
        at = self.rung_of[trial]
        rung = self.rungs[at]
        self.under_way[at] -= 1
        jobs = []
        if at == len(self.rungs) - 1:
            rung.append([loss, trial, False])
            self.closed.add(trial)
        else:
            old, new = int(len(rung) / self.divisor), int((len(rung) + 1) / self.divisor)
            place = bisect_right(rung, loss, key=lambda entry: entry[0])
            rung.insert(place, [loss, trial, False])
            chosen = rung[place] if place < new else rung[old] if new != old and not rung[old][2] else None
            if chosen:
                chosen[2] = True
                self.rung_of[chosen[1]] = at + 1
                self.under_way[at + 1] += 1
                if chosen[1] in self.dead:
                    return self._async_halving(chosen[1], inf)
                jobs = [(chosen[1], self.layout.resources[at + 1])]
        jobs = jobs or self._another()
        if len(self.rungs[0]) == self.layout.max_trials:
            for other, busy in zip(self.rungs, self.under_way, strict=True):
                if busy:
                    break
                self.closed |= {entry[1] for entry in other if not entry[2]}
        return jobs

    def _stop_once(self, trial, loss):
        at = self.rung_of[trial]
        rung = self.rungs[at]
        allowed = max(int((len(rung) + 1) / self.divisor), 1)
        place = bisect_left(rung, loss, key=lambda entry: entry[0])
        rung.insert(place, [loss, trial, False])
        if at < len(self.rungs) - 1 and place < allowed and trial not in self.dead:
            self.rung_of[trial] = at + 1
            return [(trial, self.layout.resources[at + 1])]
        self.closed.add(trial)
        return self._another()

    def _another(self):
        return [self._create()] if len(self.rung_of) - self.invalids < self.layout.max_trials else []
