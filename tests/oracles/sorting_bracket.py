"""Successive halving as its pseudocode reads: sort every rung whenever somebody asks."""

from __future__ import annotations

from itertools import count
from math import inf

from simulator.searchers.job import Idle, Job


class SortingBracket:
    """`leaves(n)` is how many of n results are the best; `capped` counts all who ever left against it."""

    def __init__(self, resources, leaves, *, capped=False, max_trials=None, max_concurrent=None):
        self.resources = resources
        self.leaves = leaves
        self.capped = capped
        self.max_trials = inf if max_trials is None else max_trials
        self.max_concurrent = inf if max_concurrent is None else max_concurrent
        self.results = [[] for _ in resources]  # (loss, arrival, trial)
        self.left = [set() for _ in resources]
        self.trials, self.arrival = count(), count()
        self.started = self.outstanding = 0

    def next_job(self):
        if self.outstanding >= self.max_concurrent:
            return Idle.WAIT
        job = self._promotion()
        if job is None:
            if self.started >= self.max_trials:
                return Idle.WAIT if self.outstanding else Idle.DONE
            self.started += 1
            job = Job(next(self.trials), 0, 0, 0, self.resources[0])
        self.outstanding += 1
        return job

    def _promotion(self):
        for rung in range(len(self.resources) - 2, -1, -1):
            ranked = sorted(self.results[rung])
            best = ranked[: self.leaves(rung, len(ranked))]
            if self.capped and len(self.left[rung]) >= len(best):
                continue
            for loss, _, trial in best:
                if trial in self.left[rung]:
                    continue
                self.left[rung].add(trial)
                if loss < inf:
                    return Job(trial, 0, rung + 1, self.resources[rung], self.resources[rung + 1])
                self.results[rung + 1].append((inf, next(self.arrival), trial))
                return self._promotion()
        return None

    def report(self, job, loss):
        self.outstanding -= 1
        self.results[job.rung].append((loss, next(self.arrival), job.trial))

    def withdraw(self, job):
        self.outstanding -= 1
        self.started -= 1
        for rung in range(len(self.resources)):
            self.results[rung] = [result for result in self.results[rung] if result[2] != job.trial]
            self.left[rung].discard(job.trial)
