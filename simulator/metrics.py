"""What a trace says, as numbers. Nothing here draws, and nothing that draws computes.

Worker time is split exactly, in ticks: busy + overhead + lost + idle + down = workers x makespan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.ticks import to_seconds
from simulator.trace import Outcome, Spell, Trace


class Steps(NamedTuple):
    """A step function: `values[i]` holds from `times[i]` (ticks, increasing) until `times[i + 1]`."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]


class Split(NamedTuple):
    """Where the worker time went, in ticks."""

    busy: int
    overhead: int
    lost: int
    idle: int
    down: int


@dataclass(frozen=True)
class Summary:
    """The numbers of one run, named as in summary.json; times in seconds, None where there is nothing to tell."""

    makespan_s: float
    utilization: float  # busy / (workers x makespan - down)
    utilization_until_last_start: float  # the same until the last new trial started: without the drained tail
    last_start_s: float
    trials: int  # started
    jobs: int  # (trial, rung) pairs started
    attempts: int  # rows of the trace
    cut_jobs: int  # still running at the stop
    resource_units: int  # trained by completed jobs
    full_length_trials: int
    first_full_length_s: float | None
    best_loss: float | None  # at any resource, as ASHA's incumbent is (Li et al., section 3.3)
    best_trial: int | None
    best_loss_s: float | None  # when it was known
    busy_s: float
    overhead_s: float
    lost_s: float
    idle_s: float
    idle_until_last_start_s: float
    down_s: float


def summarize(trace: Trace) -> Summary:
    """All the numbers of one run."""
    where = split(trace)
    full = full_length(trace)
    first_full = int(trace.end[full].min()) if full.any() else None
    best = incumbent_rows(trace)
    last = last_start(trace)
    busy_before = busy_within(trace, last)
    available = trace.workers * trace.makespan - where.down
    return Summary(
        makespan_s=to_seconds(trace.makespan),
        utilization=_share(where.busy, available),
        utilization_until_last_start=_share(busy_before, trace.workers * last),
        last_start_s=to_seconds(last),
        trials=trials_started(trace),
        jobs=len(np.unique(np.stack([trace.trial, trace.rung]), axis=1).T),
        attempts=len(trace),
        cut_jobs=int(trace.where(Outcome.CUT).sum()),
        resource_units=int((trace.to_resource - trace.from_resource)[trace.where(Outcome.COMPLETED)].sum()),
        full_length_trials=len(np.unique(trace.trial[full])),
        first_full_length_s=None if first_full is None else to_seconds(first_full),
        best_loss=float(trace.loss[best[-1]]) if len(best) else None,
        best_trial=int(trace.trial[best[-1]]) if len(best) else None,
        best_loss_s=to_seconds(int(trace.end[best[-1]])) if len(best) else None,
        busy_s=to_seconds(where.busy),
        overhead_s=to_seconds(where.overhead),
        lost_s=to_seconds(where.lost),
        idle_s=to_seconds(where.idle),
        idle_until_last_start_s=to_seconds(trace.workers * last - busy_before),
        down_s=to_seconds(where.down),
    )


def split(trace: Trace) -> Split:
    """Split workers x makespan by what the workers did."""
    lost, waiting = int(trace.lost.sum()), int(trace.overhead.sum())
    busy = int((trace.end - trace.start).sum()) - waiting - lost
    spells = trace.spells
    booting = spells.kind == Spell.BOOT
    boot = int((spells.end - spells.start)[booting].sum())
    down = int((spells.end - spells.start)[~booting].sum())
    idle = trace.workers * trace.makespan - busy - waiting - boot - lost - down
    return Split(busy, waiting + boot, lost, idle, down)


def busy_within(trace: Trace, until: int) -> int:
    """Worker ticks of work done before `until`."""
    begin, end = useful(trace)
    return int((np.minimum(end, until) - np.minimum(begin, until)).sum())


def useful(trace: Trace) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When the useful training of each attempt began and ended, taking overhead to come first and loss last."""
    return trace.start + trace.overhead, trace.end - trace.lost


def busy_workers(trace: Trace) -> Steps:
    """Workers at work over time; starts at 0 and ends with the makespan, at zero workers."""
    begin, end = useful(trace)
    times, place = np.unique(np.concatenate([begin, end]), return_inverse=True)
    change = np.repeat([1.0, -1.0], len(trace))
    values = np.cumsum(np.bincount(place, weights=change, minlength=len(times))).astype(np.float64)
    if not len(times) or times[0] > 0:
        times, values = np.concatenate([[0], times]), np.concatenate([[0.0], values])
    return Steps(times, values)


def incumbent(trace: Trace) -> Steps:
    """Best loss known so far, from the first result on."""
    rows = incumbent_rows(trace)
    return Steps(trace.end[rows], trace.loss[rows])


def incumbent_rows(trace: Trace) -> NDArray[np.intp]:
    """Rows that set a new best loss, in order of time; of results at one instant only the last best stays."""
    results = np.flatnonzero(trace.where(Outcome.COMPLETED) & np.isfinite(trace.loss))
    order = results[np.argsort(trace.end[results], kind="stable")]
    losses = trace.loss[order]
    better = np.ones(len(order), bool)
    better[1:] = losses[1:] < np.minimum.accumulate(losses)[:-1]
    rows = order[better]
    lasting = np.ones(len(rows), bool)
    lasting[:-1] = trace.end[rows][:-1] < trace.end[rows][1:]
    return rows[lasting]


def full_length(trace: Trace) -> NDArray[np.bool_]:
    """Mask of the rows that completed a trial's full training."""
    return trace.where(Outcome.COMPLETED) & (trace.to_resource >= trace.max_length)


def trials_started(trace: Trace) -> int:
    """Different trials in the trace."""
    return len(np.unique(trace.trial))


def last_start(trace: Trace) -> int:
    """When the last new trial started, in ticks: afterwards a finite search only drains."""
    _, first_rows = np.unique(trace.trial, return_index=True)
    return int(trace.start[first_rows].max(initial=0))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
