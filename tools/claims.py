"""Two claims of Determined's documentation, measured: `python -m tools.claims` rewrites the tables of the page.

Every run is one of scenarios/scaling.yaml with other numbers of workers and trials; a seed draws other trials.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from simulator.experiment.experiment import Experiment
from simulator.scenario.determined import RandomSection
from simulator.scenario.loading import load
from simulator.scenario.values import Units
from simulator.searchers.determined_layouts import adaptive_asha_layouts
from simulator.trace import metrics

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "determined-claims.md"
SCENARIO = ROOT / "scenarios" / "scaling.yaml"

SEEDS = 30
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
#: Number of trials per worker, if the search grows with the cluster.
TRIALS_A_WORKER = 125
GROWING = (1, 4, 16, 64, 256)
MAX_TRIALS = (16, 50, 100, 200, 256, 500, 1000, 2000, 5000)
FIXED_WORKERS = 16


@dataclass(frozen=True)
class Measured:
    """The figures of a run that are kept."""

    makespan: float
    units: int
    busy: float
    busy_until_last_start: float | None
    first_full_length: float
    longest: float  # time of the trial that took longest, which does not depend on the number of workers
    brackets: tuple[tuple[int, float], ...]  # units of each, and the part of the makespan after which it was done

    @property
    def pace(self) -> float:
        return self.units / self.makespan


@cache
def _busy_until_last_start(trace):
    """The share of worker time that was busy until the last new trial began, that is, without the end of the run.

    None if all trials begin at once.
    """
    last = metrics.last_start(trace)
    if not last:
        return None
    return metrics.split_within(trace, last).busy / (trace.workers * last)


def run(label: str, workers: int, seed: int, max_trials: int | None = None) -> Measured:
    """One run of a searcher of the scenario, or of `random` with the same number of trials, all trained in full."""
    loaded = load(SCENARIO)
    spec = loaded.scenario.searchers.get(label)
    if spec is None:
        spec = RandomSection(name="random", max_length=Units(256), max_trials=max_trials)
    if label == "adaptive_asha":
        spec = spec.model_copy(update={"max_concurrent_trials": workers, "max_trials": max_trials or spec.max_trials})
    if label == "adaptive" and max_trials is not None:  # its budget grows in the same proportion
        asynchronous = loaded.scenario.searchers["adaptive_asha"]
        spec = spec.model_copy(update={"budget": Units(spec.budget * max_trials // asynchronous.max_trials)})
    cluster = loaded.scenario.cluster.model_copy(update={"workers": workers})
    scenario = loaded.scenario.model_copy(update={"searchers": {label: spec}, "cluster": cluster})
    trace = Experiment(replace(loaded, scenario=scenario), seed).run(label)
    summary = metrics.summarize(trace)
    by_trial = np.bincount(trace.trial, trace.end - trace.start)
    return Measured(
        summary.makespan_s,
        summary.resource_units,
        summary.utilization,
        _busy_until_last_start(trace),
        summary.first_full_length_s,
        by_trial.max() / 1e6,
        tuple(
            (int((trace.to_resource - trace.from_resource)[rows].sum()), trace.end[rows].max() / trace.makespan)
            for rows in (trace.bracket == bracket for bracket in range(trace.bracket.max() + 1))
        ),
    )


def interval(values):
    """Mean and 95 % interval, by 4000 resamplings of the seeds."""
    values = np.array(values)
    means = np.random.default_rng(0).choice(values, (4000, len(values))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return values.mean(), low, high


def shown(values, digits=1):
    mean, low, high = interval(values)
    return f"{mean:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def percent(values):
    return f"{100 * np.mean(values):.0f} %"


def speedups(label, workers, max_trials=None, seeds=SEEDS):
    """For each seed, the time on one worker divided by the time on `workers` workers."""
    return [
        run(label, 1, seed, max_trials).makespan / run(label, workers, seed, max_trials).makespan
        for seed in range(seeds)
    ]


def scaling_row(workers):
    cells = [f"{workers}"]
    for label in ("adaptive_asha", "adaptive"):
        runs = [run(label, workers, seed) for seed in range(SEEDS)]
        cells += [
            shown(speedups(label, workers)),
            percent([seen.busy for seen in runs]),
            percent([seen.longest / seen.makespan for seen in runs]),
        ]
    return cells


def growing_row(workers):
    trials = TRIALS_A_WORKER * workers
    cells = [f"{workers}", f"{trials:,}"]
    for label in ("adaptive_asha", "adaptive"):
        runs = [run(label, workers, seed, trials) for seed in range(SEEDS)]
        alone = [run(label, 1, seed, TRIALS_A_WORKER) for seed in range(SEEDS)]
        cells += [
            shown([many.pace / one.pace for many, one in zip(runs, alone, strict=True)]),
            percent([seen.busy for seen in runs]),
        ]
        if label == "adaptive_asha":
            cells.append(
                percent([seen.busy_until_last_start for seen in runs if seen.busy_until_last_start is not None])
            )
    return cells


def bracket_row(bracket):
    runs = [run("adaptive_asha", FIXED_WORKERS, seed) for seed in range(SEEDS)]
    layout = adaptive_asha_layouts(max_length=256, max_trials=500, max_concurrent_trials=FIXED_WORKERS)[bracket]
    return [
        f"{len(layout.units)}",
        f"{layout.max_trials}",
        f"{layout.concurrent}",
        percent([seen.brackets[bracket][0] / seen.units for seen in runs]),
        shown([100 * seen.brackets[bracket][1] for seen in runs], 0) + " %",
    ]


def trials_row(max_trials):
    runs = [run("adaptive_asha", FIXED_WORKERS, seed, max_trials) for seed in range(SEEDS)]
    plain = [run("random", FIXED_WORKERS, seed, max_trials) for seed in range(SEEDS)]
    return [
        f"{max_trials:,}",
        shown(speedups("adaptive_asha", FIXED_WORKERS, max_trials)),
        percent([seen.busy for seen in runs]),
        percent([seen.busy_until_last_start for seen in runs if seen.busy_until_last_start is not None]),
        shown([full.makespan / seen.makespan for full, seen in zip(plain, runs, strict=True)]),
        shown([full.units / seen.units for full, seen in zip(plain, runs, strict=True)]),
    ]


#: Tables of the page by name: the head, the function that makes a row, and the keys of the rows.
TABLES = {
    "scaling": (
        [
            "workers", "adaptive_asha: speed-up", "busy", "longest trial",
            "adaptive: speed-up", "busy", "longest trial",
        ],
        scaling_row,
        WORKERS,
    ),
    "growing": (
        [
            "workers", "max_trials", "adaptive_asha: units an hour, over one worker's", "busy",
            "busy until the last new trial", "adaptive: units an hour, over one worker's", "busy",
        ],
        growing_row,
        GROWING,
    ),
    "brackets": (
        ["rungs", "trials", "concurrent trials", "part of the units", "done after this part of the makespan"],
        bracket_row,
        range(3),
    ),
    "trials": (
        [
            "max_trials", "speed-up of 16 workers", "busy", "busy until the last new trial",
            "random search takes this many times as long", "and trains this many times the units",
        ],
        trials_row,
        MAX_TRIALS,
    ),
}  # fmt: skip


def line(cells):
    return f"| {' | '.join(cells)} |"


def row(name, key):
    """A row of a table, as Markdown."""
    return line(TABLES[name][1](key))


def table(name):
    head, _, keys = TABLES[name]
    return "\n".join([line(head), line(["--:"] * len(head)), *(row(name, key) for key in keys)])


def between(name):
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)


def main():
    text = PAGE.read_text()
    for name in TABLES:
        text = between(name).sub(lambda _, name=name: table(name) + "\n", text, count=1)
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
