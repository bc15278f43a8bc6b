"""Files whose names are not UTF-8: errors name the right file, and pictures of them are written."""

from __future__ import annotations

import os

import pytest

from tests.support.runner import asha_sim

pytestmark = pytest.mark.slow

TRACE = (
    "worker,trial,bracket,rung,from_resource,to_resource,start,end,outcome,loss,overhead,lost\n"
    "0,0,0,0,0,1,0,1,completed,0.5,0,0\n1,1,0,0,0,1,0,2,completed,0.25,0,0\n0,1,0,1,1,3,2,4,completed,0.125,0,0\n"
)
SCENARIO = "searcher: {name: sha, max_trials: 9, max_length: 9, divisor: 3}\ncurves: {kind: ordered}\ncluster: {workers: 3}\n"


@pytest.mark.parametrize("folder", [b"", b"f\xe9/"])
@pytest.mark.parametrize(
    "line", ["trace describe {}", "animate {} --out o --theme light --seconds 1 --fps 10", "animate {} --out o --format html,perfetto", "plot {} --kind gantt --out o"]
)  # fmt: skip
def test_a_trace(line, folder, tmp_path):
    raw = os.fsencode(tmp_path) + b"/" + folder
    os.makedirs(raw, exist_ok=True)  # noqa: PTH103
    name = folder + b"tr\xff.csv"
    with open(os.fsencode(tmp_path) + b"/" + name, "w") as file:  # noqa: PTH123
        file.write(TRACE)
    words = [os.fsdecode(name) if word == "{}" else word for word in line.split()]
    done = asha_sim(*words, cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert all(part.isprintable() for part in done.stdout.splitlines())


@pytest.mark.parametrize(
    "line",
    ["run {}", "run {} --out o", "animate {} --out o --theme light --seconds 1 --fps 10", "check {}", "preview {}"],
)
def test_a_scenario(line, tmp_path):
    name = b"s\xff.yaml"
    with open(os.fsencode(tmp_path) + b"/" + name, "w") as file:  # noqa: PTH123
        file.write(SCENARIO)
    done = asha_sim(*(os.fsdecode(name) if word == "{}" else word for word in line.split()), cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert all(part.isprintable() for part in done.stdout.splitlines())


def test_what_is_wrong_in_such_a_file_is_told_of_it(tmp_path):
    with open(os.fsencode(tmp_path) + b"/tr\xff.csv", "w") as file:  # noqa: PTH123
        file.write(TRACE.replace("0.25", "x"))
    done = asha_sim("trace", "describe", os.fsdecode(b"tr\xff.csv"), cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr.startswith("tr\\udcff.csv:3:")
