"""Runs tasks in processes of this machine, through joblib, or on an existing cluster."""

from __future__ import annotations

import logging
import multiprocessing.resource_tracker
import os
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import sleep
from typing import Any, TypeVar

from simulator.core.errors import MachineError
from simulator.core.vocabulary import BackendName
from simulator.io import signals
from simulator.planning import remote
from simulator.planning.remote import Remote

log = logging.getLogger(__name__)

Task = TypeVar("Task")
Done = TypeVar("Done")

#: Exceptions by which joblib, Dask and Ray report a dead worker process, by name, since two of them are extras.
DEATHS = frozenset(
    {"TerminatedWorkerError", "BrokenProcessPool", "KilledWorker", "WorkerCrashedError", "OutOfMemoryError"}
)
#: What to do about a dead worker process.
LESS = "try fewer --jobs, or find more memory"
#: Seconds between two checks that a worker's parent process still exists.
LOOK = 0.5
#: Number of tasks that wait for each process, in addition to the one that it runs.
AHEAD = 2


@dataclass(frozen=True)
class WorkerPool:
    """`jobs` processes of a backend (0: one for each processor); if it is 1, the tasks run in this process."""

    backend: BackendName = "loky"
    address: str | None = None
    jobs: int = 0

    def run(self, function: Callable[[Task], Done], tasks: Sequence[Task], name: Callable[[Task], str]) -> Generator[
        tuple[Task, Done]
    ]:  # fmt: skip
        """Do the tasks, in any order; yields each with its result.

        When a worker process dies or runs out of memory, the tasks that may be the cause are tried once more, one by
        one. Raises MachineError with the name of a task for which that happens again, or if a cluster has gone away;
        InputError if the cluster can't be reached.
        """
        with ExitStack() as stack:
            jobs, cluster = self._connect(stack)
            if self.backend == "loky" and jobs == 1:
                for task in tasks:
                    try:
                        yield task, function(task)
                    except MemoryError:
                        raise MachineError(f"{name(task)}: out of memory", LESS) from None
                return
            waiting = dict(enumerate(tasks))
            while waiting:
                suspects: list[int] = []
                try:
                    for number, done in self._all(function, waiting, jobs, cluster):
                        yield waiting.pop(number), done
                except Exception as error:
                    if not _is_death(error):
                        raise
                    suspects = list(waiting)[: (AHEAD + 1) * jobs]
                    log.warning(
                        "a worker process %s; runs that it may have had are done once more",
                        "ran out of memory" if isinstance(error, MemoryError) else "died",
                    )
                for number in suspects:
                    task = waiting.pop(number)
                    yield task, self._alone(function, task, jobs, cluster, name(task))

    def _alone(
        self, function: Callable[[Task], Done], task: Task, jobs: int, cluster: Remote | None, name: str
    ) -> Done:
        try:
            [(_, done)] = self._all(function, {0: task}, jobs, cluster)
        except Exception as error:
            if not _is_death(error):
                raise
            why = "ran out of memory" if isinstance(error, MemoryError) else "died"
            message = f"{name}: its worker process {why}, and again when it was tried once more, alone"
            raise MachineError(message, LESS) from None
        return done

    def _all(
        self, function: Callable[[Task], Done], tasks: dict[int, Task], jobs: int, cluster: Remote | None
    ) -> Iterator[tuple[int, Done]]:
        if cluster is not None:
            where = f"{self.backend}'s cluster at {self.address}" if self.address else f"{self.backend}'s cluster"
            yield from remote.results(cluster, function, tasks, AHEAD * jobs, where)
            return
        import joblib

        numbered = list(tasks.items())  # the caller removes finished tasks from the list
        jobs = min(jobs, max(len(numbered), joblib.cpu_count()))  # all start, even without a task
        settings: dict[str, Any] = {"inner_max_num_threads": 1, "initializer": _follow, "initargs": (os.getpid(),)}
        with warnings.catch_warnings(), joblib.parallel_config("loky", n_jobs=jobs, **settings):
            # a caller that stops early, as on a full disk, reports the reason itself
            warnings.filterwarnings("ignore", ".*tasks which were still being processed", UserWarning)
            parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=AHEAD * jobs)
            with ExitStack() as stack:
                try:
                    with _spared():
                        results = parallel(joblib.delayed(_numbered)(function, *task) for task in numbered)
                        stack.callback(results.close)  # a caller that stops early ends the processes
                except OSError as error:  # /dev/shm is full, or the user may have no more processes
                    message = f"worker processes can't be started: {error.strerror or error}"
                    raise MachineError(message, LESS) from None
                yield from results

    def _connect(self, stack: ExitStack) -> tuple[int, Remote | None]:
        """Connect to the backend until `stack` closes; returns its number of processes, and the cluster if any."""
        import joblib

        if self.backend == "loky":
            return self.jobs or joblib.cpu_count(), None
        cluster = remote.connect(self.backend, self.address, stack)
        return self.jobs or cluster.processes() or 1, cluster


def _numbered(function: Callable[[Task], Done], number: int, task: Task) -> tuple[int, Done]:
    return number, function(task)


@contextmanager
def _spared() -> Iterator[None]:
    """Start processes that ignore Ctrl-C and signals to the group, so that their parent ends them."""
    from joblib.externals.loky.backend import resource_tracker as tracker

    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (before, "ignore:resource_tracker")))
    try:
        # The resource tracker unblocks signals when it starts, so it is started first. If this process is killed, the
        # tracker tidies up, and its messages about that are of no use.
        for each in (multiprocessing.resource_tracker, tracker):
            each.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before
    with signals.later():
        yield


def _follow(parent: int) -> None:
    """End this worker process when its parent has ended, for whatever reason."""
    threading.Thread(target=_wait_for, args=(parent,), daemon=True).start()


def _wait_for(parent: int) -> None:
    while os.getppid() == parent:
        sleep(LOOK)
    os._exit(1)


def _is_death(error: Exception) -> bool:
    return isinstance(error, MemoryError) or type(error).__name__ in DEATHS
