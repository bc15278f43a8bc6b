"""A bracket: rungs, a promotion rule, and a supply of new trials. Every searcher is made of brackets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from math import inf

from simulator.searchers.progress import Ledger, Meter, endless
from simulator.searchers.protocol import AnyJob, Idle, Job
from simulator.searchers.rules import Rule
from simulator.searchers.rung import AnyRung, Standing, TopRung


class Bracket:
    """Promotes a trial from the highest rung that allows it, else starts a new trial (Algorithm 2, get_job).

    `resources` are the rungs' cumulative units, increasing; with a single one, every trial is trained in full.
    `trials` gives the numbers of new trials, and brackets may share it. `max_trials` and `max_concurrent` are None
    for no limit. A trial that is withdrawn as invalid is replaced; with `replace_invalid` false it counts as dead
    instead. `meter` computes the progress. No trial leaves the top rung; if `top` is given, it records the results
    there. `in_place` means that a trial whose own result lets it go on never stopped, and so keeps its worker.

    A trial whose loss is inf is dead. Where the rule would promote it, it completes the next rung at once with the
    same loss. This takes no time, and rungs above fill as if the trial had been trained and had failed again.
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
        top: AnyRung | None = None,
        in_place: bool = False,
    ) -> None:
        self.resources = tuple(resources)
        self.brackets = (self.resources,)
        self.max_length = self.resources[-1]
        self._rungs: list[AnyRung] = [rule.rung(index) for index in range(len(resources) - 1)]
        self._rungs.append(TopRung() if top is None else top)
        self._number = number
        self._max_trials = inf if max_trials is None else max_trials
        self._max_concurrent = inf if max_concurrent is None else max_concurrent
        self._replace_invalid = replace_invalid
        self._meter = meter
        self.in_place = in_place
        base = (repeat(number), repeat(0), repeat(0), repeat(self.resources[0]))
        self._new = zip(trials, *base, strict=False)  # jobs of new trials
        self._started = 0
        self._outstanding = 0
        self._promoted = [0] * len(resources)  # jobs begun on each rung above the lowest
        self._died = [0] * len(resources)  # jobs that ended with a loss of inf
        self._passed = [0] * len(resources)  # dead trials that came to a rung without a job
        self._ready = 0  # bit k: a trial entered the best of rung k since the last look there

    def next_job(self) -> Job | Idle:
        """Return a promotion, else a new trial, else WAIT or DONE."""
        if self._outstanding >= self._max_concurrent:
            return Idle.WAIT
        job = self._promotion() if self._ready else None
        if job is None:
            if self._started >= self._max_trials:
                return Idle.WAIT if self._outstanding else Idle.DONE
            self._started += 1
            job = next(self._new)
        self._outstanding += 1
        return tuple.__new__(Job, job)  # like Job._make, in half the time

    def report(self, job: AnyJob, loss: float) -> None:
        """Take the result of `job`."""
        trial, _, rung, _, _ = job
        self._outstanding -= 1
        if loss == inf:
            self._died[rung] += 1
        if self._rungs[rung].record(trial, loss):
            self._ready |= 1 << rung

    def report_and_next(self, job: AnyJob, loss: float) -> AnyJob | Idle:
        """Report `job` and return the next job, as both calls do, but without steps that cancel out."""
        trial, _, rung, _, _ = job
        if loss == inf:
            self._died[rung] += 1
        if self._rungs[rung].record(trial, loss):
            self._ready |= 1 << rung
        if self._ready and (promotion := self._promotion()) is not None:
            return promotion
        if self._started < self._max_trials:
            self._started += 1
            return next(self._new)
        self._outstanding -= 1
        return Idle.WAIT if self._outstanding else Idle.DONE

    def withdraw(self, job: AnyJob) -> None:
        """Withdraw the trial of `job`: another may start in its place, or it counts as dead."""
        if not self._replace_invalid:
            self.report(job, inf)
            return
        trial, _, rung, _, _ = job
        self._outstanding -= 1
        self._started -= 1
        for below in range(rung):
            self._rungs[below].withdraw(trial)
            self._promoted[below + 1] -= 1
        self._ready = (1 << (len(self._rungs) - 1)) - 1

    @property
    def ledger(self) -> Ledger:
        """The bracket's jobs so far, counted by rung. O(rungs)."""
        taken_in = zip(self._rungs, self._died, self._passed, strict=True)
        return Ledger(
            self.resources,
            [self._started, *self._promoted[1:]],
            [len(rung) - died - passed for rung, died, passed in taken_in],
            self._died,
        )

    @property
    def progress(self) -> float:
        """Progress from 0 to 1, as the bracket's meter computes it."""
        return self._meter(self.ledger)

    def standing(self, bracket: int, rung: int) -> Standing | None:  # noqa: ARG002  (it is the only one)
        """The standing of a rung; None if its rule does not rank results."""
        return getattr(self._rungs[rung], "standing", None)

    @property
    def ready(self) -> bool:
        """Whether the bracket's next job may be a promotion."""
        return bool(self._ready) and any(rung.candidates for rung in self._rungs)

    def start_no_more(self) -> None:
        """Start no new trial from now on, except in place of a withdrawn one."""
        self._max_trials = self._started

    def _promotion(self) -> AnyJob | None:
        while self._ready:
            below = self._ready.bit_length() - 1  # the highest rung with a new trial among its best
            rung = self._rungs[below]
            entry = rung.promote()
            if not rung.candidates or entry is None:
                self._ready ^= 1 << below
                if entry is None:
                    continue
            loss, _, trial = entry
            if loss != inf:
                resources = self.resources
                self._promoted[below + 1] += 1
                return trial, self._number, below + 1, resources[below], resources[below + 1]
            self._passed[below + 1] += 1
            if self._rungs[below + 1].record(trial, loss):
                self._ready |= 1 << (below + 1)
        return None


def standing_of(searcher: object, bracket: int, rung: int) -> Standing | None:
    """The standing of a rung of a searcher; None if the searcher has none, or its rule does not rank results."""
    ask = getattr(searcher, "standing", None)
    return None if ask is None else ask(bracket, rung)
