"""The segments of a trial, each its stay on one worker, and how they are joined into one trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.curves.importers.source import BEFORE, End, LoggedAttempt, Trial

Numbers = NDArray[np.float64]
Steps = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Segment:
    """One stay of a trial on a worker: its reports there, with the seconds since training began there.

    `start` is the time at which the trial came to the worker (None if the log has no time of day). `startup` is the
    number of seconds from `start` until training began. The true start may be up to `slack` seconds later than
    `start`. `waited` is the number of seconds in which the trial waited between its reports, for the scheduler or for
    its checkpoints.
    """

    steps: Steps
    losses: Numbers
    clock: Numbers
    how: End
    start: float | None = None
    startup: float = 0.0
    worker: str | None = None
    slack: float = 0.0
    total: float | None = None  # seconds trained, if more than until the last report
    waited: float = 0.0
    unlogged: float = 0.0  # seconds trained between the previous segment and this one, without any report


def joined(name: str, segments: Sequence[Segment], end: End, config: dict[str, object] | None = None) -> Trial:
    """Join segments into one trial: times add up; a segment replaces earlier reports from its first step on."""
    rows: list[tuple[Steps, Numbers, Numbers]] = []
    attempts: list[LoggedAttempt] = []
    taken_back = 0
    for place, segment in enumerate(segments):
        first = int(segment.steps[0])
        taken_back += sum(int((steps >= first).sum()) for steps, _, _ in rows)
        rows = [(steps[steps < first], losses[steps < first], times[steps < first]) for steps, losses, times in rows]
        earlier = [(int(steps[-1]), float(times[-1])) for steps, _, times in rows if len(steps)]
        before, base = earlier[-1] if earlier else (BEFORE, 0.0)
        if segment.unlogged and segment.start is not None and attempts:
            if attempts[-1].how is End.RETRIED:
                attempts[-1] = _longer(attempts[-1], segment)
            else:
                attempts.append(_unlogged(segment, attempts[-1], segment.start))
            before = first - 1
        base += segment.unlogged
        rows.append((segment.steps, segment.losses, base + segment.clock))
        if segment.start is None:
            continue
        trained = float(segment.clock[-1]) if segment.total is None else segment.total
        later = [int(other.steps[0]) for other in segments[place + 1 :]]
        kept = segment.clock[segment.steps < min(later, default=2**62)]
        lost = 0.0
        if len(kept) < len(segment.clock) or segment.how is End.RETRIED:
            lost = trained - (float(kept[-1]) if len(kept) else 0.0)
        ended = segment.start + segment.startup + trained + segment.waited
        attempts.append(
            LoggedAttempt(
                segment.start, ended, segment.how, before, int(segment.steps.max()), float(segment.losses[-1]),
                segment.worker, segment.startup, lost, trained, segment.slack,
            )
        )  # fmt: skip
    steps, losses, times = (np.concatenate(column) for column in zip(*rows, strict=True))
    return Trial(name, steps, losses, times, end, tuple(attempts), config or {}, marked=True, taken_back=taken_back)


def _longer(lost: LoggedAttempt, segment: Segment) -> LoggedAttempt:
    """Extend a lost attempt by the training before the segment that is not in the log."""
    trained = None if lost.trained is None else lost.trained + segment.unlogged
    return replace(lost, end=lost.end + segment.unlogged, last=int(segment.steps[0]) - 1, trained=trained)


def unreported(
    start: float, length: float, reached: int, *, before: int = BEFORE, worker: str | None = None
) -> LoggedAttempt:
    """An attempt that was lost after `length` seconds, before its first report, expected at the step `reached`."""
    end = start + length
    return LoggedAttempt(start, end, End.RETRIED, before, reached, np.nan, worker, lost=length, trained=length)


def _unlogged(segment: Segment, before: LoggedAttempt, until: float) -> LoggedAttempt:
    """An attempt for the training between two segments that is not in the log; its time is not known."""
    room = max(until - before.end - segment.unlogged, 0.0)
    return LoggedAttempt(
        before.end, before.end + segment.unlogged, End.PAUSED, before.last, int(segment.steps[0]) - 1, np.nan,
        segment.worker, trained=segment.unlogged, slack=room, inferred=True,
    )  # fmt: skip
