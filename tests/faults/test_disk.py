"""A full disk: status 1 and one line; files that were there before are unchanged, and no others are left."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.faults.commands import (
    FILES_OF,
    NO_BYTECODE,
    SCENARIO,
    WRITING,
    asha_sim,
    command,
    contents,
    environment,
    needs,
    place,
    scratch,
)
from tests.support.budgets import FUZZ, some


def fill(disk: Path, leave: int) -> None:
    """Fill a disk up to a number of free bytes."""
    (disk / "filler").unlink(missing_ok=True)
    free = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(free.f_bavail * free.f_bsize - leave))


#: Commands that write files. Of commands that write in the same way, only `make fuzz` tries all.
ALL = tuple(WRITING) if FUZZ else ("run", "plot", "plan", "import")


@pytest.mark.parametrize(("name", "leave"), [*((name, 0) for name in ALL), ("plan", 8192), ("plot", 8192)])
def test_a_disk_that_is_full(name: str, leave: int, folder: Path, disk: Path) -> None:
    needs(name)
    out = place(name, disk)
    fill(disk, leave)
    done = asha_sim(*WRITING[name], out, cwd=folder)
    how = "it again: it goes on" if name == "record" else "--resume" if name.startswith("plan") else "run it again"

    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        rf"the run failed: {re.escape(str(disk))}\S+: cannot be written: No space left on device; make room, then .*\n",
        done.stderr,
    ), done.stderr
    assert how in done.stderr
    assert scratch(disk) == []
    left = set(contents(disk, without=("lock", "filler")))
    assert all(name.startswith(("out/blocks/", "out/manifest.json", "r.csv.partial")) for name in left), left


@pytest.mark.parametrize("name", some(["run", "plot", "animate", "import"], most=2))
def test_files_that_were_there_stay_unchanged(name: str, folder: Path, disk: Path) -> None:
    out = place(name, disk)
    assert asha_sim(*WRITING[name], out, cwd=folder).returncode == 0
    before = contents(disk)
    (folder / "s.yaml").write_text(SCENARIO.replace("workers: 4", "workers: 3"))
    fill(disk, 8192)  # the first files have room
    done = asha_sim(*WRITING[name], out, cwd=folder)

    assert done.returncode == 1, done
    assert contents(disk, without=("filler",)) == before
    assert scratch(disk) == []


def test_with_room_it_goes_on(folder: Path, disk: Path) -> None:
    whole, full = folder / "whole", disk / "out"
    first = asha_sim(*WRITING["plan"], whole, cwd=folder)
    fill(disk, 32768)
    stopped = asha_sim(*WRITING["plan"], full, cwd=folder)
    kept = contents(full)
    (disk / "filler").unlink()
    again = asha_sim(*WRITING["plan"], full, "--resume", cwd=folder)

    assert (stopped.returncode, len(kept) > 1) == (1, True)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert contents(full) == contents(whole)
    assert kept.items() <= contents(full).items()


@pytest.mark.parametrize("name", [name for name in ALL if name != "record"])
def test_a_limit_on_the_size_of_files(name: str, folder: Path) -> None:
    needs(name)
    out = place(name, folder)
    done = asha_sim(*WRITING[name], out, cwd=folder, first=FILES_OF.format(900), env=NO_BYTECODE)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "cannot be written: File too large; raise the limit of this shell (ulimit -f), then " in done.stderr
    assert scratch(folder) == []


@pytest.mark.parametrize(
    "arguments", [("schema",), ("check", "s.yaml"), ("run", "s.yaml"), ("run", "s.yaml", "--json")]
)
def test_standard_output_on_a_full_disk(arguments: tuple[str, ...], folder: Path, disk: Path) -> None:
    fill(disk, 0)
    with (disk / "printed").open("w") as full:
        done = subprocess.run(
            command(*arguments),
            cwd=folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stderr) == (1, "the run failed: output: No space left on device\n")
