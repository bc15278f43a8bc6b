"""The uncertainty of a calibrated cluster: intervals in the file, draws from them, and the answer of a plan."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.calibration import calibrate, section
from simulator.core import ticks
from simulator.core.errors import InputError
from simulator.experiment.experiment import Experiment
from simulator.planning.backend import WorkerPool
from simulator.planning.planner import answer
from simulator.planning.report import report, sentences
from simulator.scenario.cluster import ClusterSection
from simulator.scenario.loading import load
from simulator.scenario.uncertainty import drawn
from tests.support.budgets import budget
from tests.support.plans import HEAD, loaded, planned, written

CLUSTER = """\
  workers: 4
  stragglers: {kind: half_normal, std: 0.5}
  failures: {mtbf: 2 h, repair: {mean: 10 min, median: 5 min}}
  crashes: 0.02
  uncertainty:
    stragglers.std: [0.2, 1.5]
    failures.mtbf: [1 h, 10 h]
    failures.repair: [5 min, 10 min]
    crashes: [0, 0.1]
"""


def scenario(cluster=CLUSTER, plan="vary: {cluster.workers: [4]}\nreplicates: 8\npilot_sets: 8\ndeadline: 60 min"):
    return planned(plan, HEAD.replace("cluster: {workers: 4}\n", f"cluster:\n{cluster}"))


def draws(tmp_path, text=None, count=400):
    cluster = loaded(tmp_path, text or scenario()).scenario.cluster
    return cluster, [drawn(cluster, 7, number) for number in range(count)]


@pytest.mark.slow
def test_nine_draws_in_ten_lie_in_the_interval_half_of_them_above_the_figure(tmp_path):
    _, made = draws(tmp_path)
    std = np.array([one.stragglers.std for one in made])
    mtbf = np.array([one.failures.mtbf.mean for one in made]) / 3.6e9

    assert ((std >= 0.2) & (std <= 1.5)).mean() == pytest.approx(0.9, abs=0.04)
    assert (std > 0.5).mean() == pytest.approx(0.5, abs=0.06)
    assert ((mtbf >= 1) & (mtbf <= 10)).mean() == pytest.approx(0.9, abs=0.04)


def test_a_draw_keeps_shapes_and_limits_and_belongs_to_its_number(tmp_path):
    cluster, made = draws(tmp_path)
    again = drawn(cluster, 7, 3)

    assert all(0 <= one.crashes <= 1 for one in made)
    assert all(one.failures.repair.median * 2 == pytest.approx(one.failures.repair.mean, abs=2) for one in made)
    assert all(one.failures.repair.mean <= 600 * 10**6 for one in made)  # its upper end is the figure itself
    assert again == made[3] != made[4]
    assert made[3].workers == 4


def test_figures_of_groups_whose_names_have_dots(tmp_path):
    text = (
        "  groups: {a.b: {count: 4, speed: 0.5, preemption: {up: 1 h}}}\n"
        "  uncertainty: {groups.a.b.speed: [0.4, 0.6], groups.a.b.preemption.up: [30 min, 2 h]}\n"
    )
    plan = "vary: {cluster.crashes: [0]}\nreplicates: 8"
    _, made = draws(tmp_path, scenario(text, plan), 40)

    assert len({one.groups["a.b"].speed for one in made}) > 30
    assert len({one.groups["a.b"].preemption.up.mean for one in made}) > 30


def test_a_run_takes_the_figures_as_they_stand(tmp_path):
    plain = CLUSTER[: CLUSTER.index("  uncertainty")]
    one, other = (Experiment(loaded(tmp_path, scenario(text))).run("SHA") for text in (CLUSTER, plain))

    assert np.array_equal(one.end, other.end)


@pytest.mark.slow
def test_a_plan_says_what_is_not_known_of_the_cluster_and_decides_by_it(tmp_path):
    plain = CLUSTER[: CLUSTER.index("  uncertainty")]
    found, other = (answer(loaded(tmp_path, scenario(text)), pool=WorkerPool(jobs=1)) for text in (CLUSTER, plain))
    wide, narrow = found.fresh.known.median_s, other.fresh.known.median_s

    assert other.fresh.ignorance is None
    assert (found.fresh.ignorance.pilots, found.fresh.ignorance.cluster) == (None, True)
    assert wide.high / wide.low > 1.5 * narrow.high / narrow.low
    assert "if the cluster is right, " in sentences.sentence(found)
    assert " given what is known of the cluster" in sentences.sentence(found)
    assert json.loads(report.json_text(found))["options"][0]["known"]["cluster"] is True


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mtbf: 3", "cluster.uncertainty.mtbf: should be the two ends of an interval: [40 s, 72 s]"),
        ("workers: [1, 2]", "uncertainty.workers is not a figure that is read from runs"),
        ("overheads.save: [1 s, 2 s]", "uncertainty.overheads.save does not hold overheads.save itself"),
        ("preemption.up: [1 h, 2 h]", "has an interval, and the cluster does not say preemption.up"),
        ("crashes: [0.1, 0.2]", "uncertainty.crashes does not hold crashes itself"),
        ("crashes: [0, 2]", "uncertainty.crashes: 2 should be a number from 0 to 1"),
        ("failures.mtbf: [1 h, much]", "'much' is not a duration"),
        ("failures.mtbf: [10 h, 1 h]", "does not hold failures.mtbf itself"),
        ("groups.a.speed: [1, 2]", "the cluster does not say groups.a.speed"),
    ],
)
def test_intervals_of_unknown_figures_are_refused(tmp_path, line, said):
    text = scenario(CLUSTER[: CLUSTER.index("    stragglers.std: [")] + f"    {line}\n")

    with pytest.raises(InputError) as caught:
        load(written(tmp_path, text))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("workers: 3 runs", "measured.workers is not a figure that is read from runs"),
        ("preemption.up: 3 losses", "says what preemption.up was measured on, and the cluster does not say"),
    ],
)
def test_measured_figures_of_nothing_are_refused(tmp_path, line, said):
    text = scenario(CLUSTER[: CLUSTER.index("  uncertainty")] + f"  measured: {{{line}}}\n")

    with pytest.raises(InputError) as caught:
        load(written(tmp_path, text))
    assert said in str(caught.value)


@pytest.mark.slow
def test_what_calibrate_writes_is_what_a_plan_takes(tmp_path):
    """Runs on a cluster in trouble, read back, and a plan on what was read."""
    text = scenario(CLUSTER[: CLUSTER.index("  uncertainty")])
    traces = [Experiment(loaded(tmp_path, text), seed).run("ASHA") for seed in range(3)]
    curves = [Experiment(loaded(tmp_path, text), seed)._curves for seed in range(3)]
    found = calibrate.calibrate(traces, curves)
    part = section.yaml(found, ["a", "b", "c"])
    made = loaded(tmp_path, HEAD.replace("cluster: {workers: 4}\n", part)).scenario.cluster

    assert set(made.uncertainty) == set(section.intervals(found))
    assert "stragglers.std" in made.uncertainty
    assert set(made.measured) >= set(made.uncertainty)
    assert re.fullmatch(r"\d+ lost attempts", made.measured["failures.mtbf"])
    assert drawn(made, 0, 1) != made
    assert section.as_dict(found)["cluster"]["uncertainty"] == section.intervals(found)


@pytest.mark.slow
@given(st.floats(1e-3, 1), st.floats(1, 1e3), st.integers(0, 10**6))
@budget(test=40, fuzz=2000)
def test_whatever_the_intervals_a_draw_is_a_cluster_that_a_scenario_may_have(less, more, number):
    cluster = ClusterSection.model_validate(
        {
            "groups": {"a": {"count": 2, "speed": 1.0, "preemption": {"up": {"mean": 60, "median": 30}}}},
            "crashes": 0.01, "drops": {"probability": 0.01}, "stragglers": {"kind": "pareto", "alpha": 2.0},
            "overheads": {"save": 0},
            "uncertainty": {
                "groups.a.speed": [max(less, 1e-3), min(more, 1e3)], "groups.a.preemption.up": [60 * less, 60 * more],
                "crashes": [0.01 * less, min(0.01 * more, 1.0)], "drops.probability": [0, min(0.01 * more, 0.999)],
                "stragglers.alpha": [max(2 * less, 1.011), min(2 * more, 100.0)], "overheads.save": [0, more],
            },
        }
    )  # fmt: skip
    made = drawn(cluster, 1, number)
    group = made.groups["a"]

    assert 1e-3 <= group.speed <= 1e3
    assert group.preemption.up.median <= group.preemption.up.mean <= ticks.LIMIT
    assert 0 <= made.crashes <= 1
    assert 0 <= made.drops.probability < 1
    assert 1.01 < made.stragglers.alpha <= 100
    assert 0 <= made.overheads.save <= ticks.LIMIT
