"""Places that fail: a small disk, a read-only one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import commands

#: Bytes of the small disk.
DISK = 1 << 20


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
