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

#: Signals that end a process unless it hears them, and how each is called in the line that a command ends with. Batch
#: systems send most of them; not every system has all.
NAMES = {
    "SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up",
    "SIGXCPU": "out of CPU time (ulimit -t)", "SIGUSR1": "stopped by SIGUSR1", "SIGUSR2": "stopped by SIGUSR2",
    "SIGALRM": "stopped by SIGALRM", "SIGVTALRM": "stopped by SIGVTALRM", "SIGPROF": "stopped by SIGPROF",
    "SIGPWR": "stopped by SIGPWR", "SIGIO": "stopped by SIGIO", "SIGSTKFLT": "stopped by SIGSTKFLT",
}  # fmt: skip
SIGNALS = {getattr(signal, name): word for name, word in NAMES.items() if hasattr(signal, name)}
#: Seconds to tidy up in; what then still keeps the process from ending is left as it is.
GRACE = 10.0
#: Files that are being written aside, and worth nothing unless they are finished.
scratches: set[str] = set()
#: The signal that asked us to stop, once one has. A library may make an error of its own of the exception it raises.
asked: list[int] = []
#: How to go on when stopped, as `going_on` was told, the innermost last.
ways: list[str] = []


class Interrupted(BaseException):
    """A signal asked us to stop. Nobody but the command line catches it, and no library knows it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def orderly() -> Iterator[None]:
    """Run a command; ends the process with one line when a signal asks for it, at whatever moment that comes."""
    sys.unraisablehook, sys.excepthook = _unraisable, _uncaught  # before a signal may need them
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup: who started us wants it ignored
            signal.signal(number, _stop)
    try:
        yield
    except BaseException as error:
        if not asked:
            raise
        end(asked[0], goes_on(error))
    finally:
        for number in SIGNALS:  # from here on there is nothing to tidy up, and a traceback would be all it gives
            if signal.getsignal(number) == _stop:
                signal.signal(number, signal.SIG_DFL)


@contextmanager
def going_on(how: str) -> Iterator[None]:
    """Say how to go on when the command is stopped, or stopped by the machine, in here."""
    ways.append(how)
    try:
        yield
    except BaseException as error:
        if asked or isinstance(error, MachineError | MemoryError):
            error.add_note(how)
        raise
    finally:
        if not asked:  # what is not tidied up in time needs it for longer
            ways.pop()


def goes_on(error: BaseException) -> str:
    """How to go on after an error, as `going_on` was told."""
    return next(iter(getattr(error, "__notes__", ())), "run it again")


@contextmanager
def later() -> Iterator[None]:
    """Have signals wait while steps are taken that belong together; processes started in here never get them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end(number: int, how: str) -> None:
    """Remove what is half-written, say that we were stopped and how to go on, and exit."""
    for path in tuple(scratches):  # the guard's thread may be here while the main one is still at work
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108  (pathlib may not be imported yet)
    say(f"{SIGNALS[number]}: no file is half-written; {how}")
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)  # unlike ours, this holds until the process is no more
    sys.exit(128 + number)


def say(message: str) -> None:
    """Print a line to stderr, if there is one that takes it."""
    if sys.stderr is None:
        return
    try:
        print(message, file=sys.stderr, flush=True)  # noqa: T201
    except OSError:  # a terminal that is gone, a disk that is full
        drop(2)


def drop(descriptor: int) -> None:
    """Send what is still to be written to nowhere: its place takes no more, and at its end Python would try again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _stop(number: int, _: FrameType | None) -> None:
    asked.append(number)
    for other in SIGNALS:
        signal.signal(other, _deaf)  # once is enough: tidying up must not be cut short
    guard = threading.Timer(GRACE, _end_now, [number])
    guard.daemon = True
    with suppress(RuntimeError):  # no room for another thread
        guard.start()
    raise Interrupted(number)


def _deaf(number: int, _: FrameType | None) -> None:
    pass


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """End at once where Python would go on, as after an exception in a finalizer."""
    if isinstance(unraisable.exc_value, Interrupted):
        _end_now(unraisable.exc_value.number)
    if "ignored due to race condition" not in str(unraisable.exc_value):  # a signal just before it was to be ignored
        sys.__unraisablehook__(unraisable)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The same where nobody is left to catch it: the command was all but done."""
    if isinstance(error, Interrupted):
        _end_now(error.number)
    sys.__excepthook__(kind, error, trace)


def _end_now(number: int) -> None:
    try:
        end(number, ways[-1] if ways else "run it again")
    finally:
        os._exit(128 + number)
