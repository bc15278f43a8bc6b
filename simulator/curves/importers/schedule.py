"""The schedule of a real run as a trace: who trained what, and when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.core import ticks
from simulator.curves.importers.source import End, Trial
from simulator.trace.trace import MOST_UNITS, Outcome, Trace

OUTCOMES = {
    End.FINISHED: Outcome.COMPLETED,
    End.STOPPED: Outcome.COMPLETED,
    End.FAILED: Outcome.EXITED,
    End.RUNNING: Outcome.CUT,
}


#: Seconds before and after 1970 that a trial may start or end; what claims another time has no clock.
LATEST = ticks.to_seconds(ticks.LIMIT) / 2


def trace(trials: Sequence[Trial], *, label: str, maximise: bool, offset: int) -> Trace | None:
    """A row for each trial that has a start and an end, time 0 being the first start; None where none has.

    A source's worker may have slots: trials that overlap on it get a worker each. Where the source names no
    workers they are the fewest that can have run it. A trial is one attempt, whatever it was stopped for.
    """
    timed = [
        (trial.span, number, trial)
        for number, trial in enumerate(trials)
        if trial.span and int(trial.steps.max(initial=0)) + offset <= MOST_UNITS
    ]
    timed = [entry for entry in timed if -LATEST < entry[0][0] < entry[0][1] < LATEST]
    if not timed:
        return None
    timed.sort(key=lambda entry: (entry[0], entry[1]))
    origin = timed[0][0][0]
    free: dict[str, list[tuple[int, int]]] = {}  # of a source's worker: when each slot ends, and its number
    rows = []
    workers = 0
    for (begin, end), number, trial in timed:
        start, stop = ticks.from_seconds(begin - origin), ticks.from_seconds(end - origin)
        slots = free.setdefault(trial.worker or "", [])
        place = next((at for at, (until, _) in enumerate(slots) if until <= start), None)
        if place is None:
            slots.append((stop, workers))
            worker, workers = workers, workers + 1
        else:
            worker = slots[place][1]
            slots[place] = (stop, worker)
        good = np.isfinite(trial.losses)
        outcome = OUTCOMES[trial.end]
        alive = outcome is Outcome.COMPLETED
        loss = float(trial.losses[-1]) * (-1 if maximise else 1) if len(good) and good[-1] else np.inf
        reached = max(int(trial.steps.max(initial=0)) + offset, 1)
        rows.append(
            (worker, number, 0, 0, 0, reached, start, stop, outcome,
             loss if alive else np.inf if outcome is Outcome.EXITED else np.nan, 0, 0)
        )  # fmt: skip
    return Trace.from_rows(rows, label=label, workers=workers, max_length=max(row[5] for row in rows))
