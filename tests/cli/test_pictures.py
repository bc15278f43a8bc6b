"""`asha-sim animate` and `asha-sim plot`, as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import DOCS
from tests.support.runner import ROOT, asha_sim

TINY = """
title: <img src=x onerror=alert(1)>
time_unit: h
searchers: {A: {name: sha, max_trials: 4, max_length: 2, divisor: 2}, B: {name: asha, max_trials: 4, max_length: 2, divisor: 2}}
curves: {kind: ordered, unit_time: 6 h}
cluster: {workers: 2}
"""


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_player_and_a_trace_for_viewers(tmp_path, tiny):
    done = asha_sim(
        "animate", tiny, "--format", "perfetto,html", "--also", DOCS, "--also", tiny, "--out", tmp_path / "out"
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert names(tmp_path / "out") == ["perfetto.json", "player.html"]
    assert done.stdout.split() == [f"{tmp_path}/out/player.html", f"{tmp_path}/out/perfetto.json"]
    assert json.loads((tmp_path / "out" / "perfetto.json").read_text())["displayTimeUnit"] == "ms"
    page = (tmp_path / "out" / "player.html").read_text()
    assert "<img" not in page
    assert page.count("<option>") == 3
    assert "(2)</option>" in page
    assert "<option>Ten workers, rungs at 1, 3, 9 and 27 units</option>" in page


def test_every_moving_format(tmp_path, tiny):
    done = asha_sim("animate", tiny, "--style", "docs", "--format", "gif,webp,mp4", "--out", tmp_path / "out")

    assert (done.returncode, done.stderr) == (0, "")
    made = {
        f"{label}{dark}.{kind}" for label in "ab" for dark in ("", "-dark") for kind in ("gif", "mp4", "png", "webp")
    }
    assert set(names(tmp_path / "out")) == made | {"a.txt", "b.txt", "utilization.png", "utilization-dark.png"}


def test_plots(tmp_path, tiny):
    done = asha_sim(
        "plot", tiny, "--kind", "split,regret", "--seeds", 3, "--format", "svg", "--out", tmp_path / "out"
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert names(tmp_path / "out") == ["regret-dark.svg", "regret.svg", "split-dark.svg", "split.svg"]
    assert "median of 3 seeds" in (tmp_path / "out" / "regret.svg").read_text()


@pytest.mark.parametrize(
    "args", [("animate", "--format", "gif,avi"), ("plot", "--kind", "pie"), ("plot", "--format", "bmp")]
)
def test_what_there_is_not_is_said(tmp_path, args):
    command, option, value = args
    done = asha_sim(command, DOCS, option, value, "--out", tmp_path / "out")

    assert (done.returncode, done.stdout) == (2, "")
    assert "is none of" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_second_digits_scenario_is_the_first_with_more_workers():
    first, second = (
        [line for line in (ROOT / "scenarios" / name).read_text().splitlines() if line.startswith(("  ", "curves"))]
        for name in ("digits.yaml", "digits-40-workers.yaml")
    )
    assert first == second


def test_a_backend_that_is_not_there_is_not_asked_for(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "nosuch")
    done = asha_sim("plot", tiny, "--kind", "split", "--out", tmp_path / "out")

    assert (done.returncode, done.stderr) == (0, "")
    assert names(tmp_path / "out") == ["split-dark.png", "split.png"]
