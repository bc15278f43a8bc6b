"""Real runs, committed as traces, against the simulator: what docs/reality.md says of them."""

from __future__ import annotations

import re
from functools import cache
from statistics import median

import pytest

from simulator.experiment import backtest
from simulator.experiment.experiment import Experiment
from simulator.scenario.loading import load
from tools.reality import study
from tools.reality.study import RUNS, case

PLAIN = [
    name
    for name in study.names()
    if name.startswith("b-") and not {"stragglers", "killed", "speeds"} & set(name.split("-"))
]


@cache
def makespans(name: str) -> tuple[float, float]:
    experiment = Experiment(load(RUNS / name / "scenario.yaml"))
    [label] = experiment.labels
    return case(name).trace.makespan, experiment.run(label).makespan


def error(name: str) -> float:
    real, made = makespans(name)
    return abs(made / real - 1)


def test_there_are_as_many_runs_as_the_page_says():
    assert len(study.names()) == 56
    assert sum(path.stat().st_size for path in RUNS.rglob("*") if path.is_file()) < 2_000_000


def test_sleeping_processes_without_trouble_end_when_the_simulator_says():
    errors = [error(name) for name in PLAIN if not name.endswith("-8")]
    assert len(errors) == 18
    assert median(errors) <= 0.02


@pytest.mark.parametrize("searcher", ["sha", "asha"])
def test_what_sixteen_workers_would_have_done_is_told_by_a_run_of_eight(searcher):
    """The curves are those of the run on 8; the run on 16 was made to check."""
    assert "workers: 8" in (RUNS / f"b-{searcher}-8" / "scenario.yaml").read_text()
    assert error(f"b-{searcher}-16-0") <= 0.02


def test_the_page_has_the_errors_of_today():
    said = re.findall(r"^\| ([a-d]-\S+) \| \S+ \| \S+ \| (\S+) %", "\n".join(study.table("plain")), re.M)
    assert {name: float(shown) for name, shown in said} == {
        name: pytest.approx(100 * (made / real - 1), abs=0.051)
        for name in study.names()
        for real, made in [makespans(name)]
    }


@pytest.mark.parametrize(
    ("learned", "tested"), [(["d-optuna-0", "d-optuna-2"], "d-optuna-3"), (["c-asha-1"], "c-asha-3")]
)
def test_what_a_program_takes_for_itself_is_foreseen_from_its_other_runs(learned, tested):
    found = backtest.calibrated([case(name) for name in learned])
    assert {"overheads.save", "decision_time"} <= set(found.figures)
    row = backtest.backtest(case(tested), found, runs=20)["makespan_s"]
    assert error(tested) > 0.05
    assert abs(row.error) <= 0.05


def test_what_was_put_in_by_hand_is_read_from_real_runs():
    slow = backtest.calibrated([case(name) for name in study.names() if "-16-stragglers" in name])
    assert slow.stragglers.kind == "half_normal"
    assert slow.stragglers.entries["std"].low <= 0.6 <= slow.stragglers.entries["std"].high
    killed = backtest.calibrated([case(name) for name in study.names() if "-16-killed" in name])
    assert killed.figures["failures.mtbf"].low <= 30 <= killed.figures["failures.mtbf"].high
    assert killed.figures["overheads.trial_start"].value == pytest.approx(0.15, rel=0.1)
    uneven = backtest.calibrated([case(name) for name in study.names() if "-16-speeds" in name])
    assert uneven.groups == {"speed-1": 10, "speed-2": 6}
    assert uneven.figures["groups.speed-2.speed"].value == pytest.approx(0.5, rel=0.02)
