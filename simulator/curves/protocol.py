"""Learning curves: the loss of a trial and the time it took, up to a resource."""

from __future__ import annotations

from enum import Enum
from typing import Protocol


class Exit(Enum):
    """Why a trial died before it was fully trained."""

    ERRORED = "errored"
    INVALID = "invalid"
    DIVERGED = "diverged"


#: Training a trial from one resource to another: the ticks it takes, the loss at its end, and its exit. A trial that
#: dies on the way has an exit, the loss inf, and takes the ticks up to its death. A bare tuple, since one is made for
#: every job and anything more would take three times as long.
Training = tuple[int, float, Exit | None]


class Curves(Protocol):
    """A table of trials, the same for every searcher: trial i is row i."""

    @property
    def trials(self) -> int | None:
        """How many there are; None for no end."""
        ...

    def reach(self, resources: tuple[int, ...]) -> str | None:
        """Say what is wrong with rungs at `resources`; None where the table has them all."""
        ...

    def train(self, trial: int, from_resource: int, to_resource: int) -> Training:
        """What training does to a trial. Raises InputError for a trial or a resource the table does not have."""
        ...
