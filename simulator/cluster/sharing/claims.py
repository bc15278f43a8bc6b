"""What a scheduler knows: of each search a claim, of the cluster whether one more trial has room."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

#: The priority of a search that names none, as in Determined.
DEFAULT_PRIORITY = 42


class Running(NamedTuple):
    """A trial that runs: its number in order of start, and (machine, slots) for each machine that it is on."""

    started: int
    on: tuple[tuple[int, int], ...]


@dataclass(eq=False, slots=True)
class Claim:
    """What a scheduler knows of a search: each of its trials takes `slots`.

    `number` is its place in order of arrival. `running` holds its trials by the number of their start, the first
    first; `latest` is the greatest there ever was. So many trials are `waiting`; where it may have `more`, nobody
    has asked it yet.
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
        """Whether one more trial would be more than its max_slots."""
        return self.max_slots is not None and self.held + self.slots > self.max_slots

    def ask(self) -> bool:
        """Ask for one trial more: whether there was one. It waits from then on."""
        self.more = False
        return False

    def wants(self) -> bool:
        """Whether it has a trial to start, asking for one if none is known to wait."""
        return self.waiting > 0 or (self.more and self.ask())


class Room(Protocol):
    """The free slots of a cluster."""

    def fits(self, slots: int) -> bool:
        """Whether a trial of so many slots could start now."""
        ...

    def fits_after(self, slots: int, stopped: Sequence[Running]) -> bool:
        """Whether it could if some running trials stopped."""
        ...

    @property
    def capacity(self) -> int:
        """Slots of all machines that are there, free or not."""
        ...


class Scheduler(Protocol):
    """Decides which search starts a trial next, and which stops one. It knows no clock and starts nothing itself."""

    def arrive(self, claim: Claim) -> None:
        """Take in a search."""
        ...

    def leave(self, claim: Claim) -> None:
        """Forget a search that is done."""
        ...

    def stir(self, claim: Claim) -> None:
        """Hear that a search may have a trial to start, or room for one, that it had not before."""
        ...

    def stopped(self, claim: Claim) -> None:
        """Hear that a trial which had to stop waits again."""
        ...

    def release(self, room: Room) -> list[tuple[Claim, Running]]:
        """The running trials that have to stop, for others to start or for their search to keep its share."""
        ...

    def choose(self, room: Room) -> Claim | None:
        """The search that starts its next trial now; it has one waiting, and the trial has room."""
        ...


class Hungry:
    """The searches that may have a trial to start, in a scheduler's order."""

    def __init__(self, key: Callable[[Claim], tuple[int, ...]]) -> None:
        self._key = key
        self._line: list[tuple[tuple[int, ...], int, Claim]] = []
        self._there: set[int] = set()

    def add(self, claim: Claim) -> None:
        """Put a search into its place, unless it is there."""
        if claim.number not in self._there:
            self._there.add(claim.number)
            insort(self._line, (self._key(claim), claim.number, claim))

    def discard(self, claim: Claim) -> None:
        """Take a search out, if it is there."""
        if claim.number in self._there:
            self._there.remove(claim.number)
            del self._line[bisect_left(self._line, (self._key(claim), claim.number))]

    def __iter__(self) -> Iterator[Claim]:
        """The searches that are below their max_slots; those that turn out to have nothing leave the line."""
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
