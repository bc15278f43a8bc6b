"""The cluster as a SimPy model: a process for each worker, and for each reason that can end a run.

The model in plain words
------------------------
SimPy keeps the clock, `env.now`, in ticks, and a list of events that are to come. A *process* is a generator: it runs
until it yields an event, and goes on when that event has happened. This file has what does not depend on whose work
it is: workers, machines that come and go, and the end of the run. one_search.py adds the work of a single search, and
sharing/model.py that of many.

**A worker** trains one trial at a time. Its process repeats three steps: it waits until its attempt at a job has
ended, it tells the searcher the result, and it hands out work. Handing out serves every worker that is idle at that
moment, in the policy's order, not only the one that has just become idle, since one result may promote several
trials. A worker without work waits for its event `called`, and uses no time until it is called.

**An attempt** is a timeout. Its outcome is known when it begins: its length, and whether it ends with a result, is
dropped, or is cut short because its machine fails or is taken away. These fates are drawn by trial, rung and attempt
(fates.py), and by machine and spell (machines.py), so that two searchers under one seed meet the same troubles. A job
that is lost goes to the front of the line, and its next attempt begins from its last checkpoint; a recovery may put
it at the end of the line instead, or hold it back for a while. outcomes.py determines how attempts end, and writes
them into the trace.

**A machine** comes and goes, and its workers with it. No process watches a machine whose workers have nothing to do.
When there is work for a worker whose machine is away, the worker waits until the machine is back and asks again. A
machine that was let go for lack of work (hiring.py) is hired again when there are more waiting jobs than workers that
start up. These jobs stay first in the line, for the first worker that is ready.

**The timekeeper** ends the run at a given time, **the treasurer** (one_search.py) when a budget is spent, and
**patience** when no worker has worked for too long although there is work. The run also ends when the searcher says
that it is done, and at a result at which it was to stop.

Several things may happen at one tick. They happen one after the other, in the order in which they were begun: SimPy
handles events of equal time in the order in which they were scheduled, and an attempt's timeout is scheduled when its
work is handed out. The event `ended` is scheduled during the run's last tick, behind all attempts that end in it, so
their results still count.

engine.py calls `run()` and no more. fast.py makes the same trace without SimPy where no machine ever goes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import Any, Generic, Protocol, TypeVar

import simpy

from simulator.cluster.groups import MachineGroup
from simulator.cluster.hiring import Hired
from simulator.cluster.machines import Machine
from simulator.cluster.outcomes import MAX_ATTEMPTS
from simulator.cluster.pool import MachinePool
from simulator.cluster.recording import unpack
from simulator.cluster.spec import Cluster, StarvedError
from simulator.core import ticks
from simulator.core.errors import RunError
from simulator.core.garbage import uncollected

#: The Python type of a process.
Process = Generator[simpy.Event, Any, None]


@dataclass(eq=False, slots=True)
class Worker:
    """A place where one trial trains at a time: its `rank` in the policy's order, its number in the trace."""

    rank: int
    number: int
    group: MachineGroup
    machine: Machine | Hired | None  # None if machines never go
    until: simpy.Event | None = None  # the end of its attempt or the return of its machine; None while idle
    called: simpy.Event | None = None  # the event that it waits for while it has nothing to do
    life: Process | None = None
    process: simpy.Process | None = None  # its SimPy process
    starting: bool = False  # its machine starts up, having been hired because work waits


AnyWorker = TypeVar("AnyWorker", bound=Worker)


class HoldsBack(Protocol):
    """A search with `held_back` lost tasks that may not be tried again yet."""

    held_back: int


