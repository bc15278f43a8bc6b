"""The cluster in trouble: workers that differ, come and go, jobs that take longer or are lost.

A worker's life is a chain of SimPy events: when one fires, its attempt is over, the result is reported or the job
kept to be tried again, and the idle workers are handed whatever the searcher says now. An idle worker is a number in
a heap; nobody wakes it, it waits for no event and costs nothing, so a run costs the same per job on ten workers and
on ten thousand.

Events are handled one at a time in the order of their time and then of their start, which is SimPy's own.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from math import inf, nan
from typing import Any, NoReturn

import simpy

from simulator.cluster.attempts import Course, Overheads
from simulator.cluster.fates import Fates
from simulator.cluster.garbage import uncollected
from simulator.cluster.machines import Machine, MachineGroup, Pool
from simulator.cluster.recording import ROW, unpack
from simulator.cluster.spec import Cluster, StarvedError, Stop
from simulator.core import ticks
from simulator.core.errors import RunError
from simulator.curves.protocol import Curves, Exit
from simulator.searchers.protocol import AnyJob, Idle, Job, Searcher
from simulator.trace.trace import Outcome

COMPLETED, EXITED = Outcome.COMPLETED, Outcome.EXITED  # an enum's member is slow to look up

#: A job that is lost so many times will never be done: the run fails instead of going on for ever.
MAX_ATTEMPTS = 10_000


class _Worker(simpy.Event):
    """What a worker does next: end its attempt at a job, or, without one, come back.

    One event for each worker, used again and again; `rank` is its place in the policy's order.
    """

    job: AnyJob
    attempt: int  # how often the job was tried before
    loss: float
    exit: Exit | None
    lost_at: int | None  # the resource that is safe, where the attempt is lost

    def __init__(
        self, env: simpy.Environment, rank: int, number: int, group: MachineGroup, machine: Machine | None
    ) -> None:
        super().__init__(env)
        self.rank, self.number, self.group, self.machine = rank, number, group, machine
        self.busy = False
        self.last: tuple[int, int] | None = None  # the trial it had last, and when that ended


class TroubledRun(simpy.Environment):
    """The state of one simulation; SimPy's environment itself, so that it may take events from its own queue."""

    def __init__(
        self,
        searcher: Searcher,
        curves: Curves,
        cluster: Cluster,
        pool: Pool,
        stop: Stop,
        seed: int,
    ) -> None:
        super().__init__(0)
        conditions = cluster.conditions
        self._searcher = searcher
        self._train = curves.train
        self._cluster = cluster
        self._pool = pool
        self._workers = pool.workers
        self._resume = cluster.resume
        self._stop = stop
        self._fates = Fates(conditions, seed)
        self._recovery = conditions.recovery
        self._uneven = conditions.straggler is not None or any(group.speed != 1 for group in cluster.machines)
        self._losing = conditions.drop is not None or conditions.crash > 0
        self._aims = stop.loss is not None or stop.full_length is not None
        self._overheads = None if conditions.overheads == Overheads() else conditions.overheads
        self._save = conditions.overheads.save if conditions.recovery.on_loss == "resume" else 0
        self._rows = bytearray()
        self._hired: list[_Worker] = []  # by rank, all who have ever been looked at
        self._idle: list[int] = []  # heap of the ranks of those of them who have no job now
        self._running = 0
        self._jobs: deque[Job] | None = deque() if cluster.assignment == "queued" else None
        self._lost: deque[tuple[AnyJob, int, int]] = deque()  # job, where to begin, attempt: before anything new
        self._restarts: dict[int, int] = {}  # trial -> losses that count
        self._full_length = 0
        self._quiet_since = 0  # when the last attempt ended, if none is under way
        self._vain = 0  # wakes since the last attempt

    def go(self) -> dict[str, Any]:
        """Simulate to the end; returns the trace's columns."""
        with uncollected():
            end = self._simulate()
        rows = self._rows
        vars(self).clear()  # as in plain.py
        return unpack(rows, end)

    def _simulate(self) -> int:  # noqa: C901, PLR0912, PLR0915  (a loop like plain.py's)
        """Run, and return when it was over."""
        searcher, counter, jobs, lost = self._searcher, self._eid, self._jobs, self._lost
        queue: list[tuple[Any, Any, Any, Any]] = self._queue  # of workers only
        next_job, exchange, report = searcher.next_job, searcher.exchange, searcher.report
        idle, hired, workers, resume = self._idle, self._hired, self._workers, self._resume
        wait, done, invalid = Idle.WAIT, Idle.DONE, Exit.INVALID
        max_wait = inf if self._cluster.max_wait is None else self._cluster.max_wait
        deadline = inf if self._stop.time is None else self._stop.time
        spending = None if self._stop.cost is None else self._pool.spending(self._stop.cost)
        told: tuple[AnyJob, float] | None = None  # a result that the searcher hears with the next question
        answer: Any
        now, over = 0, deadline <= 0
        while True:
            if jobs is not None and not over:
                while isinstance(more := next_job(), Job):
                    jobs.append(more)
                over = more is done
            while not over:
                if idle:
                    worker = hired[heappop(idle)]
                elif len(hired) < workers:
                    worker = self._hire()
                else:
                    break
                machine = worker.machine
                if machine is not None:
                    up = machine.up
                    if (up is None or not up.ready <= now < up.until) and not self._there(worker, machine, now):
                        continue
                if lost:
                    job, begin, attempt = lost.popleft()
                else:
                    if told is not None:
                        answer, told = exchange(*told), None
                    elif jobs is None:
                        answer = next_job()
                    else:
                        answer = jobs.popleft() if jobs else wait
                    if answer is wait or answer is done:
                        over = answer is done
                        heappush(idle, worker.rank)
                        break
                    job, begin, attempt = answer, answer[3] if resume else 0, 0
                heappush(queue, (self._start(worker, job, begin, attempt, now), 1, next(counter), worker))
                self._running += 1
            if told is not None:
                report(*told)
                told = None
            if spending is not None and not over:
                spent = spending.by(queue[0][0] if queue else ticks.LIMIT)
                if spent is not None:
                    deadline, spending = min(deadline, spent), None
            if over:
                if not queue or queue[0][0] > now:
                    return now
            elif not queue or queue[0][0] > deadline:
                return int(deadline) if deadline < inf else self._starved()
            elif not self._running and queue[0][0] - self._quiet_since > max_wait:
                return now
            now, _, _, worker = heappop(queue)
            if now == deadline:
                over = True  # results of the last instant still count
            heappush(idle, worker.rank)
            if not worker.busy:
                continue
            worker.busy = False
            self._running -= 1
            self._quiet_since = now
            if worker.lost_at is not None:
                self._keep(worker, worker.lost_at)
                continue
            job, loss, exit_ = worker.job, worker.loss, worker.exit
            if exit_ is invalid:
                searcher.withdraw(job)
                continue
            worker.last = job[0], now
            if self._aims and self._reached(job, loss, exit_):
                over = True
            if over or jobs is not None:
                report(job, loss)
            else:
                told = job, loss

    def _hire(self) -> _Worker:
        """The next worker, in the policy's order, that has never been looked at."""
        rank, pool = len(self._hired), self._pool
        number = pool.worker(rank)
        worker = _Worker(self, rank, number, pool.group(number), None if pool.steady else pool.machine(number))
        self._hired.append(worker)
        return worker

    def _there(self, worker: _Worker, machine: Machine, now: int) -> bool:
        """Whether a worker can work now; if not, it comes back when it can, if ever."""
        up = machine.at(now)
        if up is None:
            return False
        if up.ready <= now:
            return True
        self._vain += not self._running
        if self._vain > MAX_ATTEMPTS * 10:
            raise StarvedError("machines come and go, and none stays long enough to start up and work")
        back = up.ready if up.ready < up.until else int(up.until)  # it may go before it has started up
        queue: list[Any] = self._queue
        heappush(queue, (back, 1, next(self._eid), worker))
        return False

    def _keep(self, worker: _Worker, lost_at: int) -> None:
        """Keep a job that was lost, to be tried again from `lost_at`."""
        if worker.attempt + 1 >= MAX_ATTEMPTS:
            raise StarvedError(
                f"trial {worker.job[0]} was tried {MAX_ATTEMPTS:,} times up to resource {worker.job[4]} "
                "and lost each time; lower crashes and drops, shorten trial_start and restore, save checkpoints more "
                "often, or give a stop"
            )
        self._lost.append((worker.job, lost_at, worker.attempt + 1))

    def _reached(self, job: AnyJob, loss: float, exit_: Exit | None) -> bool:
        """Whether a result is what the run was to stop at."""
        stop = self._stop
        if exit_ is None and job[3] < self._searcher.max_length <= job[4]:
            self._full_length += 1
        return (stop.loss is not None and loss <= stop.loss) or (stop.full_length or inf) <= self._full_length

    def _start(self, worker: _Worker, job: AnyJob, begin: int, number: int, now: int) -> int:
        """Begin attempt `number` from resource `begin` on. Its fate is known at once: returns when it ends."""
        trial, bracket, rung, first, to_resource = job
        fates, group, machine = self._fates, worker.group, worker.machine
        if not self._resume:
            first = 0
        spent, loss, exit_ = self._train(trial, first, to_resource)
        units = to_resource - begin
        if begin != first:  # of a job tried again only what is left
            spent = round(spent * units / (to_resource - first))
        if self._uneven:
            spent = fates.work(spent, trial, rung, number, worker.number, group.speed)
        work = spent or 1  # a job takes time, or an endless search would never reach its stop
        lead = self._lead(worker, trial, begin, number, now) if self._overheads else 0
        overhead = lead + self._save * ((units - 1) // self._recovery.checkpoint_every) if self._save else lead
        length, lost = overhead + work, 0
        stay = inf if machine is None or machine.up is None else machine.up.until - now
        lost_at, outcome = None, COMPLETED if exit_ is None else EXITED
        if stay < length or (self._losing and fates.lost_after(length, trial, rung, number) <= length):
            course = Course(lead, work, units, self._recovery.checkpoint_every, self._save)
            fate = fates.of(
                course, trial, rung, number,
                stay=stay,
                why=COMPLETED if machine is None or machine.up is None else machine.up.why,
                notice=group.preemption.notice if group.preemption else 0,
            )  # fmt: skip
            length, overhead, lost = fate.length, fate.overhead, fate.lost
            if self._dies(trial, fate.outcome):
                outcome, loss, exit_ = EXITED, inf, Exit.ERRORED
            else:
                outcome, loss, exit_, lost_at = fate.outcome, nan, None, begin + fate.units
        elif exit_ is Exit.INVALID:
            loss = nan  # a result that vanishes
        end = now + length
        if end > ticks.LIMIT:
            raise RunError(ticks.TOO_LONG)
        self._rows += ROW.pack(
            worker.number, trial, bracket, rung, begin, to_resource, now, end, loss, overhead, lost, outcome
        )
        worker.job, worker.attempt, worker.loss, worker.exit, worker.lost_at = job, number, loss, exit_, lost_at
        worker.busy = True
        self._vain = 0
        return end

    def _lead(self, worker: _Worker, trial: int, begin: int, attempt: int, now: int) -> int:
        """Ticks before training."""
        promoted = begin > 0 and attempt == 0
        goes_on = promoted and worker.last == (trial, now)
        return self._fates.lead(begun=begin > 0, promoted=promoted, goes_on=goes_on)

    def _dies(self, trial: int, outcome: Outcome) -> bool:
        """Whether a trial whose job is lost once more is given up."""
        if outcome is not Outcome.PREEMPTED:
            self._restarts[trial] = self._restarts.get(trial, 0) + 1
        return self._recovery.on_loss == "exit" or self._restarts.get(trial, 0) > self._recovery.max_restarts

    def _starved(self) -> NoReturn:
        hours = int(unpack(self._rows, ticks.LIMIT)["end"].max(initial=0)) / ticks.UNITS["h"]
        raise StarvedError(
            f"no worker is left after {hours:.3g} h, and the search is not over; let a group stay, or give a stop"
        )
