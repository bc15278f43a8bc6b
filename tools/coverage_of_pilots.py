"""How often a plan's stated interval holds the truth when few pilots stand for the trials.

`python -m tools.coverage_of_pilots [SETS] [PILOTS …]` draws sets of pilots from known laws, plans with each set once
by resampling them and once by a fit to them, and counts how often the stated 90 % interval of the median makespan
holds the true one. docs/validation.md has the table.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from simulator.cluster.engine import Cluster, simulate
from simulator.core.streams import Stream, integers, words
from simulator.core.ticks import to_seconds
from simulator.curves.describe import describe, grid_of
from simulator.curves.fit import fit_law
from simulator.curves.protocol import Curves
from simulator.curves.recorded import Recorded, Resampled
from simulator.curves.synthetic import Law, Synthetic
from simulator.curves.table import Table
from simulator.planning import statistics
from simulator.planning.ignorance import OF_SET, ignorance, widened
from simulator.planning.runs import RUN
from simulator.searchers.halving import asha

LAWS = {
    "easy": Law(best=0.1, worst=1.0, gain=0.5, noise=0.005, unit_s=420, unit_sigma=0.3),
    "hard": Law(best=0.1, worst=1.0, skew=0.3, gain=2.0, crossings=0.7, noise=0.05, unit_s=420, unit_sigma=0.3),
    "heavy-tailed times": Law(
        best=0.1, worst=1.0, gain=0.5, noise=0.005,
        unit_times=tuple((420 * (1 - np.linspace(0, 0.995, 21)) ** (-1 / 2.5)).tolist()),
    ),
}  # fmt: skip
PILOTS = (12, 30, 100)
#: The search: trials, their longest training, divisor and workers; all trials of a pilot are seen at these units.
TRIALS, LENGTH, DIVISOR, WORKERS = 54, 9, 3, 8
UNITS = (1, 3, 9)
#: Runs with all pilots, sets of other pilots, runs that tell the truth, and the level of the intervals.
RUNS, OTHERS, TRUTH, LEVEL = 50, 24, 400, 0.9


@dataclass(frozen=True)
class Judged:
    """Whether the interval by chance, and that of all that is known, hold the truth, and how wide the second is."""

    chance: bool
    known: bool
    factor: float


def makespan(curves: Curves) -> float:
    """Hours that ASHA takes on these trials."""
    search = asha(max_trials=TRIALS, max_length=LENGTH, divisor=DIVISOR)
    return to_seconds(simulate(search, curves, Cluster(WORKERS)).makespan) / 3600


def truth(law: Law) -> float:
    """The median of the makespan on trials of the law itself."""
    return float(np.median([makespan(Synthetic(law, seed)) for seed in range(10**6, 10**6 + TRUTH)]))


def pilots_of(law: Law, count: int, seed: int) -> Table:
    """Some trials of a law as a file of learning curves would have them."""
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


def judged(law: Law, count: int, true: float, way: str, number: int) -> Judged:
    """Plan with one set of pilots, and look whether the truth lies where the plan says."""
    seed = int(words(number, Stream.PILOTS, count, n=1)[0] >> np.uint64(1))
    table = pilots_of(law, count, seed)
    recorded = Recorded(table)
    fitted = fit_law(grid_of(table), describe(grid_of(table))) if way == "fit" else None

    def curves(run: int, among: list[int] | None = None) -> Curves:
        if fitted is None:
            pilots = None if among is None else [recorded.ranking[place] for place in among]
            return Resampled(recorded, seed + run, pilots)
        some = fitted.trials if among is None else tuple(fitted.trials[place] for place in among)
        return Synthetic(replace(fitted, trials=some), seed + run)

    own = runs_of([makespan(curves(run)) for run in range(RUNS)])
    others = [
        sorted(integers(seed, Stream.PILOTS, 1 + at, below=count, n=count - 1).tolist()) for at in range(OTHERS)
    ]
    sets = [makespan(curves(run, among)) for among in (list(range(count)), *others) for run in range(OF_SET)]
    unknown = ignorance(count, 1 / DIVISOR ** (len(UNITS) - 1), runs_of(sets))
    chance = statistics.quantile_interval(own["time_s"], 0.5, LEVEL)
    few, many = unknown.time.factors(LEVEL, unknown.freedom)
    known = widened(chance, few * chance.estimate, many * chance.estimate)
    return Judged(chance.low <= true <= chance.high, known.low <= true <= known.high, known.high / known.low)


def runs_of(times: list[float]) -> np.ndarray:
    """Runs as a plan keeps them, with these times."""
    runs = np.zeros(len(times), RUN)
    runs["replicate"], runs["time_s"] = np.arange(len(times)), times
    return runs


def main() -> None:
    """Print the table, a row for each law and number of pilots."""
    sets, *counts = map(int, sys.argv[1:]) if len(sys.argv) > 1 else (100,)
    print(
        "| law | pilots | resample: chance alone | all that is known | fit: chance alone | all that is known | ends apart |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, law in LAWS.items():
        true = truth(law)
        for count in counts or PILOTS:
            cells, factors = [], []
            for way in ("resample", "fit"):
                found = [judged(law, count, true, way, number) for number in range(sets)]
                cells += [f"{100 * np.mean([one.chance for one in found]):.0f} %"]
                cells += [f"{100 * np.mean([one.known for one in found]):.0f} %"]
                factors += [f"{np.median([one.factor for one in found]):.2f}"]
            print(f"| {name} | {count} | {' | '.join(cells)} | × {', '.join(factors)} |", flush=True)


if __name__ == "__main__":
    main()
