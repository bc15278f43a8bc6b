"""Real runs, which are committed as traces, compared with simulations: the statements of docs/reality.md."""

from __future__ import annotations

import re
from collections import defaultdict
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
    assert rows(list(study.summary(errors, inside))) == {
        name: cells for name, cells in rows(table).items() if name not in said and cells[0] != "calibrated on"
    } | {"kind": rows(table)["kind"]}  # fmt: skip


def test_the_forecasts_from_a_single_run_are_of_these_runs():
    table = study.table("one run")
    assert study.digest() in table[0]
    for name, (forecasts, _, within) in rows(table[4:]).items():
        runs = sum(study.kind(one) == name for one in study.names())
        assert int(within) <= int(forecasts) == runs * (runs - 1)


def test_the_figures_at_the_head_of_the_page_are_those_of_its_tables():
    text = study.PAGE.read_text()
    head = {name.rpartition(" (")[0]: cells[0] for name, cells in rows(text.splitlines()[:45]).items()}
    held = rows(study.table("held out"))

    asleep = "sleeping processes, 16 or more, with nothing added and nothing calibrated"
    errors = [100 * error(name) for name in PLAIN if not name.endswith("-8")]
    assert percent(head[asleep]) == pytest.approx(median(errors), abs=0.051)
    for kind, program in (("c", "Ray Tune"), ("d", "Optuna on SQLite"), ("a", "real training on two cores")):
        own = [name for name in study.names() if name[0] == kind]
        plain = median(100 * error(name) for name in own)
        calibrated = median(abs(percent(held[name][4])) for name in own)
        assert percent(head[f"{program}, nothing calibrated"]) == pytest.approx(plain, abs=0.051)
        assert percent(head[f"{program}, calibrated on other runs"]) == pytest.approx(calibrated, abs=0.051)
    assert f"| {held['all'][2].replace(' (', ' of 56 (')} |" in text


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
