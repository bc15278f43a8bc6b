"""SHA against ASHA on a cluster that searches share: `python -m tools.shared_studies [RUNS]` prints docs/sharing.md's table.

The same searches come at the same times with the same trials, as SHA, as ASHA and as D-ASHA, so that runs compare in
pairs. A search trains 27 trials on three rungs; a unit takes some trials several times as long as others. The load is
SHA's work over what the workers can do; searches come at random. tests/experiment/test_shared_studies.py is a small
version.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from math import exp
from typing import NamedTuple

import numpy as np

from simulator import api
from simulator.experiment.sharing import SharedExperiment
from simulator.planning import statistics
from simulator.planning.statistics import Interval

#: Confidence level of the intervals.
LEVEL = 0.95
WORKERS = (4, 16, 64)
LOADS = (0.3, 0.5, 0.7, 0.85, 0.95)
#: Number of searches of a run; the first third is left out.
SEARCHES = 100
#: Mean hours of work of SHA: 27, 9 and 3 trials go up 1, 2 and 6 units, each of which takes 1 h in the median.
WORK_H = (27 * 1 + 9 * 2 + 3 * 6) * exp(0.5**2 / 2)
#: The ways to run the searches: label, and the searcher's section of the scenario.
SEARCHERS = {"SHA": "name: sha", "ASHA": "name: asha", "D-ASHA": "name: asha, delayed: true"}
#: The part of the grid for each policy: numbers of workers, and loads.
GRID = {"fifo": (WORKERS, LOADS), "fair_share": ((16,), (0.3, 0.7, 0.95))}
TEXT = """\
time_unit: h
searches:
  team:
    searcher: {{{searcher}, max_trials: 27, max_length: 9, divisor: 3}}
    arrivals: {{kind: poisson, mean_gap: {gap} h}}
    count: {searches}
curves: {{kind: synthetic, unit_time: 1 h, unit_time_sigma: 0.5}}
cluster: {{workers: {workers}}}
scheduler: {{policy: {policy}}}
warm_up: {warm_up} h
"""


class Row(NamedTuple):
    """One searcher's mean stay in hours, and the shares by which its stay and its units exceed SHA's, run by run."""

    policy: str
    workers: int
    load: float
    searcher: str
    stay_h: float
    stay: Interval
    units: Interval


def experiment(searcher: str, workers: int, load: float, policy: str, searches: int = SEARCHES) -> SharedExperiment:
    """The scenario of a cell."""
    gap = WORK_H / (workers * load)
    text = TEXT.format(
        searcher=searcher, workers=workers, policy=policy, searches=searches, gap=gap, warm_up=gap * searches / 3
    )
    return SharedExperiment(api.load_scenario(text))


def compared(workers: int, load: float, policy: str, runs: int, searches: int = SEARCHES) -> Iterator[Row]:
    """All searchers in `runs` runs of the same searches."""
    stays, units = {}, {}
    for label, section in SEARCHERS.items():
        made = experiment(section, workers, load, policy, searches)
        found = [one.figures(one.run(), slowdown=False) for one in map(made.under_seed, range(runs))]
        stays[label] = np.array([one.about["stay_s"]["mean"] / 3600 for one in found])
        units[label] = np.array([sum(stay.units for stay in one.stays) for one in found], np.float64)
        more = [statistics.mean(values[label] / values["SHA"] - 1, LEVEL) for values in (stays, units)]
        yield Row(policy, workers, load, label, float(stays[label].mean()), *more)


def barrier(runs: int) -> Iterator[Row]:
    """All rows of the table."""
    for policy, (counts, loads) in GRID.items():
        for workers in counts:
            for load in loads:
                yield from compared(workers, load, policy, runs)


def main() -> None:
    """Print the rows as they come."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    print("| policy | workers | load | searcher | mean stay | against SHA | units |")
    print("| --- | ---: | ---: | --- | ---: | ---: | ---: |")
    for row in barrier(runs):
        low, high = 100 * row.stay.low, 100 * row.stay.high
        print(
            f"| {row.policy} | {row.workers} | {row.load:.2f} | {row.searcher} | {row.stay_h:.1f} h | "
            f"{100 * row.stay.estimate:+.1f} % ({low:+.1f} to {high:+.1f}) | {100 * row.units.estimate:+.1f} % |",
            flush=True,
        )


if __name__ == "__main__":
    main()
