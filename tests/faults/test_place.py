"""A place that can't be written to, or that is removed while a command runs: one line, and no file is left."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.commands import (
    A_FILE,
    WRITING,
    all_gone,
    ended,
    go_on,
    halted,
    needs,
    place,
    scratch,
    started,
    until,
)
from tests.support.budgets import some
from tests.support.runner import asha_sim


@pytest.mark.parametrize("name", WRITING)
def test_a_read_only_file_system(name: str, folder: Path, disk: Path) -> None:
    needs(name)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = asha_sim(*WRITING[name], place(name, disk), cwd=folder)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "read-only file system" in done.stderr.lower()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("name", WRITING)
def test_a_folder_without_permission(name: str, folder: Path) -> None:
    needs(name)
    (folder / "closed").mkdir(mode=0o500)
    done = asha_sim(*WRITING[name], place(name, folder / "closed"), cwd=folder)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "permission denied" in done.stderr.lower()


@pytest.mark.parametrize("name", WRITING)
def test_a_file_where_a_folder_should_be(name: str, folder: Path) -> None:
    needs(name)
    (folder / "taken").write_text("a file")
    done = asha_sim(*WRITING[name], place(name, folder / "taken"), cwd=folder)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert (folder / "taken").read_text() == "a file"


@pytest.mark.parametrize("name", ["import", "record"])
def test_a_folder_where_a_file_should_be(name: str, folder: Path) -> None:
    needs(name)
    place(name, folder).mkdir()
    done = asha_sim(*WRITING[name], place(name, folder), cwd=folder)

    assert (done.returncode, done.stderr) == (2, f"{place(name, folder)}: cannot be written: it is a folder\n")
    assert scratch(folder) == []


@pytest.mark.parametrize("name", ["import", "record"])
def test_a_pipe_where_a_file_should_be(name: str, folder: Path) -> None:
    """A pipe or device must not be replaced by a file, which its other users would then find."""
    needs(name)
    os.mkfifo(place(name, folder))
    done = asha_sim(*WRITING[name], place(name, folder), cwd=folder)

    assert (done.returncode, done.stderr) == (
        2,
        f"{place(name, folder)}: cannot be written: it is a device or a pipe\n",
    )
    assert place(name, folder).is_fifo()
    assert scratch(folder) == []


# Removed while the command is at work.


@pytest.mark.parametrize("rename", some([False, True]))
def test_the_folder_of_a_plan_is_removed(rename: bool, folder: Path) -> None:
    out = folder / "out"
    process = started("plan", "long.yaml", "--jobs", "2", "--out", out, cwd=folder)
    until(lambda: len(list(out.glob("blocks/replicates-*"))) > 1, process)
    if rename:
        out.rename(folder / "elsewhere")
    else:
        shutil.rmtree(out, ignore_errors=True)
    status, said = ended(process)

    assert status == 1
    assert said.startswith(f"the run failed: {out}"), said
    assert "removed" in said
    assert said.count("\n") == 1
    assert all_gone(process.pid)
    assert not (out / "plan.json").exists()


def test_the_folder_of_pictures_is_removed(folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    process = halted(*WRITING["animate"], out, cwd=folder, at=A_FILE)
    out.rename(folder / "elsewhere")
    go_on(process)
    status, said = ended(process)

    assert status == 1
    assert re.fullmatch(
        rf"the run failed: {re.escape(str(out))}/\S+: cannot be written: .* leave its folder in place, then run it again\n",
        said,
    ), said
    assert not out.exists()


def test_what_is_being_recorded_is_removed(folder: Path) -> None:
    pytest.importorskip("sklearn")
    process = started(
        "curves", "record", "--configurations", "100000", "--epochs", "3", "-o", folder / "deep" / "r.csv", cwd=folder
    )
    partial = folder / "deep" / "r.csv.partial"
    until(lambda: partial.exists() and partial.read_bytes().count(b"\n") > 1, process)
    shutil.rmtree(folder / "deep")
    status, said = ended(process)

    assert status == 1
    assert said.startswith(f"the run failed: {partial}: cannot be written: it was removed meanwhile; ")
    assert said.count("\n") == 1
