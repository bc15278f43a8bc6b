"""Runs tasks on an existing Dask or Ray cluster, and notices when the cluster goes away.

While no result comes, the cluster is asked for its processes every few seconds. A cluster that does not answer, or
that has no process for long, is given up. So no wait is endless, and the error says how to go on.
"""

from __future__ import annotations

import gc
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from time import monotonic
from typing import Any, Literal, Protocol

from simulator.core.errors import InputError, MachineError, Problem

#: Seconds: to find a cluster; between two questions to a cluster that gives no result; for an answer; and without any
#: process, as when a cluster starts.
REACH, LOOK, ANSWER, EMPTY = 10.0, 2.0, 30.0, 120.0
#: Loggers of the messages about a cluster.
LOGGERS = ("distributed", "tornado", "asyncio", "ray")
#: Greatest number of results in a row that may time out.
OFTEN = 3
#: Names of the exceptions by which Dask and Ray report a lost scheduler; both libraries are extras.
LOSSES = frozenset(
    {
        "CancelledError", "FutureCancelledError", "FuturesCancelledError", "CommClosedError", "ClosedClientError",
        "TimeoutError", "GetTimeoutError", "RaySystemError", "LocalRayletDiedError", "NodeDiedError", "RpcError",
        "GcsRpcError", "ObjectLostError", "OwnerDiedError",
    }
)  # fmt: skip
#: Further exceptions for a lost cluster, in calls that run no task: a closed connection, client or event loop.
CLOSED = (OSError, RuntimeError)


class Remote(Protocol):
    """The operations on a cluster."""

    def start(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function in a process of the cluster; returns a ticket."""

    def finished(self, tickets: Sequence[Any], seconds: float) -> Sequence[Any]:
        """The tickets that are finished, after at most `seconds`."""

    def result(self, ticket: Any) -> Any:
        """The result of a call; raises the call's exception."""

    def processes(self) -> int:
        """The number of tasks that the cluster can do at once."""


@dataclass(frozen=True)
class Dask:
    """A Dask scheduler."""

    library: Any
    client: Any

    def start(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """As `Remote` says."""
        return self.client.submit(function, *arguments, pure=False)

    def finished(self, tickets: Sequence[Any], seconds: float) -> Sequence[Any]:
        """As `Remote` says."""
        try:
            return list(self.library.wait(tickets, timeout=seconds, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            return ()

    def result(self, ticket: Any) -> Any:
        """As `Remote` says."""
        return ticket.result(timeout=ANSWER)

    def processes(self) -> int:
        """As `Remote` says."""
        if self.client.status != "running":
            raise ConnectionError(f"the client is {self.client.status}")
        return sum(self.client.sync(self.client.scheduler.ncores, callback_timeout=ANSWER).values())


@dataclass(frozen=True)
class Ray:
    """A Ray cluster."""

    library: Any
    call: Any  # `_call` as a Ray function

    def start(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """As `Remote` says."""
        return self.call.remote(function, *arguments)

    def finished(self, tickets: Sequence[Any], seconds: float) -> Sequence[Any]:
        """As `Remote` says."""
        return list(self.library.wait(list(tickets), num_returns=1, timeout=seconds)[0])

    def result(self, ticket: Any) -> Any:
        """As `Remote` says."""
        return self.library.get(ticket, timeout=ANSWER)

    def processes(self) -> int:
        """As `Remote` says."""
        return int(_ask_within(self.library.cluster_resources, ANSWER).get("CPU", 0))


def connect(kind: Literal["dask", "ray"], address: str | None, stack: ExitStack) -> Remote:
    """Connect to a cluster until `stack` closes; raises InputError if it can't be reached."""
    library = _import("distributed" if kind == "dask" else "ray", kind)
    try:
        stack.enter_context(_silenced())
        stack.callback(gc.collect)  # unawaited results warn when they are collected
        if kind == "dask":
            client = _ask_within(partial(library.Client, address, timeout=REACH), REACH + LOOK)
            stack.callback(client.close, timeout=LOOK)
            return Dask(library, client)
        if not library.is_initialized():
            library.init(address=address, configure_logging=False, log_to_driver=False)
            stack.callback(library.shutdown)
        return Ray(library, library.remote(max_retries=0)(_call))
    except TimeoutError as error:
        said = _line(error) or f"there was no answer within {REACH:g} s"
    except MemoryError:  # the bytes are not a message of a scheduler
        said = f"what answers there is not a {kind.title()} cluster"
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        said = _line(error)
    raise InputError(Problem("--address", f"{address} can't be reached: {said}"))


def results(
    remote: Remote, function: Callable[..., Any], tasks: dict[int, Any], ahead: int, where: str
) -> Iterator[tuple[int, Any]]:
    """Do numbered tasks, a limited number at once; yields each number with its result, in any order.

    Raises the function's exception, or the cluster's report of a dead process; MachineError if the cluster, which
    messages call `where`, has gone away.
    """
    waiting, last, late = deque(tasks.items()), monotonic(), 0
    tickets: dict[int, Any] = {}
    while True:
        more = [waiting.popleft() for _ in range(min(ahead - len(tickets), len(waiting)))]
        with _as_machine_error(where, CLOSED):
            tickets |= {number: remote.start(function, task) for number, task in more}
            done = remote.finished(list(tickets.values()), LOOK) if tickets else ()
            alive = bool(done or not tickets or remote.processes())
        if not tickets:
            return
        for number in [number for number, ticket in tickets.items() if any(ticket is one for one in done)]:
            try:
                with _as_machine_error(where, late=late < OFTEN):
                    result = remote.result(tickets[number])
            except TimeoutError:  # its process may be gone; then the task is done again
                late += 1
                with _as_machine_error(where, CLOSED):
                    alive = bool(remote.processes())
                break
            late = 0
            del tickets[number]
            yield number, result
        if alive:
            last = monotonic()
        elif monotonic() - last > EMPTY:
            raise MachineError(f"{where} has had no worker for {EMPTY:g} s", "start some")


@contextmanager
def _as_machine_error(where: str, also: tuple[type[Exception], ...] = (), *, late: bool = False) -> Iterator[None]:
    """Turn a library's exception for a lost cluster into one line; with `late`, a timeout is passed on instead."""
    try:
        yield
    except BaseException as error:  # asyncio's CancelledError is not an Exception
        if late and type(error).__name__ in {"TimeoutError", "GetTimeoutError"}:
            raise TimeoutError from None
        if not (type(error).__name__ in LOSSES or isinstance(error, also)):
            raise
        raise MachineError(f"{where} does not answer any more", "start it again") from None


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call any callable, since Ray calls only functions."""
    return function(*arguments)


def _ask_within(ask: Callable[[], Any], seconds: float) -> Any:
    """Ask in a thread, since a library may wait for ever; raises its exception, or TimeoutError after `seconds`."""
    answers: Future[Any] = Future()

    def answer() -> None:
        try:
            answers.set_result(ask())
        except BaseException as error:
            answers.set_exception(error)

    threading.Thread(target=answer, daemon=True).start()
    return answers.result(seconds)


@contextmanager
def _silenced() -> Iterator[None]:
    """Silence the logs of Dask and Ray, since a lost cluster is reported in one line."""
    names = [*LOGGERS, *(name for name in logging.root.manager.loggerDict if name.split(".")[0] in LOGGERS)]
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _import(name: str, kind: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError:
        extra = f"pip install 'asha-simulator[{kind}]'"
        raise InputError(Problem("--backend", f"{kind} is not installed: {extra}")) from None


def _line(error: Exception) -> str:
    return str(error).split("\n")[0]
