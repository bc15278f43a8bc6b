"""The cluster where nothing goes wrong: equal workers that never fail, jobs that take just their curve's time.

It does what engine.py does, on the same SimPy queue, without asking about troubles that can't be. Most runs of a
sweep are of this kind, so it is written for speed: one function, names bound once, an event object for each worker
that is used again for each of its jobs, and rows packed as they come. tests/cluster holds it to the plain heap's
trace and to the other engine's.
"""

from __future__ import annotations

import gc
from collections import deque
from heapq import heappop, heappush
from math import inf, nan
from typing import Any, cast

import simpy

from simulator.cluster.recording import ROW
from simulator.cluster.terms import Stop
from simulator.curves.curves import Curves, Exit
from simulator.errors import RunError
from simulator.searchers.job import Idle, Job, Searcher
from simulator.ticks import LIMIT, TOO_LONG
from simulator.trace import Outcome


class _Worker(simpy.Event):
    """A worker's next event: the end of the job it has now."""

    def __init__(self, env: simpy.Environment, number: int) -> None:
        super().__init__(env)
        self.number = number
        self.job: Job
        self.loss: float
        self.exit: Exit | None
        self.row: int  # where its row begins


class PlainRun(simpy.Environment):
    """One simulation; SimPy's environment itself, so that the loop below may take events from its own queue."""

    def __init__(
        self,
        searcher: Searcher,
        curves: Curves,
        workers: int,
        stop: Stop,
        deadline: float,
        *,
        queued: bool,
        resume: bool,
    ) -> None:
        super().__init__(0)
        self._searcher = searcher
        self._curves = curves
        self._workers = workers
        self._jobs: deque[Job] | None = deque() if queued else None
        self._resume = resume
        self._stop = stop
        self._deadline = deadline
        self._at_work: list[_Worker] = []

    def go(self) -> bytearray:
        """Simulate to the end; returns the packed rows."""
        # A run makes millions of small tuples and no cycle: looking for cycles among them would be a tenth of it.
        collecting = gc.isenabled()
        gc.disable()
        try:
            rows, now = self._simulate()
        finally:
            if collecting:
                gc.enable()
        self._cut(rows, now)
        return rows

    def _simulate(self) -> tuple[bytearray, int]:  # noqa: C901, PLR0912, PLR0915  (one loop is what this file is for)
        """The packed rows, and when the run was over."""
        searcher, counter, jobs = self._searcher, self._eid, self._jobs
        queue: list[tuple[Any, Any, Any, Any]] = self._queue  # of workers only
        next_job, report, train, pack = searcher.next_job, searcher.report, self._curves.train, ROW.pack
        resume, deadline, top = self._resume, self._deadline, searcher.max_length
        target = -inf if self._stop.loss is None else self._stop.loss
        full_length = self._stop.full_length or inf
        rows = bytearray()
        fresh = self._at_work  # every worker that has ever had a job, by number
        idle: list[int] = []
        over, now = False, 0
        while True:
            if jobs is not None and not over:
                while (job := next_job()).__class__ is Job:
                    jobs.append(job)
                over = job is Idle.DONE
            while not over and now < deadline:
                if not idle and len(fresh) == self._workers:
                    break
                if jobs is None:
                    job = next_job()
                    if job.__class__ is not Job:
                        over = job is Idle.DONE
                        break
                elif jobs:
                    job = jobs.popleft()
                else:
                    break
                if idle:
                    worker = fresh[heappop(idle)]
                else:
                    worker = _Worker(self, len(fresh))
                    fresh.append(worker)
                trial, bracket, rung, begin, to_resource = worker.job = job
                if not resume:
                    begin = 0
                spent, loss, exit_ = train(trial, begin, to_resource)
                worker.loss, worker.exit, worker.row = loss, exit_, len(rows)
                if exit_ is Exit.INVALID:
                    loss = nan  # a result that vanishes
                end = now + (spent or 1)  # a job takes time, or an endless search would never reach its stop
                if end > LIMIT:
                    raise RunError(TOO_LONG)
                rows += pack(
                    worker.number, trial, bracket, rung, begin, to_resource, now, end, exit_ is not None, loss, 0, 0
                )
                heappush(queue, (end, 1, next(counter), worker))
            if not queue or (over and queue[0][0] > now):
                break
            if queue[0][0] > deadline:
                now = int(deadline)
                break
            now, _, _, worker = heappop(queue)
            job, loss = worker.job, worker.loss
            if worker.exit is Exit.INVALID:
                searcher.withdraw(job)
            else:
                report(job, loss)
                if loss <= target:
                    over = True
                if job.from_resource < top <= job.to_resource and worker.exit is None:
                    full_length -= 1
                    over = over or full_length <= 0
            heappush(idle, worker.number)
        return rows, now

    def _cut(self, rows: bytearray, now: int) -> None:
        """Mark what still runs at `now`."""
        for _, _, _, event in self._queue:
            worker = cast(_Worker, event)
            job, at = worker.job, worker.row
            _, _, _, _, begin, _, start, *_ = ROW.unpack_from(rows, at)
            ROW.pack_into(
                rows, at, worker.number, *job[:3], begin, job.to_resource, start, now, Outcome.CUT, nan, 0, 0
            )
