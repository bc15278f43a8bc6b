"""Costs of a trace's machines, which depend on when each is let go and on the span that is charged as a whole.

A machine is paid for while it is there. `BY_RELEASE` is the run as it was, with each group by its own rule. `KEPT` is
the same run with every machine kept to the end. `DRAINED` lets each machine go after its last attempt. The attempts
are the same in all three, since a machine that is let go has no work.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from simulator.core.ticks import UNITS
from simulator.trace.trace import Group, Spell, Spells, Trace


class Bill(Enum):
    """Which hours of a machine are paid."""

    BY_RELEASE = "by release"
    KEPT = "kept to the end"
    DRAINED = "let go when no more work comes"


def costs_by_group(trace: Trace, bill: Bill = Bill.BY_RELEASE) -> dict[str, float]:
    """Money spent on each group: the price of its machines for as long as they were there."""
    each = hours_by_group(trace, bill)
    return {group.name: each[group.name] * group.price_per_hour for group in trace.groups}


def hours_by_group(trace: Trace, bill: Bill = Bill.BY_RELEASE) -> dict[str, float]:
    """Paid machine hours of each group.

    A group that is billed by the minute or the hour pays each begun minute or hour, counted from each time that a
    machine comes.
    """
    first, hours = 0, {}
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
        hours[group.name] = paid / UNITS["h"]
        first += group.count
    return hours


def total(trace: Trace, bill: Bill = Bill.BY_RELEASE) -> float:
    """Money spent on all groups."""
    return sum(costs_by_group(trace, bill).values())


def last_ends(trace: Trace, workers: slice, places: int) -> NDArray[np.int64]:
    """For each worker of a group, the tick at which its machine ended its last attempt; 0 if it had none."""
    ends = np.zeros(workers.stop - workers.start, np.int64)
    mine = (trace.worker >= workers.start) & (trace.worker < workers.stop)
    np.maximum.at(ends, trace.worker[mine] - workers.start, trace.end[mine])
    return np.repeat(ends.reshape(-1, places).max(axis=1), places)


def _exactly(trace: Trace, workers: slice, group: Group, bill: Bill) -> int:
    """Worker ticks that are paid, if every tick is charged exactly."""
    until = np.full(group.count, trace.makespan)
    if bill is Bill.DRAINED:
        until = last_ends(trace, workers, group.places)
    down = trace.spells.kind == Spell.DOWN
    paid = _sum(until) - _before(trace.spells, down, workers, until)
    if bill is not Bill.BY_RELEASE:  # had it been kept, a released machine would have been there
        paid += _before(trace.released, np.ones(len(trace.released), np.bool_), workers, until)
    return paid


def _before(spells: Spells, which: NDArray[np.bool_], workers: slice, until: NDArray[np.int64]) -> int:
    """Ticks of the spells in mask `which` of the workers `workers`, each up to its worker's `until`."""
    rows = np.flatnonzero(which & (spells.worker >= workers.start) & (spells.worker < workers.stop))
    limit = until[spells.worker[rows] - workers.start]
    return _sum(np.minimum(spells.end[rows], limit) - np.minimum(spells.start[rows], limit))


def _there(trace: Trace, worker: int, workers: slice, group: Group, bill: Bill) -> Iterator[tuple[int, int]]:
    """The spans of time for which a worker is paid."""
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
    """The exact sum of spans; 64 bits would be too few, for example for a thousand workers over 285 years."""
    return (int((spans >> 32).sum()) << 32) + int((spans & 0xFFFF_FFFF).sum())
