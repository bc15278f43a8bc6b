"""Room for trials: the machine, or machines, for one more trial.

A trial that fits on one machine runs on the machine where the fewest slots are left over. A larger one takes whole
idle machines of equal size whose slots divide its need (Determined's resource pool).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from simulator.cluster.sharing.claims import Running


class Places:
    """Places for trials that all take `slots` slots; `free` and `busy` are the numbers of places now."""

    def __init__(self, free: Callable[[], int], busy: Callable[[], int], slots: int = 1) -> None:
        self._free, self._busy, self._slots = free, busy, slots

    @property
    def capacity(self) -> int:
        """Slots of all places."""
        return (self._free() + self._busy()) * self._slots

    def fits(self, slots: int) -> bool:  # noqa: ARG002  (every trial takes one place)
        """Whether a place is free."""
        return self._free() > 0

    def fits_after(self, slots: int, stopped: Sequence[Running]) -> bool:  # noqa: ARG002
        """Whether a place would be free if these running trials stopped."""
        return self._free() + len(stopped) > 0


class Machines:
    """Machines with several slots: the `sizes` of those that are present, in order of preference.

    `ranks` is the cluster's policy: a machine of lower rank comes first, whatever it has left over.
    """

    def __init__(self, sizes: Sequence[int], ranks: Sequence[int] | None = None) -> None:
        self.sizes = list(sizes)
        self.free = list(sizes)
        self._ranks = list(ranks) if ranks is not None else [0] * len(sizes)
        self.there = [True] * len(sizes)

    @property
    def capacity(self) -> int:
        """Slots of all machines that are present."""
        return sum(size for size, there in zip(self.sizes, self.there, strict=True) if there)

    def fits(self, slots: int) -> bool:
        """Whether a trial of `slots` slots could start now."""
        return self.place(slots) is not None

    def fits_after(self, slots: int, stopped: Iterable[Running]) -> bool:
        """Whether a trial of `slots` slots could start if these running trials stopped."""
        before = list(self.free)
        for trial in stopped:
            self.give_back(trial.on)
        fits = self.fits(slots)
        self.free = before
        return fits

    def place(self, slots: int) -> tuple[tuple[int, int], ...] | None:
        """(machine, slots) for each machine that a trial would run on now; None if it has no room."""
        if any(size >= slots for size in self.sizes):
            open_ = [i for i, free in enumerate(self.free) if free >= slots and self.there[i]]
            if not open_:
                return None
            best = min(open_, key=lambda i: (self._ranks[i], self.free[i], i))
            return ((best, slots),)
        idle: dict[int, list[int]] = {}
        for i, (size, free) in enumerate(zip(self.sizes, self.free, strict=True)):
            if size and size == free and self.there[i] and not slots % size:
                idle.setdefault(size, []).append(i)
        for size in sorted(idle, reverse=True):
            count = slots // size
            if len(idle[size]) >= count:
                chosen = sorted(idle[size], key=lambda i: (self._ranks[i], i))[:count]
                return tuple((machine, size) for machine in chosen)
        return None

    def serves(self, machine: int, slots: int) -> bool:
        """Whether a trial could run on this machine, or on several of this size, once they are there and free."""
        size = self.sizes[machine]
        if slots <= max(self.sizes):
            return size >= slots
        return size > 0 and not slots % size and self.sizes.count(size) * size >= slots

    def take(self, on: Iterable[tuple[int, int]]) -> None:
        """Put a trial on machines."""
        for machine, slots in on:
            self.free[machine] -= slots

    def give_back(self, on: Iterable[tuple[int, int]]) -> None:
        """Remove a trial from machines."""
        for machine, slots in on:
            self.free[machine] += slots
