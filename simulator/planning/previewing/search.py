"""Previews a search: how many trials reach each rung, and how many workers it can use.

A searcher decides by results alone, so it is run on made-up results, uniform random losses, as in Determined's own
preview. One run has jobs that end in random order; one run for each number of workers has a clock on which every unit
takes the same time. Numbers that vary between runs are given over several seeds.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Literal

import numpy as np

from simulator.cluster import fast
from simulator.cluster.outcomes import Ending, Task
from simulator.cluster.spec import Stop
from simulator.core.streams import Stream, uniforms
from simulator.searchers.protocol import AnyJob, Idle, Job, OneByOne, Searcher

#: Number of runs of a search whose numbers vary; if a search has many jobs, there are only as many runs as make JOBS
#: jobs.
SEEDS = 50
JOBS = 50_000

#: Greatest number of trials of a search that is previewed; and the number of trials of an endless search that are.
MOST_TRIALS = 2_000_000
FIRST_TRIALS = 1000

#: What limits how soon a search can be done: its work divided by the workers; its longest trial, whose jobs follow
#: one another (these two are Graham's bounds); or a bracket's limit of concurrent jobs.
Bound = Literal["work", "critical path", "concurrency"]


@dataclass(frozen=True)
class Range:
    """The range of a number over several runs."""

    min: float
    mean: float
    max: float

    @classmethod
    def of(cls, numbers: Iterable[float]) -> Range:
        """The range of one or more numbers."""
        several = list(numbers)
        return cls(min(several), sum(several) / len(several), max(several))


@dataclass(frozen=True)
class RungPreview:
    """A rung: the units that a trial has trained there, and how many trials get that far."""

    resource: int
    trials: Range
    units: Range  # units that all trials together train from the rung below up to here


@dataclass(frozen=True)
class BracketPreview:
    """A bracket: its rungs, the lowest first, and the greatest number of jobs that it ever has under way."""

    rungs: tuple[RungPreview, ...]
    busy_at_once: int


@dataclass(frozen=True)
class WorkersPreview:
    """The search on a number of workers; the unit of time is the time of a unit of training.

    The runs are on average not shorter than `lower_bound`; a run that happens to train less may be.
    """

    workers: int
    work_bound: float
    critical_path_bound: float
    concurrency_bound: float
    lower_bound: float  # the greatest of the three
    bound_by: Bound
    ideal_makespan: Range
    utilization: float
    speedup: float  # compared with one worker


@dataclass(frozen=True)
class Preview:
    """The preview of a search, over `seeds` runs.

    Of an endless search only the first trials are counted, and there are no `workers`.
    """

    max_length: int
    seeds: int
    endless: bool
    trials: Range
    full_length_trials: Range
    resource_units: Range
    busy_at_once: int | None  # None: as many as there are workers
    brackets: tuple[BracketPreview, ...]
    workers: tuple[WorkersPreview, ...]


def preview(
    make: Callable[[], Searcher],
    *,
    endless: bool = False,
    workers: int | None = None,
    max_concurrent: int | None = None,
    queued: bool = True,
    resume: bool = True,
    seeds: int = SEEDS,
) -> Preview:
    """Preview a searcher; `make` makes a fresh one at each call.

    `workers` is the number of the cluster's workers, if there is a cluster; `queued` and `resume` are the cluster's
    settings. An `endless` search needs workers, and `max_concurrent` if that limits its jobs. `seeds` is the number
    of runs of a search that is not large. Raises ValueError for a search with too many trials.
    """
    at_once = workers or 1 if endless else inf

    def run(seed: int) -> _Run:
        trials = FIRST_TRIALS if endless else MOST_TRIALS
        return _Run(make(), seed, resume=resume, most_trials=trials, in_random_order=True).go(at_once, queued=False)

    first = run(0)
    if not endless and first.trials >= MOST_TRIALS:
        raise ValueError(f"has {MOST_TRIALS:,} trials or more, too many to preview")
    seeds = max(1, min(seeds, JOBS // max(1, first.arrived.total())))
    runs = [first, *(run(seed) for seed in range(1, seeds))]
    busy: float = max(run.most_at_once for run in runs)
    if endless and busy >= at_once:  # all workers were busy, so more of them may be, too
        busy = max_concurrent or inf
    counts = [] if endless else _worker_counts(int(busy), workers)

    def timed(count: int, seed: int) -> _Run:
        return _Run(make(), seed, resume=resume).go(count, queued=queued)

    clocked = {count: [timed(count, seed) for seed in range(seeds)] for count in counts}
    return Preview(
        max_length=first.searcher.max_length,
        seeds=seeds,
        endless=endless,
        trials=Range.of(run.trials for run in runs),
        full_length_trials=Range.of(run.full_length for run in runs),
        resource_units=Range.of(run.units.total() for run in runs),
        busy_at_once=None if busy == inf else int(busy),
        brackets=_brackets(runs),
        workers=tuple(_workers(count, clocked[count], clocked[1]) for count in counts),
    )


@dataclass
class _Run(OneByOne):
    """One run of a searcher on made-up results, with counts.

    It stands between the searcher and the engine: it passes jobs on, sets their times, and reports losses. For jobs
    that end in random order, all take exponential times with the same mean: each job is then as likely as any other
    to end next, whatever its age.
    """

    searcher: Searcher
    seed: int
    resume: bool
    most_trials: int = MOST_TRIALS  # the run ends when this many trials have started
    in_random_order: bool = False
    trials: int = 0
    full_length: int = 0
    at_once: int = 0
    most_at_once: int = 0
    longest: int = 0  # units of the trial that trained most
    makespan: float = 0
    arrived: Counter[tuple[int, int]] = field(default_factory=Counter)  # trials by bracket and rung
    spent: Counter[tuple[int, int]] = field(default_factory=Counter)  # units by bracket and rung
    units: Counter[int] = field(default_factory=Counter)  # by bracket
    under_way: Counter[int] = field(default_factory=Counter)
    bracket_at_once: Counter[int] = field(default_factory=Counter)
    trained: Counter[int] = field(default_factory=Counter)  # units by trial
    rungs: dict[int, tuple[int, ...]] = field(default_factory=dict)  # the resources of its rungs by bracket
    rows: bytearray = field(default_factory=bytearray)  # empty, since a preview needs no rows

    def __post_init__(self) -> None:
        self._losses, self._spans = self._drawn(0), self._drawn(1)

    def go(self, workers: float, *, queued: bool) -> _Run:
        """Run to the end, or until `most_trials` trials have started."""
        _, self.makespan = fast.run(self, None, workers, Stop(), queued=queued, resume=self.resume, outcomes=self)
        return self

    @property
    def max_length(self) -> int:
        """The searcher's max_length."""
        return self.searcher.max_length

    def next_job(self) -> Job | Idle:
        """Pass the searcher's next job on."""
        if self.trials >= self.most_trials:
            return Idle.DONE
        job = self.searcher.next_job()
        if isinstance(job, Job):
            self._count(job)
        return job

    def begin(self, task: Task, worker: int, now: float) -> Ending:  # noqa: ARG002  (whoever does it)
        """Begin a job, and say when it ends."""
        job = task[0]
        return now + (next(self._spans) if self.in_random_order else self._units(job)), job, 0.0, None, None

    def report(self, job: AnyJob, loss: float) -> None:  # noqa: ARG002  (the n-th result has the n-th loss)
        """Report a made-up loss."""
        self.at_once -= 1
        self.under_way[job[1]] -= 1
        self.searcher.report(job, next(self._losses))

    def withdraw(self, job: AnyJob) -> None:
        """Pass the withdrawal on."""
        self.searcher.withdraw(job)

    def _count(self, job: Job) -> None:
        bracket, units = job.bracket, self._units(job)
        self._count_rungs(job)
        self.units[bracket] += units
        self.under_way[bracket] += 1
        self.bracket_at_once[bracket] = max(self.bracket_at_once[bracket], self.under_way[bracket])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.trials += not job.from_resource
        self.full_length += job.from_resource < self.searcher.max_length <= job.to_resource
        self.trained[job.trial] += units
        self.longest = max(self.longest, self.trained[job.trial])

    def _count_rungs(self, job: Job) -> None:
        """Count the job's trial on the rungs that it reaches, and its units on the way there.

        Rungs are told by resource: a job that lasts to the next report may end below a rung, or go past several.
        """
        bracket, start, end = job.bracket, job.from_resource, job.to_resource
        if bracket not in self.rungs:
            self.rungs = dict(enumerate(self.searcher.brackets))
        rungs = self.rungs[bracket]
        again = start == end  # trained from zero once more for as many units, which are those of two rungs
        first = job.rung if again else min(bisect_right(rungs, start), len(rungs) - 1)
        last = min(bisect_left(rungs, end, first), len(rungs) - 1)
        for rung in range(first, last):
            self.arrived[bracket, rung] += 1
            if self.resume:
                self.spent[bracket, rung] += rungs[rung] - start
                start = rungs[rung]
        self.arrived[bracket, last] += again or start < rungs[last] <= end
        self.spent[bracket, last] += end - start if self.resume else end

    def _units(self, job: AnyJob) -> int:
        return job[4] - (job[3] if self.resume else 0)

    def _drawn(self, exponential: int) -> Iterator[float]:
        """Random numbers without end: uniform, or exponential of mean 1."""
        for first in itertools.count(step=256):
            numbers = uniforms(self.seed, Stream.PREVIEW, exponential, n=256, first=first)
            yield from (-np.log(numbers) if exponential else numbers).tolist()


