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

`Model(...).run()` is all that engine.py uses. fast.py makes the same trace without SimPy where nothing can go wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf, nan
from typing import Any, NamedTuple

import simpy

from simulator.cluster.attempts import Course, Overheads
from simulator.cluster.fates import Fates
from simulator.cluster.garbage import uncollected
from simulator.cluster.groups import MachineGroup
from simulator.cluster.hiring import Hired
from simulator.cluster.machines import Machine
from simulator.cluster.pool import MachinePool
from simulator.cluster.recording import ROW, unpack
from simulator.cluster.spec import Cluster, StarvedError, Stop
from simulator.core import ticks
from simulator.core.errors import RunError
from simulator.curves.protocol import Curves, Exit
from simulator.searchers.protocol import AnyJob, Idle, Job, Searcher
from simulator.trace.trace import Outcome

COMPLETED, EXITED = Outcome.COMPLETED, Outcome.EXITED  # looking up a member of an enum is slow
DONE, WAIT, INVALID = Idle.DONE, Idle.WAIT, Exit.INVALID

#: A job that is lost so many times will never be done: the run fails instead of going on for ever.
MAX_ATTEMPTS = 10_000

#: What a process is to Python.
Process = Generator[simpy.Event, Any, None]


class Task(NamedTuple):
    """A job to be tried from resource `begin` on, after `tries` attempts that were lost."""

    job: AnyJob
    begin: int
    tries: int


@dataclass(eq=False, slots=True)
class Worker:
    """A place where one trial trains at a time: its `rank` in the policy's order, its number in the trace."""

    rank: int
    number: int
    group: MachineGroup
    machine: Machine | Hired | None  # None where machines never go
    until: simpy.Event | None = (
        None  # the end of its attempt, or the return of its machine; None: it has nothing to do
    )
    called: simpy.Event | None = None  # what it waits for while it has nothing to do
    life: Process | None = None
    task: Task | None = None  # what it is trying; None while it waits for its machine
    loss: float = nan  # what the attempt will end with
    exit: Exit | None = None
    safe: int | None = None  # the resource that is saved, where the attempt is lost
    last: tuple[int, int] | None = None  # the trial it trained last, and when that ended
    starting: bool = False  # its machine starts up, having been hired because work waits


