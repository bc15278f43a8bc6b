"""The cluster where nothing goes wrong: equal workers that never fail, jobs that take just their curve's time.

It does what trouble.py does, on the same SimPy queue, without asking about troubles that can't be. Most runs of a
sweep are of this kind, so it is written for speed: one function, names bound once, an event object for each worker
that is used again for each of its jobs, and rows packed as they come. tests/cluster holds it to the plain heap's
trace and to the other engine's.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush, heappushpop, heapreplace
from math import inf, nan
from typing import Any

import simpy

from simulator.cluster.garbage import uncollected
from simulator.cluster.recording import PLAIN_ROW, unpack_plain
from simulator.cluster.spec import Stop
from simulator.core.errors import RunError
from simulator.core.ticks import LIMIT, TOO_LONG
from simulator.curves.protocol import Curves, Exit
from simulator.searchers.protocol import AnyJob, Idle, Job, Searcher


class _Worker(simpy.Event):
    """A worker's next event: the end of the job it has now."""

    def __init__(self, env: simpy.Environment, number: int) -> None:
        super().__init__(env)
        self.number = number
        self.job: AnyJob
        self.loss: float
        self.exit: Exit | None


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

    def go(self) -> dict[str, Any]:
        """Simulate to the end; returns the trace's columns."""
        with uncollected():
            rows, now = self._simulate()
        vars(self).clear()  # SimPy's environment and its makers of events hold each other, and with them all else
        return unpack_plain(rows, now)

    def _simulate(self) -> tuple[bytearray, int]:  # noqa: C901, PLR0912, PLR0915  (one loop is what this file is for)
        """The packed rows, and when the run was over."""
        searcher, counter, jobs = self._searcher, self._eid, self._jobs
        queue: list[tuple[Any, Any, Any, Any]] = self._queue  # of workers only
        next_job, exchange, train, pack = searcher.next_job, searcher.exchange, self._curves.train, PLAIN_ROW.pack
        resume, deadline, workers = self._resume, self._deadline, self._workers
        invalid, wait, done, limit = Exit.INVALID, Idle.WAIT, Idle.DONE, LIMIT
        target = -inf if self._stop.loss is None else self._stop.loss
        full_length, top = self._stop.full_length or 0, searcher.max_length
        rows = bytearray()
        hired: list[_Worker] = []  # everybody who has ever had a job, by number
        idle: list[int] = []  # a heap of those of them who have none
        free: _Worker | None = None  # whose job has just ended; its event is still the first of the queue
        answer: Any = None  # what the searcher said to that: a job, or Idle, or None if it was not asked
        now, over, all_hired = 0, deadline <= 0, False
        while True:
            if jobs is not None and not over:
                while isinstance(more := next_job(), Job):
                    jobs.append(more)
                over = more is done
            while not over:
                if answer is None:
                    if all_hired and free is None and not idle:
                        break
                    if jobs is None:
                        answer = next_job()
                    elif jobs:
                        answer = jobs.popleft()
                    else:
                        break
                if answer is wait or answer is done:
                    over, answer = answer is done, None
                    break
                if free is not None:
                    worker = hired[heappushpop(idle, free.number)] if idle else free
                elif idle:
                    worker = hired[heappop(idle)]
                else:
                    worker = _Worker(self, len(hired))
                    hired.append(worker)
                    all_hired = len(hired) == workers
                trial, bracket, rung, begin, to_resource = worker.job = answer
                answer = None
                if not resume:
                    begin = 0
                spent, loss, exit_ = train(trial, begin, to_resource)
                end = now + (spent or 1)  # a job takes time, or an endless search would never reach its stop
                if end > limit:
                    raise RunError(TOO_LONG)
                if exit_ is invalid:
                    loss = nan  # a result that vanishes
                worker.loss, worker.exit = loss, exit_
                rows += pack(
                    worker.number, trial, bracket, rung, begin, to_resource, now, end, loss, exit_ is not None
                )
                if free is None:
                    heappush(queue, (end, 1, next(counter), worker))
                else:
                    heapreplace(queue, (end, 1, next(counter), worker))
                    free = None
            if free is not None:
                heappop(queue)
                heappush(idle, free.number)
                free = None
            if not queue or (over and queue[0][0] > now):
                return rows, now
            now, _, _, free = queue[0]
            if now >= deadline:
                if now > deadline:
                    return rows, int(deadline)
                over = True  # results of the last instant still count
            job, loss, exit_ = free.job, free.loss, free.exit
            if loss <= target:
                over = True
            if full_length and exit_ is None and job[3] < top <= job[4]:
                full_length -= 1
                over = over or not full_length
            if exit_ is invalid:
                searcher.withdraw(job)
            elif over or jobs is not None:
                searcher.report(job, loss)
            else:
                answer = exchange(job, loss)
