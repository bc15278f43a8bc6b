"""First in, first out: searches in order of arrival; a later one gets the slots that earlier ones can't use."""

from __future__ import annotations

from simulator.cluster.sharing.claims import Claim, Room, Running, WithWork


class Fifo:
    """Gives free slots to the first search that has a trial for them; running trials are never stopped."""

    def __init__(self) -> None:
        self._with_work = WithWork(lambda claim: (claim.number,))

    def arrive(self, claim: Claim) -> None:
        """Add a search."""
        self._with_work.add(claim)

    def leave(self, claim: Claim) -> None:
        """Remove a search that is done."""
        self._with_work.discard(claim)

    def note_work(self, claim: Claim) -> None:
        """Note that a search may have a trial to start."""
        self._with_work.add(claim)

    def stopped(self, claim: Claim) -> None:
        """Note that a trial which had to stop waits again."""
        self._with_work.add(claim)

    def release(self, room: Room) -> list[tuple[Claim, Running]]:  # noqa: ARG002  (nobody has to stop)
        """No trial has to stop."""
        return []

    def choose(self, room: Room) -> Claim | None:
        """The first search with a trial that has room."""
        return next((claim for claim in self._with_work if room.fits(claim.slots) and claim.wants()), None)
