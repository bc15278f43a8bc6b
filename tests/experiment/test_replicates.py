"""Replicates of a scenario: every command gets the same seeds and the same trials."""

from __future__ import annotations

from itertools import pairwise

import pytest

import simulator
from simulator.cli import pictures
from simulator.core.ticks import to_seconds
from simulator.experiment.replicates import replicates
from simulator.planning import sweep
from simulator.render.plots import files
from simulator.scenario.loading import load

RECORDED = """\
searchers:
  SHA: {name: sha, max_trials: 8, max_length: 4, divisor: 2}
  ASHA: {name: asha, max_trials: 8, max_length: 4, divisor: 2}
curves: {kind: recorded, file: c.csv}
cluster: {workers: 3}
plan: {vary: {cluster.workers: [3]}, replicates: 6}
seed: 5
"""


@pytest.fixture
def scenario(tmp_path):
    losses = [7, 3, 8, 1, 5, 2, 6, 4]
    rows = "".join(
        f"{trial},{at},{loss / 10 + 1 / at},{at * (trial + 1)}\n"
        for trial, loss in enumerate(losses)
        for at in (1, 2, 4)
    )
    (tmp_path / "c.csv").write_text(f"trial,resource,loss,elapsed_s\n{rows}")
    (tmp_path / "s.yaml").write_text(RECORDED)
    return tmp_path / "s.yaml"


def test_a_replicate_is_the_same_however_many_there_are(scenario):
    loaded = load(scenario)
    few, many = replicates(loaded, 3), replicates(loaded, 1000)

    assert [one.seed for one in few] == [many[number].seed for number in range(3)]
    assert len({one.seed for one in many}) == 1000
    assert replicates(loaded, 3, seed=0)[1].seed != replicates(loaded, 3, seed=1)[0].seed
    assert all(one.curves.train(0, 0, 4) == many[one.number].curves.train(0, 0, 4) for one in few)
    with pytest.raises(IndexError, match="there are 3 replicates"):
        few[3]


def test_trials_come_in_another_order_in_each(scenario):
    orders = [[curves.train(trial, 0, 4)[0] for trial in range(8)] for _, _, curves in replicates(load(scenario), 5)]

    assert all(sorted(order) == sorted(orders[0]) for order in orders)
    assert all(one != other for one, other in pairwise(orders))


@pytest.mark.slow
def test_compare_plot_and_plan_make_the_same_runs(scenario, tmp_path, monkeypatch):
    compared = simulator.compare(scenario, seeds=6)
    drawn = {}

    def draw(kind, runs, **how):
        drawn[kind] = {label: [to_seconds(trace.makespan) for trace in traces] for label, traces in runs.items()}
        return real(kind, runs, **how)

    real = files.draw
    monkeypatch.setattr(files, "draw", draw)
    pictures.plot(scenario, tmp_path / "plots", kinds="gantt,incumbent", seeds=6)
    planned = sweep.run_block(sweep.Work(load(scenario), 5), sweep.Block((0, 1), (0, 6)))
    alone = simulator.simulate(scenario)

    for place, label in enumerate(("SHA", "ASHA")):
        makespans = compared.values("makespan_s", label).tolist()
        assert len(set(makespans)) > 1
        assert drawn["incumbent"][label] == makespans
        assert planned["time_s"][planned["searcher"] == place].tolist() == makespans
        assert drawn["gantt"][label] == [alone[label].makespan_s], "what is no band is of the run itself"
