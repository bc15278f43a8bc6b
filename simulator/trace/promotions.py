"""Why a trial was promoted or stayed: the rank of its result on its rung at the time of the decision."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.trace import replay
from simulator.trace.trace import Trace


class Promotions(NamedTuple):
    """Columns with an entry for each row of a trace.

    `up` is the row of the trial's first job on the next rung, -1 if there is none. `rank` is the rank of the row's
    result, 1 for the best, among the `results` results on its rung, at the moment when the trial left the rung, or at
    the end of the run if it stayed. Both are 0 for a row without a result.
    """

    up: NDArray[np.int64]
    rank: NDArray[np.int64]
    results: NDArray[np.int64]


def promotions(trace: Trace) -> Promotions:
    """Find the rank of every result of a trace, and the job that it led to."""
    up = np.full(len(trace), -1, np.int64)
    rank, results = np.zeros(len(trace), np.int64), np.zeros(len(trace), np.int64)
    places = list(zip(trace.bracket.tolist(), trace.rung.tolist(), trace.trial.tolist(), strict=True))
    began: dict[tuple[int, int, int], int] = {}
    for row, place in enumerate(places):
        began.setdefault(place, row)  # only first attempts
    settled = np.flatnonzero(trace.where(*replay.SETTLED))
    rungs: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for row in settled[np.argsort(trace.end[settled], kind="stable")].tolist():
        bracket, rung, trial = places[row]
        up[row] = began.get((bracket, rung + 1, trial), -1)
        rungs[bracket, rung].append(row)
    known_by = _decided_after(trace)
    for rows in rungs.values():
        _rank(trace, rows, up, known_by, rank, results)
    return Promotions(up, rank, results)


def _rank(
    trace: Trace,
    rows: list[int],
    up: NDArray[np.int64],
    known_by: NDArray[np.int64],
    rank: NDArray[np.int64],
    results: NDArray[np.int64],
) -> None:
    """Fill in `rank` and `results` for the results of one rung, `rows`, which are in order of time."""
    end, loss = trace.end, trace.loss
    known: list[float] = []
    arriving = iter([*rows, -1])
    coming = next(arriving)
    for row in sorted((row for row in rows if up[row] >= 0), key=lambda row: int(up[row])):
        tick, last = trace.start[up[row]], known_by[up[row]]
        while coming >= 0 and (end[coming] < tick or (end[coming] == tick and coming <= last)):
            insort(known, float(loss[coming]))
            coming = next(arriving)
        rank[row], results[row] = bisect_left(known, loss[row]) + 1, len(known)
    everything = sorted(loss[rows].tolist())
    for row in rows:
        if up[row] < 0:
            rank[row], results[row] = bisect_left(everything, loss[row]) + 1, len(everything)


def _decided_after(trace: Trace) -> NDArray[np.int64]:
    """For each row, the last row of the same tick whose result was known when the row's job was handed out.

    Results of one instant are reported one by one, in order of start. A worker that goes on without a pause gets its
    job right after its own report, so later results of that instant were not known yet. If every promotion waits for
    a full rung, jobs are handed out after all reports of the instant.
    """
    decided = np.full(len(trace), len(trace), np.int64)
    if not replay.synchronous(trace):
        order = np.lexsort((trace.start, trace.worker))
        before, after = order[:-1], order[1:]
        at_once = (trace.worker[before] == trace.worker[after]) & (trace.end[before] == trace.start[after])
        decided[after[at_once]] = before[at_once]
    return decided
