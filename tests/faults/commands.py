"""Commands that write files, as processes; and helpers that examine them after a fault of the machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Seconds after which a test fails instead of hanging; nothing else depends on them.
PATIENCE = 600

#: Some 30 units of time, so that its animations have about as many frames, where shorter ones have 120.
SCENARIO = """\
title: Nine trials
time_unit: min
searchers:
  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  ASHA: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: synthetic, unit_time: 2 min}
cluster: {workers: 4, stragglers: {kind: half_normal, std: 1}}
"""
#: A plan that takes some seconds, in blocks of a tenth of a second; and one that is too long for a test to wait for.
PLAN = SCENARIO + "plan: {vary: {cluster.workers: [2, 4, 8]}, deadline: 40 min, replicates: 60}\n"
LONG = PLAN.replace("60}", "9000}")
CURVES = "trial,resource,loss,elapsed_s\n" + "".join(
    f"{trial},{at},{1 / (1 + trial + at)},{60 * at}\n" for trial in range(2000) for at in (1, 3, 9)
)
#: Python code before a command: blocks have few runs.
SMALL_BLOCKS = "import simulator.planning.sweep as sweep; sweep.TASK = 400\n"
#: Python code before a command: no file may grow beyond this number of bytes. Python is told not to write bytecode,
#: since it would keep cut-off files for later commands.
FILES_OF = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))\n"
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}
#: Python code before a command: the process stops itself by SIGSTOP when a function has returned for the n-th time,
#: or is about to be called.
HALT = """
import importlib, os, signal
def halt(module, path, count, before):
    owner = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    real, calls = getattr(owner, name), []
    def halting(*arguments, **options):
        calls.append(name)
        here = len(calls) == count
        if here and before:
            os.kill(os.getpid(), signal.SIGSTOP)
        try:
            return real(*arguments, **options)
        finally:
            if here and not before:
                os.kill(os.getpid(), signal.SIGSTOP)
    setattr(owner, name, halting)
"""
#: A function at which a plan may halt: one block is in its place, others are not.
A_BLOCK = "simulator.planning.store:Store.save"
#: A function at which any command that writes files may halt: it is about to write a scratch file, and no file is in its place.
A_FILE = "simulator.io.writing:_begun"

#: Commands that are stopped run without coverage: if a signal comes while the tracer holds a lock, the lock is held
#: for ever, and a killed process leaves half a file of coverage.
UNFOLLOWED = {"COVERAGE_PROCESS_CONFIG": None}

#: Command lines by what they do, without the place of the output.
WRITING: dict[str, tuple[str, ...]] = {
    "run": ("run", "s.yaml", "--out"),
    "animate": ("animate", "s.yaml", "--style", "docs", "--theme", "light", "--out"),
    "animate mp4": ("animate", "s.yaml", "--style", "timeline", "--format", "mp4", "--out"),
    "animate webp,html,perfetto": ("animate", "s.yaml", "--style", "timeline", "--format", "webp,html,perfetto", "--out"),
    "plot": ("plot", "s.yaml", "--kind", "gantt,rungs", "--format", "png,svg", "--out"),
    "explore": ("explore", "s.yaml", "--vary", "cluster.workers=1,2", "--seeds", "2", "-o"),
    "plan": ("plan", "p.yaml", "--jobs", "1", "--out"),
    "plan --jobs 2": ("plan", "p.yaml", "--jobs", "2", "--out"),
    "import": ("curves", "import", "c.csv", "--from", "csv", "-o"),
    "record": ("curves", "record", "--configurations", "3", "--epochs", "2", "-o"),
}  # fmt: skip


def place(name: str, folder: Path) -> Path:
    """Where a command is told to write: a folder, or a file in it."""
    return folder / {"import": "c.parquet", "record": "r.csv", "explore": "e.html"}.get(name, "out")


def needs(name: str) -> None:
    """Skip where a command's libraries are not installed."""
    if name == "record":
        pytest.importorskip("sklearn")
    if "mp4" in name:
        pytest.importorskip("imageio_ffmpeg")


