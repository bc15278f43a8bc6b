"""The life of a machine: when it is there, and why it goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from math import inf
from typing import NamedTuple

from simulator.cluster.groups import MachineGroup
from simulator.core import ticks
from simulator.trace.trace import Outcome


class Up(NamedTuple):
    """A spell during which a machine is there: from `since`, able to work from `ready`, until `until`."""

    since: int
    ready: int
    until: float
    why: Outcome  # outcome of an attempt that is still running then
    notice: int = 0  # ticks of warning before a preemption


#: Spells of presence without end, as (begin, end); the end of a last spell is inf.
Presence = Iterator[tuple[int, float]]


class Machine:
    """The life of one machine, spell by spell; its draws depend on (machine, spell).

    It is there once it has joined, and while neither a failure nor a preemption keeps it away. Failures and
    preemptions come and go independently. Machines that go together share the draws of the first of them.
    """

    def __init__(
        self, group: MachineGroup, joins: int, failures: Presence | None, preemption: Presence | None
    ) -> None:
        self._group, self._joins = group, joins
        self._notice = 0 if group.preemption is None else group.preemption.notice
        reasons = ((failures, Outcome.FAILED), (preemption, Outcome.PREEMPTED))
        self._sources = [(source, why) for source, why in reasons if source is not None]
        self._there = [next(source, None) for source, _ in self._sources]
        self._since = joins  # spells that end before this tick are skipped
        self.up = self._following()

    def at(self, now: int) -> Up | None:
        """The spell under way at `now`, else the next one, else None; `now` must not fall from call to call."""
        while self.up is not None and self.up.until <= now:
            self.up = self._following()
        return self.up

    def _following(self) -> Up | None:
        leave = inf if self._group.leave is None else self._group.leave
        while self._since < leave:
            since, until, why = self._since, inf, Outcome.COMPLETED
            for place, (source, reason) in enumerate(self._sources):
                spell = self._there[place]
                while spell is not None and spell[1] <= since:
                    spell = self._there[place] = next(source, None)
                if spell is None:  # the machine never comes back
                    return None
                since = max(since, spell[0])
                if spell[1] < until:
                    until, why = spell[1], reason
            if since >= leave:
                return None
            if leave <= until:
                until, why = leave, Outcome.PREEMPTED
            self._since = ticks.LIMIT if until == inf else int(until)
            if since < until:
                return Up(since, since + self._group.start_up, until, why, self._notice)
            self._since = since
        return None


def recorded_presence(counts: Sequence[tuple[int, int]], place: int, since: int) -> Presence:
    """Spells of machine number `place` in a group whose size follows a recording, which repeats for ever.

    `counts` are (tick, machines there from then on), from tick 0 to the end; the recording begins at tick `since`,
    which may be before 0.
    """
    period = counts[-1][0]
    spells: list[tuple[int, int]] = []
    for (begin, many), (end, _) in pairwise(counts):
        if many <= place:
            continue
        if spells and spells[-1][1] == begin:
            spells[-1] = spells[-1][0], end
        else:
            spells.append((begin, end))
    if not spells:
        return
    if spells == [(0, period)]:
        yield since, inf
        return
    held: tuple[int, int] | None = None
    for turn in count():
        for begin, end in spells:
            spell = since + turn * period + begin, since + turn * period + end
            if held is not None and held[1] == spell[0]:  # one spell across two repetitions
                held = held[0], spell[1]
                continue
            if held is not None and held[1] > 0:
                yield max(held[0], 0), held[1]
            held = spell


def repeated_series(series: Sequence[tuple[int, int]], place: int, since: int) -> Presence:
    """Recorded spells of presence from entry `place` on, which repeat for ever; the first begins at tick `since`."""
    for spell in count(place):
        up, down = series[spell % len(series)]
        yield since, since + up
        since += up + down
