"""The cluster as a SimPy model: a process for each worker, and a process for each thing that ends a run by itself.

The model in plain words
------------------------
SimPy keeps the clock, `env.now`, in ticks, and a list of events that are to come. A *process* is a generator: it runs
until it yields an event, and goes on when that event has happened. All processes of this model are below.

**A worker** trains one trial at a time. Its process repeats three steps: it waits until its attempt at a job has
ended, it tells the searcher the result, and it hands out work. Handing out serves every worker that is idle at that
moment, the first in the policy's order first, not only the one that has just become idle; one result may promote
several trials. A worker for whom there is nothing waits for its event `called`, and uses no time until somebody
calls it.

**An attempt** is a timeout. What will come of it is known when it begins: its length, and whether it ends with a
result, is dropped, or is cut short because its machine fails or is taken away. These fates are drawn by trial, rung
and attempt (fates.py), and by machine and spell (machines.py), so that two searchers under one seed meet the same
troubles. A job that is lost goes to the front of the line, and its next attempt begins from its last checkpoint.
outcomes.py says all this of an attempt, and writes it down in the trace.

**A machine** comes and goes; its workers with it. Nobody watches a machine whose workers have nothing to do. When
there is work for a worker whose machine is away, the worker waits until the machine is back and asks again. A machine
that was let go for want of work (hiring.py) is hired again when more work waits than workers who start up; that work
stands first in the line, for whoever is ready first.

**The timekeeper** ends the run at a given time, **the treasurer** when a budget is spent, and **patience** when
nobody has worked for too long although there is work. The run ends too when the searcher says that it is done, and
at a result that was asked for.

Several things may happen at one tick. They happen one after the other, in the order in which they were begun: SimPy
handles events of equal time in the order of their creation, and an attempt's timeout is created when its work is
handed out. The event `ended` is created last of all, so every result of the run's last tick still counts.

`Model(...).run()` is all that engine.py uses. fast.py makes the same trace without SimPy where no machine ever goes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import Any

import simpy

from simulator.cluster.garbage import uncollected
from simulator.cluster.groups import MachineGroup
from simulator.cluster.hiring import Hired
from simulator.cluster.machines import Machine, Up
from simulator.cluster.outcomes import MAX_ATTEMPTS, Ending, Outcomes, Task, keep
from simulator.cluster.pool import MachinePool
from simulator.cluster.recording import unpack
from simulator.cluster.spec import Cluster, StarvedError, Stop
from simulator.core import ticks
from simulator.core.errors import RunError
from simulator.curves.protocol import Curves, Exit
from simulator.searchers.protocol import AnyJob, Idle, Job, Searcher

DONE, WAIT, INVALID = Idle.DONE, Idle.WAIT, Exit.INVALID  # looking up a member of an enum is slow

#: What a process is to Python.
Process = Generator[simpy.Event, Any, None]


@dataclass(eq=False, slots=True)
class Worker:
    """A place where one trial trains at a time: its `rank` in the policy's order, its number in the trace."""

    rank: int
    number: int
    group: MachineGroup
    machine: Machine | Hired | None  # None where machines never go
    until: simpy.Event | None = None  # the end of its attempt, or the return of its machine; None: nothing to do
    called: simpy.Event | None = None  # what it waits for while it has nothing to do
    life: Process | None = None
    ending: Ending | None = None  # what will come of its attempt; None while it waits for its machine
    starting: bool = False  # its machine starts up, having been hired because work waits


