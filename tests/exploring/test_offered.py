"""The sliders that a scenario has by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.exploring.controls import varied
from simulator.exploring.offered import all_controls, few, offered
from simulator.exploring.worlds import Worlds
from simulator.scenario import yaml_text
from simulator.scenario.loading import check_document, load
from tests.exploring.test_worlds import TEXT, nothing, scenario
from tests.support.runner import ROOT

SCENARIOS = sorted(path for path in (ROOT / "scenarios").glob("*.yaml"))


def of(text):
    return check_document(yaml_text.parse(text.encode(), Path("s")))


def test_what_a_scenario_has():
    found = {control.title: control for control in offered(scenario())}
    assert list(found) == [
        "workers", "trials", "divisor", "rungs", "spread of times (sd of log)", "stragglers (std)",
        "jobs lost (chance a minute)", "assignment", "searchers", "seed",
    ]  # fmt: skip
    assert found["workers"].names[:5] == ("1", "2", "3", "4", "5")
    assert found["trials"].paths == (("searchers", "SHA", "max_trials"), ("searchers", "ASHA", "max_trials"))
    assert found["rungs"].names == ("all", "1", "2", "3")
    assert found["searchers"].names == ("all", "SHA alone", "ASHA alone")
    assert all(
        control.names[control.at] in {"4", "9", "3", "all", "0.5", "0", "on_demand"} for control in found.values()
    )


def test_searchers_that_differ_have_sliders_of_their_own():
    titles = [control.title for control in offered(of(TEXT.replace("divisor: 3", "divisor: 2", 1)))]
    assert "SHA divisor" in titles
    assert "ASHA divisor" in titles


def test_other_libraries_words_and_groups():
    text = """
searcher: {name: ray_asha, num_samples: 9, max_t: 9, reduction_factor: 3}
curves: {kind: ordered}
cluster: {groups: {spot: {count: 2}, kept: {count: 1}}, stragglers: {kind: pareto}}
"""
    made = offered(of(text))
    assert [control.key for control in made] == [
        "cluster.groups.spot.count", "cluster.groups.kept.count", "searcher.num_samples", "searcher.reduction_factor",
        "cluster.stragglers.alpha", "cluster.drops", "cluster.assignment", "seed",
    ]  # fmt: skip


def test_no_more_trials_are_offered_than_were_recorded():
    (trials,) = [control for control in offered(scenario(), recorded=20) if control.title == "trials"]
    assert trials.names == ("1", "3", "6", "9", "16", "18", "20")


def test_what_is_varied_by_hand_comes_first_and_is_not_offered_again():
    loaded = scenario()
    made = all_controls(loaded, varied(loaded, ["searchers.ASHA.divisor=2,3"]))
    assert made[0].key == "searchers.ASHA.divisor"
    assert "divisor" not in [control.title for control in made]


def test_another_seed_shuffles_recorded_trials_that_would_come_in_the_files_order():
    worlds = Worlds(loaded := load(ROOT / "scenarios/digits.yaml"), all_controls(loaded, ()))
    assert worlds.loaded({"seed": "0"}).scenario.curves.order == "file"
    assert worlds.loaded({"seed": "3"}).scenario.curves.order == "shuffled"


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_value_that_is_offered_makes_a_sound_scenario_or_says_why_not(path):
    loaded = load(path)
    worlds = Worlds(loaded, all_controls(loaded, ()))
    refused = []
    for control in worlds.controls:
        assert control.names[control.at] == control.names[min(control.at, len(control.names) - 1)]
        for name in {control.names[0], control.names[-1]}:
            try:
                worlds.loaded({control.key: name})
            except ValueError as error:
                refused.append((control.key, str(error)))
    assert all(key == "cluster.assignment" or "is larger than" in said for key, said in refused), refused


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_world_as_yaml_is_that_world(path):
    loaded = load(path)
    worlds = Worlds(loaded, all_controls(loaded, ()))
    names = {
        control.key: control.names[0]
        for control in worlds.controls
        if control.title in {"workers", "divisor", "seed"}
    }
    text = worlds.yaml(names)
    assert text.startswith(f"# {path.name}")
    again = check_document(yaml_text.parse(text.encode(), path))
    assert again.scenario == worlds.loaded(names).scenario


def test_one_searcher_alone_whatever_else_was_moved():
    worlds = Worlds(loaded := scenario(), all_controls(loaded, ()))
    key = "searchers.SHA.divisor & searchers.ASHA.divisor"
    moved = worlds.loaded({key: "2", "searchers": "ASHA alone"})
    assert list(moved.scenario.searchers) == ["ASHA"]
    assert list(worlds.traces(moved, nothing)) == ["ASHA"]


def test_without_vary_a_page_has_a_few_workers_and_divisors():
    workers, divisor = few(load(ROOT / "scenarios/digits.yaml"))
    assert (workers.names, workers.names[workers.at]) == (("3", "4", "5", "6", "8", "10", "12", "16", "20"), "8")
    assert (divisor.names, divisor.names[divisor.at]) == (("2", "3", "4"), "3")
    (one,) = few(
        of("searcher: {name: random, max_trials: 3, max_length: 3}\ncurves: {kind: ordered}\ncluster: {workers: 1}\n")
    )
    assert (one.names[0], one.at) == ("1", 0)
