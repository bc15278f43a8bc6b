"""Two commands on one folder: a plan keeps other plans out; of other commands, the folder has all files of the last one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.commands import (
    A_BLOCK,
    PATIENCE,
    SCENARIO,
    asha_sim,
    contents,
    ended,
    go_on,
    halted,
    scratch,
    started,
)
from tests.support.budgets import some

RUNS = 3


def test_a_second_plan_is_refused_and_the_first_unharmed(folder: Path) -> None:
    whole = asha_sim("plan", "p.yaml", "--jobs", "1", "--out", folder / "whole", cwd=folder)
    out = folder / "out"
    first = halted("plan", "p.yaml", "--jobs", "2", "--out", out, cwd=folder, at=A_BLOCK)
    second = asha_sim("plan", "p.yaml", "--out", out, "--resume", cwd=folder)
    go_on(first)
    printed, said = first.communicate(timeout=PATIENCE)

    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == f"{out}: another process ({first.pid}) is at work in this folder\n"
    assert (first.returncode, printed, said) == (0, whole.stdout, "")
    assert contents(out) == contents(folder / "whole")


@pytest.mark.parametrize("name", some(["run", "plot"]))
def test_of_several_runs_the_last_stands_whole(name: str, folder: Path) -> None:
    options = {"run": (), "plot": ("--kind", "gantt", "--format", "svg")}[name]
    seeds = range(RUNS)
    alone = [folder / f"alone-{seed}" for seed in seeds]
    for seed in seeds:
        assert asha_sim(name, "s.yaml", *options, "--seed", seed, "--out", alone[seed], cwd=folder).returncode == 0
    both = folder / "both"
    processes = [
        started(name, "s.yaml", *options, "--seed", seed, "--out", both, cwd=folder)
        for _ in range(2)
        for seed in seeds
    ]
    for process in processes:
        assert ended(process) == (0, "")

    assert contents(both) in [contents(one) for one in alone]
    assert scratch(both) == []


def test_a_second_recording_is_refused_and_the_first_unharmed(folder: Path) -> None:
    pytest.importorskip("sklearn")
    options = ("curves", "record", "--configurations", "40", "--epochs", "2", "-o", folder / "r.csv")
    partial = folder / "r.csv.partial"
    first = halted(*options, cwd=folder, at="simulator.curves.recorder:_Log.append")
    second = asha_sim(*options, cwd=folder)
    go_on(first)

    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == f"{partial}: another process is recording here; wait, or choose another --out\n"
    assert ended(first) == (0, "")
    rows = (folder / "r.csv").read_text().splitlines()[1:]
    assert sorted({int(row.split(",")[0]) for row in rows}) == list(range(40))


def test_blocks_of_an_unknown_sweep_are_not_resumed(folder: Path) -> None:
    (folder / "s.yaml").write_text(SCENARIO)
    out = folder / "out"
    assert asha_sim("plan", "p.yaml", "--jobs", "1", "--out", out, cwd=folder).returncode == 0
    (out / "manifest.json").unlink()
    done = asha_sim("plan", "p.yaml", "--jobs", "1", "--out", out, "--resume", cwd=folder)

    assert done.returncode == 2
    assert (
        done.stderr == f"{out}: holds blocks of results, and no manifest.json says of what; choose another folder\n"
    )


def test_hidden_files_of_others_stay(folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    (out / ".bashrc.bak").write_text("mine")
    assert asha_sim("plan", "p.yaml", "--jobs", "1", "--out", out, cwd=folder).returncode == 0

    assert (out / ".bashrc.bak").read_text() == "mine"
