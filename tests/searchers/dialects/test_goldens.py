"""Whole schedules of the libraries' own classes, to the microsecond."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import pytest

from simulator.experiment.experiment import Experiment
from simulator.scenario.loading import load
from simulator.trace.metrics import summarize
from tests.support.dialect_goldens import GOLDENS, by_trial, write_scenario

COLUMNS = ("trial", "from_resource", "to_resource", "start", "end")


def named(golden):
    return f"{golden['rule']}-{golden['workers']}-{golden['makespan_us']}"


@pytest.mark.parametrize("golden", GOLDENS, ids=named)
def test_a_schedule_is_the_librarys_own(golden, tmp_path):
    trace = Experiment(load(write_scenario(golden, tmp_path))).run(golden["rule"])
    rows = zip(*(getattr(trace, name).tolist() for name in COLUMNS), strict=True)
    assert by_trial(rows) == by_trial(golden["jobs"])
    assert trace.makespan == golden["makespan_us"]
    summary = summarize(trace)
    assert summary.resource_units == golden["units"]
    # The goldens of sklearn_halving count trials that reached max_resources, which no round may reach.
    if golden["rule"] != "sklearn_halving":
        assert summary.full_length_trials == golden["full"]


@pytest.mark.slow
def test_as_the_command_line_tells_it(tmp_path):
    golden = GOLDENS[4]
    path = write_scenario(golden, tmp_path)
    command = [sys.executable, "-m", "simulator", "run", str(path), "--out", str(tmp_path / "out"), "--json"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert round(told["searchers"]["ray_asha"]["makespan_s"] * 1e6) == golden["makespan_us"]
    with (tmp_path / "out" / "ray_asha" / "trace.csv").open() as file:
        rows = [
            (int(row["trial"]), int(row["from_resource"]), int(row["to_resource"]), 0, round(float(row["end"]) * 1e6))
            for row in csv.DictReader(file)
        ]
    assert by_trial(rows) == by_trial(golden["jobs"])
