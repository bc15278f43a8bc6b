"""A searcher with a listener that may end a run while it goes on."""

from __future__ import annotations

from collections.abc import Callable

from simulator.searchers.protocol import AnyJob, Idle, Job, Searcher, goes_on_in_place


class Watched:
    """Passes every call on to `searcher`, and calls `heard` before every report; `heard` may raise to end the run."""

    def __init__(self, searcher: Searcher, heard: Callable[[], None]) -> None:
        self._searcher, self._heard = searcher, heard

    @property
    def resources(self) -> tuple[int, ...]:
        """The searcher's own."""
        return self._searcher.resources

    @property
    def brackets(self) -> tuple[tuple[int, ...], ...]:
        """The searcher's own."""
        return self._searcher.brackets

    @property
    def max_length(self) -> int:
        """The searcher's own."""
        return self._searcher.max_length

    @property
    def in_place(self) -> bool:
        """The searcher's own."""
        return goes_on_in_place(self._searcher)

    @property
    def progress(self) -> float:
        """The searcher's own."""
        return self._searcher.progress

    def next_job(self) -> Job | Idle:
        """Ask the searcher for the next job."""
        return self._searcher.next_job()

    def withdraw(self, job: AnyJob) -> None:
        """Tell the searcher."""
        self._searcher.withdraw(job)

    def report(self, job: AnyJob, loss: float) -> None:
        """Tell the searcher."""
        self._heard()
        self._searcher.report(job, loss)

    def report_and_next(self, job: AnyJob, loss: float) -> AnyJob | Idle:
        """Tell and ask the searcher."""
        self._heard()
        return self._searcher.report_and_next(job, loss)
