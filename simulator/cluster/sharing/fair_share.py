"""Fair shares as in Determined's pool: max-min fairness by progressive filling, computed again at any change."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from simulator.cluster.sharing.claims import Claim, Room, Running


class Demand(NamedTuple):
    """The slots that a search could use now, running trials included, and those of its smallest `waiting` trial.

    Of equal demands the one with the smaller `turn` comes first, then the first to arrive.
    """

    slots: float
    weight: float = 1.0
    waiting: int | None = None
    turn: tuple[int, int] = (0, 0)


def offers(demands: Sequence[Demand], capacity: int) -> list[int]:
    """Share `capacity` slots among demands, in order of arrival.

    In each round, every demand that is not yet met gets its share by weight of the slots that were left at the
    round's start, rounded down but at least one slot, the smallest demand first. If a search is finally offered fewer
    slots than its smallest waiting trial takes, the youngest such search gives its offer back and is left out.
    """
    wanted = [demand.slots for demand in demands]
    if sum(wanted) <= capacity:
        return [int(slots) for slots in wanted]
    order = [i for _, _, i in sorted([(slots, demands[i].turn, i) for i, slots in enumerate(wanted) if slots])]
    weights = [demand.weight for demand in demands]
    found, left = [0] * len(demands), capacity
    while True:
        left = _fill(wanted, weights, order, found, left)
        if left:
            return found
        short = [i for i in order if 0 < found[i] < (demands[i].waiting or 0)]
        if not short:
            return found
        youngest = max(short)
        order = [i for i in order if i < youngest or found[i] >= (demands[i].waiting or 0)]
        left, found[youngest] = found[youngest], 0


def _fill(
    wanted: Sequence[float], weights: Sequence[float], order: Sequence[int], found: list[int], left: int
) -> int:
    """Offer `left` slots in rounds, and add the offers to `found`; returns the slots that remain."""
    unmet = [i for i in order if found[i] < wanted[i]]
    while left and unmet:
        start, total, still = left, sum([weights[i] for i in unmet]), []
        for i in unmet:
            more = min(int(start * weights[i] / total) or 1, left)
            if more < wanted[i] - found[i]:
                still.append(i)
            else:
                more = int(wanted[i]) - found[i]
            found[i] += more
            left -= more
            if not left:
                break
        unmet = still
    return left


class FairShare:
    """Each search gets its share: above the share its trials stop, the oldest first; below it more trials start."""

    def __init__(self) -> None:
        self._claims: list[Claim] = []
        self._offers: list[int] = []
        self._known = -1  # the capacity behind the offers; -1 if they must be computed again
        self._kept: list[int] | None = None  # the last offers that no search exceeds any more

    def arrive(self, claim: Claim) -> None:
        """Add a search."""
        self._claims.append(claim)
        self._known = -1

    def leave(self, claim: Claim) -> None:
        """Remove a search that is done."""
        self._claims.remove(claim)
        self._known = -1

    def note_work(self, claim: Claim) -> None:  # noqa: ARG002  (any search may change all shares)
        """Note that a search may have a trial to start."""
        self._known = -1

    def stopped(self, claim: Claim) -> None:
        """Note that a stopped trial waits again; its search's demand is the same as before, and so are the offers."""

    def release(self, room: Room) -> list[tuple[Claim, Running]]:
        """The trials that have to stop so that no search is above its offer."""
        if len(self._claims) < 2:  # noqa: PLR2004  (a single search shares with nobody)
            return []
        self._settle(room.capacity)
        if self._kept is self._offers:  # trials that started since then are within their search's offer
            return []
        self._kept = self._offers
        return [
            (claim, trial)
            for claim, offer in zip(self._claims, self._offers, strict=True)
            if len(claim.running) * claim.slots > offer
            for trial in list(claim.running.values())[: -(-(claim.held - offer) // claim.slots)]
        ]

    def choose(self, room: Room) -> Claim | None:
        """The first search in order of arrival whose next trial fits its offer and has room."""
        if len(self._claims) == 1:
            [claim] = self._claims
            return claim if not claim.capped and room.fits(claim.slots) and claim.wants() else None
        if self._claims:
            self._settle(room.capacity)
        for claim, offer in zip(self._claims, self._offers, strict=False):
            if claim.waiting and (len(claim.running) + 1) * claim.slots <= offer and room.fits(claim.slots):
                return claim
        return None

    def _settle(self, capacity: int) -> None:
        """Compute the offers; each search is asked for as many trials as it is offered, to know its demand."""
        if self._known == capacity:
            return
        while True:
            self._offers = offers([_demand(claim, capacity) for claim in self._claims], capacity)
            silent = False
            for claim, offer in zip(self._claims, self._offers, strict=True):
                while claim.more and not silent and (len(claim.running) + claim.waiting + 1) * claim.slots <= offer:
                    silent = not claim.ask()
            if not silent:
                break
        self._known = capacity


def _demand(claim: Claim, capacity: int) -> Demand:
    """A search's demand, taken as endless if the search was not asked for all its trials.

    Which of several endless demands is greater is unknown, and there may be too few slots for all, so they take
    turns, trial by trial. A search that holds more slots keeps them, so that no trial is stopped for a turn.
    """
    slots = claim.slots
    if slots > capacity:
        return Demand(0)
    held = len(claim.running) * slots
    if claim.more:
        wanted = inf if claim.max_slots is None else claim.max_slots
        return Demand(wanted, claim.weight, slots, (-held, claim.latest))
    wanted = held + claim.waiting * slots
    if claim.max_slots is not None:
        wanted = min(wanted, claim.max_slots)
    return Demand(wanted, claim.weight, slots if claim.waiting else None)
