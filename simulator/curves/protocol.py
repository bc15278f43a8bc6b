"""The interface of learning curves: the loss of a trial and the time it took, up to a resource."""

from __future__ import annotations

from enum import Enum
from typing import Protocol


class Exit(Enum):
    """Why a trial died before it was fully trained."""

    ERRORED = "errored"
    INVALID = "invalid"
    DIVERGED = "diverged"


#: Training a trial from one resource to another: the ticks it takes, the loss at its end, and its exit. A trial that
#: dies during the training has an exit, the loss inf, and takes the ticks up to its death. It is a plain tuple
#: because one is made for every job, and an object would take three times as long to make.
Training = tuple[int, float, Exit | None]


class Curves(Protocol):
    """A table of trials, the same for every searcher: trial i is row i."""

    @property
    def trials(self) -> int | None:
        """The number of trials; None if it has no limit."""
        ...

    def reach(self, resources: tuple[int, ...]) -> str | None:
        """Say what is wrong with rungs at `resources`; None if the trials can be trained to all of them."""
        ...

    def train(self, trial: int, from_resource: int, to_resource: int) -> Training:
        """Train `trial` from one resource to another.

        Raises InputError for a trial or a resource that the table does not have.
        """
        ...
