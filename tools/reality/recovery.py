"""Does `calibrate` find the parameters of simulated clusters? Coverage of its 90 % intervals.

python tools/reality/recovery.py [TRACES [WORLD …]]
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from simulator.cluster.calibration.calibrate import Calibration, calibrate
from simulator.cluster.calibration.estimate import exactly
from simulator.experiment.experiment import Experiment, curves_of
from simulator.scenario.loading import load

#: The worlds: for each its cluster, and the key of the calibration for each parameter.
WORLDS: dict[str, tuple[str, dict[str, float]]] = {
    "failing": (
        "{workers: 16, stragglers: {kind: half_normal, std: 0.5}, failures: {mtbf: 10 h, repair: 20 min}, "
        "overheads: {trial_start: 2 min, save: 30 s, restore: 1 min}}",
        {
            "std": 0.5, "failures.mtbf": 36_000, "failures.repair": 1200, "overheads.trial_start": 120,
            "overheads.save": 30, "overheads.restore": 60,
        },
    ),
    "dropping": (
        "{workers: 16, stragglers: {kind: log_normal, sigma: 0.3}, drops: {probability: 0.004, per: 1 min}, "
        "decision_time: 2 s}",
        {"sigma": 0.3, "drops.probability": 0.004, "decision_time": 2.0},
    ),
    "heavy": (
        "{workers: 16, stragglers: {kind: pareto, alpha: 2.5}, preemption: {up: 8 h, down: 15 min}}",
        {"alpha": 2.5, "preemption.up": 28_800, "preemption.down": 900},
    ),
    "uneven": (
        "{groups: {fast: {count: 10, speed: 1}, slow: {count: 6, speed: 0.5}}, crashes: 0.05}",
        {"groups.speed-1.speed": 1.0, "groups.speed-2.speed": 0.5, "crashes": 0.05},
    ),
    "some slow": (
        "{workers: 16, stragglers: {kind: two_point, probability: 0.1, factor: 4}}",
        {"probability": 0.1, "factor": 4.0},
    ),
    "each its own": (
        "{workers: 32, stragglers: {kind: log_normal, sigma: 0.4, per: worker}}",
        {"sigma": 0.4},
    ),
    "joining": (
        "{groups: {some: {count: 16, ramp_up: 15 min}}, stragglers: {kind: half_normal, std: 0.5}}",
        {"ramp_up": 900, "std": 0.5},
    ),
    "retried last": (
        "{workers: 16, stragglers: {kind: half_normal, std: 0.5}, failures: {mtbf: 10 h, repair: 20 min}, "
        "recovery: {retry: last, retry_after: 2 min}}",
        {"last": 1.0, "recovery.retry_after": 120, "failures.mtbf": 36_000, "failures.repair": 1200, "std": 0.5},
    ),
}  # fmt: skip
#: Straggler families by their parameter.
KINDS = {
    "std": "half_normal",
    "sigma": "log_normal",
    "alpha": "pareto",
    "probability": "two_point",
    "factor": "two_point",
}


def scenario(cluster: str) -> str:
    """A search of 243 trials on synthetic curves."""
    return (
        "searchers: {asha: {name: asha, max_trials: 243, max_length: 81, divisor: 3}}\n"
        f"curves: {{kind: synthetic, unit_time: 2 min}}\ncluster: {cluster}\n"
    )


def found(made: Calibration, name: str) -> Any:
    """The estimate of a parameter; None if another family or none was chosen.

    That lost jobs come last is 1 if it is found, and 0 if calibration finds that they come first.
    """
    if name == "last":
        return None if made.retry is None else exactly(float(made.retry == "last"), 1, "trace")
    if name in KINDS:
        model = made.stragglers
        return None if model is None or model.kind != KINDS[name] else model.entries[name]
    return made.figures.get(name)


def study(world: str, traces: int) -> dict[str, dict[str, float]]:
    """Coverage of each parameter over `traces` seeds: the share of intervals that hold it, and the share of traces that show it."""
    cluster, truths = WORLDS[world]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(scenario(cluster))
        loaded = load(path)
    inside = dict.fromkeys(truths, 0)
    told = dict.fromkeys(truths, 0)
    error = {name: [] for name in truths}
    for seed in range(traces):
        trace = Experiment(loaded, seed).run("asha")
        made = calibrate([trace], [curves_of(loaded, seed)])
        for name, truth in truths.items():
            figure = found(made, name)
            if figure is not None:
                told[name] += 1
                edge = 1e-6 * truth + 1e-6
                inside[name] += figure.low - edge <= truth <= figure.high + edge
                error[name].append(abs(figure.value / truth - 1))
    return {
        name: {
            "told": told[name] / traces,
            "inside": inside[name] / max(told[name], 1),
            "median_error": sorted(error[name])[len(error[name]) // 2] if error[name] else float("nan"),
        }
        for name in truths
    }


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for world in sys.argv[2:] or WORLDS:
        for name, row in study(world, count).items():
            print(json.dumps({"world": world, "parameter": name, "traces": count, **row}), flush=True)
