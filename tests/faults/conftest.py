"""Places that fail: a small disk, a read-only one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from simulator.io import signals
from simulator.planning import sweep
from tests.faults import commands

#: Bytes of the small disk.
DISK = 1 << 20


@pytest.fixture(autouse=True)
def _signals_are_heard() -> Iterator[None]:
    """Let commands receive signals even if the tests themselves run under nohup or in the background."""
    ignored = [number for number in signals.SIGNALS if signal.getsignal(number) == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture(autouse=True)
def _nothing_goes_on() -> Iterator[None]:
    """End the commands of a test that has failed, so that none works on or stays halted."""
    yield
    for process in commands.running:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    commands.running.clear()


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make blocks of few runs in this process, too."""
    monkeypatch.setattr(sweep, "TASK", 400)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the commands read."""
    commands.inputs(tmp_path)
    return tmp_path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a megabyte; skips where this user may not mount one."""
    there = tmp_path / "disk"
    there.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(there)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"no file system may be mounted: {done.stderr.strip()}")
    yield there
    subprocess.run(["umount", "-l", str(there)], check=True)
