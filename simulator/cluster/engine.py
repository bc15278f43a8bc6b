"""The cluster: a pool of workers on SimPy's clock, asking a searcher for work.

A worker's life is a chain of SimPy timeouts: when one fires, its attempt is over, the result is reported, and the
idle workers are handed whatever the searcher says now. An idle worker is a number in a heap; nobody wakes it, it
waits for no event and costs nothing, so a run costs the same per job on ten workers and on ten thousand. Where
nothing can go wrong plain.py does the same, faster.

Completions are handled one at a time in (time, start order), which is SimPy's own order of equal timeouts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from heapq import heappop, heappush
from math import inf, nan
from typing import Any, NamedTuple, NoReturn, cast

import simpy

from simulator import ticks
from simulator.cluster.attempts import Course
from simulator.cluster.conditions import Fates
from simulator.cluster.plain import PlainRun
from simulator.cluster.pool import Pool
from simulator.cluster.recording import ROW, unpack
from simulator.cluster.terms import Cluster, Stop
from simulator.curves.curves import Curves, Exit
from simulator.errors import RunError
from simulator.searchers.job import Idle, Job, Searcher
from simulator.trace import Outcome, Trace

__all__ = ["Cluster", "StarvedError", "Stop", "simulate"]

#: A row of the trace, in the order of its columns.
Row = tuple[int, int, int, int, int, int, int, int, Outcome, float, int, int]

#: A job that is lost so many times will never be done: the run fails instead of going on for ever.
MAX_ATTEMPTS = 10_000


class StarvedError(RunError):
    """Work remains and nobody will ever do it."""


class Task(NamedTuple):
    """A job to be tried for the `attempt`-th time (from 0), from resource `begin` on."""

    job: Job
    begin: int
    attempt: int


class Attempt(NamedTuple):
    """A task under way: what to report when it ends, or the resource it is `lost` at, to be tried again."""

    worker: int  # its rank
    task: Task
    loss: float
    exit: Exit | None
    lost_at: int | None


def simulate(
    searcher: Searcher,
    curves: Curves,
    cluster: Cluster,
    *,
    stop: Stop | int | None = None,
    seed: int = 0,
    label: str = "",
    meta: Mapping[str, str | int | float] | None = None,
) -> Trace:
    """Run `searcher` until it is done, or until `stop` (a number is its time, in ticks).

    A result due exactly at the stop still counts; no job starts then, and what is running is cut. `seed` is
    that of stragglers, losses and machines. Raises StarvedError where work remains that nobody will ever do.
    """
    stop = stop if isinstance(stop, Stop) else Stop(stop)
    pool = Pool(cluster.machines, slots_per_trial=cluster.slots_per_trial, policy=cluster.policy, seed=seed)
    limits = [stop.time, None if stop.cost is None else pool.spent(stop.cost)]
    deadline = min((limit for limit in limits if limit is not None), default=inf)
    run: PlainRun | _Run
    if cluster.trouble_free:
        queued = cluster.assignment == "queued"
        run = PlainRun(searcher, curves, pool.workers, stop, deadline, queued=queued, resume=cluster.resume)
    else:
        run = _Run(searcher, curves, cluster, pool, stop, deadline, seed)
    columns = run.go()
    return Trace(
        label=label,
        workers=pool.workers,
        max_length=searcher.max_length,
        spells=pool.spells(int(columns["end"].max(initial=0))),
        groups=pool.priced(),
        meta=meta or {},
        **columns,
    )


class _Run:
    """The state of one simulation of a cluster in trouble."""

    def __init__(
        self,
        searcher: Searcher,
        curves: Curves,
        cluster: Cluster,
        pool: Pool,
        stop: Stop,
        deadline: float,
        seed: int,
    ) -> None:
        self.pool = pool
        self._env = simpy.Environment(initial_time=0)
        self._searcher = searcher
        self._curves = curves
        self._cluster = cluster
        self._stop = stop
        self._fates = Fates(cluster.conditions, seed)
        self._rows: list[Row] = []
        self._fresh = 0  # ranks from here on have never had a job
        self._idle: list[int] = []  # heap of the other ranks that have none now
        self._running = 0
        self._queue: deque[Job] | None = deque() if cluster.assignment == "queued" else None
        self._lost: deque[Task] = deque()  # to be tried again, before anything new
        self._restarts: dict[int, int] = {}  # trial -> losses that count
        self._last: dict[int, tuple[int, int]] = {}  # worker -> the trial it had last, and when that ended
        self._full_length = 0
        self._quiet_since = 0  # when the last attempt ended, if none is under way
        self._vain = 0  # wakes since the last attempt
        self._over = False
        self._deadline = deadline

    def go(self) -> dict[str, Any]:
        """Simulate to the end; returns the trace's columns."""
        return unpack(bytearray().join(ROW.pack(*row[:8], *row[9:], row[8]) for row in self._simulate()))

    def _simulate(self) -> list[Row]:
        env, deadline = self._env, self._deadline
        max_wait = inf if self._cluster.max_wait is None else self._cluster.max_wait
        self._hand_out()
        while not self._over:
            pending = env.peek()
            if pending > deadline or pending == inf:
                return self._cut_at(int(deadline)) if deadline < inf else self._starved()
            if not self._running and pending - self._quiet_since > max_wait:
                break
            if self._vain > MAX_ATTEMPTS * 10:
                raise StarvedError("machines come and go, and none stays long enough to start up and work")
            env.step()
        while env.peek() <= env.now:  # results of the last instant count, whoever came first
            env.step()
        return self._cut_at(int(env.now))

    def _cut_at(self, now: int) -> list[Row]:
        """The rows, those that still run cut at `now`."""
        return [row if row[7] <= now else _cut(row, now) for row in self._rows] if self._running else self._rows

    def _starved(self) -> NoReturn:
        hours = max((row[7] for row in self._rows), default=0) / ticks.UNITS["h"]
        raise StarvedError(
            f"no worker is left after {hours:.3g} h, and the search is not over; let a group stay, or give a stop"
        )

    def _hand_out(self) -> None:
        """Give jobs to idle workers, in the order of the policy, as long as there are both."""
        if self._over:
            return
        if self._queue is not None:
            while isinstance(answer := self._searcher.next_job(), Job):
                self._queue.append(answer)
            self._over = self._over or answer is Idle.DONE
        now = int(self._env.now)
        if now >= self._deadline:
            return
        while not self._over and (rank := self._idlest()) is not None:
            worker = self.pool.worker(rank)
            if not self._ready(rank, worker, now):
                continue
            task = self._next_task()
            if task is None:
                heappush(self._idle, rank)
                return
            self._running += 1
            self._vain = 0
            self._start(rank, worker, task, now)

    def _idlest(self) -> int | None:
        """Take the idle worker that is first in the policy's order out of the pool."""
        if self._idle:
            return heappop(self._idle)
        if self._fresh < self.pool.workers:
            self._fresh += 1
            return self._fresh - 1
        return None

    def _ready(self, rank: int, worker: int, now: int) -> bool:
        """Whether a worker can work now; if not, it is back in the heap when it can."""
        if self.pool.steady:
            return True
        up = self.pool.machine(worker).at(now)
        if up is not None and up.ready <= now:
            return True
        if up is not None and up.ready < up.until:
            self._wake(rank, up.ready)
        elif up is not None:  # it goes before it has started up
            self._wake(rank, int(up.until))
        return False

    def _wake(self, rank: int, at: int) -> None:
        self._vain += not self._running
        self._env.timeout(at - self._env.now, rank).callbacks.append(self._come_back)

    def _come_back(self, event: simpy.Event) -> None:
        heappush(self._idle, cast(int, event.value))
        self._hand_out()

    def _next_task(self) -> Task | None:
        if self._lost:
            return self._lost.popleft()
        if self._queue is not None:
            job: Job | Idle | None = self._queue.popleft() if self._queue else None
        else:
            job = self._searcher.next_job()
            self._over = self._over or job is Idle.DONE
        if not isinstance(job, Job):
            return None
        return Task(job, job.from_resource if self._cluster.resume else 0, 0)

    def _start(self, rank: int, worker: int, task: Task, now: int) -> None:
        """Begin an attempt. Its fate is known at once, so its row is written now."""
        job, begin, number = task
        trial, bracket, rung, _, to_resource = job
        recovery, fates, group = self._cluster.conditions.recovery, self._fates, self.pool.group(worker)
        first = job.from_resource if self._cluster.resume else 0
        spent, loss, exit_ = self._curves.train(trial, first, to_resource)
        units = to_resource - begin
        spent = round(spent * units / (to_resource - first))  # of a job tried again only what is left
        work = max(1, fates.work(spent, trial, rung, number, worker, group.speed))
        goes_on = self._last.get(worker) == (trial, now) and begin > 0 and number == 0
        lead = fates.lead(begun=begin > 0, promoted=begin > 0 and number == 0, goes_on=goes_on)
        course = Course(lead, work, units, recovery.checkpoint_every, self._save_ticks)
        up = None if self.pool.steady else self.pool.machine(worker).at(now)
        fate = fates.of(
            course, trial, rung, number,
            stay=inf if up is None else up.until - now,
            why=Outcome.COMPLETED if up is None else up.why,
            notice=group.preemption.notice if group.preemption else 0,
        )  # fmt: skip
        outcome, lost_at = fate.outcome, None
        if outcome is Outcome.COMPLETED:
            outcome = Outcome.COMPLETED if exit_ is None else Outcome.EXITED
            loss = nan if exit_ is Exit.INVALID else loss  # a result that vanishes
        elif self._dies(trial, outcome):
            outcome, loss, exit_ = Outcome.EXITED, inf, Exit.ERRORED
        else:
            loss, lost_at = nan, begin + fate.units
        end = now + fate.length
        if end > ticks.LIMIT:
            raise RunError(ticks.TOO_LONG)
        self._rows.append(
            (worker, trial, bracket, rung, begin, to_resource, now, end, outcome, loss, fate.overhead, fate.lost)
        )  # fmt: skip
        attempt = Attempt(rank, task, inf if exit_ else loss, exit_, lost_at)
        self._env.timeout(fate.length, attempt).callbacks.append(self._finish)

    @property
    def _save_ticks(self) -> int:
        conditions = self._cluster.conditions
        return conditions.overheads.save if conditions.recovery.on_loss == "resume" else 0

    def _dies(self, trial: int, outcome: Outcome) -> bool:
        """Whether a trial whose job is lost once more is given up."""
        recovery = self._cluster.conditions.recovery
        if outcome is not Outcome.PREEMPTED:
            self._restarts[trial] = self._restarts.get(trial, 0) + 1
        return recovery.on_loss == "exit" or self._restarts.get(trial, 0) > recovery.max_restarts

    def _finish(self, event: simpy.Event) -> None:
        """End an attempt: report it or keep it to be tried again, free the worker, hand out."""
        rank, task, loss, exit_, lost_at = cast(Attempt, event.value)
        self._running -= 1
        self._quiet_since = int(self._env.now)
        if lost_at is not None:
            if task.attempt + 1 >= MAX_ATTEMPTS:
                raise StarvedError(
                    f"trial {task.job.trial} was tried {MAX_ATTEMPTS:,} times up to resource {task.job.to_resource} "
                    "and lost each time; save checkpoints more often, or give a stop"
                )
            self._lost.append(Task(task.job, lost_at, task.attempt + 1))
        elif exit_ is Exit.INVALID:
            self._searcher.withdraw(task.job)
        else:
            self._searcher.report(task.job, loss)
            self._last[self.pool.worker(rank)] = (task.job.trial, int(self._env.now))
            self._check_stop(task.job, loss, exit_)
        heappush(self._idle, rank)
        self._hand_out()

    def _check_stop(self, job: Job, loss: float, exit_: Exit | None) -> None:
        if exit_ is None and job.from_resource < self._searcher.max_length <= job.to_resource:
            self._full_length += 1
        stop = self._stop
        if (stop.loss is not None and loss <= stop.loss) or (stop.full_length or inf) <= self._full_length:
            self._over = True


def _cut(row: Row, now: int) -> Row:
    """A row as it stands when the run is stopped: what was trained by then was useful."""
    worker, trial, bracket, rung, begin, to_resource, start, _, _, _, overhead, _ = row
    return (
        worker, trial, bracket, rung, begin, to_resource, start, now, Outcome.CUT, nan, min(overhead, now - start), 0
    )  # fmt: skip
