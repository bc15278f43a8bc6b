"""The cluster where nothing can go wrong: equal workers that never fail, jobs that take just their curve's time.

It makes the trace that model.py makes, with a heap of the times at which workers will be done in place of SimPy's
events: most runs of a sweep are of this kind, and take half as long this way. tests/cluster holds the two together,
row by row.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush, heappushpop, heapreplace
from math import inf, nan
from typing import Any

from simulator.cluster.garbage import uncollected
from simulator.cluster.recording import PLAIN_ROW, unpack_plain
from simulator.cluster.spec import Stop
from simulator.core.errors import RunError
from simulator.core.ticks import LIMIT, TOO_LONG
from simulator.curves.protocol import Curves, Exit
from simulator.searchers.protocol import AnyJob, Idle, Job, Searcher


def run(
    searcher: Searcher, curves: Curves, workers: int, stop: Stop, deadline: float, *, queued: bool, resume: bool
) -> dict[str, Any]:
    """Simulate to the end, or to the tick `deadline`; returns the trace's columns.

    `queued`: the searcher is asked after each report until it says WAIT, and its jobs wait in line. `resume`: a
    promoted trial goes on from its last result. Raises RunError where the clock runs out.
    """
    with uncollected():
        rows, now = _simulate(searcher, curves, workers, stop, deadline, queued=queued, resume=resume)
    return unpack_plain(rows, now)


def _simulate(  # noqa: C901, PLR0912, PLR0915  (one loop: calling a function for each step takes a third more time)
    searcher: Searcher, curves: Curves, workers: int, stop: Stop, deadline: float, *, queued: bool, resume: bool
) -> tuple[bytearray, int]:
    """The packed rows, and when the run was over."""
    next_job, train, pack = searcher.next_job, curves.train, PLAIN_ROW.pack
    invalid, wait, done, limit = Exit.INVALID, Idle.WAIT, Idle.DONE, LIMIT  # an enum's member is slow to look up
    target = -inf if stop.loss is None else stop.loss
    full_length, top = stop.full_length or 0, searcher.max_length
    in_full = -inf if stop.full_loss is None else stop.full_loss
    rows = bytearray()
    waiting: deque[Job] = deque()  # in line, where jobs are queued
    under_way: list[tuple[int, int, int, AnyJob, float, Exit | None]] = []  # heap: end, order of start, worker, what
    idle: list[int] = []  # heap of the workers who have had a job and have none
    free: int | None = None  # the worker whose job has just ended; that job is still the first under way
    hired = 0  # workers who have ever had a job: the first so many
    started = 0
    answer: Any = None  # what the searcher said to the last report, where it was asked with it
    now, over = 0, deadline <= 0
    while True:
        if queued and not over:
            while isinstance(more := next_job(), Job):
                waiting.append(more)
            over = more is done
        while not over and (free is not None or idle or hired < workers):
            if answer is None:
                if not queued:
                    answer = next_job()
                elif waiting:
                    answer = waiting.popleft()
                else:
                    break
            if answer is wait or answer is done:
                over, answer = answer is done, None
                break
            if free is not None:
                worker = heappushpop(idle, free) if idle else free
            elif idle:
                worker = heappop(idle)
            else:
                worker, hired = hired, hired + 1
            job, answer = answer, None
            trial, bracket, rung, begin, to_resource = job
            if not resume:
                begin = 0
            spent, loss, exit_ = train(trial, begin, to_resource)
            end = now + (spent or 1)  # a job takes time, or an endless search would never reach its stop
            if end > limit:
                raise RunError(TOO_LONG)
            if exit_ is invalid:
                loss = nan  # a result that vanishes
            rows += pack(worker, trial, bracket, rung, begin, to_resource, now, end, loss, exit_ is not None)
            started += 1
            if free is None:
                heappush(under_way, (end, started, worker, job, loss, exit_))
            else:
                heapreplace(under_way, (end, started, worker, job, loss, exit_))
                free = None
        if free is not None:
            heappop(under_way)
            heappush(idle, free)
            free = None
        if not under_way or (over and under_way[0][0] > now):
            return rows, now
        if under_way[0][0] > deadline:
            return rows, int(deadline)
        now, _, free, job, loss, exit_ = under_way[0]
        if now == deadline or loss <= target or (loss <= in_full and job[4] >= top):
            over = True  # results of the last tick still count
        if full_length and exit_ is None and job[3] < top <= job[4]:
            full_length -= 1
            over = over or not full_length
        if exit_ is invalid:
            searcher.withdraw(job)
        elif over or queued:
            searcher.report(job, loss)
        else:
            answer = searcher.report_and_next(job, loss)
