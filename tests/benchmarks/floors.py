"""Minimal loops to compare a run with: the same timeouts on the same workers, without decisions and records."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from heapq import heapify, heappop, heappush

import numpy as np
import simpy

from simulator.trace.trace import Trace

#: For each worker the ticks of its jobs, one after the other.
Lengths = Sequence[Sequence[int]]


def lengths(trace: Trace) -> Lengths:
    """The lengths of each worker's jobs; an empty list for a worker without a job."""
    order = np.argsort(trace.worker, kind="stable")
    ends = np.cumsum(np.bincount(trace.worker, minlength=trace.workers))
    return [part.tolist() for part in np.split((trace.end - trace.start)[order], ends[:-1])]


def bare_simpy(work: Lengths) -> None:
    """One process for each worker yields one timeout for each job."""

    def worker(env: simpy.Environment, spans: Sequence[int]) -> Generator[simpy.Event, object, None]:
        for span in spans:
            yield env.timeout(span)

    env = simpy.Environment()
    for spans in work:
        env.process(worker(env, spans))
    env.run()


def heap_loop(work: Lengths) -> None:
    """A heap of the times at which the workers are done."""
    left = [iter(spans) for spans in work if spans]
    heap = [(next(spans), number) for number, spans in enumerate(left)]
    heapify(heap)
    while heap:
        now, number = heappop(heap)
        span = next(left[number], None)
        if span is not None:
            heappush(heap, (now + span, number))