def _brackets(runs: list[_Run]) -> tuple[BracketPreview, ...]:
    """The brackets of all runs; in an endless search some runs may have begun more of them than others."""
    rungs = max((run.searcher.brackets for run in runs), key=len)
    return tuple(
        BracketPreview(
            tuple(
                RungPreview(
                    resource,
                    Range.of(run.arrived[bracket, rung] for run in runs),
                    Range.of(run.spent[bracket, rung] for run in runs),
                )
                for rung, resource in enumerate(resources)
            ),
            max(run.bracket_at_once[bracket] for run in runs),
        )
        for bracket, resources in enumerate(rungs)
    )


def _workers(count: int, runs: list[_Run], alone: list[_Run]) -> WorkersPreview:
    work = sum(run.units.total() for run in runs) / count / len(runs)
    path = sum(run.longest for run in runs) / len(runs)
    concurrency = sum(map(_busiest_bracket, runs)) / len(runs)
    bounds: dict[Bound, float] = {"work": work, "critical path": path, "concurrency": concurrency}
    hardest = max(bounds, key=lambda bound: bounds[bound])
    spent = sum(run.makespan for run in runs)
    return WorkersPreview(
        count,
        work,
        path,
        concurrency,
        bounds[hardest],
        hardest,
        Range.of(run.makespan for run in runs),
        utilization=sum(run.units.total() for run in runs) / (count * spent) if spent else 0.0,
        speedup=sum(run.makespan for run in alone) / spent if spent else 1.0,
    )


def _busiest_bracket(run: _Run) -> float:
    """The time of the bracket that takes longest: its units divided by the most jobs that it had under way."""
    return max((run.units[bracket] / most for bracket, most in run.bracket_at_once.items()), default=0.0)


def _worker_counts(busy: int, workers: int | None) -> list[int]:
    """The numbers 1, 4, 16 … below the number of workers that can be busy, that number, and the cluster's."""
    counts = {1, max(1, busy), workers or 1}
    power = 4
    while power < busy:
        counts.add(power)
        power *= 4
    return sorted(counts)
