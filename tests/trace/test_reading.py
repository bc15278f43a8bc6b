"""Traces read back from files: the same as they were, or a line for what is wrong."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.core.errors import InputError
from simulator.searchers.halving import asha
from simulator.trace import metrics
from simulator.trace.reading import read_trace, unit_of
from simulator.trace.trace import COLUMNS
from tests.support.runner import asha_sim
from tests.support.worlds import World

HEADER = "worker,trial,to_resource,start,end,outcome,loss\n"


def small():
    return simulate(asha(max_trials=9, max_length=9, divisor=3), World(), Cluster(3), label="ASHA")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_simulated_trace_comes_back(tmp_path, suffix):
    trace, path = small(), tmp_path / "ASHA" / f"trace.{suffix}"
    (trace.write_csv if suffix == "csv" else trace.write_parquet)(path)
    again = read_trace(path)

    assert (again.label, again.workers, again.max_length) == ("ASHA", 3, 9)
    for name in COLUMNS:
        assert np.array_equal(getattr(again, name), getattr(trace, name), equal_nan=True)
    assert metrics.summarize(again).makespan_s == metrics.summarize(trace).makespan_s


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_names_that_a_log_gave_its_trials_come_back(tmp_path, suffix):
    trace = replace(small(), names={0: "run, one", 2: "zwei"})
    path = tmp_path / f"trace.{suffix}"
    (trace.write_csv if suffix == "csv" else trace.write_parquet)(path)

    assert read_trace(path).names == {0: "run, one", 2: "zwei"}


def test_a_few_columns_are_enough(tmp_path):
    (tmp_path / "sweep.csv").write_text(HEADER + "1,1,9,3600,7200,completed,0.5\n0,0,9,0,3600.5,failed,\n")
    trace = read_trace(tmp_path / "sweep.csv", workers=4)

    assert (trace.label, trace.workers, trace.trial.tolist()) == ("sweep", 4, [0, 1])
    assert trace.end.tolist() == [3_600_500_000, 7_200_000_000]
    assert unit_of(trace) == "h"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n", "t.csv:1:1: lacks the column worker; a trace has worker, trial, "),
        (HEADER, "t.csv:1:1: holds no attempts"),
        (HEADER + "x,0,1,0,1,completed,1\n", "t.csv:2:1: worker: 'x' should be a whole number, 0 or more"),
        (HEADER + "0,0,1,0,1,done,1\n", "t.csv:2:6: outcome: 'done' should be one of completed, "),
        (HEADER + "0,0,1,0,-1,completed,1\n", "t.csv:2:5: end: '-1' should be seconds, 0 or more"),
        (HEADER + "0,0,1,0,1,completed,bad\n", "t.csv:2:7: loss: 'bad' should be a number, or empty"),
        (HEADER + "0,0,1,5,1,completed,1\n", "t.csv:2:5: end: is before the attempt's start"),
        (HEADER + "0,0,1,0,1,completed\n", "t.csv:2:1: has 6 fields where the header has 7"),
        (HEADER.replace("trial", "loss"), "t.csv:1:1: lacks the column trial"),
        (HEADER.replace("loss", "loss,end"), "t.csv:1:5: end: stands twice in the header"),
        (HEADER + "9999999,0,1,0,1,completed,1\n", "t.csv:2:1: worker: '9999999' should be 999,999 at most"),
        (HEADER + "0,0,1,0,1e12,completed,1\n", "t.csv:2:5: end: '1e12' should be 285 years at most"),
        (HEADER + "0,0,1,0,1,completed,\ufffd\n", "t.csv:2:7: loss: "),
        (
            HEADER + "0,0,1,0,2,completed,1\n0,1,1,1,3,completed,1\n",
            "t.csv:3:1: worker: has worker 0 do two things at once",
        ),
    ],
)
def test_what_is_wrong(tmp_path, text, said):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        read_trace(tmp_path / "t.csv")
    assert said in str(caught.value)


def test_fewer_workers_than_worked_and_no_file(tmp_path):
    (tmp_path / "t.csv").write_text(HEADER + "3,0,1,0,1,completed,1\n")
    with pytest.raises(InputError, match="has 4 workers, more than 2"):
        read_trace(tmp_path / "t.csv", workers=2)
    for name in ("none.csv", "none.parquet"):
        with pytest.raises(InputError, match="cannot be read: No such file"):
            read_trace(tmp_path / name)


@pytest.mark.slow
def test_describing_animating_and_plotting_a_sweep(tmp_path):
    rows = "".join(
        f"{trial % 4},{trial},9,{100 * (trial // 4)},{100 * (trial // 4) + 41},completed,0.5\n" for trial in range(20)
    )
    (tmp_path / "sweep.csv").write_text(HEADER + rows)

    told = asha_sim("trace", "describe", tmp_path / "sweep.csv").stdout
    assert told.startswith("sweep keeps 4 workers 46 % busy")
    assert (
        '"workers": 16' in asha_sim("trace", "describe", tmp_path / "sweep.csv", "--workers", "16", "--json").stdout
    )
    done = asha_sim("animate", tmp_path / "sweep.csv", "--style", "timeline", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "timeline.gif").exists()
    done = asha_sim("plot", tmp_path / "sweep.csv", "--out", tmp_path / "plots")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "plots" / "gantt.png").exists()
