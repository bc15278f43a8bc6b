"""A diary of a search: every result, the standing of its rung at that moment, and the jobs handed out next."""

from __future__ import annotations

from typing import NamedTuple

from simulator.searchers.bracket import standing_of
from simulator.searchers.protocol import AnyJob, Idle, Job, Searcher
from simulator.searchers.rung import Standing
from simulator.searchers.watched import Watched


class Entry(NamedTuple):
    """A result: its job and loss, the standing of the rung with it, and the jobs handed out before the next result.

    `standing` is None if the searcher does not give one. With `withdrawn`, the trial was withdrawn and has no loss.
    """

    job: AnyJob
    loss: float
    withdrawn: bool
    standing: Standing | None
    handed_out: list[AnyJob]


class Diary(Watched):
    """Passes every call on to `searcher`, and keeps a diary of it."""

    def __init__(self, searcher: Searcher) -> None:
        super().__init__(searcher, lambda: None)
        self.first: list[AnyJob] = []  # jobs handed out before any result
        self.entries: list[Entry] = []

    def next_job(self) -> Job | Idle:
        """Ask the searcher for the next job."""
        return self._noted(super().next_job())

    def report(self, job: AnyJob, loss: float) -> None:
        """Tell the searcher."""
        super().report(job, loss)
        self.entries.append(Entry(job, loss, False, standing_of(self._searcher, job[1], job[2]), []))

    def withdraw(self, job: AnyJob) -> None:
        """Tell the searcher."""
        super().withdraw(job)
        self.entries.append(Entry(job, float("nan"), True, standing_of(self._searcher, job[1], job[2]), []))

    def report_and_next(self, job: AnyJob, loss: float) -> AnyJob | Idle:
        """Tell and ask the searcher."""
        self.report(job, loss)
        return self.next_job()

    def _noted(self, answer: Job | Idle) -> Job | Idle:
        if not isinstance(answer, Idle):
            (self.entries[-1].handed_out if self.entries else self.first).append(answer)
        return answer
