"""The cluster without SimPy: a heap of completions."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from math import inf, nan

from simulator.curves.curves import Exit
from simulator.searchers.job import Job
from simulator.trace import Outcome


def simulate_rows(searcher, curves, cluster, stop=None):
    """Rows of the trace, as `cluster.engine.simulate` must make them."""
    stop = inf if stop is None else stop
    rows, events, queue = [], [], deque()
    idle = set(range(cluster.workers))
    now = 0
    while True:
        if cluster.assignment == "queued":
            while isinstance(job := searcher.next_job(), Job):
                queue.append(job)
        while idle and now < stop:
            take_queued = queue.popleft if queue else lambda: None
            job = take_queued() if cluster.assignment == "queued" else searcher.next_job()
            if not isinstance(job, Job):
                break
            worker = min(idle)
            idle.remove(worker)
            begin = job.from_resource if cluster.resume else 0
            training = curves.train(job.trial, begin, job.to_resource)
            end = now + max(1, training.ticks)
            row = (worker, job.trial, job.bracket, job.rung, begin, job.to_resource, now)
            if end > stop:
                rows.append((*row, stop, Outcome.CUT, nan))
                continue
            outcome = Outcome.EXITED if training.exit else Outcome.COMPLETED
            heappush(events, (end, len(rows), worker, job, training))
            rows.append((*row, end, outcome, training.loss))
        if not events:
            return rows
        now, _, worker, job, training = heappop(events)
        if training.exit is Exit.INVALID:
            searcher.withdraw(job)
        else:
            searcher.report(job, training.loss)
        idle.add(worker)
