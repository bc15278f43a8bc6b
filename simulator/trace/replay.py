"""Playing a trace back: the state of a run at a moment, read from its trace.

Nothing here draws. An attempt is under way at a tick if `start < tick <= end`. So at the instant when a job ends its
bar is full, and the worker's next job is not shown yet. A result is known from the tick at which its job ends.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.trace import metrics
from simulator.trace.levels import Levels
from simulator.trace.trace import Outcome, Spell, Trace

Ticks = NDArray[np.int64]

#: Outcomes after which a trial is done on its rung.
SETTLED = (Outcome.COMPLETED, Outcome.EXITED)


class Moment(NamedTuple):
    """The state at a tick: the rows under way, in order, and the resource that the trial of each has reached."""

    tick: int
    rows: NDArray[np.intp]
    units: NDArray[np.float64]


class Replay:
    """A run played forwards: `advance` moves to a later tick and returns the state there.

    Trials are numbered in order of their first start. `reached` has the most units that each trial has been trained,
    linear in time within a job. `aimed` has the resource of the furthest job that it was given, 0 before the first.
    `stopped_at` has the tick at which a rule stopped it, inf if none does. The time of a move is proportional to the
    number of attempts that began since the last move or are under way.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.started = 0  # trials
        _, first, which = np.unique(trace.trial, return_index=True, return_inverse=True)
        rank = np.empty(len(first), np.intp)
        rank[np.argsort(first)] = np.arange(len(first))
        self._trial = rank[which]
        self.aimed: NDArray[np.int64] = np.zeros(len(first), np.int64)
        self.reached: NDArray[np.float64] = np.zeros(len(first))
        self.stopped_at = np.full(len(first), np.inf)
        rows = stopped(trace)
        self.stopped_at[self._trial[rows]] = trace.end[rows]
        self._kept = self.reached  # by ended jobs
        self._whole = _whole(trace)
        self._next = 0  # the first row that has not begun
        self._rows = np.zeros(0, np.intp)

    def advance(self, tick: int) -> Moment:
        """Move on to `tick`, no earlier than the last one."""
        trace = self.trace
        begun = int(np.searchsorted(trace.start, tick, "left"))
        new = np.arange(self._next, begun)
        self._next = begun
        rows = np.concatenate([self._rows, new])
        units = self._units(rows, tick)
        under_way = trace.end[rows] >= tick
        over = rows[~under_way]
        np.maximum.at(self._kept, self._trial[over], self._units(over, tick, trace.lost[over]))
        self.reached = self._kept.copy()
        np.maximum.at(self.reached, self._trial[rows[under_way]], units[under_way])
        np.maximum.at(self.aimed, self._trial[new], trace.to_resource[new])
        self.started = int(np.count_nonzero(self.aimed))
        self._rows = rows[under_way]
        return Moment(tick, self._rows, units[under_way])

    def _units(self, rows: NDArray[np.intp], tick: int, lost: Ticks | int = 0) -> NDArray[np.float64]:
        """Resource of each row's trial at `tick`, or at the row's end if that is earlier, without lost training."""
        trace = self.trace
        begun = metrics.useful(trace)[0][rows]
        spent = np.maximum(np.minimum(trace.end[rows], tick) - begun - lost, 0)
        units = trace.to_resource[rows] - trace.from_resource[rows]
        reached: NDArray[np.float64] = trace.from_resource[rows] + np.minimum(
            units * spent / self._whole[rows], units
        )
        return reached


class Ladder(NamedTuple):
    """Numbers of trials that began to train to each level, and were done, by some ticks; shape (ticks, levels)."""

    started: NDArray[np.int64]
    settled: NDArray[np.int64]  # with a result, or dead


