"""Commands that write files, as processes; and what to look at when a fault of the machine met them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Saves a test from hanging, and asserts nothing.
PATIENCE = 120

SCENARIO = """\
title: Nine trials
searchers:
  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  ASHA: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: synthetic, unit_time: 1 min}
cluster: {workers: 4, stragglers: {kind: half_normal, std: 1}}
"""
#: Some seconds of runs, in blocks of a tenth of a second; and as many as no test waits for.
PLAN = SCENARIO + "plan: {vary: {cluster.workers: [2, 4, 8]}, deadline: 20 min, replicates: 60}\n"
LONG = PLAN.replace("60}", "9000}")
CURVES = "trial,resource,loss,elapsed_s\n" + "".join(
    f"{trial},{at},{1 / (1 + trial + at)},{60 * at}\n" for trial in range(2000) for at in (1, 3, 9)
)
#: Prepended to a command line: blocks of few runs.
SMALL_BLOCKS = (
    "import sys, simulator.planning.sweep as sweep; sweep.TASK = 400; from simulator.__main__ import main; main()"
)

#: What is to be stopped runs without coverage: a signal while its tracer holds a lock leaves that held for ever, and a
#: process that is killed leaves it half a file.
UNFOLLOWED = {"COVERAGE_PROCESS_CONFIG": None}

#: Command lines by what they do, without the output's place.
WRITING: dict[str, tuple[str, ...]] = {
    "run": ("run", "s.yaml", "--out"),
    "animate": ("animate", "s.yaml", "--style", "docs", "--out"),
    "animate mp4": ("animate", "s.yaml", "--style", "timeline", "--format", "mp4", "--out"),
    "animate webp,html,perfetto": ("animate", "s.yaml", "--style", "timeline", "--format", "webp,html,perfetto", "--out"),
    "plot": ("plot", "s.yaml", "--kind", "gantt,rungs", "--format", "png,svg", "--out"),
    "plan": ("plan", "p.yaml", "--jobs", "1", "--out"),
    "plan --jobs 2": ("plan", "p.yaml", "--jobs", "2", "--out"),
    "import": ("curves", "import", "c.csv", "--from", "csv", "-o"),
    "record": ("curves", "record", "--configurations", "3", "--epochs", "2", "-o"),
}  # fmt: skip


def place(name: str, folder: Path) -> Path:
    """Where a command is told to write: a folder, or a file in it."""
    return folder / {"import": "c.parquet", "record": "r.csv"}.get(name, "out")


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


def command(*arguments: object) -> list[str]:
    """Make a command line; a plan is done in blocks of few runs."""
    start = ["-c", SMALL_BLOCKS] if arguments[0] == "plan" else ["-m", "simulator"]
    return [sys.executable, *start, *map(str, arguments)]


def environment(more: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """This one, with the project to import, and some changes; None takes a variable out."""
    made = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **(more or {})}
    return {name: value for name, value in made.items() if value is not None}


def asha_sim(
    *arguments: object,
    cwd: Path,
    env: Mapping[str, str | None] | None = None,
    before: Callable[[], object] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments), cwd=cwd, env=environment(env), capture_output=True, encoding="utf-8", check=False,
        timeout=PATIENCE, preexec_fn=before,
    )  # fmt: skip


def started(*arguments: object, cwd: Path) -> subprocess.Popen[str]:
    """Start a command in a session, and so a group, of its own."""
    return subprocess.Popen(
        command(*arguments), cwd=cwd, env=environment(UNFOLLOWED), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        start_new_session=True,
    )  # fmt: skip


def until(happened: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait until something has happened; fails where the process ends before."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end of a process; returns its status and what it printed to stderr."""
    _, said = process.communicate(timeout=PATIENCE)
    return process.returncode, said


def session(leader: int) -> list[int]:
    """Processes of a session that are alive, but for its leader."""
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
    """Wait until a session has no process left; false where one stays for long."""
    end = time.monotonic() + PATIENCE / 4
    while session(leader):
        if time.monotonic() > end:
            for one in session(leader):
                os.kill(one, signal.SIGKILL)
            return False
        time.sleep(0.05)
    return True


def workers(leader: int) -> list[int]:
    """The worker processes of a plan."""
    return [one for one in session(leader) if b"popen_loky" in Path(f"/proc/{one}/cmdline").read_bytes()]


def contents(folder: Path, *, without: tuple[str, ...] = ("lock",)) -> dict[str, bytes]:
    """All files below a folder by name, with their bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in without
    }


def scratch(folder: Path) -> list[str]:
    """Files that were being written when something stopped it."""
    return [path.name for path in folder.rglob(".*")]
