"""The pool: groups of machines, their places for trials, and when each machine is there.

A machine of several slots has `slots // slots_per_trial` places; a place is what the trace calls a worker. Places are
numbered group by group and machine by machine; places of one machine come and go together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate
from math import inf
from typing import Literal, NamedTuple

from simulator.cluster.durations import Span
from simulator.core import ticks
from simulator.core.streams import Drawn, Stream, generator
from simulator.trace.trace import Group, Outcome, Spell, Spells

Policy = Literal["fastest", "cheapest", "lowest"]

#: Prices are added as machines come and subtracted as they go. When all are gone, rounding may leave so much.
NOTHING = 1e-12

#: Spells of one machine are drawn so many at a time.
BLOCK = 16


@dataclass(frozen=True)
class Failures:
    """A machine fails after `uptime` and is back after `repair`."""

    uptime: Span
    repair: Span


@dataclass(frozen=True)
class Preemption:
    """A machine is taken away after `up` and given back after `down`; `notice` ticks before, it is told.

    With `series`, (up, down) ticks as recorded, each machine plays it from a place of its own, round and round.
    """

    up: Span | None = None
    down: Span | None = None
    notice: int = 0
    series: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class MachineGroup:
    """`count` machines alike. `speed` divides the time of a job, `price` is money a machine and hour.

    The first joins at `join`, the last `ramp_up` later; all leave at `leave`. Whenever one comes up, it takes
    `start_up` ticks before it can work.
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

    @property
    def steady(self) -> bool:
        """Whether its machines are there from the start, at once, and for ever."""
        always = not (self.join or self.ramp_up or self.start_up) and self.leave is None
        return always and self.failures is None and self.preemption is None


class Up(NamedTuple):
    """A spell during which a machine is there: from `since`, able to work from `ready`, until `until`."""

    since: int
    ready: int
    until: float
    why: Outcome  # what becomes of an attempt that is still running then


class Machine:
    """The life of one machine, spell by spell. Its draws belong to (machine, spell)."""

    def __init__(
        self, number: int, place: int, group: MachineGroup, draws: dict[Stream, Drawn], series_at: int
    ) -> None:
        self._number, self._group, self._draws = number, group, draws
        late = group.ramp_up * place // (group.count - 1) if group.count > 1 else 0
        self._next_since = group.join + late
        self._spell = 0
        self._series_at = series_at
        self.up = self._following()

    def at(self, now: int) -> Up | None:
        """The spell under way at `now`, else the next to come, else None; `now` never falls."""
        while self.up is not None and self.up.until <= now:
            self.up = self._following()
        return self.up

    def _following(self) -> Up | None:
        group, since = self._group, self._next_since
        leave = inf if group.leave is None else group.leave
        if since >= leave:
            return None
        until, why, away = inf, Outcome.COMPLETED, 0
        if group.failures is not None:
            until, why = since + self._drawn(Stream.FAILURE), Outcome.FAILED
            away = self._drawn(Stream.REPAIR)
        if group.preemption is not None:
            up, down = self._preemption(group.preemption)
            if since + up < until:
                until, why, away = since + up, Outcome.PREEMPTED, down
        if leave <= until:
            until, why, away = leave, Outcome.PREEMPTED, 0
        self._spell += 1
        self._next_since = int(until) + away if until < inf else ticks.LIMIT
        return Up(since, since + group.start_up, until, why)

    def _preemption(self, preemption: Preemption) -> tuple[int, int]:
        if preemption.series:
            return preemption.series[(self._series_at + self._spell) % len(preemption.series)]
        return self._drawn(Stream.PREEMPTION), self._drawn(Stream.RETURN)

    def _drawn(self, stream: Stream) -> int:
        """A span in ticks, at least one, so that a life is not an endless row of nothing."""
        return max(1, round(self._draws[stream].at(self._spell, self._number)))


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


class Pool:
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
        self._machines: dict[int, Machine] = {}

    def worker(self, rank: int) -> int:
        """The worker that is taken `rank`-th (from 0) while all are idle."""
        if len(self.groups) == 1:
            return rank
        place = bisect_right(self._first_rank, rank) - 1
        return self._first_worker[self._order[place]] + rank - self._first_rank[place]

    def group(self, worker: int) -> MachineGroup:
        """The group a worker belongs to."""
        return self.groups[0] if len(self.groups) == 1 else self.groups[bisect_right(self._first_worker, worker) - 1]

    def machine(self, worker: int) -> Machine:
        """The machine a worker is a place of."""
        index = bisect_right(self._first_worker, worker) - 1
        place = (worker - self._first_worker[index]) // self._places[index]
        number = self._first_machine[index] + place
        machine = self._machines.get(number)
        if machine is None:
            machine = self._machines[number] = self._new(number, index, place)
        return machine

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
            Group(group.name, group.count * places, group.price / places)
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
        series = group.preemption.series if group.preemption else ()
        at = int(generator(self._seed, Stream.SERIES, number).integers(len(series))) if series else 0
        return Machine(number, place, group, self._draws[index], at)

    def _of_group(self, group: MachineGroup) -> dict[Stream, Drawn]:
        spans: dict[Stream, Span | None] = {}
        if group.failures is not None:
            spans |= {Stream.FAILURE: group.failures.uptime, Stream.REPAIR: group.failures.repair}
        if group.preemption is not None:
            spans |= {Stream.PREEMPTION: group.preemption.up, Stream.RETURN: group.preemption.down}
        return {stream: Drawn(self._seed, stream, span.draw, BLOCK) for stream, span in spans.items() if span}


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
