"""Real runs, which are committed as traces, compared with simulations: the statements of docs/reality.md."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache
from math import sqrt
from statistics import mean, median

import pytest

from simulator.cluster.calibration.calibrate import Calibration
from simulator.experiment import backtest
from simulator.experiment.experiment import Experiment
from simulator.scenario.loading import load
from tools.reality import study
from tools.reality.study import RUNS, case
from tools.reality.trouble import Trouble

UNTROUBLED = [name for name in study.names() if not {"stragglers", "killed", "speeds"} & set(name.split("-"))]
ASLEEP = {
    "concurrent.futures": [
        name for name in UNTROUBLED if name[0] == "b" and name[-2:] != "-8" and "dask" not in name
    ],
    "Dask": [name for name in UNTROUBLED if "dask" in name],
}


@cache
def makespans(name: str) -> tuple[float, float]:
    experiment = Experiment(load(RUNS / name / "scenario.yaml"))
    [label] = experiment.labels
    return case(name).trace.makespan, experiment.run(label).makespan


def error(name: str) -> float:
    real, made = makespans(name)
    return abs(made / real - 1)


def test_there_are_as_many_runs_as_the_page_says():
    assert len(study.names()) == 110
    assert sum(path.stat().st_size for path in RUNS.rglob("*") if path.is_file()) < 2_000_000


@pytest.mark.parametrize(("driver", "runs"), [("concurrent.futures", 18), ("Dask", 6)])
def test_sleeping_processes_without_trouble_end_when_the_simulator_says(driver, runs):
    errors = [error(name) for name in ASLEEP[driver]]
    assert len(errors) == runs
    assert median(errors) <= 0.02


def rows(lines: list[str]) -> dict[str, list[str]]:
    """Tables by the first cells of their rows."""
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|"))
    return {first: rest for first, *rest in cells}


def percent(text: str) -> float:
    return float(text.partition(" %")[0])


@pytest.mark.slow
def test_the_held_out_table_is_of_these_runs_and_its_sums_are_those_of_its_rows():
    """The study itself takes minutes: `python tools/reality/study.py --held-out 100 --page`."""
    table = study.table("held out")
    assert study.digest() in table[0]
    said = {name: cells for name, cells in rows(table).items() if name in study.names()}
    errors, inside = defaultdict(list), defaultdict(list)
    for name, (learned, real, middle, interval, error, within) in said.items():
        low, high = map(float, interval.split(" to "))
        mates = [other for other in study.names() if study.kind(other) == study.kind(name)]
        assert int(learned) == len(mates[1 - mates.index(name) % 2 :: 2])
        assert float(real) == pytest.approx(makespans(name)[0] / 1e6, abs=0.0051)
        assert percent(error) == pytest.approx(100 * (float(middle) / float(real) - 1), abs=0.2)
        assert within == ("yes" if low <= float(real) <= high else "no")
        errors[study.kind(name)].append(percent(error) / 100)
        inside[study.kind(name)].append(within == "yes")
    assert set(said) == set(study.names())
    shown = rows(table)
    chance = {name: percent(shown[name][2]) / 100 for name in errors}
    sums = rows(list(study.summary(errors, inside, chance)))
    assert set(sums) == set(shown) - set(said) - {"run"}
    for name in set(sums) - {"kind", "---"}:
        (runs, middle, *others), (runs_shown, middle_shown, *others_shown) = sums[name], shown[name]
        assert (runs, others) == (runs_shown, others_shown)
        assert percent(middle) == pytest.approx(percent(middle_shown), abs=0.101)  # of errors that are rounded


def test_the_forecasts_from_a_single_run_are_of_these_runs():
    table = study.table("one run")
    assert study.digest() in table[0]
    for name, (forecasts, _, within) in rows(table[4:]).items():
        runs = sum(study.kind(one) == name for one in study.names())
        assert int(within) <= int(forecasts) == runs * (runs - 1)


def test_the_figures_at_the_head_of_the_page_are_those_of_its_tables():
    text = study.PAGE.read_text()
    head = {name.rpartition(" (")[0]: cells for name, cells in rows(text.splitlines()[:50]).items()}
    held = rows(study.table("held out"))

    def shown(name, errors):
        assert percent(head[name][0]) == pytest.approx(median(errors), abs=0.051)

    asleep = "sleeping processes, 16 or more, with nothing added and nothing calibrated"
    shown(asleep, [100 * error(name) for name in ASLEEP["concurrent.futures"]])
    shown("the same through Dask, on 16 processes", [100 * error(name) for name in ASLEEP["Dask"]])
    for kind, program in (("c", "Ray Tune"), ("d", "Optuna on SQLite"), ("a", "real training on two cores")):
        own = [name for name in UNTROUBLED if name[0] == kind]
        shown(f"{program}, nothing calibrated", [100 * error(name) for name in own])
        shown(f"{program}, calibrated on other runs", [abs(percent(held[name][4])) for name in own])
        chance = sorted({held[study.kind(name)][2] for name in own}, key=percent)
        assert head[f"{program}, calibrated on other runs"][1].split(" to ") == [
            *(share.removesuffix(" %") for share in chance[:-1]), chance[-1],
        ]  # fmt: skip
    for kind, program in (
        ("c-asha-stragglers", "Ray Tune, ASHA with stragglers"),
        ("c-hyperband-stragglers", "Ray Tune, HyperBand with stragglers"),
        ("c-asha-killed", "Ray Tune, ASHA with killed actors"),
        ("d-optuna-stragglers", "Optuna on SQLite with stragglers"),
        ("d-optuna-killed", "Optuna on SQLite with killed processes"),
    ):
        assert head[f"{program}, calibrated on other runs"][:2] == held[kind][1:3]
    assert f"| {held['all'][3].replace(' (', ' of 110 (')} |" in text


@pytest.mark.parametrize("searcher", ["sha", "asha"])
def test_what_sixteen_workers_would_have_done_is_told_by_a_run_of_eight(searcher):
    """The curves are those of the run on 8; the run on 16 was made to check."""
    assert "workers: 8" in (RUNS / f"b-{searcher}-8" / "scenario.yaml").read_text()
    assert error(f"b-{searcher}-16-0") <= 0.02


@pytest.mark.slow
def test_the_page_has_the_errors_of_today():
    said = re.findall(r"^\| ([a-d]-\S+) \| \S+ \| \S+ \| (\S+) %", "\n".join(study.table("plain")), re.M)
    assert {name: float(shown) for name, shown in said} == {
        name: pytest.approx(100 * (made / real - 1), abs=0.051)
        for name in study.names()
        for real, made in [makespans(name)]
    }


@pytest.mark.slow
def test_the_forecast_of_sixteen_workers_is_as_the_page_says():
    assert list(study.sixteen()) == study.table("sixteen")


@pytest.mark.parametrize(
    ("learned", "tested"), [(["d-optuna-0", "d-optuna-2"], "d-optuna-3"), (["c-asha-1"], "c-asha-3")]
)
def test_what_a_program_takes_for_itself_is_foreseen_from_its_other_runs(learned, tested):
    found = backtest.calibrated([case(name) for name in learned])
    assert {"overheads.save", "decision_time"} <= set(found.figures)
    row = backtest.backtest(case(tested), found, runs=20)["makespan_s"]
    assert error(tested) > 0.05
    assert abs(row.error) <= 0.05


def calibrated(*kinds: str) -> Calibration:
    return backtest.calibrated([case(name) for name in study.names() if study.kind(name) in kinds])


def test_what_was_put_in_by_hand_is_read_from_real_runs():
    slow = calibrated("b-16-stragglers")
    assert slow.stragglers.kind == "half_normal"
    assert slow.stragglers.entries["std"].low <= 0.6 <= slow.stragglers.entries["std"].high
    killed = calibrated("b-16-killed")
    assert killed.figures["failures.mtbf"].low <= 30 <= killed.figures["failures.mtbf"].high
    assert killed.figures["overheads.trial_start"].value == pytest.approx(0.15, rel=0.1)
    uneven = calibrated("b-16-speeds")
    assert uneven.groups == {"speed-1": 10, "speed-2": 6}
    assert uneven.figures["groups.speed-2.speed"].value == pytest.approx(0.5, rel=0.02)


def drawn(names: list[str], per_stay: bool) -> float:
    """The std of the factors by which the attempts of these runs were slowed down."""
    squares = []
    for name in names:
        put_in = json.loads((RUNS / name / "run.json").read_text())["put_in"]
        trouble, trace = Trouble(**put_in), case(name).trace
        steps = trace.from_resource if per_stay else trace.rung
        for trial, step in zip(trace.trial.tolist(), steps.tolist(), strict=True):
            squares.append((trouble.factor(trial, step, 0) - 1) ** 2)
    return sqrt(mean(squares))


@pytest.mark.parametrize(
    ("kind", "runs"), [("c-asha", 8), ("c-hyperband", 7), ("d-optuna", 8), ("b-asha-16-dask", 2)]
)
def test_stragglers_of_programs_are_found_as_they_happened(kind, runs):
    """By Dask only ASHA's: the runs of SHA on the same trials had the same factors, which would count twice."""
    names = [name for name in study.names() if name.startswith(f"{kind}-stragglers")]
    assert len(names) == runs
    found = backtest.calibrated([case(name) for name in names]).stragglers
    assert found.kind == "half_normal"
    std = found.entries["std"]
    assert std.low <= drawn(names, per_stay=kind[0] != "b") <= std.high


