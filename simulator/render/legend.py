"""Legend entries for worker time other than training and idle time, which only some traces have."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.render import style
from simulator.render.words import say
from simulator.trace import replay
from simulator.trace.trace import Spell, Trace

#: Palette indices of the colours in `extras`.
INDEX = {"overhead": style.OVERHEAD, "lost": style.LOST, "boot": style.BOOT, "down": style.DOWN}
#: Greatest number of colours of a ramp in a crowded legend.
FEW = 5


def extras(traces: Sequence[Trace]) -> list[tuple[str, str]]:
    """Colour and meaning of each other kind of worker time that occurs in the traces."""
    kinds = {int(kind) for trace in traces for kind in trace.spells.kind}
    found = {
        "overhead": any(bool(trace.overhead.any()) for trace in traces),
        "lost": any(bool(trace.lost.any()) for trace in traces),
        "boot": Spell.BOOT in kinds,
        "down": Spell.DOWN in kinds,
    }
    meanings = {"overhead": "overhead", "lost": "lost work", "boot": "starting up", "down": "down"}
    return [(name, say(meanings[name])) for name, occurs in found.items() if occurs]


def stopped_entry(traces: Sequence[Trace]) -> list[tuple[tuple[int, ...], str]]:
    """The entry for the mark of trials that a rule stopped, if there are any."""
    if any(len(replay.stopped(trace)) for trace in traces):
        return [((style.STOPPED,), say("stopped"))]
    return []


def thinned(colours: Sequence[int]) -> tuple[int, ...]:
    """At most `FEW` of `colours`, evenly spaced, with the first and the last."""
    last, count = len(colours) - 1, min(len(colours), FEW)
    return tuple(colours[place * last // max(count - 1, 1)] for place in range(count))
