"""What a searcher says: train this trial this far, or wait, or it is over."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, Protocol


class Idle(Enum):
    """The two answers that are not a job."""

    WAIT = "ask again after the next report"
    DONE = "nothing will ever come"


class Job(NamedTuple):
    """Train `trial` from `from_resource` to `to_resource` (cumulative units), as its step onto `rung`.

    A tuple and not a frozen dataclass, which would take three times as long to make.
    """

    trial: int
    bracket: int
    rung: int
    from_resource: int
    to_resource: int


#: A job, or the bare tuple of its fields: making that takes a quarter of the time.
AnyJob = tuple[int, int, int, int, int]


class Decider(Protocol):
    """What an engine asks of a searcher: who trains next and how far.

    Each job is reported or withdrawn exactly once, in any order.
    """

    @property
    def max_length(self) -> int:
        """Units of a trial trained in full; where brackets end at different ones, the least of them."""
        ...

    def next_job(self) -> Job | Idle:
        """Return a job, or WAIT (only while a job is outstanding), or DONE (only when none is; final)."""
        ...

    def report(self, job: AnyJob, loss: float) -> None:
        """Take the result of `job`; smaller is better, inf is a trial that diverged or exited. Never NaN."""
        ...

    def report_and_next(self, job: AnyJob, loss: float) -> AnyJob | Idle:
        """Report `job` and return the next, in one call, which saves the fast loop a tenth of its time."""
        ...

    def withdraw(self, job: AnyJob) -> None:
        """Take back the trial of `job` (invalid hyperparameters): its results vanish, it does not count.

        Some of Determined's searchers make no difference between that and a trial that exited.
        """
        ...


class Searcher(Decider, Protocol):
    """Decides which trial trains next and how far. It has no clock, no randomness and no I/O.

    The same reports in the same order give the same jobs.
    """

    @property
    def resources(self) -> tuple[int, ...]:
        """Where its rungs stand, increasing."""
        ...

    @property
    def brackets(self) -> tuple[tuple[int, ...], ...]:
        """Where the rungs of each bracket stand, by its number; of those begun so far."""
        ...

    @property
    def progress(self) -> float:
        """How much of the search is done, 0 to 1, as Determined reports it; 0 for ever where it has no end.

        By units of resource where their number is known beforehand (then a search in which trials exit ends
        below 1), else by trials; several brackets count alike. O(brackets x rungs) when asked, never kept up.
        """
        ...


class OneByOne:
    """`report_and_next` for a searcher that gains nothing by it."""

    def report_and_next(self: Decider, job: AnyJob, loss: float) -> AnyJob | Idle:
        """Report `job` and return the next."""
        self.report(job, loss)
        return self.next_job()
