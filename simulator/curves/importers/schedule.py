"""The schedule of a real run as a trace: who trained what, and when."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simulator.core import ticks
from simulator.curves.importers.source import End, LoggedAttempt, Trial
from simulator.trace.trace import MOST_UNITS, Outcome, Trace

OUTCOMES = {
    End.FINISHED: Outcome.COMPLETED,
    End.STOPPED: Outcome.COMPLETED,
    End.PAUSED: Outcome.COMPLETED,
    End.FAILED: Outcome.EXITED,
    End.RETRIED: Outcome.FAILED,
    End.RUNNING: Outcome.CUT,
}


#: A trial's start or end counts only if it is at most this many seconds from 1970.
LATEST = ticks.to_seconds(ticks.LIMIT) / 2
#: Greatest number of rungs of a trace; further attempts of a trial are put on the last rung.
MOST_RUNGS = 63


class _Stay(NamedTuple):
    """An attempt, with the numbers of its trial and of the job that it belongs to."""

    attempt: LoggedAttempt
    number: int
    job: int


def trace(trials: Sequence[Trial], *, label: str, maximise: bool, offset: int) -> Trace | None:
    """The schedule as a trace: a row for each attempt with a start and an end; None if there is none.

    Time 0 is the first start. A worker of the source may have several slots: attempts that overlap on it get
    different workers in the trace. If the source does not name workers, the trace has as few as could have run the
    attempts. Time between a trial's attempts is in no row.
    """
    stays = [
        stay
        for number, trial in enumerate(trials)
        if max((attempt.last for attempt in trial.attempts), default=0) + offset <= MOST_UNITS
        for stay in _stays(number, trial)
    ]
    if not stays:
        return None
    stays.sort(key=lambda stay: (stay.attempt.start, stay.attempt.end, stay.number))
    origin = stays[0].attempt.start
    slots: dict[str, list[_Slot]] = {}  # by worker of the source
    rows = []
    workers = 0
    for attempt, number, job in sorted(stays, key=lambda stay: stay.attempt.inferred):  # movable last
        start, stop = ticks.from_seconds(attempt.start - origin), ticks.from_seconds(attempt.end - origin)
        latest = start + ticks.from_seconds(attempt.slack)
        among = slots.setdefault(attempt.worker or "", [])
        found = next((slot for slot in among if slot.free_from(start, stop - start) == start), None)
        begun = start
        if found is None:
            later = [(slot.free_from(start, stop - start), slot.worker, slot) for slot in among]
            begun, _, found = min(later, key=lambda entry: entry[:2], default=(latest + 1, 0, None))
        if found is None or begun > latest:
            found, begun = _Slot(workers, []), start
            among.append(found)
            workers += 1
        stop += begun - start
        insort(found.taken, (begun, stop))
        place = _row(attempt, begun, stop, offset, maximise=maximise)
        rows.append((found.worker, number, 0, min(job, MOST_RUNGS), *place))
    rows.sort(key=lambda row: row[6])
    return Trace.from_rows(rows, label=label, workers=workers, max_length=max(int(row[5]) for row in rows))


class _Slot(NamedTuple):
    """A worker of the trace, and the spans of ticks in which it is busy, in order and without overlap."""

    worker: int
    taken: list[tuple[int, int]]

    def free_from(self, start: int, duration: int) -> int:
        """The earliest tick, `start` or later, from which the slot is free for a `duration`."""
        at = bisect_left(self.taken, (start, start))
        if at and self.taken[at - 1][1] > start:
            start = self.taken[at - 1][1]
        for begun, ended in self.taken[at:]:
            if begun >= start + duration:
                break
            start = max(start, ended)
        return start


def _stays(number: int, trial: Trial) -> list[_Stay]:
    made, job, until = [], 0, -np.inf
    for attempt in trial.attempts:
        if not -LATEST < attempt.start < attempt.end < LATEST:
            continue
        if attempt.start < until:  # clocks of whole seconds can overlap
            late = until - attempt.start
            attempt = attempt.later(late)  # noqa: PLW2901
        until = attempt.end
        made.append(_Stay(attempt, number, job))
        job += attempt.how is not End.RETRIED
    return made


def _row(attempt: LoggedAttempt, start: int, stop: int, offset: int, *, maximise: bool) -> tuple[float, ...]:
    """The columns of a row: from and to resource, start, end, outcome, loss, overhead and lost time."""
    outcome = OUTCOMES[attempt.how]
    reached = max(attempt.last + offset, 1)
    before = min(max(attempt.first + offset, 0), reached - 1)
    trained = stop - start if attempt.trained is None else min(ticks.from_seconds(attempt.trained), stop - start)
    overhead = min(ticks.from_seconds(attempt.startup), stop - start)
    if attempt.trained is not None:
        overhead = stop - start - trained
    lost = min(ticks.from_seconds(attempt.lost), stop - start - overhead)
    loss = attempt.loss * (-1 if maximise else 1) if np.isfinite(attempt.loss) else np.inf
    if outcome is not Outcome.COMPLETED or attempt.inferred:
        loss = np.inf if outcome is Outcome.EXITED else np.nan
    return before, reached, start, stop, outcome, loss, overhead, lost
