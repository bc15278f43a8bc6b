"""The cluster: a pool of workers on SimPy's clock, asking a searcher for work.

A worker's life is a chain of SimPy timeouts: when one fires, its attempt is over, the result is reported, and the
idle workers are handed whatever the searcher says now. An idle worker is a number in a heap; nobody wakes it, it
waits for no event and costs nothing, so a run costs the same per job on ten workers and on ten thousand.

Completions are handled one at a time in (time, start order), which is SimPy's own order of equal timeouts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf, nan
from typing import Literal, cast

import simpy

from simulator.curves.curves import Curves, Exit
from simulator.searchers.job import Job, Searcher
from simulator.trace import Outcome, Trace

Assignment = Literal["on_demand", "queued"]

#: A row of the trace, in the order of its columns.
Row = tuple[int, int, int, int, int, int, int, int, Outcome, float, int, int]


@dataclass(frozen=True)
class Cluster:
    """A pool of equal workers.

    `assignment`: on_demand asks the searcher when a worker is free; queued asks it after each report until it
    says WAIT, and jobs queue first-in first-out (Determined). `resume`: a promoted trial goes on from its last
    result, else it is trained again from zero.
    """

    workers: int
    assignment: Assignment = "on_demand"
    resume: bool = True


def simulate(
    searcher: Searcher,
    curves: Curves,
    cluster: Cluster,
    *,
    stop: int | None = None,
    label: str = "",
    meta: Mapping[str, str | int] | None = None,
) -> Trace:
    """Run `searcher` until it is done, or until `stop` ticks.

    A result due exactly at the stop still counts; no job starts then, and what is running is cut.
    """
    run = _Run(searcher, curves, cluster, inf if stop is None else stop)
    run.hand_out()
    run.env.run()
    return Trace.from_rows(
        run.rows, label=label, workers=cluster.workers, max_length=searcher.resources[-1], meta=meta or {}
    )


class _Run:
    """The state of one simulation."""

    def __init__(self, searcher: Searcher, curves: Curves, cluster: Cluster, stop: float) -> None:
        self.env = simpy.Environment(initial_time=0)
        self.rows: list[Row] = []
        self._searcher = searcher
        self._curves = curves
        self._resume = cluster.resume
        self._stop = stop
        self._workers = cluster.workers
        self._fresh = 0  # workers from here on have never had a job
        self._idle: list[int] = []  # heap of the others that have none now
        self._queue: deque[Job] | None = deque() if cluster.assignment == "queued" else None

    def hand_out(self) -> None:
        """Give jobs to idle workers, lowest number first, as long as there are both."""
        if self._queue is not None:
            while isinstance(answer := self._searcher.next_job(), Job):
                self._queue.append(answer)
        now = int(self.env.now)
        if now >= self._stop:
            return
        while self._idle or self._fresh < self._workers:
            job = self._next_job()
            if job is None:
                return
            if self._idle:
                worker = heappop(self._idle)
            else:
                worker, self._fresh = self._fresh, self._fresh + 1
            self._start(worker, job, now)

    def _next_job(self) -> Job | None:
        if self._queue is not None:
            return self._queue.popleft() if self._queue else None
        job = self._searcher.next_job()
        return job if isinstance(job, Job) else None

    def _start(self, worker: int, job: Job, now: int) -> None:
        """Begin an attempt. Its fate is known at once, so its row is written now."""
        trial, bracket, rung, from_resource, to_resource = job
        if not self._resume:
            from_resource = 0
        spent, loss, exit_ = self._curves.train(trial, from_resource, to_resource)
        end = now + max(spent, 1)  # a job takes time, or a search without end would never reach its stop
        outcome = Outcome.COMPLETED if exit_ is None else Outcome.EXITED
        if end > self._stop:
            end, outcome, loss = int(self._stop), Outcome.CUT, nan
        else:
            timeout = self.env.timeout(end - now, (worker, job, loss, exit_))
            timeout.callbacks.append(self._finish)
        self.rows.append((worker, trial, bracket, rung, from_resource, to_resource, now, end, outcome, loss, 0, 0))

    def _finish(self, event: simpy.Event) -> None:
        """End an attempt: report, free the worker, hand out."""
        worker, job, loss, exit_ = cast(tuple[int, Job, float, Exit | None], event.value)
        if exit_ is Exit.INVALID:
            self._searcher.withdraw(job)
        else:
            self._searcher.report(job, loss)
        heappush(self._idle, worker)
        self.hand_out()
