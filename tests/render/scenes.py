"""Traces the picture tests draw."""

from collections.abc import Iterable

from simulator import ticks
from simulator.cluster.engine import Cluster, simulate
from simulator.curves.ordered import Ordered
from simulator.curves.synthetic import PowerLaw, Synthetic
from simulator.searchers.halving import asha, sha
from simulator.trace import Outcome, Trace

MINUTE = ticks.UNITS["min"]


def docs_scene() -> list[Trace]:
    """Determined's two animations: ten workers, a unit a minute, promoted trials start again."""
    runs = (("SHA", sha(max_trials=27, max_length=27, divisor=3)), ("ASHA", asha(max_length=27, divisor=3)))
    cluster = Cluster(10, resume=False)
    return [simulate(run, Ordered(MINUTE), cluster, stop=53 * MINUTE, label=label) for label, run in runs]


def timeline_scene(trials: int = 64, workers: int = 9) -> list[Trace]:
    """The same synthetic trials, of unequal speed, by SHA and ASHA."""
    law = PowerLaw(0.1, 1, 1, 0.5, 0.7, 0.3, 600, 0.5)
    runs = (("SHA", sha), ("ASHA", asha))
    return [
        simulate(run(max_trials=trials, max_length=27, divisor=3), Synthetic(law, 0), Cluster(workers), label=label)
        for label, run in runs
    ]


def tiny(rows: Iterable[tuple[int, int, int, int, int, int]], *, workers: int = 2, label: str = "tiny") -> Trace:
    """A trace of (worker, trial, rung, to_resource, start, end) in minutes, all completed, with loss = trial."""
    full = [
        (worker, trial, 0, rung, 0, to, start * MINUTE, end * MINUTE, Outcome.COMPLETED, float(trial), 0, 0)
        for worker, trial, rung, to, start, end in rows
    ]
    return Trace.from_rows(full, label=label, workers=workers, max_length=9)
