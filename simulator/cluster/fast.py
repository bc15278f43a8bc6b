"""A fast loop without SimPy, for one search on equal workers that come all at once and stay.

It makes the trace that model.py makes. A heap of the times at which workers will be done takes the place of SimPy's
events. Most runs of a sweep are of this kind, and they take a fraction of the time this way. tests/cluster compares
the two row by row.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush, heappushpop, heapreplace
from math import inf, nan
from typing import Any, Protocol

from simulator.cluster.outcomes import Ending, Task, task_to_retry
from simulator.cluster.recording import ROW
from simulator.cluster.spec import Stop
from simulator.core.errors import RunError
from simulator.core.ticks import LIMIT, TOO_LONG
from simulator.curves.protocol import Curves, Exit
from simulator.searchers.protocol import AnyJob, Decider, Idle, Job, goes_on_in_place


class Begins(Protocol):
    """What begins attempts: Outcomes where a cluster has failures or overheads, or a preview with its own times."""

    rows: bytearray

    def begin(self, task: Task, worker: int, now: Any) -> Ending:
        """Begin an attempt at a task, and return how it will end; if the run keeps rows, write its row."""
        ...


def run(  # noqa: C901, PLR0912, PLR0915  (one loop: calling a function for each step takes a third more time)
    searcher: Decider,
    curves: Curves | None,
    workers: float,
    stop: Stop,
    deadline: float = inf,
    *,
    queued: bool,
    resume: bool,
    opening: int = 0,
    outcomes: Begins | None = None,
) -> tuple[bytearray, float]:
    """Simulate to the end, or to the tick `deadline`; returns the packed rows, and the tick at which the run ended.

    `workers` come at the tick `opening`; inf means as many as there is work for. `queued`: the searcher is asked
    after each report until it says WAIT, and its jobs wait in line. `resume`: a promoted trial goes on from its last
    result. Jobs take exactly their curve's time, unless `outcomes` begins the attempts; it then writes the rows, and
    has the curves. Raises RunError if the clock exceeds its limit, StarvedError if a job is lost again and again.
    """
    next_job, pack = searcher.next_job, ROW.pack
    train: Any = None if curves is None else curves.train
    invalid, wait, done, limit = Exit.INVALID, Idle.WAIT, Idle.DONE, LIMIT  # members of an enum are slow to look up
    target = -inf if stop.loss is None else stop.loss
    in_place = goes_on_in_place(searcher) and not queued
    full_length, top = stop.full_length or 0, searcher.max_length
    in_full = -inf if stop.full_loss is None else stop.full_loss
    rows = bytearray() if outcomes is None else outcomes.rows
    waiting: deque[Job] = deque()  # jobs in line, with `queued`
    under_way: list[tuple[float, int, int, AnyJob, float, Exit | None, Task | None]] = []
    # This is a heap of (end, order of start, worker, job, loss, exit, task that is left).
    idle: list[int] = []  # heap of the workers that had a job and have none now
    free: int | None = None  # the worker whose attempt has just ended; it is still first in under_way
    hired = 0  # workers 0 to hired - 1 have had a job
    started = 0
    job: Any = None  # that of the attempt that has just ended
    answer: Any = None  # the searcher's answer to the last report, if it was asked then
    left: Task | None = None  # what remains to do of the attempt that has just ended, if it was lost
    again: Task | None
    end: float
    now: float
    now, over = opening, deadline <= opening
    while True:
        if queued and not over:
            while isinstance(more := next_job(), Job):
                waiting.append(more)
            over = more is done
        while not over and (free is not None or idle or hired < workers):
            if answer is None and left is None:
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
                stays = in_place and left is None and answer[0] == job[0]  # the trial whose result just came
                worker = heappushpop(idle, free) if idle and not stays else free
            elif idle:
                worker = heappop(idle)
            else:
                worker, hired = hired, hired + 1
            if outcomes is None:
                job, again = answer, None
                trial, bracket, rung, begin, to_resource = job
                if not resume:
                    begin = 0
                spent, loss, exit_ = train(trial, begin, to_resource)
                end = now + (spent or 1)  # at least a tick, or an endless search would never reach its stop
                if end > limit:
                    raise RunError(TOO_LONG)
                if exit_ is invalid:
                    loss = nan  # the result vanishes
                rows += pack(
                    worker, trial, bracket, rung, begin, to_resource, now, end, loss, 0, 0, exit_ is not None
                )
            else:
                task = left or (answer, answer[3] if resume else 0, 0)
                end, job, loss, exit_, again = outcomes.begin(task, worker, now)
            answer = left = None
            started += 1
            if free is None:
                heappush(under_way, (end, started, worker, job, loss, exit_, again))
            else:
                heapreplace(under_way, (end, started, worker, job, loss, exit_, again))
                free = None
        if free is not None:
            heappop(under_way)
            heappush(idle, free)
            free = None
        if not under_way or (over and under_way[0][0] > now):
            return rows, now
        if under_way[0][0] > deadline:
            return rows, int(deadline)
        now, _, free, job, loss, exit_, left = under_way[0]
        if now == deadline or loss <= target or (loss <= in_full and job[4] >= top):
            over = True  # results of the last tick still count
        if left is not None:
            task_to_retry(left)
            continue
        if full_length and exit_ is None and job[3] < top <= job[4]:
            full_length -= 1
            over = over or not full_length
        if exit_ is invalid:
            searcher.withdraw(job)
        elif over or queued:
            searcher.report(job, loss)
        else:
            answer = searcher.report_and_next(job, loss)
