"""Fair shares as in Determined's pool: max-min fairness by progressive filling, decided anew at any change."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from simulator.cluster.sharing.claims import Claim, Room, Running


class Demand(NamedTuple):
    """Slots that a search could use now, running trials included; what its smallest `waiting` trial takes, if any.

    Of equal demands the one with the smaller `turn` comes first, then the first to arrive.
    """

    slots: float
    weight: float = 1.0
    waiting: int | None = None
    turn: tuple[int, int] = (0, 0)


def offers(demands: Sequence[Demand], capacity: int) -> list[int]:
    """Share `capacity` slots among demands, in order of arrival.

    Round by round each demand that is not yet met gets its share, by weight, of what was left at the round's start,
    rounded down and at least one slot, the smallest demand first. When all is offered and a search has less than
    its smallest waiting trial takes, the youngest such gives its offer back and sits out.
    """
    found = [0] * len(demands)
    wanting = (place for place, demand in enumerate(demands) if demand.slots > 0)
    order = sorted(wanting, key=lambda i: (demands[i].slots, demands[i].turn))
    left = capacity
    while True:
        left = _fill(demands, order, found, left)
        if left:
            return found
        short = sorted(i for i in order if found[i] < (demands[i].waiting or 0))
        while short and not found[short[-1]]:  # it has nothing to give back
            short.pop()
        if not short:
            return found
        order = [i for i in order if i < short[-1] or found[i] >= (demands[i].waiting or 0)]
        left, found[short[-1]] = found[short[-1]], 0


def _fill(demands: Sequence[Demand], order: Sequence[int], found: list[int], left: int) -> int:
    """Offer `left` slots in rounds, adding to `found`; returns what nobody wants."""
    unmet = [i for i in order if found[i] < demands[i].slots]
    while left and unmet:
        start, weight = left, sum(demands[i].weight for i in unmet)
        for i in unmet:
            share = max(1, int(start * demands[i].weight / weight))
            more = int(min(share, left, demands[i].slots - found[i]))
            found[i] += more
            left -= more
            if not left:
                break
        unmet = [i for i in unmet if found[i] < demands[i].slots]
    return left


class FairShare:
    """Each search gets its share: above it trials stop, the first first, and below it trials start."""

    def __init__(self) -> None:
        self._claims: list[Claim] = []
        self._offers: list[int] = []
        self._known = -1  # the capacity that the offers are of; -1: they are to be made anew

    def arrive(self, claim: Claim) -> None:
        """Take in a search."""
        self._claims.append(claim)
        self._known = -1

    def leave(self, claim: Claim) -> None:
        """Forget a search that is done."""
        self._claims.remove(claim)
        self._known = -1

    def stir(self, claim: Claim) -> None:  # noqa: ARG002  (whoever it is, all shares may change)
        """Hear that a search may have a trial to start."""
        self._known = -1

    def stopped(self, claim: Claim) -> None:
        """Hear that a trial which had to stop waits again: its search wants as much as before, and offers stay."""

    def release(self, room: Room) -> list[tuple[Claim, Running]]:
        """The trials of searches that are above their offer, until they aren't."""
        if len(self._claims) < 2:  # noqa: PLR2004  (a search alone shares with nobody)
            return []
        self._settle(room.capacity)
        return [
            (claim, trial)
            for claim, offer in zip(self._claims, self._offers, strict=True)
            if claim.held > offer
            for trial in list(claim.running.values())[: -(-(claim.held - offer) // claim.slots)]
        ]

    def choose(self, room: Room) -> Claim | None:
        """The first search in order of arrival whose next trial fits its offer and has room."""
        if len(self._claims) == 1:
            [claim] = self._claims
            return claim if not claim.capped and room.fits(claim.slots) and claim.wants() else None
        if self._claims:
            self._settle(room.capacity)
        return next(
            (
                claim
                for claim, offer in zip(self._claims, self._offers, strict=False)
                if claim.waiting and claim.held + claim.slots <= offer and room.fits(claim.slots)
            ),
            None,
        )

    def _settle(self, capacity: int) -> None:
        """Make the offers, asking searches for as many trials as they are offered: then their demand is known."""
        if self._known == capacity:
            return
        while True:
            self._offers = offers([_demand(claim, capacity) for claim in self._claims], capacity)
            silent = False
            for claim, offer in zip(self._claims, self._offers, strict=True):
                while claim.more and claim.held + (claim.waiting + 1) * claim.slots <= offer and not silent:
                    silent = not claim.ask()
            if not silent:
                break
        self._known = capacity


def _demand(claim: Claim, capacity: int) -> Demand:
    """What a search could use; without end, as far as is known, where it was not asked for all it has.

    Of those nobody knows which wants more, and there may be too few slots for all: they take turns, trial by trial.
    Whoever holds more goes on, so that none is stopped for a turn.
    """
    if claim.slots > capacity:
        return Demand(0)
    wanted = inf if claim.more else claim.held + claim.waiting * claim.slots
    if claim.max_slots is not None:
        wanted = min(wanted, claim.max_slots)
    turn = (-claim.held, claim.latest) if claim.more else (0, 0)
    return Demand(wanted, claim.weight, claim.slots if claim.more or claim.waiting else None, turn)