def ladder(trace: Trace, at: Ticks, levels: Levels) -> Ladder:
    """Count the trials with a job to each level by each tick, and those that were done there."""
    level = levels.index_of(trace.to_resource)
    place = np.stack([trace.trial, level])
    settled = np.flatnonzero(trace.where(*SETTLED))
    _, first = np.unique(place, axis=1, return_index=True)  # only first attempts
    _, over = np.unique(place[:, settled], axis=1, return_index=True)
    over = settled[over]
    started_by, settled_by = [], []
    for number in range(len(levels)):
        starts = np.sort(trace.start[first[level[first] == number]])
        ends = np.sort(trace.end[over[level[over] == number]])
        started_by.append(np.searchsorted(starts, at, "left"))
        settled_by.append(np.searchsorted(ends, at, "right"))
    return Ladder(np.stack(started_by, axis=1), np.stack(settled_by, axis=1))


def stopped(trace: Trace) -> Ticks:
    """The rows whose results made a rule stop the trial for good; none if trials pause or wait for a barrier."""
    if trace.meta.get("advance") != "stops":
        return np.zeros(0, np.int64)
    last = np.full(int(trace.trial.max(initial=-1)) + 1, -1, np.int64)
    last[trace.trial] = np.arange(len(trace))
    rows: Ticks = last[last >= 0]
    over = (trace.end[rows] == trace.makespan) & trace.stopped  # the run ended before anything was decided
    decided = trace.where(Outcome.COMPLETED)[rows] & ~over
    return np.compress(decided & (trace.to_resource[rows] < trace.max_length), rows)


def trained_in_full(trace: Trace, at: Ticks) -> NDArray[np.int64]:
    """The number of different trials that were fully trained by each tick."""
    full = np.flatnonzero(metrics.full_length(trace))
    _, first = np.unique(trace.trial[full], return_index=True)
    return np.searchsorted(np.sort(trace.end[full[first]]), at, "right").astype(np.int64)


def trials_started(trace: Trace, at: Ticks) -> NDArray[np.int64]:
    """The number of different trials that have begun by each tick."""
    _, first = np.unique(trace.trial, return_index=True)
    return np.searchsorted(np.sort(trace.start[first]), at, "left").astype(np.int64)


def best_loss(trace: Trace, at: Ticks) -> NDArray[np.float64]:
    """Best loss known at each tick, NaN before the first result."""
    best = metrics.incumbent(trace)
    return np.concatenate([[np.nan], best.values])[np.searchsorted(best.times, at, "right")]


def worked(trace: Trace, at: Ticks) -> Ticks:
    """Worker ticks of useful training by each tick."""
    return _spent(*metrics.useful(trace), at)


def lost(trace: Trace, at: Ticks) -> Ticks:
    """Worker ticks spent by each tick on training that was lost."""
    return _spent(trace.end - trace.lost, trace.end, at)


def overhead(trace: Trace, at: Ticks) -> Ticks:
    """Worker ticks spent by each tick on jobs before their training."""
    return _spent(trace.start, trace.start + trace.overhead, at)


def away(trace: Trace, at: Ticks, kind: Spell) -> Ticks:
    """Worker ticks by each tick in which workers were down or starting up."""
    spells = trace.spells
    there = spells.kind == kind
    return _spent(spells.start[there], spells.end[there], at)


def away_at(trace: Trace, tick: int) -> dict[int, Spell]:
    """The workers that can't work at `tick`, each with the reason."""
    spells = trace.spells
    now = (spells.start < tick) & (tick <= spells.end)
    return {
        worker: Spell(kind)
        for worker, kind in zip(spells.worker[now].tolist(), spells.kind[now].tolist(), strict=True)
    }


def idle(trace: Trace, at: Ticks) -> Ticks:
    """Worker ticks by each tick in which workers were there and had no work."""
    used = worked(trace, at) + lost(trace, at) + overhead(trace, at)
    return offered(trace, at) - used - away(trace, at, Spell.DOWN) - away(trace, at, Spell.BOOT)


def offered(trace: Trace, at: Ticks) -> Ticks:
    """Workers x ticks up to each tick; the time after the run does not count."""
    return trace.workers * np.minimum(at, trace.makespan)


def available(trace: Trace, at: Ticks) -> Ticks:
    """Workers x ticks up to each tick, without workers that were down; utilization is a share of this."""
    return offered(trace, at) - away(trace, at, Spell.DOWN)


