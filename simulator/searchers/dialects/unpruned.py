"""Optuna's `min_resource: auto`: nothing is pruned before the first trial is complete."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import count
from math import inf

from simulator.searchers.gate import Judge
from simulator.searchers.protocol import AnyJob, Idle, Job, OneByOne


class UntilOneIsComplete(OneByOne):
    """Jobs last to the next report until a trial is complete, and from then on to the next deciding report.

    A trial's jobs on rung k follow the decision on rung k - 1, and there are as many as are needed to reach the
    decision on rung k. `milestones` are the rungs' resources, increasing, and `judges` decide there. A trial is
    complete if all judges pass it at `max_resource`, or if it ends there before any of them was asked.
    """

    def __init__(
        self, milestones: Sequence[int], judges: Sequence[Judge], max_resource: int, every: int, trials: int | None
    ) -> None:
        self._milestones = tuple(milestones)
        self._judges = tuple(judges)
        self._every = every
        self._unstarted = inf if trials is None else trials
        self._max_trials = trials
        self._trials = count()
        self._going_on: deque[tuple[int, int, int]] = deque()  # trial, rung, units
        self._running: set[int] = set()
        self._ended = 0
        self._pruning = False
        self.max_length = max_resource
        self.in_place = True
        self.resources = tuple(sorted({*milestones, max_resource}))
        self.brackets = (self.resources,)

    def next_job(self) -> Job | Idle:
        """Return the job of a trial that goes on, else of a new one."""
        if self._going_on:
            trial, rung, units = self._going_on.popleft()
        elif self._unstarted > 0:
            self._unstarted -= 1
            trial, rung, units = next(self._trials), 0, 0
        else:
            return Idle.WAIT if self._running else Idle.DONE
        self._running.add(trial)
        wanted = units + self._every
        if self._pruning and rung < len(self._milestones):
            wanted = max(wanted, -(-self._milestones[rung] // self._every) * self._every)
        elif self._pruning:
            wanted = self.max_length
        return Job(trial, 0, rung, units, min(wanted, self.max_length))

    def report(self, job: AnyJob, loss: float) -> None:
        """Take the result of `job`."""
        trial, _, rung, _, units = job
        self._running.remove(trial)
        goes_on = loss != inf
        while goes_on and self._pruning and rung < len(self._milestones) and self._milestones[rung] <= units:
            goes_on = self._judges[rung].goes_on(trial, loss)
            rung += 1
        if goes_on and units < self.max_length:
            self._going_on.append((trial, rung, units))
            return
        self._ended += 1
        self._pruning = self._pruning or goes_on

    def withdraw(self, job: AnyJob) -> None:
        """Withdraw the trial of `job`: another may start in its place."""
        self._running.remove(job[0])
        self._unstarted += 1
        for judge in self._judges:
            judge.forget(job[0])

    @property
    def progress(self) -> float:
        """The share of trials that have ended."""
        return self._ended / self._max_trials if self._max_trials else 0.0
