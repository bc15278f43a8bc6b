"""A group of machines that grows and shrinks with the work: how many machines trials need, and which come or go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from simulator.cluster.groups import MachineGroup, Scaling
from simulator.cluster.hiring import Hired
from simulator.cluster.sharing.scaling import Scaler
from simulator.cluster.sharing.worker import SharedWorker


class ScaledGroup:
    """The machines of a group, in the policy's order, each with its `workers`, and the scaler of their number.

    `serves` says whether the machines could run a trial that takes a given number of slots.
    """

    def __init__(
        self,
        group: MachineGroup,
        scaling: Scaling,
        workers: Iterable[SharedWorker],
        serves: Callable[[int], bool],
    ) -> None:
        self.serves = serves
        self.scaler = Scaler(scaling, group.count)
        self.slots = group.slots
        self.start_up = group.start_up
        self.room = scaling.target * group.count  # if trials need this number of machines or more, all are hired
        self.workers: dict[int, list[SharedWorker]] = {}
        for worker in workers:
            self.workers.setdefault(worker.place, []).append(worker)
        self._hired = {place: ones[0].machine for place, ones in self.workers.items()}

    def machine(self, place: int) -> Hired:
        """A machine of the group."""
        machine = self._hired[place]
        assert isinstance(machine, Hired)
        return machine

    def machines_for(self, slots: int) -> float:
        """The number of machines, or the share of one machine, that a trial of `slots` slots needs."""
        return 1 / (self.slots // slots) if slots <= self.slots else slots / self.slots

    def needed(self, running: Iterable[Sequence[tuple[int, int]]]) -> float:
        """The machines of the group that running trials need, each given as (machine, slots)."""
        return sum(self.machines_for(slots) for on in running for machine, slots in on if machine in self.workers)

    def hired_count(self, now: int) -> int:
        """The number of hired machines, including those that are away for a while."""
        return sum(
            self.machine(place).at(now) is not None and not self.machine(place).let_go for place in self.workers
        )

    def may_change(self, now: int) -> bool:
        """Whether it still has machines that have not left for good; if not, its number need not be checked again."""
        return any(self.machine(place).at(now) is not None for place in self.workers)

    def absent(self) -> Iterator[int]:
        """Machines that were let go, in the order in which they are hired."""
        return (place for place in self.workers if self.machine(place).let_go)

    def idle(self) -> Iterator[int]:
        """Hired machines without work, in the order in which they are let go."""
        for place in reversed(self.workers):
            if self.machine(place).idle and all(worker.until is None for worker in self.workers[place]):
                yield place
