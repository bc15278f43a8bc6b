"""A search on a shared cluster: its arrival, its work and its state."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.cluster.outcomes import Outcomes, Task
from simulator.cluster.sharing.claims import DEFAULT_PRIORITY, Claim
from simulator.curves.protocol import Curves
from simulator.searchers.protocol import AnyJob, Idle, Searcher


@dataclass(frozen=True)
class Arrival:
    """A search that arrives at tick `at`; `number` counts the searches of its label from 0.

    `open` makes its searcher and its trials when it arrives; `seed` is the seed of its stragglers and losses. Each of
    its trials takes `slots`. `resume`: a promoted trial goes on from its last result.
    """

    at: int
    label: str
    number: int
    open: Callable[[], tuple[Searcher, Curves]]
    seed: int = 0
    slots: int = 1
    weight: float = 1.0
    priority: int = DEFAULT_PRIORITY
    max_slots: int | None = None
    resume: bool = True


@dataclass(eq=False, slots=True)
class Search(Claim):
    """A search that has arrived and is not done; with `queued` it is asked for all its jobs after each report."""

    arrival: Arrival = field(kw_only=True)
    searcher: Searcher = field(kw_only=True)
    outcomes: Outcomes = field(kw_only=True)
    queued: bool = field(kw_only=True)
    in_place: bool = field(kw_only=True)
    resume: bool = field(kw_only=True)
    jobs: deque[AnyJob] = field(default_factory=deque)
    first: deque[Task] = field(default_factory=deque)  # tasks that come before new ones, such as lost ones
    last: deque[Task] = field(default_factory=deque)  # lost tasks that come when there is no other
    held_back: int = 0  # lost tasks that may not be tried again yet

    @property
    def name(self) -> str:
        """The text by which an error names the search."""
        return f" of search {self.arrival.number} of {self.arrival.label}"

    @property
    def open(self) -> int:
        """The number of its waiting trials that its max_slots allows to start."""
        if self.max_slots is None:
            return self.waiting
        return min(self.waiting, max(self.max_slots - self.held, 0) // self.slots)

    def ask(self) -> bool:
        """Ask the searcher for a job, which then waits; returns whether there was one."""
        answer = self.searcher.next_job()
        if isinstance(answer, Idle):
            self.more = False
            return False
        self.jobs.append(answer)
        self.waiting += 1
        return True

    def line_up(self) -> bool:
        """Ask for one more job, for which a machine will be hired; the job waits in line before all others."""
        if not self.ask():
            return False
        while self.jobs:  # in the order of the requests
            self.waiting -= 1
            self.requeue(self._new(self.jobs.popleft()))
        return True

    def find_work(self) -> bool:
        """Ask for jobs after a report, or at the start; returns whether any work is left."""
        self.more = True
        if self.queued:
            while self.ask():
                pass
        return bool(self.running or self.waiting or self.held_back or self.ask())

    def next_task(self) -> Task:
        """Take the next task: of those that come first, else a new one, else of those that come last."""
        if self.last and not self.first and not self.jobs and self.more:
            self.ask()
        self.waiting -= 1
        if self.first:
            return self.first.popleft()
        return self._new(self.jobs.popleft()) if self.jobs else self.last.popleft()

    def next_task_of(self, trial: int) -> Task | None:
        """The next task, if it is of `trial`; None if it is of another trial, whose task then waits in line."""
        if not self.jobs and not self.ask():
            return None
        self.waiting -= 1
        task = self._new(self.jobs.popleft())
        if task[0][0] == trial:
            return task
        self.requeue(task)
        return None

    def _new(self, job: AnyJob) -> Task:
        return job, job[3] if self.resume else 0, 0

    def requeue(self, task: Task) -> None:
        """Put a task in line before all others: one that was lost or stopped, or that waits for a machine."""
        self.first.append(task)
        self.waiting += 1

    def put_last(self, task: Task) -> None:
        """Put a lost task in line behind all others."""
        self.last.append(task)
        self.waiting += 1
