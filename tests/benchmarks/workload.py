"""What is run: power-law losses that level off, log-normal time an epoch, rungs at 1, 4, 16, 64 and 256 epochs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simulator.cluster.attempts import Overheads, Recovery
from simulator.cluster.durations import Weibull
from simulator.cluster.engine import Cluster, simulate
from simulator.cluster.fates import Conditions, Drop
from simulator.cluster.groups import MachineGroup, Preemption
from simulator.cluster.stragglers import LogNormal
from simulator.core import ticks
from simulator.curves.synthetic import BLOCK, Law, Synthetic
from simulator.searchers import determined, halving, hyperband
from simulator.searchers.dialects.optuna import optuna_hyperband, optuna_successive_halving
from simulator.searchers.dialects.ray import ray_asha
from simulator.searchers.dialects.ray_hyperband import ray_hyperband
from simulator.searchers.dialects.sklearn import sklearn_halving
from simulator.searchers.dialects.syne_tune import syne_tune_promotion, syne_tune_stopping
from simulator.searchers.protocol import Searcher
from simulator.trace.trace import Trace

MAX_LENGTH = 256
RUNGS = (1, 4, 16, 64, 256)
LAW = Law(best=0.1, worst=1.0, gain=1.0, gain_sigma=0.5, rate=0.7, rate_sigma=0.3, unit_s=60.0, unit_sigma=0.5)
MINUTE = ticks.UNITS["min"]


class Search(NamedTuple):
    """A search to be measured: `make` makes its searcher for a size and workers; the cluster may be `queued`."""

    make: Callable[[int, int], Searcher]
    queued: bool = False


#: Searches by name. Hyperband takes no number of trials; it gets the length with which its first bracket has that
#: number.
SEARCHES = {
    "asha": Search(lambda trials, _: halving.asha(max_trials=trials, max_length=MAX_LENGTH)),
    "sha": Search(lambda trials, _: halving.sha(max_trials=trials, max_length=MAX_LENGTH)),
    "adaptive_asha": Search(
        lambda trials, workers: determined.adaptive_asha(
            max_trials=trials, max_length=MAX_LENGTH, max_concurrent_trials=workers
        ),
        queued=True,
    ),
    "async_hyperband": Search(lambda trials, _: hyperband.async_hyperband(max_trials=trials, max_length=MAX_LENGTH)),
    "hyperband": Search(lambda trials, _: hyperband.hyperband(max_length=trials)),
}

#: The libraries' rules with the same rungs, beside `asha`; trials report every unit where a rule asks for it.
LIBRARIES = {
    "ray_asha": Search(lambda trials, _: ray_asha(num_samples=trials, max_t=MAX_LENGTH)),
    "ray_hyperband": Search(
        lambda trials, _: ray_hyperband(num_samples=trials, max_t=MAX_LENGTH, reduction_factor=4)
    ),
    "optuna_successive_halving": Search(
        lambda trials, _: optuna_successive_halving(n_trials=trials, max_resource=MAX_LENGTH, min_resource=1)
    ),
    "optuna_successive_halving, auto": Search(
        lambda trials, _: optuna_successive_halving(n_trials=trials, max_resource=MAX_LENGTH)
    ),
    "optuna_hyperband": Search(
        lambda trials, _: optuna_hyperband(
            n_trials=trials, max_resource=MAX_LENGTH, reduction_factor=4, study_name="study"
        )
    ),
    "syne_tune_stopping, 0.13": Search(
        lambda trials, _: syne_tune_stopping(
            max_num_trials_started=trials, version="0.13", max_t=MAX_LENGTH, reduction_factor=4
        )
    ),
    "syne_tune_stopping, 0.16": Search(
        lambda trials, _: syne_tune_stopping(
            max_num_trials_started=trials, version="0.16", max_t=MAX_LENGTH, reduction_factor=4
        )
    ),
    "syne_tune_promotion": Search(
        lambda trials, _: syne_tune_promotion(max_num_trials_started=trials, max_t=MAX_LENGTH, reduction_factor=4)
    ),
    "sklearn_halving": Search(
        lambda trials, _: sklearn_halving(n_candidates=trials, max_resources=MAX_LENGTH, min_resources=1, factor=4)
    ),
}

#: What can go wrong on a cluster, by name; all of it in the last.
STRAGGLERS = Conditions(LogNormal(0.5))
DROPS = Conditions(drop=Drop(0.01, 10 * MINUTE))
SPOT = Preemption(up=Weibull(240 * MINUTE), down=Weibull(30 * MINUTE), notice=2 * MINUTE)
ALL = Conditions(
    LogNormal(0.5),
    drop=Drop(0.01, 10 * MINUTE),
    overheads=Overheads(trial_start=MINUTE // 3, save=MINUTE // 6, restore=MINUTE // 3),
    recovery=Recovery(on_loss="resume", checkpoint_every=1),
)
TROUBLES: dict[str, Callable[[int], Cluster]] = {
    "stragglers": lambda workers: Cluster(workers, conditions=STRAGGLERS),
    "drops": lambda workers: Cluster(workers, conditions=DROPS),
    "preemption": lambda workers: Cluster((MachineGroup(workers, preemption=SPOT),)),
    "all of it": lambda workers: Cluster((MachineGroup(workers, preemption=SPOT),), conditions=ALL),
}


def run(search: str, trials: int, workers: int, curves: Synthetic, trouble: str | None = None) -> Trace:
    """Simulate, recording the trace."""
    made = (SEARCHES | LIBRARIES)[search]
    cluster = TROUBLES[trouble](workers) if trouble else Cluster(workers, "queued" if made.queued else "on_demand")
    return simulate(made.make(trials, workers), curves, cluster, label=search, meta={"divisor": 4.0})


def draw(curves: Synthetic, trials: int) -> None:
    """Draw the curves of `trials` trials at every rung beforehand, so that the run need not draw them."""
    for first in range(0, trials, BLOCK):
        for resource in RUNGS:
            curves.train(first, 0, resource)
