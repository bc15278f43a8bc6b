"""The SimPy model of one search on a cluster: its jobs, and the ends that depend on its results or its cost."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from heapq import heappush
from math import inf
from typing import Any

from simulator.cluster.hiring import Hired
from simulator.cluster.model import Model, Process, Worker
from simulator.cluster.outcomes import Ending, Outcomes, Task, task_to_retry
from simulator.cluster.pool import MachinePool
from simulator.cluster.spec import Cluster, Stop
from simulator.core import ticks
from simulator.curves.protocol import Curves, Exit
from simulator.searchers.protocol import AnyJob, Idle, Job, Searcher, goes_on_in_place

DONE, WAIT, INVALID = Idle.DONE, Idle.WAIT, Exit.INVALID  # members of an enum are slow to look up


@dataclass(eq=False, slots=True)
class Trainer(Worker):
    """A worker that trains trials of a single search."""

    ending: Ending | None = None  # the outcome of its attempt; None while it waits for its machine


class OneSearch(Model[Trainer]):
    """One run of a searcher on a cluster."""

    def __init__(
        self, searcher: Searcher, curves: Curves, cluster: Cluster, pool: MachinePool, stop: Stop, seed: int
    ) -> None:
        self._outcomes = Outcomes(curves, cluster, pool, seed)
        super().__init__(cluster, pool, stop.time, self._outcomes.rows)
        self._searcher = searcher
        self._resume = cluster.resume
        self._stop = stop
        self._aims = any(aim is not None for aim in (stop.loss, stop.full_loss, stop.full_length))
        self._waiting: deque[AnyJob] | None = deque() if cluster.assignment == "queued" else None
        self._first: deque[Task] = deque()  # tasks that come first: lost ones, and those that wait for hired machines
        self._last: deque[Task] = deque()  # lost tasks that come when there is no other
        self.held_back = 0
        self._in_place = self._waiting is None and goes_on_in_place(searcher)
        self._fresh: tuple[Trainer, int] | None = None  # the worker of a result that has just come, and its trial
        self._running = 0
        self._full_length = 0

    def _open(self) -> None:
        self._hand_out()

    def _others(self) -> list[Process]:
        return [] if self._stop.cost is None else [self._treasurer(self._stop.cost)]

    def _treasurer(self, budget: float) -> Process:
        """Follows the machines' cost as they come and go, and ends the run at the tick that uses up the budget."""
        spending = self.pool.spending(budget)
        while True:
            change = spending.next_change
            spent = spending.spent_by(ticks.LIMIT if change is None else change)
            if spent is not None:
                self._deadline = min(self._deadline, spent)  # at that tick no work is handed out
                yield self.env.timeout(spent - self.env.now)
                self._end()
            if spent is not None or change is None:
                return
            yield self.env.timeout(change - self.env.now)

    def _end_attempt(self, worker: Trainer) -> None:
        """End a worker's attempt: report its result, or keep its task. The worker is idle from then on."""
        ending, worker.ending = worker.ending, None
        if ending is None:
            self._is_back(worker)
            return
        worker.until = None
        now = self.now
        _, job, loss, exit_, left = ending
        if self._in_place and left is None and exit_ is not INVALID:
            self._fresh = worker, job[0]
        else:
            heappush(self._idle, worker.rank)
        if isinstance(worker.machine, Hired):
            worker.machine.give_back(now)
        self._running -= 1
        self._quiet_since = now
        if left is not None:
            self._lose(self, partial(self._line_up, task_to_retry(left)))
        elif exit_ is INVALID:
            self._searcher.withdraw(job)
        else:
            self._searcher.report(job, loss)
            if self._aims and self._reached(job, loss, exit_):
                self._end()

    def _line_up(self, task: Task) -> None:
        """Put a lost task in line: before all others, or behind them."""
        (self._first if self._recovery.retry == "first" else self._last).append(task)

    def _reached(self, job: AnyJob, loss: float, exit_: Exit | None) -> bool:
        """Whether the run is to stop at this result."""
        stop = self._stop
        if exit_ is None and job[3] < self._searcher.max_length <= job[4]:
            self._full_length += 1
        if stop.full_loss is not None and loss <= stop.full_loss and job[4] >= self._searcher.max_length:
            return True
        return (stop.loss is not None and loss <= stop.loss) or (stop.full_length or inf) <= self._full_length

    def _hand_out(self) -> None:
        """Give work to the idle workers, in the policy's order, as long as there is work."""
        now = self.now
        if self._waiting is not None and now < self._deadline:
            self._queue_jobs(self._waiting)
        if self._fresh is not None:
            self._go_on(*self._fresh)
        while now < self._deadline:
            worker = self._next_idle()
            if worker is None:
                self._hire()
                break
            if not self._is_there(worker):
                continue
            task = self._next_task()
            if task is None:
                heappush(self._idle, worker.rank)
                break
            self._start(worker, task)
        if not self._running:
            self._notice_quiet()

    def _next_task(self) -> Task | None:
        """The next task: of those in line, or of those that the searcher has now."""
        if self._first:
            return self._first.popleft()
        return self._asked_for() or (self._last.popleft() if self._last else None)

    def _go_on(self, worker: Trainer, trial: int) -> None:
        """Let a trial that goes on at its own result keep its worker; else the worker is idle."""
        self._fresh = None
        task = self._asked_for() if self.now < self._deadline else None
        if task is None or task[0][0] != trial:
            heappush(self._idle, worker.rank)
        elif self._is_there(worker):
            self._start(worker, task)
            return
        if task is not None:
            self._first.append(task)

    def _queue_jobs(self, waiting: deque[AnyJob]) -> None:
        """Ask the searcher for jobs until it says WAIT, and put them in line, as Determined does at each report."""
        while isinstance(answer := self._searcher.next_job(), Job):
            waiting.append(answer)
        if answer is DONE:
            self._end()

    def _asked_for(self) -> Task | None:
        """The next task that was not tried yet, if there is one."""
        job: Any
        if self._waiting is None:
            job = self._searcher.next_job()
        else:
            job = self._waiting.popleft() if self._waiting else WAIT
        if job is WAIT or job is DONE:
            if job is DONE:
                self._end()
            return None
        return job, job[3] if self._resume else 0, 0

    def _work_waits(self) -> bool:
        """Whether there are more waiting jobs, in line or from the searcher, than workers that start up."""
        if len(self._first) + len(self._last) + len(self._waiting or ()) > self._starting:
            return True
        if self._waiting is not None or (task := self._asked_for()) is None:
            return False
        self._first.append(task)
        return True

    def _start(self, worker: Trainer, task: Task) -> None:
        """Begin an attempt at `task`: its outcome is known now, and the worker is busy until its end."""
        now, up = self.now, None if worker.machine is None else worker.machine.up
        wait = self._wait(inf if up is None else up.until)
        worker.ending = self._outcomes.begin(task, worker.number, now, wait, up)
        if isinstance(worker.machine, Hired):
            worker.machine.take()
        self._running += 1
        self._vain = 0
        self._occupy(worker, worker.ending[0] - now)

    def _new_worker(self, rank: int) -> Trainer:
        pool, number = self.pool, self.pool.worker(rank)
        return Trainer(rank, number, pool.group(number), None if pool.steady else pool.machine(number))

    def _busy(self) -> bool:
        return self._running > 0

    def _stuck(self) -> bool:
        return not self._running and not self.held_back

    def _unfinished(self) -> str:
        return "the search is not over"
