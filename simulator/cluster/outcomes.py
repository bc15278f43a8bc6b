"""The outcome of an attempt at a job, which is known when it begins, and its row of the trace.

Both engines use this module. They decide when an attempt begins; this module has no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan

from simulator.cluster.attempts import Course, Overheads, Rest
from simulator.cluster.fates import Fate, Fates
from simulator.cluster.machines import Up
from simulator.cluster.pool import MachinePool
from simulator.cluster.recording import ROW
from simulator.cluster.spec import Cluster, StarvedError
from simulator.core import ticks
from simulator.core.errors import RunError
from simulator.curves.protocol import Curves, Exit
from simulator.searchers.protocol import AnyJob
from simulator.trace.trace import Outcome

COMPLETED, EXITED, PREEMPTED = (
    Outcome.COMPLETED,
    Outcome.EXITED,
    Outcome.PREEMPTED,
)  # members of an enum are slow to look up
INVALID = Exit.INVALID

#: Most attempts at a job: after that many losses the run fails instead of going on for ever.
MAX_ATTEMPTS = 10_000

#: A job to be tried from resource `begin` on, after `tries` lost attempts: (job, begin, tries).
Task = tuple[AnyJob, int, int]

#: An attempt's end in ticks, its job, loss and exit, and the task that is left if the attempt is lost.
Ending = tuple[float, AnyJob, float, Exit | None, Task | None]


#: An attempt that may be stopped: its lead, work and units as in a Course, whether it will be lost in a way that
#: counts towards `max_restarts`, and the position of its row.
Begun = tuple[int, int, int, bool, int]


def task_to_retry(task: Task, whose: str = "") -> Task:
    """Return the task that a lost attempt leaves; raises StarvedError if it was lost too often.

    `whose` names the search in the error, where there are several.
    """
    job, _, tries = task
    if tries >= MAX_ATTEMPTS:
        raise StarvedError(
            f"trial {job[0]}{whose} was tried {MAX_ATTEMPTS:,} times up to resource {job[4]} "
            "and lost each time; lower crashes and drops, shorten trial_start and restore, save checkpoints more "
            "often, or give a stop"
        )
    return task


class Outcomes:
    """Begins the attempts of a search on a cluster, under a seed; `rows` has each of them, packed.

    Searches that share a cluster share `rows` and the fates of `machines`. If attempts may be stopped, `begun` is the
    latest one.
    """

    begun: Begun

    def __init__(
        self,
        curves: Curves,
        cluster: Cluster,
        pool: MachinePool,
        seed: int,
        *,
        rows: bytearray | None = None,
        machines: Fates | None = None,
        resume: bool = True,
    ) -> None:
        conditions = cluster.conditions
        self.rows = bytearray() if rows is None else rows
        self._train = curves.train
        self._pool = pool
        self._fates = Fates(conditions, seed)
        self._machines = machines or self._fates  # draws slow spells
        self._workers = self._machines if conditions.straggler_per == "worker" else self._fates  # draws stragglers
        self._resume = cluster.resume and resume
        self._recovery = conditions.recovery
        self._save = conditions.overheads.save if conditions.recovery.on_loss == "resume" else 0
        self._restarts: dict[int, int] = {}  # by trial, the number of losses that count towards max_restarts
        self._last: dict[int, tuple[int, int]] = {}  # by worker, its last trial and the end of that attempt
        # Flags that skip the work for what can't happen on this cluster.
        self._uneven = conditions.straggler is not None or any(group.speed != 1 for group in cluster.machines)
        self._slow = conditions.slow is not None
        self._delayed = self._slow or conditions.overheads != Overheads()
        self._losing = conditions.drop is not None or conditions.crash > 0
        self._shared = machines is not None

    def begin(  # noqa: C901  (one step after the other, and the loops run here all the time)
        self,
        task: Task,
        worker: int,
        now: int,
        wait: int = 0,
        up: Up | None = None,
        others: Sequence[int] = (),
    ) -> Ending:
        """Begin an attempt at `task` after `wait` ticks, on a worker and maybe `others`; the slowest sets the pace.

        `up` is the spell of the machine that goes first, None if all stay for ever. A trial whose last job ended
        `now` on the same worker needs no lead. Raises RunError where the clock runs out.
        """
        job, begin, tries = task
        trial, bracket, rung, first, to_resource = job
        start = now + wait
        if not self._resume:
            first = 0
        spent, loss, exit_ = self._train(trial, first, to_resource)
        units = to_resource - begin
        if begin != first:  # a job that is tried again trains only the rest
            spent = round(spent * units / (to_resource - first))
        if self._uneven:
            spent = self._slowest(task, spent, worker, others)
        length = work = spent or 1  # at least a tick, or an endless search would never reach its stop
        lead = overhead = lost = 0
        if self._delayed:
            lead, work, overhead = self._delays(task, work, worker, start, now, others)
            length = overhead + work
        outcome, left = COMPLETED if exit_ is None else EXITED, None
        leaves = up is not None and up.until - start < length
        counted = False
        if leaves or (self._losing and self._fates.lost_after(length, trial, rung, tries) <= length):
            course = Course(lead, work, units, self._recovery.checkpoint_every, self._save)
            fate = self._cut_short(course, task, start, up)
            length, overhead, lost, outcome = fate.length, fate.overhead, fate.lost, fate.outcome
            counted = outcome is not PREEMPTED
            if self._dies(trial, outcome):
                outcome, loss, exit_ = EXITED, inf, Exit.ERRORED
            else:
                loss, exit_, left = nan, None, (job, begin + fate.units, tries + 1)
        elif exit_ is INVALID:
            loss = nan  # the result vanishes
        end = start + length
        if end > ticks.LIMIT:
            raise RunError(ticks.TOO_LONG)
        if self._delayed and left is None:
            self._last[worker] = trial, end
        if self._shared:
            self.begun = lead, work, units, counted, len(self.rows)
        self.rows += ROW.pack(
            worker, trial, bracket, rung, begin, to_resource, start, end, loss, overhead, lost, outcome
        )
        return end, job, loss, exit_, left

    def stop(self, task: Task, worker: int, start: int, now: int, begun: Begun) -> Task:
        """Cut an attempt short at tick `now`, and change its row; returns the task that is left.

        `start` is the tick at which the attempt was to start.
        """
        job, begin, tries = task
        lead, work, units, counted, place = begun
        course = Course(lead, work, units, self._recovery.checkpoint_every, self._save)
        trial, bracket, rung, _, to_resource = job
        spent = max(now - start, 0)
        if self._recovery.on_loss == "resume":
            rest = course.cut_short(spent) if spent else Rest(0, 0, 0)
        else:
            rest = Rest(min(course.lead, spent), 0, 0)
        if counted:  # the attempt was to be lost, and is not any more
            self._restarts[trial] -= 1
        self._last.pop(worker, None)
        lost = spent - rest.overhead - rest.kept
        ROW.pack_into(
            self.rows, place, worker, trial, bracket, rung, begin, to_resource, min(start, now), now, nan,
            rest.overhead, lost, PREEMPTED,
        )  # fmt: skip
        return job, begin + rest.units, tries + 1

    def _slowest(self, task: Task, spent: int, worker: int, others: Sequence[int]) -> int:
        """Ticks that training takes on the slowest of some workers."""
        slowest = self._work(task, spent, worker)
        for other in others:
            slowest = max(slowest, self._work(task, spent, other))
        return slowest

    def _work(self, task: Task, spent: int, worker: int) -> int:
        """Ticks that training takes on a worker, with its straggler factor."""
        job, _, tries = task
        return self._workers.training_ticks(spent, job[0], job[2], tries, worker, self._pool.group(worker).speed)

    def _delays(
        self, task: Task, work: int, worker: int, start: int, now: int, others: Sequence[int]
    ) -> tuple[int, int, int]:
        """Ticks before training, ticks of training, and ticks of all overhead."""
        job, begin, tries = task
        promoted = begin > 0 and tries == 0
        goes_on = promoted and self._last.get(worker) == (job[0], now)
        lead = self._fates.lead(begun=begin > 0, promoted=promoted, goes_on=goes_on)
        if self._slow:
            machines = {self._pool.machine_number(one) for one in (worker, *others)}
            work = max(self._machines.with_slow_spells(work, start + lead, machine) for machine in machines)
        checkpoints = (job[4] - begin - 1) // self._recovery.checkpoint_every if self._save else 0
        return lead, work, lead + self._save * checkpoints

    def _cut_short(self, course: Course, task: Task, start: int, up: Up | None) -> Fate:
        """The fate of an attempt that is dropped, crashes or loses its machine."""
        job, _, tries = task
        stay, why, notice = (inf, COMPLETED, 0) if up is None else (up.until - start, up.why, up.notice)
        return self._fates.fate(course, job[0], job[2], tries, stay=stay, why=why, notice=notice)

    def _dies(self, trial: int, outcome: Outcome) -> bool:
        """Count a loss of a trial's job, and return whether the trial is given up."""
        if outcome is not PREEMPTED:
            self._restarts[trial] = self._restarts.get(trial, 0) + 1
        return self._recovery.on_loss == "exit" or self._restarts.get(trial, 0) > self._recovery.max_restarts
