"""When machines are let go: after a run it is known when each had ended its last work.

`end` keeps a machine to the end of the run. `drained` lets it go when its last attempt has ended: no more work came
to it. A machine that is let go is down in the trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.trace.trace import Spell, Spells

if TYPE_CHECKING:
    from simulator.cluster.machines import MachineGroup

#: (start, end, kind) of a spell.
Row = tuple[int, int, int]


def let_go(
    groups: Sequence[tuple[MachineGroup, int, int]], columns: dict[str, Any], spells: Spells
) -> tuple[Spells, Spells]:
    """The spells with those for which machines were let go, and the latter alone.

    `groups` are (group, number of its first worker, workers of a machine); `columns` are those of the attempts.
    """
    makespan = int(columns["end"].max(initial=0))
    own: dict[int, list[Row]] = {}
    for worker, *row in zip(
        *(getattr(spells, name).tolist() for name in ("worker", "start", "end", "kind")), strict=True
    ):
        own.setdefault(worker, []).append((row[0], row[1], row[2]))
    workers = sum(group.count * places for group, _, places in groups)
    ends = np.zeros(workers, np.int64)
    np.maximum.at(ends, columns["worker"], columns["end"])
    rows: list[tuple[int, int, int, int]] = []
    released: list[tuple[int, int, int, int]] = []
    for group, first, places in groups:
        for machine in range(first, first + group.count * places, places):
            absences = own.get(machine, [])
            last = makespan if group.release == "end" else int(ends[machine : machine + places].max())
            kept = list(_outside(absences, last, makespan))
            changed = sorted([*_before(absences, last), *((*span, int(Spell.DOWN)) for span in kept)])
            for worker in range(machine, machine + places):
                rows += [(worker, *row) for row in changed]
                released += [(worker, *span, int(Spell.DOWN)) for span in kept]
    return Spells.from_rows(rows), Spells.from_rows(released)


def _before(absences: list[Row], last: int) -> Iterator[Row]:
    """A machine's spells, without starts-up that nobody waits for any more."""
    for start, end, kind in absences:
        if kind == Spell.DOWN:
            yield start, end, kind
        elif start < last:
            yield start, min(end, last), kind


def _outside(absences: list[Row], since: int, until: int) -> Iterator[tuple[int, int]]:
    """The parts of a span of time in which a machine would have been there."""
    for start, end, kind in absences:
        if kind == Spell.DOWN and since < end and start < until:
            if since < start:
                yield since, start
            since = end
    if since < until:
        yield since, until
