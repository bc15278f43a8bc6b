"""Traces the picture tests draw."""

from collections.abc import Iterable

from simulator.cluster.engine import Cluster, simulate
from simulator.core import ticks
from simulator.curves.ordered import Ordered
from simulator.curves.synthetic import Law, Synthetic
from simulator.searchers.halving import asha, sha
from simulator.trace.trace import Outcome, Spell, Spells, Trace

MINUTE = ticks.UNITS["min"]


def docs_scene() -> list[Trace]:
    """Determined's two animations: ten workers, a unit a minute, promoted trials start again."""
    runs = (("SHA", sha(max_trials=27, max_length=27, divisor=3)), ("ASHA", asha(max_length=27, divisor=3)))
    cluster = Cluster(10, resume=False)
    return [simulate(run, Ordered(MINUTE), cluster, stop=53 * MINUTE, label=label) for label, run in runs]


def timeline_scene(trials: int = 64, workers: int = 9) -> list[Trace]:
    """The same synthetic trials, of unequal speed, by SHA and ASHA."""
    law = Law(0.1, 1, 1, 0.5, 0.7, 0.3, 600, 0.5)
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


def troubled() -> Trace:
    """Three workers and eight attempts in minutes: overhead, a failure and its retry, a preemption, a late worker."""
    done, failed, preempted, cut = Outcome.COMPLETED, Outcome.FAILED, Outcome.PREEMPTED, Outcome.CUT
    nothing = float("nan")
    rows = [
        # worker, trial, rung, to, start, end, outcome, loss, overhead, lost
        (0, 0, 0, 1, 0, 10, done, 0.9, 2, 0),
        (1, 1, 0, 1, 0, 12, failed, nothing, 2, 6),
        (0, 2, 0, 1, 10, 22, done, 0.5, 2, 0),
        (1, 1, 0, 1, 18, 30, done, 0.7, 2, 0),
        (2, 3, 0, 1, 20, 34, done, 0.8, 2, 0),
        (0, 2, 1, 3, 22, 40, preempted, nothing, 2, 8),
        (1, 2, 1, 3, 40, 58, done, 0.3, 2, 0),
        (2, 4, 0, 1, 46, 60, cut, nothing, 2, 0),
    ]
    spells = [(0, 40, 60, Spell.DOWN), (1, 12, 18, Spell.DOWN), (2, 0, 16, Spell.DOWN), (2, 16, 20, Spell.BOOT)]
    return Trace.from_rows(
        [
            (worker, trial, 0, rung, 0, to, start * MINUTE, end * MINUTE, outcome, loss, over * MINUTE, lost * MINUTE)
            for worker, trial, rung, to, start, end, outcome, loss, over, lost in rows
        ],
        label="troubled",
        workers=3,
        max_length=9,
        spells=Spells.from_rows(
            [(worker, start * MINUTE, end * MINUTE, kind) for worker, start, end, kind in spells]
        ),
    )
