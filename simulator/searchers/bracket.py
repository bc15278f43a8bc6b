"""A bracket: rungs, a promotion rule, and a supply of new trials. Every searcher is made of brackets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

from simulator.searchers.job import Idle, Job
from simulator.searchers.ledger import Ledger, Meter, endless
from simulator.searchers.rules import Rule


class Bracket:
    """Promotes from the highest rung that has somebody to promote, else starts a new trial (Algorithm 2, get_job).

    `resources` are the rungs' cumulative units, increasing; `trials` numbers the new trials and may be shared
    between brackets; `max_trials` and `max_concurrent` are None for no limit. One resource is plain search.
    A trial withdrawn as invalid is replaced, or without `replace_invalid` counted as dead. `meter` tells the
    progress.

    A trial whose loss is inf is dead. Where the rule would promote it, it completes the next rung at once with
    the same loss: it costs no time, and the rungs above fill as if it had been trained and failed again.
    """

    def __init__(
        self,
        resources: Sequence[int],
        rule: Rule,
        trials: Iterator[int],
        *,
        number: int = 0,
        max_trials: int | None = None,
        max_concurrent: int | None = None,
        replace_invalid: bool = True,
        meter: Meter = endless,
    ) -> None:
        self.resources = tuple(resources)
        self.brackets = (self.resources,)
        self.max_length = self.resources[-1]
        self.ledger = Ledger(resources)
        self._rungs = [rule.rung(index) for index in range(len(resources) - 1)]
        self._trials = trials
        self._number = number
        self._max_trials = inf if max_trials is None else max_trials
        self._max_concurrent = inf if max_concurrent is None else max_concurrent
        self._replace_invalid = replace_invalid
        self._meter = meter
        self._outstanding = 0
        self._base = (number, 0, 0, self.resources[0])  # of a new trial's job
        self._top = len(self._rungs)
        self._ready = 0  # bit k: somebody entered the best of rung k since the last fruitless look there
        self._started, self._completed = self.ledger.started, self.ledger.completed

    def next_job(self) -> Job | Idle:
        """Return a promotion, else a new trial, else WAIT or DONE."""
        if self._outstanding >= self._max_concurrent:
            return Idle.WAIT
        if self._ready and (job := self._promotion()) is not None:
            self._started[job.rung] += 1
            self._outstanding += 1
            return job
        if self._started[0] >= self._max_trials:
            return Idle.WAIT if self._outstanding else Idle.DONE
        self._started[0] += 1
        self._outstanding += 1
        # tuple.__new__ makes the same Job in half the time
        return tuple.__new__(Job, (next(self._trials), *self._base))

    def report(self, job: Job, loss: float) -> None:
        """Take the result of `job`."""
        trial, _, rung, _, _ = job
        self._outstanding -= 1
        if loss < inf:
            self._completed[rung] += 1
        else:
            self.ledger.died[rung] += 1
        if rung < self._top and self._rungs[rung].record(trial, loss):
            self._ready |= 1 << rung

    def withdraw(self, job: Job) -> None:
        """Take back the trial of `job`: another may start in its place, or it counts as dead."""
        if not self._replace_invalid:
            self.report(job, inf)
            return
        self._outstanding -= 1
        self.ledger.withdraw(job.rung)
        for rung in self._rungs[: job.rung]:
            rung.withdraw(job.trial)
        self._ready = (1 << self._top) - 1

    @property
    def progress(self) -> float:
        """What its meter tells."""
        return self._meter(self.ledger)

    def start_no_more(self) -> None:
        """Start no new trial from now on, unless in place of a withdrawn one."""
        self._max_trials = self.ledger.started[0]

    def _promotion(self) -> Job | None:
        while self._ready:
            rung = self._ready.bit_length() - 1  # the highest that has anybody new among its best
            entry = self._rungs[rung].promote()
            if entry is None:
                self._ready ^= 1 << rung
                continue
            loss, _, trial = entry
            if loss < inf:
                resources = self.resources
                return tuple.__new__(Job, (trial, self._number, rung + 1, resources[rung], resources[rung + 1]))
            if rung + 1 < self._top and self._rungs[rung + 1].record(trial, loss):
                self._ready |= 1 << (rung + 1)
        return None
