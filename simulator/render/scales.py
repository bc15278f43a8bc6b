"""What the pictures of one comparison have in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from simulator.core.formatting import counted
from simulator.trace.trace import Trace


def rungs_of(traces: Sequence[Trace]) -> int:
    """Rungs of the longest ladder, at least one."""
    return max((int(trace.rung.max(initial=0)) + 1 for trace in traces), default=1)


def levels(traces: Sequence[Trace]) -> list[tuple[int, str]]:
    """Resources at which a rung ends, ascending, each with its label; rungs are named if all agree on them."""
    pairs = _pairs(traces)
    named = all(low[0] < high[0] and low[1] < high[1] for low, high in pairwise(pairs))
    return [
        (resource, f"rung {rung} · {counted(resource, 'unit')}" if named else counted(resource, "unit"))
        for resource, rung in (pairs if named else [(resource, 0) for resource in sorted(dict(pairs))])
    ]


def rung_labels(traces: Sequence[Trace]) -> list[str]:
    """A name for each rung, with its resource if all agree on it."""
    resources: dict[int, set[int]] = {}
    for resource, rung in _pairs(traces):
        resources.setdefault(rung, set()).add(resource)
    names = []
    for rung in range(rungs_of(traces)):
        found = resources.get(rung, set())
        names.append(f"rung {rung}" + (f" · {counted(found.pop(), 'unit')}" if len(found) == 1 else ""))
    return names


def _pairs(traces: Sequence[Trace]) -> list[tuple[int, int]]:
    """The different (resource, rung) of all jobs, ascending."""
    return sorted(
        {pair for trace in traces for pair in zip(trace.to_resource.tolist(), trace.rung.tolist(), strict=True)}
    )
