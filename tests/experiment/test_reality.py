"""Real runs, committed as traces, against the simulator: what docs/reality.md says of them."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from simulator.experiment.experiment import Experiment
from simulator.scenario.loading import load
from simulator.trace.reading import read_trace

RUNS = Path(__file__).parents[1] / "data" / "reality"
PLAIN = sorted(
    path.name for path in RUNS.glob("b-*") if not {"stragglers", "killed", "speeds"} & set(path.name.split("-"))
)


def makespans(name: str) -> tuple[float, float]:
    experiment = Experiment(load(RUNS / name / "scenario.yaml"))
    [label] = experiment.labels
    return read_trace(RUNS / name / "trace.csv").makespan, experiment.run(label).makespan


def test_sleeping_processes_without_trouble_end_when_the_simulator_says():
    errors = [abs(made / real - 1) for real, made in map(makespans, PLAIN)]
    assert len(errors) == 20
    assert median(errors) <= 0.02


@pytest.mark.parametrize("searcher", ["sha", "asha"])
def test_what_sixteen_workers_would_have_done_is_told_by_a_run_of_eight(searcher):
    """The curves are those of the run on 8; the run on 16 was made to check."""
    assert "workers: 8" in (RUNS / f"b-{searcher}-8" / "scenario.yaml").read_text()
    real, made = makespans(f"b-{searcher}-16-0")
    assert made == pytest.approx(real, rel=0.02)
