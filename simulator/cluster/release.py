"""When machines were let go, which is known after a run.

`end` keeps a machine to the end of the run. `drained` lets it go at the end of its last attempt, since no more work
came to it. A machine that is let go after some time without work (hiring.py) goes during the run, and starts up when
it is hired again. In the trace a machine that is let go is down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from simulator.cluster.groups import MachineGroup
from simulator.trace.trace import Spell, Spells

#: (start, end) of a span of time, in ticks.
Span = tuple[int, int]
#: (start, end, kind) of a spell.
Row = tuple[int, int, int]
#: Gives, for a worker and a tick, the spans before it in which the worker's machine was let go, and in which it
#: started up again.
Hires = Callable[[int, int], tuple[list[Span], list[Span]]]


def let_go(
    groups: Sequence[tuple[MachineGroup, int, int]], hired: Hires, columns: dict[str, Any], spells: Spells
) -> tuple[Spells, Spells]:
    """The spells without work, to which those are added in which machines were let go, and these added spells alone.

    `groups` are (group, number of its first worker, workers of a machine). `hired` gives the spans before a tick in
    which a worker's machine was let go for lack of work, and in which it started up again. `columns` are those of the
    attempts.
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
            gone, boots = hired(machine, makespan)
            if group.release == "drained":
                gone = [(int(ends[machine : machine + places].max()), makespan)]
            down = [(start, end) for start, end, kind in absences if kind == Spell.DOWN]
            booting = [(start, end) for start, end, kind in absences if kind == Spell.BOOT]
            kept = list(_without(gone, down))
            changed = sorted(
                [
                    *((*span, int(Spell.DOWN)) for span in [*down, *kept]),
                    *((*span, int(Spell.BOOT)) for span in [*_without(booting, sorted([*gone, *boots])), *boots]),
                ]
            )
            for worker in range(machine, machine + places):
                rows += [(worker, *row) for row in changed]
                released += [(worker, *span, int(Spell.DOWN)) for span in kept]
    return Spells.from_rows(rows), Spells.from_rows(released)


def _without(spans: Sequence[Span], others: Sequence[Span]) -> Iterator[Span]:
    """The parts of `spans` that lie outside `others`; both are in order."""
    for since, until in spans:
        begin = since
        for start, end in others:
            if begin < end and start < until:
                if begin < start:
                    yield begin, start
                begin = end
        if begin < until:
            yield begin, until
