"""What the SimPy models of a cluster have in common: the clock, workers with nothing to do, and machines that go.

model.py tells the whole in plain words. A model that stands on this one says whose work there is, and hands it out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import Any, Generic, TypeVar

import simpy

from simulator.cluster.garbage import uncollected
from simulator.cluster.groups import MachineGroup
from simulator.cluster.hiring import Hired
from simulator.cluster.machines import Machine
from simulator.cluster.outcomes import MAX_ATTEMPTS
from simulator.cluster.pool import MachinePool
from simulator.cluster.recording import unpack
from simulator.cluster.spec import Cluster, StarvedError
from simulator.core import ticks
from simulator.core.errors import RunError

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
    process: simpy.Process | None = None  # the same to SimPy
    starting: bool = False  # its machine starts up, having been hired because work waits


AnyWorker = TypeVar("AnyWorker", bound=Worker)


class Workplace(ABC, Generic[AnyWorker]):
    """One run on a cluster, until `time` at the latest; `rows` has every attempt, packed."""

    def __init__(self, cluster: Cluster, pool: MachinePool, time: int | None, rows: bytearray) -> None:
        self.env = simpy.Environment()
        self.pool = pool
        self._cluster = cluster
        self._rows = rows
        self._workers: list[AnyWorker] = []  # by rank, all who were ever needed
        self._idle: list[int] = []  # a heap of the ranks of those who have nothing to do
        self._let_go: list[tuple[int, Hired]] = []  # a heap of the ranks of those whose machines were let go
        self._starting = 0  # workers whose machines were hired again and start up
        self._quiet = self.env.event()  # happens when nobody works although there is work
        self._quiet_since = 0
        self._decided = 0  # when the scheduler has given out the last job
        self._vain = 0  # visits of machines since the last attempt
        self._deadline: float = inf if time is None else time
        self._ended = self.env.event()
        self._error: Exception | None = None

    @property
    def now(self) -> int:
        """The tick it is: SimPy's clock, on which all times are whole numbers here."""
        return self.env.now  # type: ignore[return-value]

    def run(self) -> dict[str, Any]:
        """Simulate to the end; returns the trace's columns.

        Raises StarvedError where work remains that nobody will ever do, RunError where the clock runs out.
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
            if env.peek() < inf:  # it is not SimPy's word for a list of events that has come to its end
                raise
            raise self._starved() from None
        finally:
            self._close()
        if self._error is not None:
            raise self._error
        return unpack(self._rows, self.now)

    # What a model says.

    @abstractmethod
    def _open(self) -> None:
        """Begin the run."""

    def _others(self) -> list[Process]:
        """Processes of its own that are there from the start."""
        return []

    @abstractmethod
    def _end_attempt(self, worker: AnyWorker) -> None:
        """Take in what a worker's attempt ends with, or that its machine is back."""

    @abstractmethod
    def _hand_out(self) -> None:
        """Give work to the workers who have nothing to do, as long as there is work."""

    @abstractmethod
    def _new_worker(self, rank: int) -> AnyWorker:
        """Make the worker of a rank."""

    @abstractmethod
    def _stuck(self) -> bool:
        """Whether nobody works although there is work."""

    @abstractmethod
    def _work_waits(self) -> bool:
        """Whether more work waits than workers start up, or can be had by asking for it."""

    @abstractmethod
    def _unfinished(self) -> str:
        """What is not over, where no worker is left."""

    # The processes.

    def _work(self, worker: AnyWorker) -> Process:
        """A worker's life: it ends what it was given and hands out work; without any it waits to be called."""
        while True:
            try:
                if worker.until is None:
                    worker.called = self.env.event()
                    yield worker.called
                    continue
                yield worker.until
            except simpy.Interrupt:  # its trial was stopped for another, and it may have that by now
                continue
            self._after(self._end_attempt, worker)

    def _timekeeper(self, time: int) -> Process:
        """Ends the run at `time`; results of that tick still count, and no work is handed out in it."""
        yield self.env.timeout(time)
        self._end()

    def _patience(self, max_wait: int) -> Process:
        """Ends the run once nobody has worked for `max_wait` ticks although there is work, if anybody is to come."""
        env = self.env
        while True:
            if not self._stuck():
                self._quiet = env.event()
                yield self._quiet
            since = self._quiet_since
            yield env.timeout(since + max_wait - self.now)
            yield env.timeout(0)  # after all else that happens at this tick
            if self._stuck() and self._quiet_since == since:
                if env.peek() < inf:
                    self._end()
                return

    # What they do.

    def _after(self, change: Callable[[Any], None], what: Any) -> None:
        """Let something happen, and hand out work after it."""
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
        """Tell whoever is patient that nobody works although there is work, if it is so."""
        if self._stuck() and not self._quiet.triggered:
            self._quiet.succeed()

    def _next_idle(self) -> AnyWorker | None:
        """The first idle worker in the policy's order. A worker is made when it is first needed."""
        if self._idle:
            return self._workers[heappop(self._idle)]
        if len(self._workers) == self.pool.workers:
            return None
        worker = self._new_worker(len(self._workers))
        self._workers.append(worker)
        return worker

    def _is_there(self, worker: AnyWorker) -> bool:
        """Whether a worker can work now. If its machine is away it waits for that; a machine may be away for ever."""
        machine, now = worker.machine, self.now
        if machine is None:
            return True
        up = machine.at(now)
        if up is None:
            return False
        if isinstance(machine, Hired) and machine.let_go:
            heappush(self._let_go, (worker.rank, machine))
            return False
        if up.ready <= now:
            return True
        self._count_vain()
        self._occupy(worker, min(up.ready, up.until) - now)  # it may go before it has started up
        return False

    def _count_vain(self) -> None:
        """Count a visit of a machine while nobody works; StarvedError where there are too many without an attempt."""
        self._vain += not self._busy()
        if self._vain > MAX_ATTEMPTS * 10:
            raise StarvedError("machines come and go, and none stays long enough to start up and work")

    @abstractmethod
    def _busy(self) -> bool:
        """Whether anybody works."""

    def _hire(self) -> None:
        """Hire machines that were let go, the first in the policy's order first, while more work waits for them."""
        now = self.now
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

    def _start_up(self, rank: int, length: float) -> None:
        """Let a worker wait until its machine, which has just been hired again, is ready to work."""
        worker = self._workers[rank]
        worker.starting = True
        self._starting += 1
        self._occupy(worker, length)

    def _is_back(self, worker: AnyWorker) -> None:
        """Let a worker whose machine is back have nothing to do."""
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
        """Ticks until the scheduler gives the next job out: one after the other, each takes its decision time.

        A machine that goes at `until`, before the scheduler comes to it, loses the job as it goes.
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
        """End all lives. A process that waits holds its model, and a model its processes, until somebody looks."""
        for worker in self._workers:
            if worker.life is not None:
                worker.life.close()
        self._workers.clear()
