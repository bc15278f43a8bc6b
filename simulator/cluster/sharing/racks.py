"""Machines handed out slot by slot, for trials of several slots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush

from simulator.cluster.groups import Policy
from simulator.cluster.hiring import Hired
from simulator.cluster.machines import Up
from simulator.cluster.sharing.claims import Running
from simulator.cluster.sharing.room import Machines
from simulator.cluster.sharing.worker import SharedWorker

#: A machine to wait for, and the ticks until it is there.
Coming = tuple[int, float]


class Racks:
    """The machines of `workers`, each a place of `unit` slots: the free places, and the machines that are present."""

    def __init__(self, workers: Sequence[SharedWorker], unit: int, policy: Policy) -> None:
        self._unit = unit
        self._workers = workers
        self._leads: dict[int, SharedWorker] = {}  # by machine, its first worker
        self._let_go: dict[int, Hired] = {}  # by machine, those that were let go
        self._starting: set[int] = set()  # hired machines that start up
        free: dict[int, list[int]] = {}
        groups: dict[str, int] = {}
        for worker in workers:
            self._leads.setdefault(worker.place, worker)
            free.setdefault(worker.place, []).append(worker.rank)
            groups.setdefault(worker.group.name, 0 if policy == "lowest" else len(groups))
        machines = range(max(free) + 1)
        self._free = [free.get(machine, []) for machine in machines]  # by machine, heaps of ranks
        ranks = [groups[self._leads[machine].group.name] if machine in free else 0 for machine in machines]
        self.room = Machines([len(places) * unit for places in self._free], ranks)

    def take(self, on: Sequence[tuple[int, int]]) -> tuple[SharedWorker, ...]:
        """Take the first free workers of each machine, for the pairs (machine, slots) in `where`."""
        self.room.take(on)
        return tuple(
            self._workers[heappop(self._free[machine])] for machine, slots in on for _ in range(slots // self._unit)
        )

    def give_back(self, running: Running, workers: Sequence[SharedWorker]) -> None:
        """Free some workers."""
        self.room.give_back(running.on)
        for worker in workers:
            heappush(self._free[worker.place], worker.rank)

    def close(self, machine: int) -> None:
        """Allow no trial on a machine."""
        self.room.there[machine] = False

    def reopen(self, machine: int) -> None:
        """Allow trials on a machine again."""
        self.room.there[machine] = True
        self._starting.discard(machine)

    def leaving(self, now: int) -> Iterator[Coming]:
        """Note which machines have gone; yields those that will come back, with the ticks until then."""
        for place, lead in self._leads.items():
            if not self.room.there[place] or lead.machine is None:
                continue
            up = lead.machine.at(now)
            if up is not None and isinstance(lead.machine, Hired) and lead.machine.let_go:
                self.close(place)
                self._let_go[place] = lead.machine
            elif up is None or up.ready > now:
                self.close(place)
                if up is not None:
                    yield place, min(up.ready, up.until) - now

    def hire(self, now: int, waiting: Mapping[int, int]) -> Iterator[Coming]:
        """Hire machines that were let go, as long as trials wait for which the machines that start up have no room.

        `waiting` has the total slots of waiting trials, by the slots that one such trial takes.
        """
        open_ = dict(waiting)
        for place in self._starting:
            self._serve(place, open_)
        for place in sorted(self._let_go, key=lambda place: self._leads[place].rank):
            if not self._serve(place, open_):
                continue
            machine = self._let_go.pop(place)
            up = machine.at(now)
            if up is None:
                continue
            if up.since > now:
                yield place, min(up.since, up.until) - now
            else:
                machine.hire(now)
                self._starting.add(place)
                yield place, self._ready(place, now, up) - now

    def _serve(self, place: int, waiting: dict[int, int]) -> bool:
        """Remove from `waiting` the slots that a machine has room for; returns whether there were any."""
        free = self.room.sizes[place]
        for slots, many in waiting.items():
            if free and self.room.serves(place, slots):
                taken = min(free, many)
                waiting[slots] = many - taken
                free -= taken
        return free < self.room.sizes[place]

    def _ready(self, place: int, now: int, up: Up) -> float:
        return min(now + self._leads[place].group.start_up, up.until)
