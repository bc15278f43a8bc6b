"""The pool: groups of machines, their places for trials, and when each machine is there.

A machine of several slots has `slots // slots_per_trial` places; a place is what the trace calls a worker. Places are
numbered group by group and machine by machine; places of one machine come and go together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate, count, pairwise
from math import inf
from typing import Any, Literal, NamedTuple

from simulator.cluster import release
from simulator.cluster.durations import Span
from simulator.cluster.hiring import Hired
from simulator.core import ticks
from simulator.core.streams import Drawn, Stream, integers, uniforms
from simulator.trace.trace import Group, Outcome, Spell, Spells

Policy = Literal["fastest", "cheapest", "lowest"]
#: Machines that share a fate: so many that stand side by side, all of a group, or all of the cluster.
Together = int | Literal["group", "cluster"]

#: Prices are added as machines come and subtracted as they go. When all are gone, rounding may leave so much.
NOTHING = 1e-12

#: So many spells of one machine are computed at a time.
BLOCK = 16


@dataclass(frozen=True)
class Failures:
    """A machine fails after `uptime` and is back after `repair`, and others `together` with it."""

    uptime: Span
    repair: Span
    together: Together = 1


@dataclass(frozen=True)
class Preemption:
    """A machine is taken away after `up` and given back after `down`; `notice` ticks before, it is told.

    With `series`, (up, down) ticks as recorded, each machine plays it from a place of its own, round and round. With
    `availability` the group does: (tick, machines that are there from then on), the last at its end; all machines are
    at one place of it, drawn by the seed or, with `from_start`, its first. Machines `together` go at once; the first
    time they are there after `first_wait`.
    """

    up: Span | None = None
    down: Span | None = None
    notice: int = 0
    series: tuple[tuple[int, int], ...] = ()
    together: Together = 1
    first_wait: Span | None = None
    availability: tuple[tuple[int, int], ...] = ()
    from_start: bool = False


@dataclass(frozen=True)
class MachineGroup:
    """`count` machines alike. `speed` divides the time of a job, `price` is money a machine and hour.

    The first joins at `join`, the last `ramp_up` later; all leave at `leave`. Whenever one comes up, it takes
    `start_up` ticks before it can work. `release` says when it is let go: kept to the `end`, `drained` when it has
    ended its last work, or after so many ticks without work, to be hired again; `billing` is the span of ticks that
    is paid in whole.
    """

    count: int
    name: str = "workers"
    speed: float = 1.0
    price: float = 0.0
    slots: int = 1
    join: int = 0
    ramp_up: int = 0
    leave: int | None = None
    start_up: int = 0
    failures: Failures | None = None
    preemption: Preemption | None = None
    release: Literal["end", "drained"] | int = "end"
    billing: int = 1

    def joins(self, place: int) -> int:
        """When its machine at a place joins."""
        return self.join + (self.ramp_up * place // (self.count - 1) if self.count > 1 else 0)

    @property
    def rehires(self) -> bool:
        """Whether its machines are let go while they are idle, and hired again."""
        return not isinstance(self.release, str)

    @property
    def steady(self) -> bool:
        """Whether its machines are there from the start, at once, and for ever, or until their last work is done."""
        always = not (self.join or self.ramp_up or self.start_up or self.rehires) and self.leave is None
        return always and self.failures is None and self.preemption is None


class Up(NamedTuple):
    """A spell during which a machine is there: from `since`, able to work from `ready`, until `until`."""

    since: int
    ready: int
    until: float
    why: Outcome  # what becomes of an attempt that is still running then


#: Something that comes and goes for ever: spells during which it is there, the last without end.
Presence = Iterator[tuple[int, float]]


class Machine:
    """The life of one machine, spell by spell. Its draws belong to (machine, spell).

    It is there while it has joined and neither a failure nor a preemption has it away, each of which goes on by
    itself whatever the other does; machines that go together have the draws of the first of them.
    """

    def __init__(
        self, group: MachineGroup, joins: int, failures: Presence | None, preemption: Presence | None
    ) -> None:
        self._group, self._joins = group, joins
        reasons = ((failures, Outcome.FAILED), (preemption, Outcome.PREEMPTED))
        self._sources = [(source, why) for source, why in reasons if source is not None]
        self._there = [next(source, None) for source, _ in self._sources]
        self._since = joins  # nothing before is looked for
        self.up = self._following()

    def at(self, now: int) -> Up | None:
        """The spell under way at `now`, else the next to come, else None; `now` never falls."""
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
                if spell is None:  # it never comes back
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
                return Up(since, since + self._group.start_up, until, why)
            self._since = since
        return None


class Spending:
    """Says when a budget is spent, looking no further ahead than it is asked to: machines may come and go for ever.

    `steps` are (tick, change of the price an hour), by tick.
    """

    def __init__(self, steps: Iterator[tuple[int, float]], budget: float) -> None:
        self._steps = steps
        self._following = next(steps, None)
        self._rate, self._since = 0.0, 0
        self._left = budget * 3600 * ticks.PER_SECOND

    @property
    def next_change(self) -> int | None:
        """The tick of the next machine that comes or goes; None if there is none."""
        return None if self._following is None else self._following[0]

    def by(self, now: int) -> int | None:
        """The last tick that the budget pays for, if that is no later than `now`; `now` never falls."""
        while True:
            step = self._following
            if self._rate > NOTHING and (step is None or self._left <= self._rate * (step[0] - self._since)):
                last = self._since + int(self._left / self._rate)
                return last if last <= now else None
            if step is None or step[0] > now:
                return None
            self._left -= self._rate * (step[0] - self._since)
            self._rate, self._since = max(self._rate + step[1], 0.0), step[0]
            self._following = next(self._steps, None)


class MachinePool:
    """All machines and places of a cluster, under one seed."""

    def __init__(self, groups: Sequence[MachineGroup], *, slots_per_trial: int, policy: Policy, seed: int) -> None:
        self.groups = tuple(groups)
        self._seed = seed
        self._places = [group.slots // slots_per_trial for group in groups]  # of a machine
        counts = [group.count * places for group, places in zip(groups, self._places, strict=True)]
        self._first_worker = [0, *accumulate(counts)]
        self._first_machine = [0, *accumulate(group.count for group in groups)]
        self.workers = self._first_worker[-1]
        self.steady = all(group.steady for group in groups)
        order = sorted(range(len(groups)), key=lambda index: (*_rank(groups[index], policy), index))
        self._order = order
        self._first_rank = [0, *accumulate(counts[index] for index in order)]
        self._draws = {index: self._of_group(group) for index, group in enumerate(groups)}
        self._machines: dict[int, Machine | Hired] = {}

    def worker(self, rank: int) -> int:
        """The worker that is taken `rank`-th (from 0) while all are idle."""
        if len(self.groups) == 1:
            return rank
        place = bisect_right(self._first_rank, rank) - 1
        return self._first_worker[self._order[place]] + rank - self._first_rank[place]

    def group(self, worker: int) -> MachineGroup:
        """The group a worker belongs to."""
        return self.groups[0] if len(self.groups) == 1 else self.groups[bisect_right(self._first_worker, worker) - 1]

    def machine(self, worker: int) -> Machine | Hired:
        """The machine a worker is a place of."""
        index = bisect_right(self._first_worker, worker) - 1
        place = (worker - self._first_worker[index]) // self._places[index]
        number = self._first_machine[index] + place
        machine = self._machines.get(number)
        if machine is None:
            machine = self._machines[number] = self._new(number, index, place)
            if isinstance(idle := self.groups[index].release, int):
                machine = self._machines[number] = Hired(machine, idle, self.groups[index].start_up)
        return machine

    def machine_number(self, worker: int) -> int:
        """The number of the machine that a worker is a place of, from 0 in the cluster."""
        index = bisect_right(self._first_worker, worker) - 1
        return self._first_machine[index] + (worker - self._first_worker[index]) // self._places[index]

    def released(self, columns: dict[str, Any], spells: Spells) -> tuple[Spells, Spells]:
        """The spells with those for which machines were let go, and the latter alone, by what their workers did."""
        if all(group.release == "end" for group in self.groups):
            return spells, Spells.from_rows([])
        known = zip(self.groups, self._first_worker, self._places, strict=False)
        return release.let_go(list(known), self._hired, columns, spells)

    def _hired(self, worker: int, until: int) -> tuple[list[release.Span], list[release.Span]]:
        """When a worker's machine was let go for want of work before `until`, and when it started up again."""
        machine = self.machine(worker)
        return machine.absences(until) if isinstance(machine, Hired) else ([], [])

    def spells(self, until: int) -> Spells:
        """When each worker could not work before `until`, in order of worker and time."""
        rows = []
        for index, group in enumerate(self.groups):
            if group.steady:
                continue
            for place in range(group.count):
                found = list(_absences(self._new(self._first_machine[index] + place, index, place), until))
                first = self._first_worker[index] + place * self._places[index]
                rows += [(first + slot, *absence) for slot in range(self._places[index]) for absence in found]
        return Spells.from_rows(rows)

    def priced(self) -> tuple[Group, ...]:
        """The groups as the trace wants them: workers and their price."""
        return tuple(
            Group(group.name, group.count * places, group.price / places, places, group.billing)
            for group, places in zip(self.groups, self._places, strict=True)
        )

    def spending(self, budget: float) -> Spending:
        """Follows the cost of the machines that are up, until `budget` is spent."""
        return Spending(merge(*(self._price_steps(index) for index in range(len(self.groups)))), budget)

    def _price_steps(self, index: int) -> Iterator[tuple[int, float]]:
        """(tick, change of the price an hour) as machines of a group come and go, by tick."""
        group, first = self.groups[index], self._first_machine[index]
        if not group.price:
            return
        if group.steady:
            yield 0, group.count * group.price
            return
        yield from merge(
            *(self._steps_of(self._new(first + place, index, place), group.price) for place in range(group.count))
        )

    @staticmethod
    def _steps_of(machine: Machine, price: float) -> Iterator[tuple[int, float]]:
        while (up := machine.up) is not None:
            yield up.since, price
            if up.until == inf:
                return
            yield int(up.until), -price
            machine.at(int(up.until))

    def _new(self, number: int, index: int, place: int) -> Machine:
        group = self.groups[index]
        failures = preemption = None
        if group.failures is not None:
            leader, joins = self._leader(index, place, group.failures.together)
            failures = self._alternating(index, leader, joins, Stream.FAILURE, Stream.REPAIR)
        told = group.preemption
        if told is not None and told.availability:
            at = 0 if told.from_start else self._place_in(self._first_machine[index], told.availability[-1][0])
            preemption = available(told.availability, place, group.join - at)
        elif told is not None and told.series:
            place_in = int(integers(self._seed, Stream.SERIES, number, below=len(told.series), n=1)[0])
            preemption = _played(told.series, place_in, group.joins(place))
        elif told is not None:
            leader, joins = self._leader(index, place, told.together)
            if told.first_wait is not None:
                joins += self._drawn(index, Stream.CAPACITY, 0, leader)
            preemption = self._alternating(index, leader, joins, Stream.PREEMPTION, Stream.RETURN)
        return Machine(group, group.joins(place), failures, preemption)

    def _leader(self, index: int, place: int, together: Together) -> tuple[int, int]:
        """The machine whose draws count for one, and when its life begins."""
        group, first = self.groups[index], self._first_machine[index]
        if together == "cluster":
            return 0, group.join
        leading = 0 if together == "group" else place - place % together
        return first + leading, group.joins(leading)

    def _alternating(self, index: int, leader: int, since: int, lasting: Stream, away: Stream) -> Presence:
        """There and away by turns, as drawn by (machine, spell)."""
        for spell in count():
            until = since + self._drawn(index, lasting, spell, leader)
            yield since, until
            since = until + self._drawn(index, away, spell, leader)

    def _drawn(self, index: int, stream: Stream, spell: int, leader: int) -> int:
        """A span in ticks, at least one, so that a life is not an endless row of nothing."""
        return max(1, round(self._draws[index][stream].at(spell, leader)))

    def _place_in(self, machine: int, period: int) -> int:
        return int(uniforms(self._seed, Stream.SERIES, machine, n=1)[0] * period)

    def _of_group(self, group: MachineGroup) -> dict[Stream, Drawn]:
        spans: dict[Stream, Span | None] = {}
        if group.failures is not None:
            spans |= {Stream.FAILURE: group.failures.uptime, Stream.REPAIR: group.failures.repair}
        if group.preemption is not None:
            told = group.preemption
            spans |= {Stream.PREEMPTION: told.up, Stream.RETURN: told.down, Stream.CAPACITY: told.first_wait}
        return {
            stream: Drawn(self._seed, stream, span.quantile, block=BLOCK) for stream, span in spans.items() if span
        }


