"""The interface of searchers: train this trial to this resource, or wait, or the search is done."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, Protocol


class Idle(Enum):
    """The two answers that are not a job."""

    WAIT = "ask again after the next report"
    DONE = "nothing will ever come"


class Job(NamedTuple):
    """Train `trial` from `from_resource` to `to_resource` (cumulative units), which brings it onto `rung`.

    A job is a tuple because a frozen dataclass takes three times as long to make.
    """

    trial: int
    bracket: int
    rung: int
    from_resource: int
    to_resource: int


#: A job, or the bare tuple of its fields, which takes a quarter of the time to make.
AnyJob = tuple[int, int, int, int, int]


class Decider(Protocol):
    """The part of a searcher that an engine uses: it decides which trial trains next, and how far.

    Each job is reported or withdrawn exactly once, in any order.
    """

    @property
    def max_length(self) -> int:
        """Units of a fully trained trial; if brackets end at different resources, the least of these."""
        ...

    def next_job(self) -> Job | Idle:
        """Return a job, or WAIT (only while a job is outstanding), or DONE (only if none is; then always)."""
        ...

    def report(self, job: AnyJob, loss: float) -> None:
        """Take the result of `job`: smaller is better; inf is a trial that diverged or exited; NaN is not allowed."""
        ...

    def report_and_next(self, job: AnyJob, loss: float) -> AnyJob | Idle:
        """Report `job` and return the next job in one call, which saves the fast loop a tenth of its time."""
        ...

    def withdraw(self, job: AnyJob) -> None:
        """Withdraw the trial of `job`, whose hyperparameters are invalid: its results vanish, and it does not count.

        Some of Determined's searchers treat it like a trial that exited.
        """
        ...


def goes_on_in_place(searcher: Decider) -> bool:
    """Whether a trial whose own result lets it go on keeps its worker, because it never stopped."""
    return bool(getattr(searcher, "in_place", False))


class Searcher(Decider, Protocol):
    """Decides which trial trains next and how far. It has no clock, no randomness and no I/O.

    The same reports in the same order give the same jobs.
    """

    @property
    def resources(self) -> tuple[int, ...]:
        """The resources of its rungs, increasing."""
        ...

    @property
    def brackets(self) -> tuple[tuple[int, ...], ...]:
        """The resources of each bracket's rungs, by the bracket's number, for all brackets begun so far."""
        ...

    @property
    def progress(self) -> float:
        """How much of the search is done, 0 to 1, as Determined reports it; always 0 if it has no end.

        If the number of units is known beforehand, it counts units, and ends below 1 if trials exit. Else it counts
        trials. Several brackets have equal weight. It is computed on request, in O(brackets x rungs).
        """
        ...


class OneByOne:
    """A searcher whose `report_and_next` is just the two calls."""

    def report_and_next(self: Decider, job: AnyJob, loss: float) -> AnyJob | Idle:
        """Report `job` and return the next."""
        self.report(job, loss)
        return self.next_job()
