"""No command replaces a file that it reads, whatever links lead to it."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.io.test_hostile import CURVES, GOOD, RECORDED
from tests.support.runner import asha_sim

PLAN = "plan: {vary: {cluster.workers: [1, 2]}, replicates: 2}\n"


def same(tmp_path, line, said):
    """Run a command, and check that no file has changed."""
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = asha_sim(*line.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"would replace {said}, which this command reads" in done.stderr
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert before.items() <= after.items()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("run summary.json --out .", "summary.json"),
        ("plan plan.json --jobs 1 --out .", "plan.json"),
        ("plan plan.md --jobs 1 --out .", "plan.md"),
        ("plan manifest.json --jobs 1 --out .", "manifest.json"),
        ("plan lock --jobs 1 --out .", "lock"),
    ],
)
@pytest.mark.parametrize("way", ["itself", "a link to it", "a hard link", "from a link"])
def test_a_scenario(line, name, way, tmp_path):
    (tmp_path / name).write_text(GOOD + PLAN)
    if way != "itself":
        real = tmp_path / "s.yaml"
        (tmp_path / name).rename(real)
        if way == "a hard link":
            os.link(real, tmp_path / name)
        elif way == "a link to it":
            (tmp_path / name).symlink_to(real)
            line = line.replace(name, "s.yaml", 1)
            name = "s.yaml"
        else:
            shutil.move(real, tmp_path / name)
            real.symlink_to(tmp_path / name)
            line = line.replace(name, "s.yaml", 1)
            name = "s.yaml"
    same(tmp_path, line, name)


@pytest.mark.parametrize(
    "command", ["run s.yaml --out .", "plan s.yaml --jobs 1 --out .", "plot s.yaml --kind gantt --out ."]
)
def test_curves(command, tmp_path):
    there = {"run": "sha/trace.csv", "plan": "table.csv", "plot": "c.csv"}[command.split()[0]]
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text(CURVES)
    (tmp_path / "s.yaml").write_text(RECORDED.replace("c.csv", there) + PLAN)
    if there == "c.csv":  # the name of a picture was a link to it
        (tmp_path / "gantt.png").symlink_to("c.csv")
    same(tmp_path, command, there)


@pytest.mark.slow
def test_a_figure_of_curves_and_their_fit(tmp_path):
    (tmp_path / "c.csv").write_text(CURVES)
    os.link(tmp_path / "c.csv", tmp_path / "c.png")
    same(tmp_path, "curves describe c.csv --figure c.png", "c.csv")


def test_logs_in_a_folder(tmp_path):
    (tmp_path / "exp" / "a").mkdir(parents=True)
    (tmp_path / "exp" / "a" / "progress.csv").write_text("training_iteration,loss,time_total_s\n1,0.5,1\n2,0.25,2\n")
    same(tmp_path, "curves import exp --from ray -o exp/a/progress.csv", "exp/a/progress.csv")