class BarrierWait(NamedTuple):
    """The first rung that no trial left before all trials on it were done."""

    bracket: int
    rung: int
    since: int  # tick at which the first worker had nothing to do
    until: int  # tick of the rung's last result
    waiting: int  # workers idle at the end of the wait


class FirstPromotion(NamedTuple):
    """The first promotion of a trial."""

    rung: int  # the rung that it left
    tick: int
    results: int  # results on that rung by then


def synchronous(trace: Trace) -> bool:
    """Whether trials were promoted, each only after all trials on its rung of its bracket were done."""
    waits = [until <= first for _, _, until, first in _rungs_left(trace)]
    return bool(waits) and all(waits)


def first_barrier(trace: Trace) -> BarrierWait | None:
    """The first wait of workers for a rung to fill up; None if none waited."""
    if not synchronous(trace):
        return None
    bracket, rung, until, _ = min(_rungs_left(trace), key=lambda rung: rung[2])
    changes = np.concatenate([[0, until], trace.start, trace.end, trace.spells.start, trace.spells.end])
    times = np.unique(changes[changes <= until])
    waiting = np.diff(idle(trace, times)) // np.diff(times)  # idle workers, from each time to the next
    since = int(times[np.flatnonzero(waiting == waiting.min())[-1] + 1])
    return BarrierWait(bracket, rung, since, until, int(waiting[-1])) if since < until else None


def first_promotion(trace: Trace) -> FirstPromotion | None:
    """The first promotion; None if there is none."""
    left = _rungs_left(trace)
    if not left:
        return None
    bracket, rung, _, tick = min(left, key=lambda rung: rung[3])
    there = trace.where(*SETTLED) & (trace.bracket == bracket) & (trace.rung == rung)
    return FirstPromotion(rung, tick, int(np.count_nonzero(trace.end[there] <= tick)))


def _rungs_left(trace: Trace) -> list[tuple[int, int, int, int]]:
    """For each rung that trials left: bracket, rung, tick of its last result, tick of the next rung's first job."""
    found = []
    settled = trace.where(*SETTLED)
    for bracket in np.unique(trace.bracket).tolist():
        inside = trace.bracket == bracket
        for rung in np.unique(trace.rung[inside]).tolist()[:-1]:
            ends = trace.end[inside & settled & (trace.rung == rung)]
            starts = trace.start[inside & (trace.rung == rung + 1)]
            if len(ends) and len(starts):
                found.append((bracket, rung, int(ends.max()), int(starts.min())))
    return found


def _spent(begin: Ticks, end: Ticks, at: Ticks) -> Ticks:
    """Worker ticks inside the spans from `begin` to `end`, by each tick of `at`."""
    starts, ends = np.sort(begin), np.sort(end)
    total_start = np.concatenate([[0], np.cumsum(starts)])
    total_end = np.concatenate([[0], np.cumsum(ends)])
    begun, ended = np.searchsorted(starts, at), np.searchsorted(ends, at)
    spent: Ticks = (begun - ended) * at - total_start[begun] + total_end[ended]
    return spent


def _whole(trace: Trace) -> NDArray[np.float64]:
    """The ticks that the whole training of each attempt's job takes.

    For an attempt that was not completed, they follow from the pace of its trial's last completed job, or of the
    whole run.
    """
    spent: NDArray[np.float64] = (trace.end - trace.start - trace.overhead).astype(float)
    completed = trace.where(Outcome.COMPLETED)
    if not completed.all():
        units = trace.to_resource - trace.from_resource
        trained = units[completed].sum()
        usual = spent[completed].sum() / trained if trained else 0.0
        pace: dict[int, float] = {}
        for row, trial in enumerate(trace.trial.tolist()):
            if completed[row]:
                pace[trial] = spent[row] / max(units[row], 1)
            else:
                spent[row] = max(spent[row], units[row] * pace.get(trial, usual))
    return np.maximum(spent, 1.0)
