"""What a scheduler knows: a claim for each search, and whether the cluster has room for one more trial."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

#: The priority of a search without one, as in Determined.
DEFAULT_PRIORITY = 42


class Running(NamedTuple):
    """A running trial: its number in order of start, and (machine, slots) for each of its machines."""

    started: int
    on: tuple[tuple[int, int], ...]


@dataclass(eq=False, slots=True)
class Claim:
    """A scheduler's knowledge of a search, whose trials take `slots` each.

    `number` is its place in order of arrival. `running` holds its trials by the number of their start, in that order;
    `latest` is the greatest number so far. `waiting` is the number of known waiting trials; `more` is true if the
    search may have more, but was not asked yet.
    """

    number: int
    slots: int = 1
    weight: float = 1.0
    priority: int = DEFAULT_PRIORITY
    max_slots: int | None = None
    latest: int = 0
    waiting: int = 0
    more: bool = False
    running: dict[int, Running] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """Slots of its running trials."""
        return len(self.running) * self.slots

    @property
    def capped(self) -> bool:
        """Whether one more trial would exceed the search's max_slots."""
        return self.max_slots is not None and self.held + self.slots > self.max_slots

    def ask(self) -> bool:
        """Ask the search for one more trial, which then waits; returns whether there was one."""
        self.more = False
        return False

    def wants(self) -> bool:
        """Whether the search has a trial to start; the search is asked for one if none is known to wait."""
        return self.waiting > 0 or (self.more and self.ask())


class Room(Protocol):
    """The free slots of a cluster."""

    def fits(self, slots: int) -> bool:
        """Whether a trial of `slots` slots could start now."""
        ...

    def fits_after(self, slots: int, stopped: Sequence[Running]) -> bool:
        """Whether a trial of `slots` slots could start if these running trials stopped."""
        ...

    @property
    def capacity(self) -> int:
        """Slots of all machines that are present, free or not."""
        ...


class Scheduler(Protocol):
    """Decides which search starts a trial next, and which stops one. It knows no clock and starts nothing itself."""

    def arrive(self, claim: Claim) -> None:
        """Add a search."""
        ...

    def leave(self, claim: Claim) -> None:
        """Remove a search that is done."""
        ...

    def note_work(self, claim: Claim) -> None:
        """Note that a search may have a trial to start, or room for one, that it did not have before."""
        ...

    def stopped(self, claim: Claim) -> None:
        """Note that a trial which had to stop waits again."""
        ...

    def release(self, room: Room) -> list[tuple[Claim, Running]]:
        """The running trials that have to stop, so that other trials can start or no search exceeds its share."""
        ...

    def choose(self, room: Room) -> Claim | None:
        """The search whose next trial starts now, which must wait and have room; None if there is none."""
        ...


class WithWork:
    """The searches that may have a trial to start, in the scheduler's order."""

    def __init__(self, key: Callable[[Claim], tuple[int, ...]]) -> None:
        self._key = key
        self._line: list[tuple[tuple[int, ...], int, Claim]] = []
        self._there: set[int] = set()

    def add(self, claim: Claim) -> None:
        """Insert a search at its place, unless it is there already."""
        if claim.number not in self._there:
            self._there.add(claim.number)
            insort(self._line, (self._key(claim), claim.number, claim))

    def discard(self, claim: Claim) -> None:
        """Remove a search, if it is there."""
        if claim.number in self._there:
            self._there.remove(claim.number)
            del self._line[bisect_left(self._line, (self._key(claim), claim.number))]

    def __iter__(self) -> Iterator[Claim]:
        """The searches below their max_slots that have a trial to start; searches without one are removed."""
        place = 0
        while place < len(self._line):
            claim = self._line[place][2]
            if claim.capped or not (claim.waiting or claim.more):
                del self._line[place]
                self._there.remove(claim.number)
                continue
            yield claim
            if place < len(self._line) and self._line[place][2] is claim:
                place += 1
