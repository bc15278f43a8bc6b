"""Scratch files: locked by the process that writes them, and removed only when no process has locked them."""

from __future__ import annotations

import fcntl
import os

import pytest

from simulator.io import scratch, writing

LEFT = f".table.csv.0123abcd.{scratch.MARK}.csv"


def test_a_scratch_file_that_no_process_has_locked_is_removed(tmp_path):
    (tmp_path / LEFT).write_text("half")
    scratch.clear([tmp_path])

    assert not list(tmp_path.iterdir())


def test_a_scratch_file_that_a_process_has_locked_stays(tmp_path):
    with (tmp_path / LEFT).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        scratch.clear([tmp_path])

        assert (tmp_path / LEFT).exists()
    scratch.clear([tmp_path])
    assert not (tmp_path / LEFT).exists()


def test_our_own_stay_while_we_write(tmp_path):
    with writing.together(tmp_path), writing.replacing(tmp_path / "a" / "t.csv") as aside:
        aside.write_text("x")
        scratch.clear([tmp_path / "a"])
        assert aside.exists()

    assert (tmp_path / "a" / "t.csv").read_text() == "x"
    assert not scratch._held


@pytest.mark.parametrize(
    "name", ["table.csv", ".table.csv", ".table.csv.0123abcd.csv", f".t.csv.0123ABCD.{scratch.MARK}.csv", f"t.0123abcd.{scratch.MARK}"]
)  # fmt: skip
def test_what_others_made_stays(name, tmp_path):
    (tmp_path / name).touch()
    scratch.clear([tmp_path])

    assert (tmp_path / name).exists()


def test_what_only_looks_like_one_stays(tmp_path):
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "there").mkdir()
    make = {
        "link": lambda path: path.symlink_to(tmp_path / "precious"),
        "hard link": lambda path: os.link(tmp_path / "precious", path),
        "pipe": os.mkfifo,
        "folder": lambda path: path.mkdir(),
    }
    for number, one in enumerate(make.values()):
        one(tmp_path / LEFT.replace("0123", f"000{number}"))
    before = sorted(path.name for path in tmp_path.iterdir())
    scratch.clear([tmp_path, tmp_path / "nowhere", tmp_path / "precious"])

    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_set_clears_its_folder_and_those_in_it(tmp_path):
    for folder in (tmp_path, tmp_path / "SHA", tmp_path / "old label"):
        folder.mkdir(exist_ok=True)
        (folder / LEFT).touch()
    with writing.together(tmp_path):
        writing.write_text(tmp_path / "SHA" / "t.csv", "x")

    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["t.csv"]


def test_more_files_than_may_be_open(tmp_path):
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 50  # noqa: PTH208, PTH112
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + scratch.SPARE + 10, before[1]))
    try:
        with writing.together(tmp_path):
            for number in range(2 * scratch.SPARE):
                writing.write_text(tmp_path / f"{number}.csv", "x")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert len(list(tmp_path.iterdir())) == 2 * scratch.SPARE
    assert not scratch._held