@pytest.mark.parametrize(
    ("kind", "lost", "retry", "after", "away"),
    [("c-asha-killed", 24, "last", 1.3, (0, 30)), ("d-optuna-killed", 38, "first", 2.2, (0.5, 1.2))],
)
def test_losses_of_programs_are_found(kind, lost, retry, after, away):
    """Ray starts all new trials before a lost one; Optuna first has to notice, by its heartbeat, that one is lost.

    Ray starts a new actor only when it needs one, so its runs show no more than the longest time that this may take.
    """
    found = calibrated(kind)
    mtbf = found.figures["failures.mtbf"]
    assert mtbf.events == lost
    assert mtbf.low <= 30 <= mtbf.high
    assert found.on_loss == "resume"
    assert found.retry == retry
    assert found.figures["recovery.retry_after"].value == pytest.approx(after, abs=0.1)
    repair = found.figures["failures.repair"]
    assert (repair.low, repair.high) == pytest.approx(away, abs=0.05)


def test_a_process_that_dask_starts_again_at_once_is_away_for_as_long_as_it_takes():
    """Each run has the seconds that its new processes took to answer."""
    names = [name for name in study.names() if study.kind(name) == "b-16-dask-killed"]
    boots = [boot for name in names for boot in json.loads((RUNS / name / "run.json").read_text())["boots_s"]]
    repair = calibrated("b-16-dask-killed").figures["failures.repair"]
    assert repair.low <= mean(boots) <= repair.high
    assert repair.high < 1
