"""How often a plan's stated intervals hold the truth when few pilots stand for the trials.

`python -m tools.coverage_of_pilots [--sets N] [--laws NAME …] [--pilots N …] [--out FILE]` draws sets of pilots from
known laws, plans with each set once by resampling them and once by a fit to them, and counts how often the stated
90 % intervals hold the truth: that of the median makespan, and that of the share of runs within a deadline. Each row of
the table is printed when it is ready; with `--out`, a file has a line for each set. docs/validation.md has the table.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from ast import literal_eval
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulator.cluster.engine import Cluster, simulate
from simulator.core.streams import Stream, words
from simulator.core.ticks import to_seconds
from simulator.curves.describe import describe, grid_of
from simulator.curves.fit import fit_law, refitted
from simulator.curves.protocol import Curves
from simulator.curves.synthetic import Law, Synthetic
from simulator.curves.table import Table
from simulator.experiment.fitting import Fitted
from simulator.experiment.replicates import Replicate, Replicates
from simulator.planning.grid import Grid
from simulator.planning.ignorance import OF_SET, ignorance
from simulator.planning.options import option
from simulator.planning.runs import RUN, Runs
from simulator.planning.statistics import Interval
from simulator.scenario.curves import SyntheticSection
from simulator.scenario.loading import Loaded, load
from simulator.searchers.halving import asha

LAWS = {
    "easy": Law(best=0.1, worst=1.0, gain=0.5, noise=0.005, unit_s=420, unit_sigma=0.3),
    "hard": Law(best=0.1, worst=1.0, skew=0.3, gain=2.0, crossings=0.7, noise=0.05, unit_s=420, unit_sigma=0.3),
    "heavy-tailed times": Law(
        best=0.1, worst=1.0, gain=0.5, noise=0.005,
        unit_times=tuple((420 * (1 - np.linspace(0, 0.995, 21)) ** (-1 / 2.5)).tolist()),
    ),
    "good trials slower": Law(
        best=0.1, worst=1.0, gain=0.5, noise=0.005, unit_s=420, unit_sigma=0.5, unit_quality=-0.7
    ),
}  # fmt: skip
#: The laws and numbers of pilots of the study by default.
STUDIED, PILOTS, WAYS = ("easy", "hard", "heavy-tailed times"), (12, 30, 100), ("resample", "fit")
#: The search: number of trials, their longest training, divisor and workers; pilots have losses at these units.
TRIALS, LENGTH, DIVISOR, WORKERS = 54, 9, 3, 8
UNITS = (1, 3, 9)
#: Numbers of runs of a plan, of sets of other pilots, and of runs that show the truth; and the level of the intervals.
RUNS, OTHERS, TRUTH, LEVEL = 50, 24, 1000, 0.9
#: Share of the runs that are truly within the deadline.
IN_TIME = 0.75
#: Number of the first set of pilots; sets with smaller numbers were used to choose how a plan estimates the uncertainty from pilots.
FIRST = 2000
#: Columns of the table; those for each way to plan are repeated.
TOLD = ("chance alone", "median", "share in time", "ends apart", "warned")
HEAD = ("law", "pilots", *(f"{way}: {what}" for way in WAYS for what in TOLD))


@dataclass(frozen=True)
class Truth:
    """The median makespan, the deadline, and the share of runs within it; times in seconds."""

    median_s: float
    deadline_s: float
    share: float


class Judged(NamedTuple):
    """Which intervals of a plan hold the truth: of the median by chance alone, of the median, and of the share in time.

    `factor` is the upper end of the second interval divided by its lower end. `off` is the error
    of the median's logarithm, and `sd` is the error that the plan states. `said` is True if the plan warns that the
    pilots are too few, or that some are far slower than the others.
    """

    chance: bool
    median: bool
    share: bool
    factor: float
    off: float
    sd: float
    said: bool


@cache
def truth(law: Law) -> Truth:
    """The truth about ASHA on trials of the law itself."""
    times = np.sort([_makespan_s(Synthetic(law, seed)) for seed in range(10**6, 10**6 + TRUTH)])
    deadline = float(np.ceil(np.quantile(times, IN_TIME)))
    return Truth(float(np.median(times)), deadline, float((times <= deadline).mean()))


def _makespan_s(curves: Curves) -> float:
    search = asha(max_trials=TRIALS, max_length=LENGTH, divisor=DIVISOR)
    return to_seconds(simulate(search, curves, Cluster(WORKERS)).makespan)


def pilots_of(law: Law, count: int, seed: int) -> Table:
    """Some trials of a law, in the form of a file of learning curves."""
    trials = Synthetic(law, seed)
    rows = []
    for trial in range(count):
        at = 0
        for before, unit in pairwise((0, *UNITS)):
            spent, loss, _ = trials.train(trial, before, unit)
            at += spent
            rows.append((trial, unit, loss, at))
    trial, resource, loss, clock = (np.array(column) for column in zip(*rows, strict=True))
    return Table("pilots", "", trial, resource, loss.astype(float), clock.astype(np.int64), {})


def judged(law: Law, count: int, true: Truth, way: str, number: int, folder: Path) -> Judged:
    """Plan with one set of pilots, as a user would, and see whether the intervals hold the truth."""
    seed = int(words(number, Stream.PILOTS, count, n=1)[0] >> np.uint64(1))
    table = pilots_of(law, count, seed)
    loaded = _question(table, true, way, folder)
    cell = replace(Grid(loaded).cell(0), loaded=loaded)
    drawn = Replicates(loaded, RUNS, seed)
    runs = _runs(drawn)
    sets = _runs([drawn.among(other, run) for other in range(1 + OTHERS) for run in range(OF_SET)])
    unknown = ignorance(count, 1 / DIVISOR ** (len(UNITS) - 1), sets, unit_times=drawn.unit_times)
    plan = loaded.scenario.plan
    assert plan is not None  # the scenario has one
    found = option(cell, 0, runs, plan, unknown)
    known = found.known.median_s
    return Judged(
        _holds(found.median_s, true.median_s),
        _holds(known, true.median_s),
        _holds(Interval(*found.known.in_time[:3]), true.share),
        known.high / known.low,
        float(np.log(found.median_s.estimate / true.median_s)),
        unknown.time.sd,
        unknown.too_few or unknown.heavy_tailed,
    )


def _runs(drawn: Iterable[Replicate]) -> Runs:
    """Runs on these trials in the form that a plan keeps, without their bills, which would take a third of the time."""
    times = [_makespan_s(replicate.curves) for replicate in drawn]
    runs = np.zeros(len(times), RUN)
    runs["replicate"], runs["time_s"] = np.arange(len(times)), times
    return runs


def _holds(interval: Interval, value: float) -> bool:
    return interval.low <= value <= interval.high


def _question(table: Table, true: Truth, way: str, folder: Path) -> Loaded:
    """The search on these pilots, or on what `curves fit --laws` makes of them, and the question about it."""
    rows = zip(table.trial, table.resource, table.loss, table.clock, strict=True)
    lines = [f"{trial},{unit},{float(loss)!r},{to_seconds(int(at))!r}" for trial, unit, loss, at in rows]
    (folder / "pilots.csv").write_text("\n".join(["trial,resource,loss,elapsed_s", *lines, ""]))
    path = folder / "scenario.yaml"
    path.write_text(
        f"searcher: {{name: asha, max_trials: {TRIALS}, max_length: {LENGTH}, divisor: {DIVISOR}}}\n"
        f"cluster: {{workers: {WORKERS}}}\ncurves: {{kind: recorded, file: pilots.csv, resample: true}}\n"
        f"plan: {{vary: {{cluster.workers: [{WORKERS}]}}, deadline: {true.deadline_s:.0f} s, confidence: {LEVEL}, "
        f"replicates: {RUNS}, pilot_sets: {OTHERS}}}\n"
    )
    loaded = load(path)
    if way == "resample":
        return loaded
    grid = grid_of(table)
    law = fit_law(grid, describe(grid))
    fitted = Fitted("pilots.csv", table.trials, law, [], [], others=tuple(refitted(grid, law, OTHERS)))
    curves = SyntheticSection.model_validate(fitted.as_dict()["curves"])
    return replace(loaded, scenario=loaded.scenario.model_copy(update={"curves": curves}))


def studied(name: str, count: int, way: str, numbers: Iterable[int], kept: Path | None) -> list[Judged]:
    """The results of a cell's sets of pilots; those that are in the file `kept` are read from it, and the others are added to it."""
    there: dict[int, Judged] = {}
    if kept is not None and kept.exists():
        with kept.open(newline="") as file:
            for law, pilots, how, number, *values in csv.reader(file):
                if (law, int(pilots), how) == (name, count, way):
                    there[int(number)] = Judged(*map(literal_eval, values))
    true = truth(LAWS[name])
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            if number in there:
                continue
            there[number] = judged(LAWS[name], count, true, way, number, Path(folder))
            if kept is not None:
                with kept.open("a", newline="") as file:
                    csv.writer(file).writerow([name, count, way, number, *there[number]])
    return [there[number] for number in numbers]


def main() -> None:
    """Print the table, a row for each law and number of pilots."""
    parser = argparse.ArgumentParser(prog="tools.coverage_of_pilots")
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--first", type=int, default=FIRST, help="number of the first set of pilots")
    parser.add_argument("--laws", nargs="+", choices=LAWS, default=STUDIED)
    parser.add_argument("--pilots", nargs="+", type=int, default=PILOTS)
    parser.add_argument("--out", type=Path, help="a file that keeps each set as soon as it is known")
    asked = parser.parse_args()
    numbers = range(asked.first, asked.first + asked.sets)
    print(f"| {' | '.join(HEAD)} |\n| --- {'| ---: ' * (len(HEAD) - 1)}|", flush=True)
    for name, count in product(asked.laws, asked.pilots):
        cells = [name, str(count)]
        for way in WAYS:
            found = [np.array(one) for one in zip(*studied(name, count, way, numbers, asked.out), strict=True)]
            of = dict(zip(Judged._fields, found, strict=True))
            cells += [f"{100 * of[what].mean():.0f} %" for what in ("chance", "median", "share")]
            cells += [f"× {np.median(of['factor']):.2f}", f"{100 * of['said'].mean():.0f} %"]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
