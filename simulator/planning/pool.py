"""Who does the tasks: processes of this machine, or an existing cluster by its name, all through joblib."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, TypeVar

from simulator.errors import InputError, Problem, RunError

Backend = Literal["loky", "dask", "ray"]

Task = TypeVar("Task")
Done = TypeVar("Done")

#: What joblib's backends raise when a worker process is gone; by name, as two of them are extras.
DEATHS = frozenset({"TerminatedWorkerError", "BrokenProcessPool", "KilledWorker", "WorkerCrashedError"})
#: Tasks handed out before their turn, for each process.
AHEAD = 2


@dataclass(frozen=True)
class Pool:
    """`jobs` processes (0: one for each processor) of a backend; one process is this one itself."""

    backend: Backend = "loky"
    address: str | None = None
    jobs: int = 0

    def run(self, function: Callable[[Task], Done], tasks: Sequence[Task], name: Callable[[Task], str]) -> Iterator[
        tuple[Task, Done]
    ]:  # fmt: skip
        """Do the tasks, in any order; yields each with what it gave.

        When a worker process dies, the tasks that may have killed it are tried once more, one by one. Raises RunError
        naming one that does it again, InputError where the backend can't be reached.
        """
        with ExitStack() as stack:
            jobs = self._connect(stack)
            if self.backend == "loky" and jobs == 1:
                yield from ((task, function(task)) for task in tasks)
                return
            waiting = dict(enumerate(tasks))
            while waiting:
                suspects: list[int] = []
                try:
                    for number, done in self._all(function, waiting, jobs):
                        yield waiting.pop(number), done
                except Exception as error:
                    if not _is_death(error):
                        raise
                    suspects = list(waiting)[: (AHEAD + 1) * jobs]
                for number in suspects:
                    task = waiting.pop(number)
                    yield task, self._alone(function, task, jobs, name(task))

    def _alone(self, function: Callable[[Task], Done], task: Task, jobs: int, name: str) -> Done:
        try:
            [(_, done)] = self._all(function, {0: task}, jobs)
        except Exception as error:
            if not _is_death(error):
                raise
            again = "its worker process died, and again when it was tried once more; out of memory?"
            raise RunError(f"{name}: {again}") from None
        return done

    def _all(self, function: Callable[[Task], Done], tasks: dict[int, Task], jobs: int) -> Iterator[tuple[int, Done]]:
        import joblib  # noqa: PLC0415  (slow to import)

        options: dict[str, Any] = {"inner_max_num_threads": 1} if self.backend == "loky" else {}
        numbered = list(tasks.items())
        with warnings.catch_warnings(), joblib.parallel_config(self.backend, n_jobs=jobs, **options):
            # whoever stops early, on a full disk say, tells why itself
            warnings.filterwarnings("ignore", ".*tasks which were still being processed", UserWarning)
            if self.backend == "ray":  # has no generators
                step = (AHEAD + 1) * jobs
                for first in range(0, len(numbered), step):
                    some = numbered[first : first + step]
                    yield from joblib.Parallel(batch_size=1)(
                        joblib.delayed(_numbered)(function, *one) for one in some
                    )
                return
            yield from joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=AHEAD * jobs)(
                joblib.delayed(_numbered)(function, *task) for task in numbered
            )

    def _connect(self, stack: ExitStack) -> int:
        """Reach the backend for as long as `stack` lasts; returns its number of processes."""
        import joblib  # noqa: PLC0415  (slow to import)

        if self.backend == "loky":
            return self.jobs or joblib.cpu_count()
        library = self._import("distributed" if self.backend == "dask" else "ray")
        try:
            if self.backend == "dask":
                client = stack.enter_context(library.Client(self.address, timeout="10s"))
                return self.jobs or sum(client.nthreads().values()) or 1
            if not library.is_initialized():
                library.init(address=self.address, configure_logging=False)
                stack.callback(library.shutdown)
            import_module("ray.util.joblib").register_ray()
            return self.jobs or int(library.cluster_resources().get("CPU", 1))
        except (OSError, ValueError, ConnectionError) as error:
            raise InputError(Problem("--address", f"{self.address} can't be reached: {_line(error)}")) from None

    def _import(self, name: str) -> Any:
        try:
            return import_module(name)
        except ModuleNotFoundError:
            extra = f"pip install 'asha-simulator[{self.backend}]'"
            raise InputError(Problem("--backend", f"{self.backend} is not installed: {extra}")) from None


def _numbered(function: Callable[[Task], Done], number: int, task: Task) -> tuple[int, Done]:
    return number, function(task)


def _is_death(error: Exception) -> bool:
    return type(error).__name__ in DEATHS


def _line(error: Exception) -> str:
    return str(error).split("\n")[0]
