"""A worker of a cluster that many searches share."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.cluster.model import Worker
from simulator.cluster.outcomes import Begun, Ending, Task
from simulator.cluster.sharing.claims import Running
from simulator.cluster.sharing.searches import Search


@dataclass(eq=False, slots=True)
class Attempt:
    """An attempt that a worker leads for a search, from tick `start` on; its outcome holds unless it is stopped.

    `others` are the further workers that it holds.
    """

    search: Search
    task: Task
    running: Running
    start: int
    ending: Ending
    begun: Begun
    others: tuple[SharedWorker, ...]


@dataclass(eq=False, slots=True)
class SharedWorker(Worker):
    """A place for trials, on the machine numbered `place`."""

    place: int = 0
    attempt: Attempt | None = None
