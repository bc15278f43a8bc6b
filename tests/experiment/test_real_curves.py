"""Searches on the language-model curves of NAS-Bench-NLP (345 trials, 4 of them diverge) run and are drawn; skipped if absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.runner import asha_sim

CURVES = Path(__file__).parents[3] / "shared" / "data" / "nbnlp_wikitext2.csv.gz"

pytestmark = pytest.mark.skipif(not CURVES.exists(), reason="the file is not part of the project")


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "language-models.yaml"
    path.write_text(
        "time_unit: h\n"
        "searchers:\n"
        "  SHA: {name: sha, max_trials: 345, max_length: 50, divisor: 3}\n"
        "  ASHA: {name: asha, max_trials: 345, max_length: 50, divisor: 3}\n"
        f"curves: {{kind: recorded, file: {CURVES}}}\n"
        "cluster: {workers: 25}\n"
    )
    return path


def test_run(scenario):
    searchers = json.loads(asha_sim("run", scenario, "--json").stdout)["searchers"]

    assert searchers["SHA"]["trials"] == searchers["ASHA"]["trials"] == 345
    assert searchers["SHA"]["full_length_trials"] == 12  # 345 // 27
    assert searchers["ASHA"]["first_full_length_s"] < searchers["SHA"]["first_full_length_s"]
    for numbers in searchers.values():
        spent = sum(numbers[f"{kind}_s"] for kind in ("busy", "overhead", "lost", "idle", "down"))
        assert spent == pytest.approx(25 * numbers["makespan_s"], rel=1e-12)


def test_animate(scenario, tmp_path):
    done = asha_sim("animate", scenario, "--out", tmp_path / "out")

    assert (done.returncode, done.stderr) == (0, "")
    assert {"sha.gif", "asha.gif", "timeline.gif", "utilization.png"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
