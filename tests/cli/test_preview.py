"""`asha-sim preview`, as people and programs drive it."""

from __future__ import annotations

import json

import pytest

from tests.support.runner import ROOT, asha_sim

pytestmark = pytest.mark.slow

EXPERIMENT = """\
name: mnist
searcher: {name: adaptive_asha, metric: loss, max_length: {epochs: 256}, max_trials: 500, max_concurrent_trials: 16}
entrypoint: model_def:Trial
"""


def test_the_preview_that_is_shown_is_the_command_s():
    done = asha_sim("preview", ROOT / "scenarios" / "determined.yaml")
    [shown] = [block for block in (ROOT / "docs" / "plan.md").read_text().split("```") if "trained to" in block]

    assert (done.returncode, done.stderr) == (0, "")
    assert shown.removeprefix("text\n").strip() in done.stdout


def test_json_and_nothing_else(tmp_path):
    (tmp_path / "experiment.yaml").write_text(EXPERIMENT)
    done = asha_sim("preview", "experiment.yaml", "--json", cwd=tmp_path)
    seen = json.loads(done.stdout)["searchers"]["adaptive_asha"]

    assert (done.returncode, done.stderr) == (0, "")
    assert [bracket["rungs"][0]["trials"]["mean"] for bracket in seen["brackets"]] == [354, 110, 36]
    assert [bracket["busy_at_once"] for bracket in seen["brackets"]] == [6, 5, 5]
    assert seen["resource_units"]["min"] < seen["resource_units"]["mean"] < seen["resource_units"]["max"]
    assert [row["workers"] for row in seen["workers"]] == [1, 4, 16]
    assert {"lower_bound", "bound_by", "ideal_makespan", "work_bound", "critical_path_bound"} <= seen["workers"][
        0
    ].keys()
    assert asha_sim("preview", "experiment.yaml", "--json", cwd=tmp_path).stdout == done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: mnist\n", "e.yaml:1:1: searcher: is missing: a preview is of a search; supported: random, single"),
        ("searcher: {name: pbt}\n", "e.yaml:1:12: searcher.name: pbt: population-based training"),
        ("", "e.yaml:1:1: is empty"),
        ("[1]\n", "e.yaml:1:1: should be keys and values"),
        ("searcher: {name: sha, max_trials: 5, max_length: 27, divisor: 3}\n", "5 trials leave none for the top"),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path, text, said):
    (tmp_path / "e.yaml").write_text(text)
    done = asha_sim("preview", "e.yaml", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_search_without_end_in_a_scenario():
    done = asha_sim("preview", ROOT / "scenarios" / "docs.yaml")

    assert "ASHA: never ends; its first 1,000 trials" in done.stdout
    assert "SHA: 27 trials, 1 of them trained in full (27 units), 108 units in all" in done.stdout


def test_no_file():
    done = asha_sim("preview", "nowhere.yaml")

    assert (done.returncode, done.stderr) == (2, "nowhere.yaml: cannot be read: No such file or directory\n")
