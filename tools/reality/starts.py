"""Ray's slow starts: are forecasts of its runs better if workers join one after the other?

python tools/reality/starts.py [RUNS]

Each run of Ray Tune is foreseen from the other runs of its kind, on workers that are all there at once, that join at
even distances, or that join at random times.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
from study import case, kind, names

from simulator.cluster import engine
from simulator.experiment import backtest
from simulator.experiment.clusters import build_cluster, build_stop
from simulator.experiment.experiment import curves_of
from simulator.experiment.replicates import replicates
from simulator.scenario.cluster import GroupSection

#: Seconds from the first worker's start to the last one's: the least and the greatest in most of the real runs.
SPANS = (0.5, 1.2)
MODES = ("at once", "evenly", "at random")


def joining(one: backtest.Case, mode: str, rng: np.random.Generator) -> backtest.Case:
    """The case on a cluster whose workers join as `mode` says."""
    cluster = one.loaded.scenario.cluster
    groups = cluster.groups or {}
    count = sum(group.count for group in groups.values()) or cluster.workers or 1
    speed = next((group.speed for group in groups.values()), 1.0)
    span = rng.uniform(*SPANS)
    joins = np.linspace(0, span, count) if mode == "evenly" else rng.uniform(0, span, count)
    made = {
        f"worker-{place}": GroupSection.model_validate(
            {"count": 1, "speed": speed, "join": f"{at - joins.min():.6f} s"}
        )
        for place, at in enumerate(joins)
    }
    cluster = cluster.model_copy(update={"workers": None, "groups": made})
    scenario = one.loaded.scenario.model_copy(update={"cluster": cluster})
    return replace(one, loaded=replace(one.loaded, scenario=scenario))


def foreseen(one: backtest.Case, others: list[backtest.Case], mode: str, runs: int) -> np.ndarray:
    """Makespans of `runs` simulated runs, in seconds."""
    found = backtest.calibrated(others)
    found.figures.pop("ramp_up", None)
    spec = one.loaded.scenario.searchers[one.label]
    curves = curves_of(one.loaded, one.loaded.scenario.seed)
    made = []
    for replicate in replicates(one.loaded, runs, None):
        rng = np.random.default_rng(replicate.seed)
        this = replace(one, loaded=backtest.on_calibrated(one.loaded, found, rng))
        if mode != "at once":
            this = joining(this, mode, rng)
        cluster, stop = build_cluster(this.loaded), build_stop(one.loaded.scenario)
        trace = engine.simulate(spec.build(), curves, cluster, stop=stop, seed=replicate.seed, label=one.label)
        made.append(trace.makespan / 1e6)
    return np.array(made)


if __name__ == "__main__":
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    for group in ("c-asha", "c-hyperband"):
        cases = [case(name) for name in names() if kind(name) == group]
        for mode in MODES:
            errors, inside = [], 0
            for place, one in enumerate(cases):
                low, middle, high = np.quantile(
                    foreseen(one, cases[:place] + cases[place + 1 :], mode, runs), [0.05, 0.5, 0.95]
                )
                real = one.trace.makespan / 1e6
                errors.append(abs(middle / real - 1))
                inside += low <= real <= high
            print(
                f"{group}, {mode}: errors {', '.join(f'{error:.1%}' for error in errors)}; {inside} inside",
                flush=True,
            )
