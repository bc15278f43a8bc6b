"""`calibrate` and `backtest` on wrong input: status 2, an error that says what is missing, and no file.

The right input works.
"""

from __future__ import annotations

import csv
import json
import re

import pytest
import yaml

from tests.support.runner import ROOT, asha_sim

RUNS = ROOT / "tests" / "data" / "reality"
HEADER = "worker,trial,bracket,rung,from_resource,to_resource,start,end,outcome,loss,overhead,lost"
COLUMNS = HEADER.split(",")
CURVES = RUNS / "curves" / "digits-0-81-x4.csv"


@pytest.fixture
def run(tmp_path):
    """A real run that tests change: its rows, its curves, and its scenario."""
    place = tmp_path / "trace.csv"
    with (RUNS / "b-sha-8" / "trace.csv").open() as file:
        rows = list(csv.DictReader(file))

    def save(change=lambda row: row, columns=COLUMNS):
        with place.open("w", newline="") as file:
            table = csv.DictWriter(file, columns, extrasaction="ignore")
            table.writeheader()
            table.writerows(row for row in map(change, rows) if row)
        return place

    return save


@pytest.fixture
def search(tmp_path):
    path = tmp_path / "search.yaml"
    path.write_text(
        "searchers:\n  sha: {name: sha, max_trials: 81, max_length: 81, divisor: 3}\n"
        f"curves: {{kind: recorded, file: {CURVES}}}\ncluster: {{workers: 8}}\n"
    )
    return path


def grown(row):
    """A trace of a cluster that had four workers for some seconds, and then eight."""
    return row if float(row["start"]) > 3 or int(row["worker"]) < 4 else None


def shrunk(row):
    """A trace of a cluster that had three workers, and two after half a second, when most trials had not begun."""
    return row if int(row["worker"]) < (3 if float(row["start"]) < 0.5 else 2) else None


WRONG = {
    "no losses": (lambda row: {**row, "loss": "", "outcome": "completed"}, HEADER, "holds no losses"),
    "no column of workers": (None, HEADER.removeprefix("worker,"), "lacks the column worker"),
    "no names of workers": (lambda row: {**row, "worker": ""}, HEADER, "worker"),
    "one attempt": (lambda row: row if row["trial"] == "2" and row["from_resource"] == "0" else None, HEADER, "holds one attempt"),
    "milliseconds": (
        lambda row: row | {name: 1000 * float(row[name]) for name in ("start", "end")}, HEADER, "another unit",
    ),
    "units of a hundredth": (
        lambda row: row | {name: 100 * int(row[name]) for name in ("from_resource", "to_resource")}, HEADER,
        "nothing that the curves hold",
    ),
    "other trials": (lambda row: row | {"trial": 80 - int(row["trial"])}, HEADER, "has other losses than the curves"),
    "more trials": (lambda row: row | {"trial": 3 * int(row["trial"])}, HEADER, "the curves hold 81"),
    "a cluster that grew": (grown, HEADER, "the cluster grew"),
    "a cluster that shrank": (shrunk, HEADER, "the cluster shrank"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_trace_is_said_and_no_file_is_left(name, run, search, tmp_path):
    change, columns, said = WRONG[name]
    trace = run(change or (lambda row: row), columns.split(","))
    for command in (
        ["calibrate", trace, "--curves", CURVES, "-o", "part.yaml"],
        ["backtest", trace, search, "--runs", "20", "--figure", "part.png"],
    ):
        done = asha_sim(*command, cwd=tmp_path)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
    assert {path.name for path in tmp_path.iterdir()} == {"trace.csv", "search.yaml"}


def test_a_run_that_is_sound_is_read_and_foreseen(run, search, tmp_path):
    trace = run()
    done = asha_sim("calibrate", trace, "--curves", CURVES, "-o", "part.yaml", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said, written = (
        json.loads(done.stdout)["cluster"],
        yaml.safe_load((tmp_path / "part.yaml").read_text())["cluster"],
    )
    assert said.keys() == written.keys()
    assert said["overheads"] == written["overheads"]
    done = asha_sim("backtest", trace, search, "--runs", "20", "--as-is", "--json", cwd=tmp_path)
    [one] = json.loads(done.stdout)["runs"]
    makespan = one["figures"]["makespan_s"]
    assert makespan["median"] == pytest.approx(makespan["real"], rel=0.02)


def test_the_file_that_is_wrong_is_named_among_several_of_one_name(run, search, tmp_path):
    for folder, change in (
        ("one", lambda row: row),
        ("two", lambda row: {**row, "loss": "", "outcome": "completed"}),
    ):
        (tmp_path / folder).mkdir()
        run(change).rename(tmp_path / folder / "trace.csv")
    done = asha_sim("calibrate", "one/trace.csv", "two/trace.csv", "-o", "part.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("two/trace.csv: holds no losses")


MADE_UP = """\
searchers: {asha: {name: asha, max_trials: 20, max_length: 9, divisor: 3}}
curves: {kind: synthetic, unit_time: 10 min}
cluster: {workers: 4, stragglers: {kind: half_normal, std: 0.4}}
"""


def test_trials_that_are_made_up_need_the_seed_of_the_run(tmp_path):
    (tmp_path / "made-up.yaml").write_text(MADE_UP)
    assert asha_sim("run", "made-up.yaml", "--seed", "3", "--out", "out", cwd=tmp_path).returncode == 0
    words = ("backtest", "out/asha/trace.csv", "made-up.yaml", "--runs", "20", "--workers", "4")
    done = asha_sim(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "The scenario draws other trials: give the curves of the run, or the seed" in done.stderr
    done = asha_sim(*words, "--seed", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"units trained: \d+; 90 % of simulated runs lie from \d+ to \d+:", done.stdout)


def test_sixty_times_as_long_is_remarked(run, tmp_path):
    trace = run(lambda row: row | {name: 60 * float(row[name]) for name in ("start", "end")})
    done = asha_sim("calibrate", trace, "--curves", CURVES, "-o", "part.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "60 times as long as the curves say. Check that traces and curves have the same unit" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["calibrate", "{trace}", "-o", "part.txt"], "must end in .yaml"),
        (["calibrate", "{trace}", "-o", "{trace}"], "must end in .yaml"),
        (["calibrate", "{trace}", "--workers", "9", "--curves", "none.csv", "-o", "part.yaml"], "none.csv"),
        (["calibrate", "{trace}", "{trace}", "-o", "part.yaml"], "trace.csv: is given twice"),
        (["backtest", "{trace}", "{trace}", "{search}", "--holdout"], "trace.csv: is given twice"),
        (["calibrate", "{trace}", "--workers", "3", "-o", "part.yaml"], "has 8 workers, more than 3"),
        (["calibrate", "{search}", "-o", "part.yaml"], "search.yaml"),
        (["backtest", "{trace}"], "the scenario"),
        (["backtest", "{search}", "{trace}"], ""),
        (["backtest", "{trace}", "{search}", "--holdout"], "needs two traces"),
        (["backtest", "{trace}", "{search}", "--holdout", "--as-is"], "--as-is"),
        (["backtest", "{trace}", "{search}", "--searcher", "bohb"], "has no searcher 'bohb'"),
        (["backtest", "{trace}", "{search}", "--figure", "forecast.gif"], "must end in .png"),
        (["backtest", "{trace}", "{search}", "--set", "searchers.sha.max_length=243"], "243"),
    ],
)  # fmt: skip
def test_wrong_words_are_named(words, said, run, search, tmp_path):
    trace = run()
    done = asha_sim(*(word.format(trace=trace, search=search) for word in words), cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"trace.csv", "search.yaml"}
