"""Signals that ask a command to stop: it tidies up, says so in one line, and ends with 128 + the signal's number."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType

from simulator.core.errors import MachineError

#: Signals that end a process unless it handles them, with the words for each in a command's last line. Batch systems
#: send most of them. Some systems lack a few.
NAMES = {
    "SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up",
    "SIGXCPU": "out of CPU time (ulimit -t)", "SIGUSR1": "stopped by SIGUSR1", "SIGUSR2": "stopped by SIGUSR2",
    "SIGALRM": "stopped by SIGALRM", "SIGVTALRM": "stopped by SIGVTALRM", "SIGPROF": "stopped by SIGPROF",
    "SIGPWR": "stopped by SIGPWR", "SIGIO": "stopped by SIGIO", "SIGSTKFLT": "stopped by SIGSTKFLT",
}  # fmt: skip
SIGNALS = {getattr(signal, name): word for name, word in NAMES.items() if hasattr(signal, name)}
#: Seconds for tidying up; after that the process ends at once.
GRACE = 10.0
#: Scratch files that are not finished, to be removed when the process is stopped.
scratches: set[str] = set()
#: The signal that asked the process to stop, if any has; a library may have replaced its exception.
asked: list[int] = []
#: Texts on how to go on if the command is stopped, from the `going_on` blocks; the innermost is last.
ways: list[str] = []


class Interrupted(BaseException):
    """A signal asked the process to stop. Only the command line catches this."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def orderly() -> Iterator[None]:
    """Run a command; when a signal asks it to stop, at any moment, the process ends with one line."""
    sys.unraisablehook, sys.excepthook = _unraisable, _uncaught  # set now, since a signal may come at any time
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # signals that are ignored, as under nohup, stay ignored
            signal.signal(number, _stop)
    try:
        yield
    except BaseException as error:
        if not asked:
            raise
        end(asked[0], goes_on(error))
    finally:
        for number in SIGNALS:  # all is tidied up, and a signal would only cause a traceback
            if signal.getsignal(number) == _stop:
                signal.signal(number, signal.SIG_DFL)


@contextmanager
def going_on(how: str) -> Iterator[None]:
    """Set the text on how to go on if the command is stopped, or the machine fails, inside the block."""
    ways.append(how)
    try:
        yield
    except BaseException as error:
        if asked or isinstance(error, MachineError | MemoryError):
            error.add_note(how)
        raise
    finally:
        if not asked:  # if tidying up takes too long, the text is still needed
            ways.pop()


def goes_on(error: BaseException) -> str:
    """The text on how to go on after an error, from `going_on`."""
    return next(iter(getattr(error, "__notes__", ())), "run it again")


@contextmanager
def later() -> Iterator[None]:
    """Delay signals until the block ends; processes that are started inside never get them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end(number: int, how: str) -> None:
    """Remove half-written files, say that the command was stopped and how to go on, and exit."""
    for path in tuple(scratches):  # the guard's thread may run this while the main thread works
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108  (pathlib may not be imported yet)
    say(f"{SIGNALS[number]}: no file is half-written; {how}")
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)  # unlike a handler in Python, this holds until the process ends
    sys.exit(128 + number)


def say(message: str) -> None:
    """Print a line to stderr, if that is open and writable."""
    if sys.stderr is None:
        return
    try:
        print(message, file=sys.stderr, flush=True)  # noqa: T201
    except OSError:  # the terminal is closed, or the disk is full
        drop(2)


def drop(descriptor: int) -> None:
    """Point a stream that can't be written to the null device, since Python would flush it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _stop(number: int, _: FrameType | None) -> None:
    asked.append(number)
    for other in SIGNALS:
        signal.signal(other, _deaf)  # a second signal must not interrupt the tidying up
    guard = threading.Timer(GRACE, _end_now, [number])
    guard.daemon = True
    with suppress(RuntimeError):  # another thread can't be started
        guard.start()
    raise Interrupted(number)


def _deaf(number: int, _: FrameType | None) -> None:
    pass


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """End at once if the signal's exception can't be raised further, as in a finalizer."""
    if isinstance(unraisable.exc_value, Interrupted):
        _end_now(unraisable.exc_value.number)
    if "ignored due to race condition" not in str(unraisable.exc_value):  # it came before signals were ignored
        sys.__unraisablehook__(unraisable)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """End at once if no code is left to catch the signal's exception, because the command was almost done."""
    if isinstance(error, Interrupted):
        _end_now(error.number)
    sys.__excepthook__(kind, error, trace)


def _end_now(number: int) -> None:
    try:
        end(number, ways[-1] if ways else "run it again")
    finally:
        os._exit(128 + number)
