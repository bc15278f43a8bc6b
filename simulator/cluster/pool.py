"""The pool: groups of machines, their places for trials, and when each machine is there.

A machine with several slots has `slots // slots_per_trial` places; the trace calls a place a worker. Places are
numbered group by group and machine by machine; places of one machine come and go together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import accumulate, count
from math import inf
from typing import Any

from simulator.cluster import release
from simulator.cluster.durations import Span
from simulator.cluster.groups import MachineGroup, Policy, Scaling, Together
from simulator.cluster.hiring import Hired
from simulator.cluster.machines import Machine, Presence, recorded_presence, repeated_series
from simulator.cluster.spending import Spending
from simulator.core.streams import Drawn, Stream, integers, uniforms
from simulator.trace.trace import Group, Spell, Spells

#: This many spells of a machine are drawn at once; and the first block is for this many machines.
BLOCK, ABREAST = 16, 16


class MachinePool:
    """All machines and places of a cluster, under one seed."""

    def __init__(self, groups: Sequence[MachineGroup], *, slots_per_trial: int, policy: Policy, seed: int) -> None:
        self.groups = tuple(groups)
        self._seed = seed
        self._places = [group.slots // slots_per_trial for group in groups]  # of each machine
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
        """The worker that is number `rank` (from 0) in the order in which idle workers are taken."""
        if len(self.groups) == 1:
            return rank
        place = bisect_right(self._first_rank, rank) - 1
        return self._first_worker[self._order[place]] + rank - self._first_rank[place]

    def group(self, worker: int) -> MachineGroup:
        """The group that a worker belongs to."""
        return self.groups[0] if len(self.groups) == 1 else self.groups[bisect_right(self._first_worker, worker) - 1]

    def machine(self, worker: int) -> Machine | Hired:
        """The machine that a worker is a place of."""
        index = bisect_right(self._first_worker, worker) - 1
        place = (worker - self._first_worker[index]) // self._places[index]
        number = self._first_machine[index] + place
        machine = self._machines.get(number)
        if machine is None:
            machine = self._machines[number] = self._new(number, index, place)
            release, start_up = self.groups[index].release, self.groups[index].start_up
            if isinstance(release, int):
                machine = self._machines[number] = Hired(machine, release, start_up)
            elif isinstance(release, Scaling):
                machine = self._machines[number] = Hired(machine, inf, start_up, at_first=place < release.least)
        return machine

    def machine_number(self, worker: int) -> int:
        """The number of the machine that a worker is a place of, from 0 in the cluster."""
        index = bisect_right(self._first_worker, worker) - 1
        return self._first_machine[index] + (worker - self._first_worker[index]) // self._places[index]

    def released(self, columns: dict[str, Any], spells: Spells) -> tuple[Spells, Spells]:
        """All spells without work, and those in which machines were let go; both follow from the attempts."""
        if all(group.release == "end" for group in self.groups):
            return spells, Spells.from_rows([])
        known = zip(self.groups, self._first_worker, self._places, strict=False)
        return release.let_go(list(known), self._hired, columns, spells)

    def _hired(self, worker: int, until: int) -> tuple[list[release.Span], list[release.Span]]:
        """Spans before `until` in which a worker's machine was released as idle, and in which it started up again."""
        machine = self.machine(worker)
        return machine.absences(until) if isinstance(machine, Hired) else ([], [])

    def spells(self, until: int) -> Spells:
        """The spells before `until` in which workers could not work, in order of worker and time."""
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
        """The groups as the trace has them: workers and their price."""
        return tuple(
            Group(group.name, group.count * places, group.price / places, places, group.billing)
            for group, places in zip(self.groups, self._places, strict=True)
        )

    def spending(self, budget: float) -> Spending:
        """Make an account that follows the cost of the machines that are up, until `budget` is spent."""
        return Spending(merge(*(self._price_steps(index) for index in range(len(self.groups)))), budget)

    def _price_steps(self, index: int) -> Iterator[tuple[int, float]]:
        """(tick, change of the price per hour) as machines of a group come and go, in order of ticks."""
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
            preemption = recorded_presence(told.availability, place, group.join - at)
        elif told is not None and told.series:
            place_in = int(integers(self._seed, Stream.SERIES, number, below=len(told.series), n=1)[0])
            preemption = repeated_series(told.series, place_in, group.joins(place))
        elif told is not None:
            leader, joins = self._leader(index, place, told.together)
            if told.first_wait is not None:
                joins += self._drawn(index, Stream.CAPACITY, 0, leader)
            preemption = self._alternating(index, leader, joins, Stream.PREEMPTION, Stream.RETURN)
        return Machine(group, group.joins(place), failures, preemption)

    def _leader(self, index: int, place: int, together: Together) -> tuple[int, int]:
        """The machine whose random draws a machine shares, and the tick at which that machine joins."""
        group, first = self.groups[index], self._first_machine[index]
        if together == "cluster":
            return 0, group.join
        leading = 0 if together == "group" else place - place % together
        return first + leading, group.joins(leading)

    def _alternating(self, index: int, leader: int, since: int, lasting: Stream, away: Stream) -> Presence:
        """Alternating spells of presence and absence, drawn by (machine, spell)."""
        for spell in count():
            until = since + self._drawn(index, lasting, spell, leader)
            yield since, until
            since = until + self._drawn(index, away, spell, leader)

    def _drawn(self, index: int, stream: Stream, spell: int, leader: int) -> int:
        """A drawn span of at least one tick, so that a machine never has an endless series of empty spells."""
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
            stream: Drawn(self._seed, stream, span.quantile, block=BLOCK, abreast=ABREAST)
            for stream, span in spans.items()
            if span
        }


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
