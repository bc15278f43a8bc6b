"""Priorities as in Determined: 1 to 99, the smaller the more urgent; equal ones are in order of arrival."""

from __future__ import annotations

from simulator.cluster.sharing.claims import Claim, Room, Running, WithWork


class Priority:
    """Gives free slots to the most urgent search.

    If a waiting trial has no room, less urgent searches start nothing. With `preemption` they may start trials in the
    free slots, and running trials that are less urgent than the waiting one stop until it has room, the least urgent
    and youngest first.
    """

    def __init__(self, *, preemption: bool = False) -> None:
        self._preemption = preemption
        self._with_work = WithWork(lambda claim: (claim.priority, claim.number))
        self._claims: dict[int, Claim] = {}

    def arrive(self, claim: Claim) -> None:
        """Add a search."""
        self._claims[claim.number] = claim
        self._with_work.add(claim)

    def leave(self, claim: Claim) -> None:
        """Remove a search that is done."""
        del self._claims[claim.number]
        self._with_work.discard(claim)

    def note_work(self, claim: Claim) -> None:
        """Note that a search may have a trial to start."""
        self._with_work.add(claim)

    def stopped(self, claim: Claim) -> None:
        """Note that a trial which had to stop waits again."""
        self._with_work.add(claim)

    def release(self, room: Room) -> list[tuple[Claim, Running]]:
        """The trials that have to stop for the most urgent waiting trial that can get room that way."""
        if not self._preemption:
            return []
        least = max((claim.priority for claim in self._claims.values() if claim.running), default=0)
        for claim in self._with_work:
            if claim.priority >= least:
                return []
            if room.fits(claim.slots):
                if claim.wants():
                    return []  # it starts before any other
                continue
            victims = self._victims(claim, room)
            if victims and claim.wants():
                return victims
        return []

    def choose(self, room: Room) -> Claim | None:
        """The most urgent search with a trial that has room."""
        bound: int | None = None  # the priority of the first trial without room
        for claim in self._with_work:
            if bound is not None and claim.priority > bound:
                return None
            if room.fits(claim.slots):
                if claim.wants():
                    return claim
            elif not self._preemption and claim.wants():
                bound = claim.priority
        return None

    def _victims(self, claim: Claim, room: Room) -> list[tuple[Claim, Running]]:
        """The least urgent and youngest trials that have to stop for a trial of `claim`; empty if all are too few."""
        running = [
            (other.priority, trial.started, other, trial)
            for other in self._claims.values()
            if other.priority > claim.priority
            for trial in other.running.values()
        ]
        running.sort(key=lambda one: one[:2], reverse=True)
        stopped: list[Running] = []
        for place, (_, _, _, trial) in enumerate(running, 1):
            stopped.append(trial)
            if room.fits_after(claim.slots, stopped):
                return [(other, trial) for _, _, other, trial in running[:place]]
        return []