class Model(ABC, Generic[AnyWorker]):
    """One run on a cluster, until `time` at the latest; `rows` has every attempt, packed."""

    def __init__(self, cluster: Cluster, pool: MachinePool, time: int | None, rows: bytearray) -> None:
        self.env = simpy.Environment()
        self.pool = pool
        self._cluster = cluster
        self._recovery = cluster.conditions.recovery
        self._rows = rows
        self._workers: list[AnyWorker] = []  # by rank, all workers that were ever needed
        self._idle: list[int] = []  # a heap of the ranks of idle workers
        self._let_go: list[tuple[int, Hired]] = []  # a heap of the ranks of workers whose machines were let go
        self._starting = 0  # workers whose machines were hired again and start up
        self._quiet = self.env.event()  # happens when no worker is at work although there is work
        self._quiet_since = 0
        self._decided = 0  # the tick at which the scheduler has given out the last job
        self._vain = 0  # number of times in a row that a machine came and went without an attempt
        self._deadline: float = inf if time is None else time
        self._ended = self.env.event()
        self._error: Exception | None = None

    @property
    def now(self) -> int:
        """The current tick of SimPy's clock, whose times are whole numbers here."""
        return self.env.now  # type: ignore[return-value]

    def run(self) -> dict[str, Any]:
        """Simulate to the end; returns the trace's columns.

        Raises StarvedError if work remains that no worker will ever do, RunError if the clock exceeds its limit.
        """
        env = self.env
        if self._deadline < inf:
            env.process(self._timekeeper(int(self._deadline)))
        for process in self._others():
            env.process(process)
        if self._cluster.max_wait is not None:
            env.process(self._patience(self._cluster.max_wait))
        try:
            with uncollected():
                self._open()
                env.run(until=self._ended)
        except RunError:
            raise
        except RuntimeError:
            if env.peek() < inf:  # SimPy would raise an error if its list of events became empty
                raise
            raise self._starved() from None
        finally:
            self._close()
        if self._error is not None:
            raise self._error
        return unpack(self._rows, self.now)

    # To be defined by a model.

    @abstractmethod
    def _open(self) -> None:
        """Begin the run."""

    def _others(self) -> list[Process]:
        """Further processes of the model that exist from the start."""
        return []

    @abstractmethod
    def _end_attempt(self, worker: AnyWorker) -> None:
        """End a worker's attempt, or note that its machine is back."""

    @abstractmethod
    def _hand_out(self) -> None:
        """Give work to the idle workers, as long as there is work."""

    @abstractmethod
    def _new_worker(self, rank: int) -> AnyWorker:
        """Make the worker with a rank."""

    @abstractmethod
    def _stuck(self) -> bool:
        """Whether no worker is at work although there is work."""

    @abstractmethod
    def _work_waits(self) -> bool:
        """Whether there are more waiting jobs, also on request, than workers that start up."""

    @abstractmethod
    def _unfinished(self) -> str:
        """A clause that says what is unfinished, for the error when no worker is left."""

    # The processes.

    def _work(self, worker: AnyWorker) -> Process:
        """A worker's life: it ends its attempt and hands out work; without work it waits to be called."""
        while True:
            try:
                if worker.until is None:
                    worker.called = self.env.event()
                    yield worker.called
                    continue
                yield worker.until
            except simpy.Interrupt:  # its trial was stopped in favour of another, which the worker may already have
                continue
            self._after(self._end_attempt, worker)

    def _timekeeper(self, time: int) -> Process:
        """Ends the run at `time`; results of that tick still count, and no work is handed out in it."""
        yield self.env.timeout(time)
        self._end()

    def _patience(self, max_wait: int) -> Process:
        """Ends the run once no worker has worked for `max_wait` ticks although there is work and workers may come."""
        env = self.env
        while True:
            if not self._stuck():
                self._quiet = env.event()
                yield self._quiet
            since = self._quiet_since
            yield env.timeout(since + max_wait - self.now)
            yield env.timeout(0)  # after all other events of this tick
            if self._stuck() and self._quiet_since == since:
                if env.peek() < inf:
                    self._end()
                return

    def _holding_back(self, end: simpy.Event, whose: HoldsBack, line_up: Callable[[], None]) -> Process:
        """Holds a lost task of a search back until `end`."""
        yield end
        self._after(self._release, (whose, line_up))

    # Steps of the processes.

    def _lose(self, whose: HoldsBack, line_up: Callable[[], None]) -> None:
        """Line up a lost task of a search, or hold it back for as long as it may not be tried again."""
        if self._recovery.retry_after:
            whose.held_back += 1
            end = self.env.timeout(self._recovery.retry_after)  # before this tick's further events
            self.env.process(self._holding_back(end, whose, line_up))
        else:
            line_up()

    def _release(self, held: tuple[HoldsBack, Callable[[], None]]) -> None:
        """Line up a lost task that was held back until now."""
        whose, line_up = held
        if not self._stuck():  # nothing has waited for a worker until now
            self._quiet_since = self.now
        whose.held_back -= 1
        line_up()

    def _after(self, change: Callable[[Any], None], what: Any) -> None:
        """Wait for an event, do a step, and hand out work after it."""
        try:
            change(what)
            self._hand_out()
        except Exception as error:
            self._error = self._error or error
            self._end()

    def _end(self) -> None:
        """Let the run end after this tick."""
        self._deadline = min(self._deadline, self.now)
        if not self._ended.triggered:
            self._ended.succeed()

    def _notice_quiet(self) -> None:
        """Tell patience that no worker is at work although there is work, if that is so."""
        if self._stuck() and not self._quiet.triggered:
            self._quiet.succeed()

    def _next_idle(self) -> AnyWorker | None:
        """The first idle worker in the policy's order; a worker is made when it is first needed."""
        if self._idle:
            return self._workers[heappop(self._idle)]
        if len(self._workers) == self.pool.workers:
            return None
        worker = self._new_worker(len(self._workers))
        self._workers.append(worker)
        return worker

    def _is_there(self, worker: AnyWorker) -> bool:
        """Whether a worker can work now; if its machine is away, the worker waits for it, maybe for ever."""
        machine = worker.machine
        if machine is None:
            return True
        now = self.now
        up = machine.at(now)
        if up is None:
            return False
        if isinstance(machine, Hired) and machine.let_go:
            heappush(self._let_go, (worker.rank, machine))
            return False
        if up.ready <= now:
            return True
        self._count_vain()
        self._occupy(worker, min(up.ready, up.until) - now)  # the machine may go before it has started up
        return False

    def _count_vain(self) -> None:
        """Count that a machine came and went without an attempt; raises StarvedError after too many in a row."""
        self._vain += not self._busy()
        if self._vain > MAX_ATTEMPTS * 10:
            raise StarvedError("machines come and go, and none stays long enough to start up and work")

    @abstractmethod
    def _busy(self) -> bool:
        """Whether any worker is at work."""

    def _hire(self) -> None:
        """Hire machines that were let go, in the policy's order, while more work waits for them."""
        while self._let_go and self._work_waits():
            rank, machine = heappop(self._let_go)
            now = self.now
            up = machine.at(now)
            if up is None:
                continue
            if up.since > now:  # none can be hired before that
                self._occupy(self._workers[rank], up.since - now)
                continue
            machine.hire(now)
            ready = min(now + self._workers[rank].group.start_up, up.until)  # it may go before that
            self._start_up(rank, ready - now)
            while self._let_go and self._let_go[0][1] is machine:
                self._start_up(heappop(self._let_go)[0], ready - now)

    def _start_up(self, rank: int, length: float) -> None:
        """Let a worker wait until its machine, which was just hired again, is ready to work."""
        worker = self._workers[rank]
        worker.starting = True
        self._starting += 1
        self._occupy(worker, length)

    def _is_back(self, worker: AnyWorker) -> None:
        """Make a worker idle whose machine is back."""
        worker.until = None
        self._starting -= worker.starting
        worker.starting = False
        heappush(self._idle, worker.rank)

    def _occupy(self, worker: AnyWorker, length: float) -> None:
        """Let a worker be busy, or away, for `length` ticks from now."""
        worker.until = self.env.timeout(length)
        if worker.called is not None:
            worker.called.succeed()
            worker.called = None
        elif worker.life is None:
            worker.life = self._work(worker)
            worker.process = self.env.process(worker.life)

    def _wait(self, until: float) -> int:
        """Ticks until the scheduler gives out the next job: one after the other, each takes its decision time.

        If the machine goes at `until`, before the job is given out, the job is lost at that tick.
        """
        if not self._cluster.decision_time:
            return 0
        self._decided = max(self._decided, self.now) + self._cluster.decision_time
        return int(min(self._decided, until)) - self.now

    def _starved(self) -> StarvedError:
        hours = int(unpack(self._rows, ticks.LIMIT)["end"].max(initial=0)) / ticks.UNITS["h"]
        return StarvedError(
            f"no worker is left after {hours:.3g} h, and {self._unfinished()}; let a group stay, or give a stop"
        )

    def _close(self) -> None:
        """End all processes.

        A waiting process refers to its model, and a model to its processes, until garbage is collected.
        """
        for worker in self._workers:
            if worker.life is not None:
                worker.life.close()
        self._workers.clear()
