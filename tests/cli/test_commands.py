"""The command line, as people and programs drive it."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys

import pytest
from rich.console import Console

import simulator
from simulator.cli.main import app
from simulator.cli.table import print_table
from simulator.experiment.experiment import Experiment
from simulator.scenario.loading import load
from tests.support.runner import ROOT, asha_sim

DOCS = ROOT / "scenarios" / "docs.yaml"


def test_version_and_help():
    assert asha_sim("--version").stdout.startswith("asha-simulator ")
    shown = asha_sim("--help").stdout
    assert all(command in shown for command in ("run", "animate", "explore", "check", "schema", "curves"))


def test_run_writes_the_summary_and_the_traces(tmp_path):
    done = asha_sim("run", DOCS, "--out", tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    rows = list(csv.DictReader((tmp_path / "out" / "ASHA" / "trace.csv").read_text().splitlines()))

    assert (done.returncode, done.stderr) == (0, "")
    assert "25.7%" in done.stdout
    assert summary["seed"] == 0
    assert summary["searchers"]["SHA"]["makespan_s"] == 42 * 60
    assert summary["searchers"]["SHA"]["utilization"] == pytest.approx(0.257, abs=5e-4)
    assert summary["searchers"]["ASHA"]["trials"] == 159
    assert summary["searchers"]["ASHA"]["utilization"] == 1
    assert len(rows) == summary["searchers"]["ASHA"]["attempts"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"summary.json", "SHA", "ASHA"}


def test_run_json_prints_the_summary_and_nothing_else(tmp_path):
    done = asha_sim("run", DOCS, "--json", "--seed", "3", "--out", tmp_path)

    assert done.stdout == (tmp_path / "summary.json").read_text()
    assert json.loads(done.stdout)["seed"] == 3


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        asha_sim("run", ROOT / "scenarios" / "stragglers.yaml", "--out", tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))

    assert len(files) == 7
    for path in files:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()


def test_compare():
    scenario = ROOT / "scenarios" / "equal-times.yaml"
    told = json.loads(asha_sim("compare", scenario, "--seeds", 3, "--json").stdout)
    shown = asha_sim("compare", scenario, "--seeds", 3).stdout

    assert told["seeds"] == 3
    assert told["searchers"]["ASHA"]["makespan_s"]["mean"] == 30 * 60
    assert told["differences"]["ASHA"]["from"] == "SHA"
    assert told["differences"]["ASHA"]["makespan_s"] == {"mean": 60, "low": 60, "high": 60}
    assert "means of 3 seeds, with 95 % intervals" in shown
    assert all(sentence in shown for sentence in [*told["findings"], *told["for_a_plan"]])
    assert asha_sim("compare", scenario, "--seeds", 0).returncode == 2


@pytest.mark.slow
def test_run_says_of_which_orders_it_speaks(tmp_path):
    """The table is of one order of the trials.

    Below it is a sentence over 20 orders, as `compare` finds them, if that is quick.
    """
    said = asha_sim("run", ROOT / "scenarios" / "digits-40-workers.yaml").stdout
    compared = simulator.compare(ROOT / "scenarios" / "digits-40-workers.yaml", 20)

    told = [line for line in said.splitlines() if line.startswith("Over 20 orders of the trials, ")]
    assert told == [f"Over 20 orders of the trials, {sentence}" for sentence in compared.times()]
    assert len(told) == 2
    one = tmp_path / "s.yaml"
    one.write_text(
        "searcher: {name: sha, max_trials: 9, max_length: 9}\ncurves: {kind: ordered}\ncluster: {workers: 2}\n"
    )
    assert "orders" not in asha_sim("run", one).stdout


def test_where_another_order_fails_nothing_is_said_of_them(tmp_path):
    """One machine is taken away at hour 5, and in some orders the trials take longer."""
    text = (
        "searchers:\n  A: {name: sha, max_trials: 9, max_length: 9, divisor: 3}\n"
        "  B: {name: asha, max_trials: 9, max_length: 9, divisor: 3}\n"
        "curves: {kind: synthetic, unit_time: 1 min, unit_time_sigma: 2}\n"
        "cluster: {groups: {a: {count: 2, leave: 90 min}}}\n"
    )
    (tmp_path / "s.yaml").write_text(text)
    done = asha_sim("run", tmp_path / "s.yaml")

    assert done.returncode == 0
    assert "Other orders of the trials are not compared, because one of them fails: no worker is left" in done.stdout


def test_recorded_trials_in_the_file_s_order_or_in_one_that_the_seed_draws(tmp_path):
    rows = "".join(f"{trial},{at},{trial + 1 / at},{at * (trial + 1)}\n" for trial in range(9) for at in (1, 3, 9))
    (tmp_path / "c.csv").write_text(f"trial,resource,loss,elapsed_s\n{rows}")
    text = "searcher: {name: random, max_trials: 9, max_length: 9}\ncluster: {workers: 1}\ncurves: {kind: recorded, file: c.csv"

    def ends(order, seed):
        (tmp_path / "s.yaml").write_text(f"{text}{order}}}\n")
        trace = Experiment(load(tmp_path / "s.yaml"), seed).run("random")
        return (trace.end - trace.start).tolist()

    told = [9_000_000 * (trial + 1) for trial in range(9)]
    assert ends("", 1) == ends("", 2) == ends(", order: file", 3) == told
    one, other = ends(", order: shuffled", 1), ends(", order: shuffled", 2)
    assert one != other
    assert one == ends(", order: shuffled", 1)
    assert sorted(one) == sorted(other) == told
    (tmp_path / "s.yaml").write_text(f"{text}, order: shuffled, resample: true}}\n")
    refused = asha_sim("check", tmp_path / "s.yaml")
    assert "order is given together with resample, which draws trials in any order" in refused.stderr
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_check_and_schema():
    assert asha_sim("check", DOCS).stdout.endswith("docs.yaml: sound; searchers SHA, ASHA\n")
    assert asha_sim("schema").stdout == (ROOT / "scenarios" / "schema.json").read_text()


@pytest.mark.parametrize("command", ["run", "animate", "check"])
def test_bad_input_is_one_line_and_status_2(tmp_path, command):
    (tmp_path / "s.yaml").write_text(DOCS.read_text().replace("max_trials", "max_trails"))
    out = () if command == "check" else ("--out", tmp_path / "out")
    done = asha_sim(command, "s.yaml", *out, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "s.yaml:7:3: searchers.SHA.max_trials: is missing",
        "s.yaml:7:20: searchers.SHA.max_trails: unknown key; did you mean max_trials?",
    ]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["run", "animate"])
def test_an_output_folder_that_cannot_be_one(tmp_path, command):
    (tmp_path / "file").write_text("x")
    done = asha_sim(command, DOCS, "--out", tmp_path / "file")

    assert done.returncode == 2
    assert done.stderr == f"{tmp_path}/file: cannot be a folder: {tmp_path}/file is a file\n"
    assert (tmp_path / "file").read_text() == "x"


def test_wrong_options_are_status_2():
    for args in (["run"], ["run", DOCS, "--seed", "x"], ["run", DOCS, "--seed", "-1"], ["fly"], ["animate", DOCS]):
        done = asha_sim(*args)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_failure():
    command = f"{sys.executable} -m simulator schema | head -1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


def test_nothing_slow_is_imported_before_it_is_needed():
    code = "import sys, simulator.cli.main; print(sorted({'numpy', 'simpy', 'pydantic', 'polars', 'PIL'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_worker_time_adds_up_from_the_files_alone(tmp_path):
    """busy + overhead + lost + idle + down = workers x makespan, from trace.csv and spells.csv."""
    asha_sim("run", ROOT / "scenarios" / "spot-fleet.yaml", "--out", tmp_path)
    numbers = json.loads((tmp_path / "summary.json").read_text())["searchers"]["ASHA"]

    def total(name, duration, **only):
        rows = csv.DictReader((tmp_path / "ASHA" / name).read_text().splitlines())
        return sum(duration(row) for row in rows if all(row[key] == value for key, value in only.items()))

    def length(row):
        return float(row["end"]) - float(row["start"])

    overhead = total("trace.csv", lambda row: float(row["overhead"]))
    lost = total("trace.csv", lambda row: float(row["lost"]))
    busy = total("trace.csv", length) - overhead - lost
    boot, down = (total("spells.csv", length, kind=kind) for kind in ("boot", "down"))
    assert (busy, overhead + boot, lost, down) == pytest.approx(
        tuple(numbers[f"{kind}_s"] for kind in ("busy", "overhead", "lost", "down")), abs=1e-3
    )
    assert numbers["idle_s"] == pytest.approx(
        16 * numbers["makespan_s"] - busy - overhead - boot - lost - down, abs=1e-3
    )


@pytest.mark.slow
def test_a_table_in_a_file_takes_lines_of_any_length(tmp_path):
    labels = [f"searcher number {number}" for number in range(9)]
    blocks = "".join(f"  {label}: {{name: asha, max_trials: 9, max_length: 9, divisor: 3}}\n" for label in labels)
    (tmp_path / "s.yaml").write_text(
        f"title: {'words ' * 30}\nsearchers:\n{blocks}curves: {{kind: synthetic}}\ncluster: {{workers: 1234}}\n"
    )
    lines = asha_sim("run", tmp_path / "s.yaml").stdout.splitlines()

    assert lines[0] == ("words " * 30).strip()
    assert all(label in lines[2] for label in labels)
    assert not any("…" in line for line in lines if "last new trial" not in line and "│ … " not in line)


def test_a_narrow_terminal_has_a_table_for_each_searcher():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=50, no_color=True)
    print_table(
        console, ("", "SHA", "ASHA"), [("makespan", "1,234.5 s", "17 s"), ("best loss", "0.1", "a very long one")]
    )
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()

    assert len(lines) == 6
    console.width = 30
    print_table(
        console, ("", "SHA", "ASHA"), [("makespan", "1,234.5 s", "17 s"), ("best loss", "0.1", "a very long one")]
    )
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()[6:]

    assert lines[1].split() == ["┃", "┃", "SHA", "┃"]
    assert lines[7].split() == ["┃", "┃", "ASHA", "┃"]
    assert [line for line in lines if "makespan" in line] == [
        "│ makespan  │ 1,234.5 s │",
        "│ makespan  │            17 s │",
    ]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--width", "wide", "should be a whole number"),
        ("--speed", "fast", "should be a number"),
        ("--theme", "pink", "Invalid value for '--theme': 'pink' is not one of 'light', 'dark', 'both'"),
    ],
)
def test_a_wrong_value_of_an_option_is_told_in_plain_words(capsys, option, value, said):
    with pytest.raises(SystemExit, match="2"):
        app(["animate", "docs.yaml", "--out", "pictures", option, value])
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Error: ")]
    assert said in line or "is not a valid" in line  # older versions of Typer add it themselves
    assert "Value error" not in line
    assert "Input" not in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["animate", "docs.yaml"], "Missing option '--out'. Folder for the pictures"),
        (["run"], "Missing argument 'SCENARIO'. A scenario's YAML file, or a whole Determined experiment file"),
    ],
)
def test_a_missing_option_is_told_with_what_it_is(capsys, words, said):
    with pytest.raises(SystemExit, match="2"):
        app(words)
    assert f"Error: {said}" in capsys.readouterr().err
