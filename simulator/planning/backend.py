"""Who does the tasks: processes of this machine, through joblib, or a cluster that somebody has."""

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

#: What joblib, Dask and Ray raise when a worker process is gone; by name, as two of them are extras.
DEATHS = frozenset(
    {"TerminatedWorkerError", "BrokenProcessPool", "KilledWorker", "WorkerCrashedError", "OutOfMemoryError"}
)
#: What to do about it.
LESS = "try fewer --jobs, or find more memory"
#: Seconds between looks at whether the parent of a worker process is still there.
LOOK = 0.5
#: Tasks handed out before their turn, for each process.
AHEAD = 2


@dataclass(frozen=True)
class WorkerPool:
    """`jobs` processes (0: one for each processor) of a backend; one process is this one itself."""

    backend: BackendName = "loky"
    address: str | None = None
    jobs: int = 0

    def run(self, function: Callable[[Task], Done], tasks: Sequence[Task], name: Callable[[Task], str]) -> Generator[
        tuple[Task, Done]
    ]:  # fmt: skip
        """Do the tasks, in any order; yields each with what it gave.

        When a worker process dies or has no memory left, the tasks that may be why are tried once more, one by one.
        Raises MachineError naming one for which it happens again, or where a cluster has gone away; InputError where
        it can't be reached.
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

        numbered = list(tasks.items())  # whoever takes the results takes the tasks off their list
        settings: dict[str, Any] = {"inner_max_num_threads": 1, "initializer": _follow, "initargs": (os.getpid(),)}
        with warnings.catch_warnings(), joblib.parallel_config("loky", n_jobs=jobs, **settings):
            # whoever stops early, on a full disk say, tells why itself
            warnings.filterwarnings("ignore", ".*tasks which were still being processed", UserWarning)
            parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=AHEAD * jobs)
            with ExitStack() as stack:
                try:
                    with _spared():
                        results = parallel(joblib.delayed(_numbered)(function, *task) for task in numbered)
                        stack.callback(results.close)  # whoever stops early ends the processes
                except OSError as error:  # no room in /dev/shm, no more processes for this user
                    message = f"worker processes can't be started: {error.strerror or error}"
                    raise MachineError(message, LESS) from None
                yield from results

    def _connect(self, stack: ExitStack) -> tuple[int, Remote | None]:
        """Reach the backend for as long as `stack` lasts; returns its number of processes, and a cluster."""
        import joblib

        if self.backend == "loky":
            return self.jobs or joblib.cpu_count(), None
        cluster = remote.connect(self.backend, self.address, stack)
        return self.jobs or cluster.processes() or 1, cluster


def _numbered(function: Callable[[Task], Done], number: int, task: Task) -> tuple[int, Done]:
    return number, function(task)


@contextmanager
def _spared() -> Iterator[None]:
    """Start processes that Ctrl-C on the terminal, or a signal to the whole group, leaves to their parent to end."""
    from joblib.externals.loky.backend import resource_tracker as tracker

    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (before, "ignore:resource_tracker")))
    try:
        # It lets signals through again when it starts, so it does so first. And when we are killed, it tidies up
        # after us: that is no news.
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
    """Have this worker process end when its parent has, however that ended."""
    threading.Thread(target=_wait_for, args=(parent,), daemon=True).start()


def _wait_for(parent: int) -> None:
    while os.getppid() == parent:
        sleep(LOOK)
    os._exit(1)


def _is_death(error: Exception) -> bool:
    return isinstance(error, MemoryError) or type(error).__name__ in DEATHS
