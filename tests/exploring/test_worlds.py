"""The scenario of a world after sliders were moved, and what ends a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.core.errors import InputError, RunError
from simulator.experiment.experiment import Experiment
from simulator.exploring.controls import varied
from simulator.exploring.worlds import Cancelled, Guard, Limits, Worlds
from simulator.scenario import yaml_text
from simulator.scenario.loading import check_document

TEXT = """
searchers:
  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  ASHA: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: synthetic}
cluster: {workers: 4}
plan: {vary: {cluster.workers: [1, 2]}}
"""


def scenario(text=TEXT):
    return check_document(yaml_text.parse(text.encode(), Path("s")))


def worlds(*vary, limits=None, text=TEXT):
    loaded = scenario(text)
    return Worlds(loaded, varied(loaded, vary), limits=limits)


def nothing():
    """A callback for progress that does nothing."""


def test_a_world_is_the_scenario_with_other_values():
    made = worlds("cluster.workers=2,4", "searchers.SHA.divisor & searchers.ASHA.divisor=2,3")
    moved = made.loaded({"cluster.workers": "2", "searchers.SHA.divisor & searchers.ASHA.divisor": "2"})
    written = scenario(TEXT.replace("workers: 4", "workers: 2").replace("divisor: 3", "divisor: 2"))
    assert moved.scenario.cluster == written.scenario.cluster
    assert moved.scenario.searchers == written.scenario.searchers
    traces = made.traces(moved, nothing)
    for label, trace in Experiment(written).run_all().items():
        assert (traces[label].start.tolist(), traces[label].trial.tolist()) == (
            trace.start.tolist(),
            trace.trial.tolist(),
        )


def test_a_control_that_is_not_named_keeps_the_scenarios_own_value():
    assert worlds("cluster.workers=2,4").loaded({}).scenario.cluster.workers == 4


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"curves.file": "/etc/passwd"}, "curves.file: is not a control; the controls are cluster.workers"),
        ({"cluster.workers": "3"}, "cluster.workers: '3' should be one of 2, 4"),
    ],
)
def test_only_what_the_controls_have_can_be_asked_for(names, said):
    with pytest.raises(InputError) as caught:
        worlds("cluster.workers=2,4").loaded(names)
    assert str(caught.value) == said


def test_a_title_names_what_was_moved_since_it_may_say_otherwise():
    made = worlds("cluster.workers=2,4")

    assert made.title_of({"cluster.workers": "4"}) == made.title
    assert made.title_of({"cluster.workers": "2"}) == f"{made.title} (here: workers 2)"


def test_what_is_too_large_is_told():
    with pytest.raises(InputError) as caught:
        worlds("cluster.workers=4,5000", limits=Limits(workers=100, trials=8)).loaded({"cluster.workers": "5000"})
    assert str(caught.value).splitlines() == [
        "cluster: 5,000 workers are too many to draw at once; the most here is 100",
        "SHA: 9 trials are too many to draw at once; the most here is 8",
        "ASHA: 9 trials are too many to draw at once; the most here is 8",
    ]


@pytest.mark.parametrize("trouble", ["", ", drops: {probability: 0.01}"])
def test_a_run_that_nobody_waits_for_ends_at_the_next_result(trouble):
    """This holds in the fast engine, and in the model of a cluster in trouble."""
    made = worlds(text=TEXT.replace("workers: 4", f"workers: 4{trouble}"))
    guard, heard = Guard(), []

    def watch():
        heard.append(1)
        guard.cancelled = len(heard) == 5
        guard()

    with pytest.raises(Cancelled):
        made.traces(made.loaded({}), watch)
    assert len(heard) == 5


def test_a_run_with_too_many_results_or_too_long_a_run_is_told():
    made = worlds()
    with pytest.raises(RunError, match="more than 10 results"):
        made.traces(made.loaded({}), Guard(Limits(results=10)))
    endless = worlds(
        text=TEXT.replace("max_trials: 9, max_length: 9", "max_length: 9").replace("name: sha,", "name: asha,")
        + "stop: {time: 1000 d}\n"
    )
    with pytest.raises(RunError, match="takes longer than 0 s"):
        endless.traces(endless.loaded({}), Guard(Limits(seconds=0)))


def test_recorded_curves_are_read_once(tmp_path):
    rows = "".join(f"{trial},{unit},{trial + 1 / unit},{unit}\n" for trial in range(9) for unit in (1, 3, 9))
    (tmp_path / "c.csv").write_text(f"trial,resource,loss,elapsed_s\n{rows}")
    text = TEXT.replace("{kind: synthetic}", "{kind: recorded, file: c.csv}")
    loaded = check_document(yaml_text.parse(text.encode(), tmp_path / "s.yaml"))
    made = Worlds(loaded, varied(loaded, ["cluster.workers=2,4"]))
    first = made.traces(made.loaded({}), nothing)
    (tmp_path / "c.csv").unlink()
    assert made.traces(made.loaded({}), nothing)["SHA"].end.tolist() == first["SHA"].end.tolist()
    assert made.traces(made.loaded({"cluster.workers": "2"}), nothing)["SHA"].workers == 2


def test_over_seeds_it_says_what_compare_says():
    from simulator.api import compare

    made = worlds()
    found = made.compared(made.loaded({}), 3, nothing)
    assert found.values("makespan_s", "SHA").tolist() == compare(scenario(), 3).values("makespan_s", "SHA").tolist()
