"""Bills: what the machines of a trace cost, by when they were let go and by what is charged for a part of an hour.

A machine is paid for while it is there. `BY_RELEASE` is the run as it was, each group by its own rule; `KEPT` is the
same run with every machine kept to the end; `DRAINED` lets each go after the last attempt that it had. The attempts
are the same in all three: what is let go had nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from simulator.core.ticks import UNITS
from simulator.trace.trace import Group, Spell, Spells, Trace


class Bill(Enum):
    """Whose hours are counted."""

    BY_RELEASE = "by release"
    KEPT = "kept to the end"
    DRAINED = "let go when no more work comes"


def costs_by_group(trace: Trace, bill: Bill = Bill.BY_RELEASE) -> dict[str, float]:
    """Money spent on each group: the price of its machines for as long as they were there.

    A group that is billed by the minute or the hour pays for every one that was begun, from each time that a machine
    came to when it went.
    """
    first, costs = 0, {}
    for group in trace.groups:
        inside = slice(first, first + group.count)
        if group.billing > 1:
            paid = sum(
                -(-(end - start) // group.billing) * group.billing
                for worker in range(inside.start, inside.stop)
                for start, end in _there(trace, worker, inside, group, bill)
            )
        else:
            paid = _exactly(trace, inside, group, bill)
        costs[group.name] = paid / UNITS["h"] * group.price_per_hour
        first += group.count
    return costs


def total(trace: Trace, bill: Bill = Bill.BY_RELEASE) -> float:
    """Money spent on all groups."""
    return sum(costs_by_group(trace, bill).values())


def last_ends(trace: Trace, workers: slice, places: int) -> NDArray[np.int64]:
    """For each of a group's workers when its machine had ended its last attempt; 0 for one that had none."""
    ends = np.zeros(workers.stop - workers.start, np.int64)
    mine = (trace.worker >= workers.start) & (trace.worker < workers.stop)
    np.maximum.at(ends, trace.worker[mine] - workers.start, trace.end[mine])
    return np.repeat(ends.reshape(-1, places).max(axis=1), places)


def _exactly(trace: Trace, workers: slice, group: Group, bill: Bill) -> int:
    """Worker ticks that are paid, to the tick."""
    until = np.full(group.count, trace.makespan)
    if bill is Bill.DRAINED:
        until = last_ends(trace, workers, group.places)
    down = trace.spells.kind == Spell.DOWN
    paid = _sum(until) - _before(trace.spells, down, workers, until)
    if bill is not Bill.BY_RELEASE:  # who was let go would have been there
        paid += _before(trace.released, np.ones(len(trace.released), np.bool_), workers, until)
    return paid


def _before(spells: Spells, which: NDArray[np.bool_], workers: slice, until: NDArray[np.int64]) -> int:
    """Ticks of spells of some workers before each one's `until`."""
    rows = np.flatnonzero(which & (spells.worker >= workers.start) & (spells.worker < workers.stop))
    limit = until[spells.worker[rows] - workers.start]
    return _sum(np.minimum(spells.end[rows], limit) - np.minimum(spells.start[rows], limit))


def _there(trace: Trace, worker: int, workers: slice, group: Group, bill: Bill) -> Iterator[tuple[int, int]]:
    """Spans of time for which a worker is paid."""
    until = trace.makespan
    if bill is Bill.DRAINED:
        until = int(last_ends(trace, workers, group.places)[worker - workers.start])
    spells = trace.spells
    gone = (spells.worker == worker) & (spells.kind == Spell.DOWN)
    absences = sorted(zip(spells.start[gone].tolist(), spells.end[gone].tolist(), strict=True))
    if bill is not Bill.BY_RELEASE:
        let_go = trace.released.worker == worker
        kept = list(zip(trace.released.start[let_go].tolist(), trace.released.end[let_go].tolist(), strict=True))
        absences = [span for span in absences if span not in kept]
    since = 0
    for start, end in [*absences, (until, until)]:
        if since < min(start, until):
            yield since, min(start, until)
        since = max(since, end)


def _sum(spans: NDArray[np.int64]) -> int:
    """The exact sum of spans; a thousand workers over 285 years are more ticks than 64 bits hold."""
    return (int((spans >> 32).sum()) << 32) + int((spans & 0xFFFF_FFFF).sum())