def available(counts: Sequence[tuple[int, int]], place: int, since: int) -> Presence:
    """When the machine at a place is there, of a group that has so many at a time, played round and round.

    `counts` are (tick, machines there from then on), from tick 0 to the end; the play begins at tick `since`, which
    may be before 0.
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
            if held is not None and held[1] == spell[0]:  # there at the end of one turn and at the start of the next
                held = held[0], spell[1]
                continue
            if held is not None and held[1] > 0:
                yield max(held[0], 0), held[1]
            held = spell


def _played(series: Sequence[tuple[int, int]], place: int, since: int) -> Presence:
    """There and away by turns, as recorded, from a place on, round and round."""
    for spell in count(place):
        up, down = series[spell % len(series)]
        yield since, since + up
        since += up + down


def _rank(group: MachineGroup, policy: Policy) -> tuple[float, ...]:
    if policy == "fastest":
        return (-group.speed, group.price)
    return (group.price, -group.speed) if policy == "cheapest" else ()


def _absences(machine: Machine, until: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, kind) of a machine's spells without work before `until`."""
    gone = 0
    while gone < until:
        up = machine.at(gone)
        since = until if up is None else min(up.since, until)
        if gone < since:
            yield gone, since, Spell.DOWN
        if up is None:
            return
        ready = int(min(up.ready, up.until, until))
        if since < ready:
            yield since, ready, Spell.BOOT
        gone = int(min(up.until, until))
