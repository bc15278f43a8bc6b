"""Real worker processes that sleep as recorded curves say, and a driver that gives them a searcher's jobs.

Each worker is a pool of one process from `concurrent.futures`, so that its number is known and its death concerns no
other; or it is a worker of Dask, which has the same interface, and which Dask starts again when it was killed. The
driver is as simple as can be: it waits for results, reports them in the order in which they ended, and gives idle
workers, lowest number first, what the searcher says.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol

from trouble import Trouble

from simulator.searchers.protocol import Idle, Job, Searcher

COLUMNS = (
    "worker", "trial", "bracket", "rung", "from_resource", "to_resource", "start", "end", "outcome", "loss",
    "overhead", "lost",
)  # fmt: skip


class Curves(Protocol):
    """Nominal seconds and loss of a trial between two resources."""

    def job(self, trial: int, begin: int, end: int) -> tuple[list[float], float]:
        """Return cumulative seconds after each unit of the job, and the loss at its end."""
        ...


@dataclass
class Task:
    """A job under way."""

    job: Job
    begin: int
    attempt: int
    given: float
    lead: float
    steps: list[float]


def train(place: str, lead: float, until: list[float], save: float) -> tuple[float, float]:
    """Sleep for `lead` seconds, and then up to each time in `until`; write the number of units done to `place`; return start and end."""
    start = time.monotonic()
    last = start + lead
    _sleep(last)
    for unit, at in enumerate(until, start=1):
        _sleep(last + at + save * (unit - 1))
        if place:
            with open(place, "w") as out:  # noqa: PTH123  (a process that imports little)
                out.write(str(unit))
    return start, time.monotonic()


def _sleep(until: float) -> None:
    left = until - time.monotonic()
    if left > 0:
        time.sleep(left)


class Crew:
    """`count` workers that run a searcher's jobs on `curves`, with `trouble`.

    `pool` makes the executor of a worker by its number, when the run begins and after the worker was killed; by
    default it is a pool of one process. `losses` are the errors by which an executor says that its worker is gone.
    """

    def __init__(
        self,
        count: int,
        curves: Curves,
        trouble: Trouble | None = None,
        pool: Callable[[int], Executor] | None = None,
        losses: tuple[type[Exception], ...] = (BrokenProcessPool,),
    ) -> None:
        self.curves, self.trouble, self._losses = curves, trouble or Trouble(), losses
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["workers"])
        self._pool = pool or (lambda _: ProcessPoolExecutor(1, mp_context=self._context))
        self._pools = [self._pool(number) for number in range(count)]
        self._pids = [pool.submit(os.getpid).result() for pool in self._pools]
        self._folder = tempfile.TemporaryDirectory(prefix="crew-")
        self.rows: list[dict[str, Any]] = []
        self.boots: list[float] = []
        self._deadly: list[threading.Timer] = []
        self._busy: set[int] = set()

    def run(self, searcher: Searcher) -> list[dict[str, Any]]:
        """Run to the end; returns the rows of the trace, times in seconds since the first job was given out."""
        trouble = self.trouble
        idle = list(range(len(self._pools)))
        running: dict[Future[Any], int] = {}
        tasks: dict[int, Task] = {}
        lost: list[tuple[Job, int, int]] = []
        last: dict[int, int] = {}  # of a worker, the trial it had
        back: dict[Future[Any], int] = {}
        origin = time.monotonic()
        for number in range(len(self._pools)):
            self._doom(number, origin)
        over = False
        while True:
            while idle and not over:
                idle.sort()
                if lost:
                    job, begin, attempt = lost.pop(0)
                else:
                    answer = searcher.next_job()
                    if isinstance(answer, Idle):
                        over = answer is Idle.DONE
                        break
                    job, begin, attempt = answer, answer.from_resource, 0
                worker = idle.pop(0)
                seconds, _ = self.curves.job(job.trial, begin, job.to_resource)
                goes_on = last.get(worker) == job.trial and attempt == 0 and begin > 0
                lead = (
                    0.0
                    if goes_on
                    else trouble.trial_start + (begin > 0) * (trouble.restore + (attempt == 0) * trouble.save)
                )
                speed = trouble.speeds[worker] if trouble.speeds else 1.0
                factor = trouble.factor(job.trial, job.rung, attempt) / speed
                place = f"{self._folder.name}/{worker}" if math.isfinite(trouble.mtbf) else ""
                if place:
                    with open(place, "w") as out:  # noqa: PTH123
                        out.write("0")
                steps = [second * factor for second in seconds]
                if not (place or trouble.save):
                    steps = steps[-1:]
                tasks[worker] = Task(job, begin, attempt, time.monotonic(), lead, steps)
                last.pop(worker, None)
                self._busy.add(worker)
                running[self._pools[worker].submit(train, place, lead, steps, trouble.save)] = worker
            if not running:
                break
            done, _ = wait([*running, *back], return_when=FIRST_COMPLETED)
            now = time.monotonic()
            ended = []
            for future in done:
                if future in back:
                    idle.append(back.pop(future))
                    continue
                worker = running.pop(future)
                self._busy.discard(worker)
                try:
                    ended.append((*future.result(), worker, True))
                except self._losses:
                    ended.append((tasks[worker].given, now, worker, False))
            for start, end, worker, sound in sorted(ended, key=lambda entry: entry[1]):
                task = tasks.pop(worker)
                job = task.job
                units = job.to_resource - task.begin
                row = {
                    "worker": worker, "trial": job.trial, "bracket": job.bracket, "rung": job.rung,
                    "from_resource": task.begin, "to_resource": job.to_resource, "start": start - origin,
                    "end": end - origin, "outcome": "completed", "lost": 0.0,
                    "overhead": task.lead + trouble.save * (units - 1),
                }  # fmt: skip
                if sound:
                    _, loss = self.curves.job(job.trial, task.begin, job.to_resource)
                    dead = not math.isfinite(loss)
                    row |= {"loss": loss, "outcome": "exited" if dead else "completed"}
                    last[worker] = job.trial
                    idle.append(worker)
                    searcher.report(job, loss)
                else:
                    kept = int(open(f"{self._folder.name}/{worker}").read() or 0)  # noqa: PTH123, SIM115
                    kept = min(kept, units - 1)
                    useful = task.steps[kept - 1] if kept else 0.0
                    row["overhead"] = min(task.lead + trouble.save * kept, end - start)
                    row |= {
                        "loss": math.nan,
                        "outcome": "failed",
                        "lost": max(end - start - row["overhead"] - useful, 0.0),
                    }
                    lost.append((job, task.begin + kept, task.attempt + 1))
                    back[self._again(worker, end)] = worker
                self.rows.append(row)
        for timer in self._deadly:
            timer.cancel()
        return sorted(self.rows, key=lambda row: row["start"])

    def close(self) -> None:
        """End all processes."""
        for pool in self._pools:
            pool.shutdown(wait=False)
        self._folder.cleanup()

    def _doom(self, worker: int, now: float, spell: int = 0) -> None:
        """Set the time at which a worker's process is killed."""
        if not math.isfinite(self.trouble.mtbf):
            return
        rng = random.Random(f"{self.trouble.seed} {worker} {spell}")
        timer = threading.Timer(rng.expovariate(1 / self.trouble.mtbf), self._kill, (worker, spell))
        timer.daemon = True
        timer.start()
        self._deadly.append(timer)

    def _kill(self, worker: int, spell: int) -> None:
        """Kill a worker's process if it has a job; an idle process lives until its next draw."""
        if worker in self._busy:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pids[worker], signal.SIGKILL)
        self._doom(worker, time.monotonic(), spell + 1)

    def _again(self, worker: int, died: float) -> Future[Any]:
        """A new process in place of the dead one, after its repair."""
        made: Future[Any] = Future()

        def start() -> None:
            begun = time.monotonic()
            pool = self._pool(worker)
            self._pids[worker] = pool.submit(os.getpid).result()
            self.boots.append(time.monotonic() - begun)
            self._pools[worker] = pool
            made.set_result(worker)

        threading.Timer(self.trouble.repair, start).start()
        return made
