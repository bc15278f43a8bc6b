"""Searches on recorded trials and on trials of a fitted law: `python -m tools.fits CURVES… [--preset NAME]`.

For each file and number of workers it prints a table of docs/validation.md: makespan, regret and time to the best 5 %
of SHA and ASHA, all by fully trained losses. `own` is an interval for the mean: 95 % of the means lie in it that
other pilots of the same number would have given. For these, recorded trials are drawn with replacement, and searches
run on them. With a preset, ASHA is compared with SHA on the file and on the preset.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from simulator.cluster.engine import Cluster, simulate
from simulator.core.streams import Stream, integers
from simulator.core.ticks import to_seconds
from simulator.curves.describe import describe, grid_of
from simulator.curves.files.tables import read_table
from simulator.curves.fit import fit_law
from simulator.curves.presets import PRESETS
from simulator.curves.recorded import Recorded, Resampled
from simulator.curves.synthetic import Synthetic
from simulator.searchers.halving import asha, sha
from simulator.trace import metrics

WORKERS = (8, 25, 64)
FIGURES = ("makespan", "regret", "time to the best 5 %")
#: Number of runs of each kind; number of sets of pilots, and of runs on each.
RUNS, PILOTS, EACH = 60, 30, 4


class Pilot:
    """Trials drawn with replacement from a set of pilots, which was itself drawn from the recorded trials."""

    trials = None

    def __init__(self, recorded, pilot, seed):
        rows = integers(pilot, Stream.FIT, 1, below=recorded.trials, n=recorded.trials)
        self.rows = rows[integers(1000 * pilot + seed, Stream.FIT, 2, below=len(rows), n=len(rows))]
        self.recorded = recorded

    def train(self, trial, from_resource, to_resource):
        return self.recorded.train(int(self.rows[trial]), from_resource, to_resource)


def figures(
    make: Callable[[int], object], runs: int, trials: int, length: int, workers=WORKERS
) -> Mapping[tuple[str, int], np.ndarray]:
    """FIGURES of each run, shape (runs, 3), by searcher and workers; NaN where a run has no such figure."""
    found: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
    for seed in range(runs):
        curves = make(seed)
        losses = np.array([curves.train(trial, 0, length)[1] for trial in range(trials)])
        good = np.sort(losses)[max(0, -(-trials // 20) - 1)]
        for label, searcher in (("SHA", sha), ("ASHA", asha)):
            for count in workers:
                trace = simulate(searcher(max_trials=trials, max_length=length, divisor=3), curves, Cluster(count))
                full = metrics.full_length(trace)
                hit = trace.end[full & (trace.loss <= good)]
                found.setdefault((label, count), []).append((
                    to_seconds(trace.makespan),
                    float(trace.loss[full].min()) - losses.min() if full.any() else np.nan,
                    to_seconds(int(hit.min())) if len(hit) else np.nan,
                ))  # fmt: skip
    return {key: np.array(rows) for key, rows in found.items()}


def compared(path: Path, runs: int = RUNS, pilots: int = PILOTS):
    """(searcher, workers, figure, recorded, low, high, fitted) for a file; means over runs, and the pilots' own interval."""
    table = read_table(path)
    recorded, grid = Recorded(table, interpolate=True), grid_of(table)
    law, size = fit_law(grid, describe(grid)), (table.trials, int(table.resource.max()))
    real = figures(lambda seed: Resampled(recorded, seed), runs, *size)
    made = figures(lambda seed: Synthetic(law, seed), runs, *size)
    others = [figures(lambda seed, pilot=pilot: Pilot(recorded, pilot, seed), EACH, *size) for pilot in range(pilots)]
    for key in real:
        means = np.array([np.nanmean(other[key], axis=0) for other in others])
        for place, name in enumerate(FIGURES):
            low, high = np.quantile(means[:, place], [0.025, 0.975])
            yield *key, name, np.nanmean(real[key][:, place]), low, high, np.nanmean(made[key][:, place])


def signs(path: Path, preset: str, runs: int = RUNS, trials: int = 243, workers=(8, 16, 25, 64)):
    """(workers, ASHA's makespan minus SHA's as a share of SHA's on the recorded trials, its error, the same on the preset, its error)."""
    table = read_table(path)
    recorded, length = Recorded(table, interpolate=True), int(table.resource.max())
    both = (
        figures(lambda seed: Resampled(recorded, seed), runs, trials, length, workers),
        figures(lambda seed: Synthetic(PRESETS[preset], seed), runs, trials, length, workers),
    )
    for count in workers:
        row = []
        for found in both:
            sync, other = found["SHA", count][:, 0], found["ASHA", count][:, 0]
            row += [(other - sync).mean() / sync.mean(), (other - sync).std(ddof=1) / np.sqrt(runs) / sync.mean()]
        yield count, *row


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("curves", nargs="+", type=Path)
    parser.add_argument("--preset", choices=PRESETS)
    about = parser.parse_args()
    for path in about.curves:
        print(f"\n{path.name}: {RUNS} runs of each, {PILOTS} pilots\n")
        print("| searcher, workers | figure | recorded | own | fitted | off |\n| --- | --- | --- | --- | --- | --- |")
        for label, count, name, real, low, high, fitted in compared(path):
            off = "" if not real else f"{100 * (fitted / real - 1):+.0f} %"
            inside = "inside" if low <= fitted <= high else "outside"
            print(
                f"| {label}, {count} | {name} | {real:.4g} | {low:.4g} … {high:.4g} | {fitted:.4g} | {off} {inside} |"
            )
        if about.preset is not None:
            print("\n| workers | recorded, ASHA to SHA | preset |\n| --- | --- | --- |")
            for count, real, real_error, made, made_error in signs(path, about.preset):
                one, other = (
                    f"{100 * mean:+.1f} ± {196 * error:.1f} %"
                    for mean, error in ((real, real_error), (made, made_error))
                )
                print(f"| {count} | {one} | {other} |")


if __name__ == "__main__":
    main()