class Model:
    """One run of a searcher on a cluster."""

    def __init__(
        self, searcher: Searcher, curves: Curves, cluster: Cluster, pool: MachinePool, stop: Stop, seed: int
    ) -> None:
        conditions = cluster.conditions
        self.env = simpy.Environment()
        self._searcher = searcher
        self._curves = curves
        self._cluster = cluster
        self._pool = pool
        self._stop = stop
        self._fates = Fates(conditions, seed)
        self._recovery = conditions.recovery
        self._uneven = conditions.straggler is not None or any(group.speed != 1 for group in cluster.machines)
        self._slow = conditions.slow is not None
        self._losing = conditions.drop is not None or conditions.crash > 0
        self._overheads = conditions.overheads != Overheads()
        self._aims = any(aim is not None for aim in (stop.loss, stop.full_loss, stop.full_length))
        self._save = conditions.overheads.save if conditions.recovery.on_loss == "resume" else 0

        self._workers: list[Worker] = []  # by rank, all who were ever needed
        self._idle: list[int] = []  # a heap of the ranks of those who have nothing to do
        self._waiting: deque[AnyJob] | None = deque() if cluster.assignment == "queued" else None
        self._lost: deque[Task] = deque()  # to be tried again, before anything new; and what machines are hired for
        self._let_go: list[tuple[int, Hired]] = []  # a heap of the ranks of those whose machines were let go
        self._starting = 0  # workers whose machines were hired again and start up
        self._restarts: dict[int, int] = {}  # by trial, the losses that count
        self._rows = bytearray()
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
                self._hand_out()
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

    @property
    def now(self) -> int:
        """The tick it is: SimPy's clock, on which all times are whole numbers here."""
        return self.env.now  # type: ignore[return-value]

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
                    self._end_attempt(worker)
                    self._hand_out()
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
                yield self.env.timeout(spent - self.now)
                self._end()
            if spent is not None or change is None:
                return
            yield self.env.timeout(change - self.now)

    def _patience(self, max_wait: int) -> Process:
        """Ends the run once nobody has worked for `max_wait` ticks, if anybody is still to come."""
        env = self.env
        while True:
            if self._running:
                self._quiet = env.event()
                yield self._quiet
            since = self._quiet_since
            yield env.timeout(since + max_wait - self.now)
            yield env.timeout(0)  # after all else that happens at this tick
            if not self._running and self._quiet_since == since:
                if env.peek() < inf:
                    self._end()
                return

    # What they do.

    def _end(self) -> None:
        """Let the run end after this tick."""
        self._deadline = min(self._deadline, self.now)
        if not self._ended.triggered:
            self._ended.succeed()

    def _end_attempt(self, worker: Worker) -> None:
        """Take in what a worker's attempt ends with. The worker is idle from then on."""
        task, worker.task, worker.until = worker.task, None, None
        heappush(self._idle, worker.rank)
        if task is None:  # its machine is back
            self._starting -= worker.starting
            worker.starting = False
            return
        now = self.now
        if isinstance(worker.machine, Hired):
            worker.machine.give_back(now)
        self._running -= 1
        self._quiet_since = now
        job, exit_ = task[0], worker.exit
        if worker.safe is not None:
            self._keep(task, worker.safe)
        elif exit_ is INVALID:
            self._searcher.withdraw(job)
        else:
            worker.last = job[0], now
            self._searcher.report(job, worker.loss)
            if self._aims and self._reached(job, worker.loss, exit_):
                self._end()

    def _keep(self, task: Task, safe: int) -> None:
        """Keep a task whose attempt was lost, to be tried again from resource `safe` on."""
        if task.tries + 1 >= MAX_ATTEMPTS:
            raise StarvedError(
                f"trial {task.job[0]} was tried {MAX_ATTEMPTS:,} times up to resource {task.job[4]} "
                "and lost each time; lower crashes and drops, shorten trial_start and restore, save checkpoints more "
                "often, or give a stop"
            )
        self._lost.append(Task(task.job, safe, task.tries + 1))

    def _reached(self, job: AnyJob, loss: float, exit_: Exit | None) -> bool:
        """Whether a result is what the run was to stop at."""
        stop = self._stop
        if exit_ is None and job[3] < self._searcher.max_length <= job[4]:
            self._full_length += 1
        if stop.full_loss is not None and loss <= stop.full_loss and job[4] >= self._searcher.max_length:
            return True
        return (stop.loss is not None and loss <= stop.loss) or (stop.full_length or inf) <= self._full_length

    def _hand_out(self) -> None:
        """Give work to the idle workers, the first in the policy's order first, as long as there is work."""
        now = self.now
        if self._waiting is not None and now < self._deadline:
            self._queue_jobs(self._waiting)
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
        if not (self._running or self._quiet.triggered):
            self._quiet.succeed()

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
            self._start_up(rank, ready)
            while self._let_go and self._let_go[0][1] is machine:
                self._start_up(heappop(self._let_go)[0], ready)

    def _work_waits(self) -> bool:
        """Whether more jobs wait in line than workers who start up, or can be had from the searcher."""
        if len(self._lost) + len(self._waiting or ()) > self._starting:
            return True
        if self._waiting is not None or (task := self._asked_for()) is None:
            return False
        self._lost.append(task)
        return True

    def _start_up(self, rank: int, ready: float) -> None:
        """Let a worker wait until its machine, which has just been hired again, is `ready` to work."""
        worker = self._workers[rank]
        worker.starting = True
        self._starting += 1
        self._occupy(worker, ready - self.now)

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
        job: AnyJob
        if self._waiting is not None:
            if not self._waiting:
                return None
            job = self._waiting.popleft()
        else:
            answer: Any = self._searcher.next_job()
            if answer is DONE:
                self._end()
            if answer is DONE or answer is WAIT:
                return None
            job = answer
        return Task(job, job[3] if self._cluster.resume else 0, 0)

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

    def _is_there(self, worker: Worker) -> bool:
        """Whether a worker can work now. If its machine is away it waits for that; a machine may be away for ever."""
        if worker.machine is None:
            return True
        now = self.now
        up = worker.machine.at(now)
        if up is None:
            return False
        if isinstance(worker.machine, Hired) and worker.machine.let_go:
            heappush(self._let_go, (worker.rank, worker.machine))
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

    def _start(self, worker: Worker, task: Task) -> None:
        """Begin an attempt at `task`. Its fate is drawn now; the worker is busy until that has come about."""
        job, begin, tries = task
        trial, bracket, rung, first, to_resource = job
        if not self._cluster.resume:
            first = 0
        spent, loss, exit_ = self._curves.train(trial, first, to_resource)
        units = to_resource - begin
        if begin != first:  # of a job tried again only what is left
            spent = round(spent * units / (to_resource - first))
        if self._uneven:
            spent = self._fates.work(spent, trial, rung, tries, worker.number, worker.group.speed)
        up = None if worker.machine is None else worker.machine.up
        stay_until = inf if up is None else up.until
        now = self._given_out(stay_until) if self._cluster.decision_time else self.now
        lead = self._lead(worker, task) if self._overheads else 0
        work = spent or 1  # a job takes at least a tick, or an endless search would never reach its stop
        if self._slow:
            machine = self._pool.machine_number(worker.number)
            work = self._fates.slowed(work, now + lead, machine)
        overhead = lead + self._save * ((units - 1) // self._recovery.checkpoint_every) if self._save else lead
        length, lost, safe = overhead + work, 0, None
        outcome = COMPLETED if exit_ is None else EXITED
        stay = stay_until - now
        if stay < length or (self._losing and self._fates.lost_after(length, trial, rung, tries) <= length):
            fate = self._fates.of(
                Course(lead, work, units, self._recovery.checkpoint_every, self._save),
                trial, rung, tries,
                stay=stay,
                why=COMPLETED if up is None else up.why,
                notice=worker.group.preemption.notice if worker.group.preemption else 0,
            )  # fmt: skip
            length, overhead, lost = fate.length, fate.overhead, fate.lost
            if self._dies(trial, fate.outcome):
                outcome, loss, exit_ = EXITED, inf, Exit.ERRORED
            else:
                outcome, loss, exit_, safe = fate.outcome, nan, None, begin + fate.units
        elif exit_ is INVALID:
            loss = nan  # a result that vanishes
        end = now + length
        if end > ticks.LIMIT:
            raise RunError(ticks.TOO_LONG)
        self._rows += ROW.pack(
            worker.number, trial, bracket, rung, begin, to_resource, now, end, loss, overhead, lost, outcome
        )
        worker.task, worker.loss, worker.exit, worker.safe = task, loss, exit_, safe
        if isinstance(worker.machine, Hired):
            worker.machine.take()
        self._running += 1
        self._vain = 0
        self._occupy(worker, end - self.now)

    def _given_out(self, stay_until: float) -> int:
        """When the scheduler gives the next job out: one after the other, each takes its decision time.

        A machine that goes before the scheduler comes to it loses the job as it goes.
        """
        self._decided = max(self._decided, self.now) + self._cluster.decision_time
        return int(min(self._decided, stay_until))

    def _lead(self, worker: Worker, task: Task) -> int:
        """Ticks before training: none where a promoted trial goes on at once where it was."""
        promoted = task.begin > 0 and task.tries == 0
        goes_on = promoted and worker.last == (task.job[0], self.now)
        return self._fates.lead(begun=task.begin > 0, promoted=promoted, goes_on=goes_on)

    def _dies(self, trial: int, outcome: Outcome) -> bool:
        """Whether a trial whose job is lost once more is given up."""
        if outcome is not Outcome.PREEMPTED:
            self._restarts[trial] = self._restarts.get(trial, 0) + 1
        return self._recovery.on_loss == "exit" or self._restarts.get(trial, 0) > self._recovery.max_restarts

    def _starved(self) -> StarvedError:
        hours = int(unpack(self._rows, ticks.LIMIT)["end"].max(initial=0)) / ticks.UNITS["h"]
        return StarvedError(
            f"no worker is left after {hours:.3g} h, and the search is not over; let a group stay, or give a stop"
        )

    def _close(self) -> None:
        """End all lives. A process that waits holds its model, and a model its processes, until somebody looks."""
        for worker in self._workers:
            if worker.life is not None:
                worker.life.close()
        self._workers.clear()
