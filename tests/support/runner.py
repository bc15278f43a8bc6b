"""The command line as a user runs it: in this process, which is quick, or in a separate process."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

from typer.main import get_command

from simulator.cli import main

ROOT = Path(__file__).parents[2]
#: Seconds after which a command counts as hung. Most commands take a hundredth of that, but a machine may be busy or asleep.
LIMIT = 120
#: The command line, which is made only once, since that takes longer than most commands.
COMMAND = get_command(main.app)
#: Environment variables of every command.
SURROUNDINGS = {"NO_COLOR": "1", "COLUMNS": "100"}


class Hang(BaseException):
    """A command took longer than its limit; code of the command can't catch this by accident."""


def asha_sim(*args: object, cwd: Path | None = None, limit: float = LIMIT) -> CompletedProcess[str]:
    """Run a command in this process, in the folder `cwd`, which is the working folder meanwhile.

    Raises whatever the command raises, and Hang where it takes more than `limit` seconds.
    """
    words = list(map(str, args))
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with (
        contextlib.chdir(cwd or Path.cwd()),
        patch.dict(os.environ, SURROUNDINGS),
        patch.object(sys, "argv", ["asha-sim", *words]),
        patch.object(main, "app", COMMAND),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        alarm(limit),
    ):
        try:
            main.main()
        except SystemExit as done:
            status = done.code if isinstance(done.code, int) else int(done.code is not None)
    return CompletedProcess(words, status, out.getvalue(), err.getvalue())


def asha_sim_alone(*args: object, cwd: Path | None = None, stdout: object = subprocess.PIPE) -> CompletedProcess[str]:
    """Run a command in a separate process, to test its streams or its start."""
    return subprocess.run(
        [sys.executable, "-m", "simulator", *map(str, args)], cwd=cwd, stdout=stdout, stderr=subprocess.PIPE, text=True,
        check=False, stdin=subprocess.DEVNULL, env={**os.environ, **SURROUNDINGS},
    )  # fmt: skip


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise Hang inside the block if it takes longer than `limit` seconds."""

    def ring(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
