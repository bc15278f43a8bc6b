"""How a command may end, whatever it is given: well, or with a refusal that says where; in time, and with nothing left.

Commands run in this process, through the command line's own entry, because thousands of them are tried.
"""

from __future__ import annotations

import contextlib
import io
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from typer.main import get_command

from simulator.cli import main

#: Seconds after which a command counts as hung; most take a hundredth of one, and a machine may be busy or asleep.
LIMIT = 120
#: The command line, made once: that takes longer than most commands.
COMMAND = get_command(main.app)
#: What was tried, and what went wrong with it: the closing line of `make fuzz`.
tally: Counter[str] = Counter()


class Hang(BaseException):
    """A command took longer than its limit; nothing in it may catch this."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    args: tuple[str, ...]
    status: int
    out: str
    err: str


def asha_sim(*args: object, cwd: Path, limit: float = LIMIT) -> Ended:
    """Run a command in the folder `cwd`; raises whatever it raises, Hang where it does not end in time."""
    words = tuple(map(str, args))
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with (
        contextlib.chdir(cwd),
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
        except Hang:
            tally["hangs"] += 1
            raise
        except BaseException:
            tally["tracebacks"] += 1
            raise
    tally["commands"] += 1
    return Ended(words, status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise Hang in the middle of whatever takes longer."""

    def ring(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def content(folder: Path) -> set[str]:
    """All that is in a folder, at any depth, hidden files too."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def check(ended: Ended, places: re.Pattern[str], before: set[str], folder: Path) -> None:
    """Assert that a command ended as one may: `places` begins each line of a refusal, which leaves `folder` as before."""
    said = f"asha-sim {' '.join(ended.args)[:300]!r} ended with {ended.status}, saying {ended.err[:2000]!r}"
    assert ended.status in {0, 1, 2}, said
    assert "Traceback" not in ended.err, said
    if ended.status:
        left = content(folder) - before
        tally["partial outputs"] += bool(left)
        assert not left, f"{said}, and left {sorted(left)}"
        assert ended.out == "", said
        lines = ended.err.splitlines()
        assert lines, said
        if ended.status == 2:
            assert all(places.match(line) for line in lines), said
        else:
            assert len(lines) == 1, said
            assert lines[0].startswith("the run failed: "), said
        assert all(line.isprintable() for line in lines), said
    else:
        assert ended.err == "", said
        assert not [name for name in content(folder) if Path(name).name.startswith(".")], said
    tally[f"ended with {ended.status}"] += 1
