"""The names of trials in logs, in the texts of pictures: alternative text, the player, a trace of events."""

import json
from dataclasses import replace

import pytest

from simulator.render import alt, perfetto
from simulator.render.phrases import in_log
from simulator.render.player import data
from simulator.trace.trace import Trace
from tests.support.scenes import tiny


@pytest.fixture
def trace() -> Trace:
    """Two trials, the second of which is the better."""
    made = tiny([(0, 0, 0, 9, 0, 30), (1, 1, 0, 9, 0, 40)])
    loss = made.loss.copy()
    loss[:] = [0.5, 0.25]
    return replace(made, loss=loss, names={0: "run-a", 1: "run-b"}, configs={1: {"lr": "0.1", "depth": "3"}})


def test_a_trial_is_told_with_its_configuration(trace):
    assert in_log(trace, 0) == "run-a"
    assert in_log(trace, 1) == "run-b (lr 0.1, depth 3)"
    assert in_log(trace, 7) == ""


def test_long_names_and_many_hyperparameters_are_cut_short(trace):
    config = {f"h{number}": "x" * 30 for number in range(14)}
    told = in_log(replace(trace, names={0: "n" * 99}, configs={0: config}), 0)
    assert told.startswith("n" * 79 + "… (h0 " + "x" * 23 + "…, h1 ")
    assert told.endswith(", 2 more)")


def test_alternative_texts_name_the_best_trial(trace):
    assert alt.of_run(trace, "s").endswith(
        " The best loss is trial 1's, which the log calls run-b (lr 0.1, depth 3)."
    )
    assert "a best loss of 0.25, trial 1's, which the log calls run-b (lr 0.1, depth 3)" in alt.of_comparison(
        [trace, trace], "s"
    )


def test_what_no_log_names_is_told_as_before(trace):
    bare = replace(trace, names={}, configs={})
    assert "log" not in alt.of_run(bare, "s") + alt.of_comparison([bare], "s")
    assert "log" not in data.scene([bare], "s")["runs"][0]


def test_the_player_knows_the_names(trace):
    assert data.scene([trace], "s")["runs"][0]["log"] == {"0": "run-a", "1": "run-b (lr 0.1, depth 3)"}


def test_events_carry_the_names(trace, tmp_path):
    perfetto.write(tmp_path / "a.json", [trace], title="")
    jobs = [e for e in json.loads((tmp_path / "a.json").read_text())["traceEvents"] if e.get("cat") == "job"]
    assert [job["args"]["log"] for job in jobs] == ["run-a", "run-b (lr 0.1, depth 3)"]