class Model:
    """One run of a searcher on a cluster."""

    def __init__(
        self, searcher: Searcher, curves: Curves, cluster: Cluster, pool: MachinePool, stop: Stop, seed: int
    ) -> None:
        self.env = simpy.Environment()
        self._searcher = searcher
        self._cluster = cluster
        self._resume = cluster.resume
        self._pool = pool
        self._stop = stop
        self._outcomes = Outcomes(curves, cluster, pool, seed)
        self._aims = any(aim is not None for aim in (stop.loss, stop.full_loss, stop.full_length))

        self._workers: list[Worker] = []  # by rank, all who were ever needed
        self._idle: list[int] = []  # a heap of the ranks of those who have nothing to do
        self._waiting: deque[AnyJob] | None = deque() if cluster.assignment == "queued" else None
        self._lost: deque[Task] = deque()  # to be tried again, before anything new; and what machines are hired for
        self._let_go: list[tuple[int, Hired]] = []  # a heap of the ranks of those whose machines were let go
        self._starting = 0  # workers whose machines were hired again and start up
        self._running = 0
        self._full_length = 0
        self._quiet = self.env.event()  # happens when nobody works although there is work
        self._quiet_since = 0
        self._decided = 0  # when the scheduler has given out the last job
        self._vain = 0  # visits of machines since the last attempt
        self._deadline: float = inf if stop.time is None else stop.time
        self._ended = self.env.event()
        self._error: Exception | None = None

    def run(self) -> dict[str, Any]:
        """Simulate to the end; returns the trace's columns.

        Raises StarvedError where work remains that nobody will ever do, RunError where the clock runs out.
        """
        env = self.env
        if self._deadline < inf:
            env.process(self._timekeeper(int(self._deadline)))
        if self._stop.cost is not None:
            env.process(self._treasurer(self._stop.cost))
        if self._cluster.max_wait is not None:
            env.process(self._patience(self._cluster.max_wait))
        try:
            with uncollected():
                self._hand_out(0)
                env.run(until=self._ended)
        except RunError:
            raise
        except RuntimeError:
            if env.peek() < inf:  # it is not SimPy's word for a list of events that has come to its end
                raise
            raise self._starved() from None
        finally:
            self._close()
        if self._error is not None:
            raise self._error
        return unpack(self._outcomes.rows, int(env.now))

    # The processes.

    def _work(self, worker: Worker) -> Process:
        """A worker's life: it ends what it was given and hands out work; without any it waits to be called."""
        while True:
            if worker.until is None:
                worker.called = self.env.event()
                yield worker.called
            else:
                yield worker.until
                try:
                    now = int(self.env.now)  # SimPy's clock may have any number; here it has whole ticks
                    self._end_attempt(worker, now)
                    self._hand_out(now)
                except Exception as error:
                    self._error = self._error or error
                    self._end()

    def _timekeeper(self, time: int) -> Process:
        """Ends the run at `time`; results of that tick still count, and no work is handed out in it."""
        yield self.env.timeout(time)
        self._end()

    def _treasurer(self, budget: float) -> Process:
        """Adds up what the machines cost as they come and go, and ends the run at the tick that spends the budget."""
        spending = self._pool.spending(budget)
        while True:
            change = spending.next_change
            spent = spending.by(ticks.LIMIT if change is None else change)
            if spent is not None:
                self._deadline = min(self._deadline, spent)  # at that tick no more work is handed out
                yield self.env.timeout(spent - self.env.now)
                self._end()
            if spent is not None or change is None:
                return
            yield self.env.timeout(change - self.env.now)

    def _patience(self, max_wait: int) -> Process:
        """Ends the run once nobody has worked for `max_wait` ticks, if anybody is still to come."""
        env = self.env
        while True:
            if self._running:
                self._quiet = env.event()
                yield self._quiet
            since = self._quiet_since
            yield env.timeout(since + max_wait - env.now)
            yield env.timeout(0)  # after all else that happens at this tick
            if not self._running and self._quiet_since == since:
                if env.peek() < inf:
                    self._end()
                return

    # What they do.

    def _end(self) -> None:
        """Let the run end after this tick."""
        self._deadline = min(self._deadline, self.env.now)
        if not self._ended.triggered:
            self._ended.succeed()

    def _end_attempt(self, worker: Worker, now: int) -> None:
        """Take in what a worker's attempt ends with. The worker is idle from then on."""
        ending, worker.ending, worker.until = worker.ending, None, None
        heappush(self._idle, worker.rank)
        if ending is None:  # its machine is back
            self._starting -= worker.starting
            worker.starting = False
            return
        _, job, loss, exit_, left = ending
        if isinstance(worker.machine, Hired):
            worker.machine.give_back(now)
        self._running -= 1
        self._quiet_since = now
        if left is not None:
            self._lost.append(keep(left))
        elif exit_ is INVALID:
            self._searcher.withdraw(job)
        else:
            self._searcher.report(job, loss)
            if self._aims and self._reached(job, loss, exit_):
                self._end()

    def _reached(self, job: AnyJob, loss: float, exit_: Exit | None) -> bool:
        """Whether a result is what the run was to stop at."""
        stop = self._stop
        if exit_ is None and job[3] < self._searcher.max_length <= job[4]:
            self._full_length += 1
        if stop.full_loss is not None and loss <= stop.full_loss and job[4] >= self._searcher.max_length:
            return True
        return (stop.loss is not None and loss <= stop.loss) or (stop.full_length or inf) <= self._full_length

    def _hand_out(self, now: int) -> None:
        """Give work to the idle workers, the first in the policy's order first, as long as there is work."""
        if self._waiting is not None and now < self._deadline:
            self._queue_jobs(self._waiting)
        while now < self._deadline:
            worker = self._next_idle()
            if worker is None:
                if self._let_go:
                    self._hire(now)
                break
            if worker.machine is not None and not self._is_there(worker, worker.machine, now):
                continue
            task = self._next_task()
            if task is None:
                heappush(self._idle, worker.rank)
                break
            self._start(worker, task, now)
        if not (self._running or self._quiet.triggered):
            self._quiet.succeed()

    def _hire(self, now: int) -> None:
        """Hire machines that were let go, the first in the policy's order first, while more work waits for them."""
        while self._let_go and self._work_waits():
            rank, machine = heappop(self._let_go)
            up = machine.at(now)
            if up is None:
                continue
            if up.since > now:  # nobody can be hired before
                self._occupy(self._workers[rank], up.since - now)
                continue
            machine.hire(now)
            ready = min(now + self._workers[rank].group.start_up, up.until)  # it may go before it has started up
            self._start_up(rank, ready - now)
            while self._let_go and self._let_go[0][1] is machine:
                self._start_up(heappop(self._let_go)[0], ready - now)

    def _work_waits(self) -> bool:
        """Whether more jobs wait in line than workers who start up, or can be had from the searcher."""
        if len(self._lost) + len(self._waiting or ()) > self._starting:
            return True
        if self._waiting is not None or (task := self._asked_for()) is None:
            return False
        self._lost.append(task)
        return True

    def _start_up(self, rank: int, length: float) -> None:
        """Let a worker wait until its machine, which has just been hired again, is ready to work."""
        worker = self._workers[rank]
        worker.starting = True
        self._starting += 1
        self._occupy(worker, length)

    def _queue_jobs(self, waiting: deque[AnyJob]) -> None:
        """Determined's way: the searcher is asked after each report until it says WAIT, and its jobs wait in line."""
        while isinstance(answer := self._searcher.next_job(), Job):
            waiting.append(answer)
        if answer is DONE:
            self._end()

    def _next_task(self) -> Task | None:
        """What is to be done next, if anything is: lost jobs first, then what the searcher says."""
        return self._lost.popleft() if self._lost else self._asked_for()

    def _asked_for(self) -> Task | None:
        """What is new to be done, if anything is."""
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

    def _next_idle(self) -> Worker | None:
        """The first idle worker in the policy's order. A worker is made when it is first needed."""
        if self._idle:
            return self._workers[heappop(self._idle)]
        rank, pool = len(self._workers), self._pool
        if rank == pool.workers:
            return None
        number = pool.worker(rank)
        worker = Worker(rank, number, pool.group(number), None if pool.steady else pool.machine(number))
        self._workers.append(worker)
        return worker

    def _is_there(self, worker: Worker, machine: Machine | Hired, now: int) -> bool:
        """Whether a worker can work now. If its machine is away it waits for that; a machine may be away for ever."""
        up = machine.at(now)
        if up is None:
            return False
        if isinstance(machine, Hired) and machine.let_go:
            heappush(self._let_go, (worker.rank, machine))
            return False
        if up.ready <= now:
            return True
        self._vain += not self._running
        if self._vain > MAX_ATTEMPTS * 10:
            raise StarvedError("machines come and go, and none stays long enough to start up and work")
        self._occupy(worker, min(up.ready, up.until) - now)  # it may go before it has started up
        return False

    def _occupy(self, worker: Worker, length: float) -> None:
        """Let a worker be busy, or away, for `length` ticks from now."""
        worker.until = self.env.timeout(length)
        if worker.called is not None:
            worker.called.succeed()
            worker.called = None
        elif worker.life is None:
            worker.life = self._work(worker)
            self.env.process(worker.life)

    def _start(self, worker: Worker, task: Task, now: int) -> None:
        """Begin an attempt at `task`. What will come of it is known now; the worker is busy until that is so."""
        up = None if worker.machine is None else worker.machine.up
        wait = self._wait(now, up) if self._cluster.decision_time else 0
        worker.ending = self._outcomes.begin(task, worker.number, now, wait, up)
        if isinstance(worker.machine, Hired):
            worker.machine.take()
        self._running += 1
        self._vain = 0
        self._occupy(worker, worker.ending[0] - now)

    def _wait(self, now: int, up: Up | None) -> int:
        """Ticks until the scheduler gives the next job out: one after the other, each takes its decision time.

        A machine that goes before the scheduler comes to it loses the job as it goes.
        """
        self._decided = max(self._decided, now) + self._cluster.decision_time
        return int(min(self._decided, inf if up is None else up.until)) - now

    def _starved(self) -> StarvedError:
        hours = int(unpack(self._outcomes.rows, ticks.LIMIT)["end"].max(initial=0)) / ticks.UNITS["h"]
        return StarvedError(
            f"no worker is left after {hours:.3g} h, and the search is not over; let a group stay, or give a stop"
        )

    def _close(self) -> None:
        """End all lives. A process that waits holds its model, and a model its processes, until somebody looks."""
        for worker in self._workers:
            if worker.life is not None:
                worker.life.close()
        self._workers.clear()