def inputs(folder: Path) -> None:
    """Write what the commands read."""
    for name, text in {"s.yaml": SCENARIO, "p.yaml": PLAN, "long.yaml": LONG, "c.csv": CURVES}.items():
        (folder / name).write_text(text)


def command(*arguments: object, first: str = "") -> list[str]:
    """Make a command line; a plan is done in blocks of few runs, and `first` is Python code that runs before everything else."""
    code = first + (SMALL_BLOCKS if arguments[0] == "plan" else "")
    start = ["-c", f"{code}from simulator.__main__ import main; main()"] if code else ["-m", "simulator"]
    return [sys.executable, *start, *map(str, arguments)]


def environment(more: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """This process's environment, with the project on the path, and with changes; None removes a variable."""
    made = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **(more or {})}
    return {name: value for name, value in made.items() if value is not None}


def asha_sim(
    *arguments: object,
    cwd: Path,
    env: Mapping[str, str | None] | None = None,
    first: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments, first=first), cwd=cwd, env=environment(env), capture_output=True, encoding="utf-8", check=False,
        timeout=PATIENCE,
    )  # fmt: skip


#: Processes that `started` has started.
running: list[subprocess.Popen[str]] = []


def started(*arguments: object, cwd: Path, first: str = "") -> subprocess.Popen[str]:
    """Start a command in a new session, and so in a new process group."""
    process = subprocess.Popen(
        command(*arguments, first=first), cwd=cwd, env=environment(UNFOLLOWED), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", start_new_session=True,
    )  # fmt: skip
    running.append(process)
    return process


def halted(*arguments: object, cwd: Path, at: str, count: int = 1, before: bool = False) -> subprocess.Popen[str]:
    """Start a command and wait until it has stopped itself after, or before, the n-th call of a function
    "module:name". So the test does not depend on the speed of the machine.
    """
    module, _, path = at.partition(":")
    process = started(*arguments, cwd=cwd, first=f"{HALT}halt({module!r}, {path!r}, {count}, {before})\n")
    until(lambda: told("State", process) == "T", process)
    return process


def go_on(process: subprocess.Popen[str]) -> None:
    """Let a halted process go on; signals that were sent in between come first."""
    process.send_signal(signal.SIGCONT)


def until(happened: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait until a condition is true; fails if the process ends before."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert process.poll() is None or happened(), process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def heard(process: subprocess.Popen[str], number: signal.Signals) -> bool:
    """Whether a command already handles a signal; it sets the handler for SIGINT first, and then that for SIGTERM."""
    last = signal.SIGTERM if number == signal.SIGINT else number
    return bool(int(told("SigCgt", process), 16) >> (last - 1) & 1)


def told(name: str, process: subprocess.Popen[str]) -> str:
    """A field of the system's status of a process; "0" if the process is gone."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return "0"
    found = re.search(rf"^{name}:\s*(\w+)", status, re.MULTILINE)
    return found[1] if found else "0"


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end of a process; returns its status and what it printed to stderr."""
    _, said = process.communicate(timeout=PATIENCE)
    return process.returncode, said


def session(leader: int) -> list[int]:
    """The living processes of a session, except its leader."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != leader:
            try:
                state, _, _, group = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            if int(group) == leader and state not in "ZX":
                found.append(int(entry.name))
    return found


def all_gone(leader: int) -> bool:
    """Wait until a session has no process left; returns False if one stays for long."""
    end = time.monotonic() + PATIENCE / 4
    while session(leader):
        if time.monotonic() > end:
            for one in session(leader):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            return False
        time.sleep(0.05)
    return True


def workers(leader: int) -> list[int]:
    """The worker processes of a plan."""
    found = []
    for one in session(leader):
        with suppress(OSError):  # it may end at any moment
            if b"popen_loky" in Path(f"/proc/{one}/cmdline").read_bytes():
                found.append(one)
    return found


def contents(folder: Path, *, without: tuple[str, ...] = ("lock",)) -> dict[str, bytes]:
    """All files below a folder by name, with their bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in without
    }


def scratch(folder: Path) -> list[str]:
    """Files that a command was writing when it was stopped."""
    return [path.name for path in folder.rglob(".*")]
