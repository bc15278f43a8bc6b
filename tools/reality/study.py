"""Predicted against real, a row a run of tests/data/reality: on the plain cluster, and held out on a calibrated one.

python tools/reality/study.py [--held-out [RUNS]]
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from simulator.experiment import backtest
from simulator.experiment.experiment import Experiment
from simulator.scenario.loading import load
from simulator.trace.reading import read_trace

RUNS = Path(__file__).resolve().parents[2] / "tests" / "data" / "reality"


def kind(name: str) -> str:
    """Runs that are calibrated together: of one program, of one size, with the same put in."""
    parts = [part for part in name.split("-") if not (part.isdigit() and len(part) == 1 and part != "8")]
    return "-".join(part for part in parts if part not in {"sha", "asha"} or name.startswith("c"))


def plain() -> None:
    """Each run on as many equal workers as there were, nothing calibrated."""
    errors = defaultdict(list)
    for about in sorted(RUNS.glob("*/run.json")):
        name = about.parent.name
        experiment = Experiment(load(about.parent / "scenario.yaml"))
        real = read_trace(about.parent / "trace.csv").makespan / 1e6
        made = experiment.run(experiment.labels[0]).makespan / 1e6
        load_then = json.loads(about.read_text())["load_after"]
        errors[kind(name)].append(abs(made / real - 1))
        print(f"| {name} | {real:.2f} | {made:.2f} | {made / real - 1:+.1%} | {load_then:.0f} |", flush=True)
    for group, found in errors.items():
        print(f"{group}: median absolute error {np.median(found):.1%} of {len(found)}")


def held_out(runs: int) -> None:
    """Every other run of a kind calibrates, the others are tested."""
    groups = defaultdict(list)
    for about in sorted(RUNS.glob("*/run.json")):
        loaded = load(about.parent / "scenario.yaml")
        workers = loaded.scenario.cluster.workers
        trace = read_trace(about.parent / "trace.csv", workers=workers, label=about.parent.name)
        groups[kind(about.parent.name)].append(backtest.case(trace, loaded))
    for name, cases in groups.items():
        if len(cases) < 3:
            continue
        learned, tested = cases[::2], cases[1::2]
        found = backtest.calibrated(learned)
        drift = backtest.drift(learned, found, runs=20)
        for one in tested:
            row = backtest.backtest(one, found, runs=runs, drift=drift)["makespan_s"]
            print(
                f"| {name} | {one.trace.label} | {row.real:.2f} | {row.middle:.2f} | {row.low:.2f} to {row.high:.2f} "
                f"| {'yes' if row.inside else 'no'} |",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--held-out"]:
        held_out(int(sys.argv[2]) if len(sys.argv) > 2 else 200)
    else:
        plain()
