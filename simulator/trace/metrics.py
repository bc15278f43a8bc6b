"""Numbers computed from a trace.

Nothing here draws, and nothing that draws computes. Worker time is split exactly, in ticks: busy + overhead + lost +
idle + down = workers x makespan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import floor, inf, isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core.ticks import to_seconds
from simulator.searchers.geometry import exact
from simulator.trace.billing import costs_by_group
from simulator.trace.levels import Levels
from simulator.trace.trace import Outcome, Spell, Trace


class Steps(NamedTuple):
    """A step function: `values[i]` holds from `times[i]` (ticks, increasing) until `times[i + 1]`."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]


class Band(NamedTuple):
    """The 10 %, 50 % and 90 % quantiles of a quantity over many runs, each from one of `times` (ticks) on.

    At the first time, the quantity is known in all runs.
    """

    times: NDArray[np.int64]
    low: NDArray[np.float64]
    middle: NDArray[np.float64]
    high: NDArray[np.float64]


class Split(NamedTuple):
    """The parts of the worker time, in ticks."""

    busy: int
    overhead: int
    lost: int
    idle: int
    down: int


@dataclass(frozen=True)
class Summary:
    """The numbers of one run, named as in summary.json; times in seconds, None where a number does not exist."""

    makespan_s: float
    utilization: float  # busy / (workers x makespan - down)
    trials: int  # started
    jobs: int  # pairs (trial, rung) that were started
    attempts: int  # rows of the trace
    cut_jobs: int  # still running at the stop
    resource_units: int  # trained by completed jobs
    full_length_trials: int
    first_full_length_s: float | None
    best_loss: float | None  # at any resource, like ASHA's incumbent (Li et al., section 3.3)
    best_trial: int | None
    best_loss_s: float | None  # when it became known
    best_loss_in_full: float | None  # the loss that best_trial has when fully trained
    busy_s: float
    overhead_s: float
    lost_s: float
    idle_s: float
    idle_promotable_s: float | None  # idle while a promotion waited: fewer than 1 in divisor had left a rung
    down_s: float
    cost: float  # of the workers, while they were up
    cost_by_group: dict[str, float]
    mispromotions: int | None  # promotions of trials that are not among the best 1 in divisor in the end
    simple_regret: float | None  # best_loss_in_full, minus the best loss that any candidate has when fully trained
    max_length: int  # units of a fully trained trial
    stopped: bool  # the run ended before its work was done
    best_trial_name: str | None = None  # its name in the imported log
    best_trial_config: Mapping[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The numbers for JSON, without the best trial's name and hyperparameters if no log gives them."""
        about = asdict(self)
        if self.best_trial_name is None:
            del about["best_trial_name"], about["best_trial_config"]
        return about


def summarize(
    trace: Trace, best_possible: float | None = None, in_full: Callable[[int], float] | None = None
) -> Summary:
    """All the numbers of one run; `best_possible` is the loss to measure regret against.

    `in_full` gives the loss of a trial when fully trained. Without it, that loss of the best trial is known only if
    the run trained it in full.
    """
    where = split(trace)
    full = full_length(trace)
    first_full = int(trace.end[full].min()) if full.any() else None
    best = incumbent_rows(trace)
    costs = costs_by_group(trace)
    cut = int(trace.where(Outcome.CUT).sum())
    divisor = trace.meta.get("divisor")
    best_loss = float(trace.loss[best[-1]]) if len(best) else inf
    final = _in_full(trace, int(trace.trial[best[-1]]), full, in_full) if len(best) else None
    promotable = idle_promotable(trace, float(divisor)) if divisor else None
    available = trace.workers * trace.makespan - where.down
    return Summary(
        makespan_s=to_seconds(trace.makespan),
        utilization=_share(where.busy, available),
        trials=trials_started(trace),
        jobs=_distinct(trace.rung, trace.trial),
        attempts=len(trace),
        cut_jobs=cut,
        resource_units=units_trained(trace),
        full_length_trials=len(np.unique(trace.trial[full])),
        first_full_length_s=None if first_full is None else to_seconds(first_full),
        best_loss=best_loss if len(best) else None,
        best_trial=int(trace.trial[best[-1]]) if len(best) else None,
        best_loss_s=to_seconds(int(trace.end[best[-1]])) if len(best) else None,
        best_loss_in_full=final,
        busy_s=to_seconds(where.busy),
        overhead_s=to_seconds(where.overhead),
        lost_s=to_seconds(where.lost),
        idle_s=to_seconds(where.idle),
        idle_promotable_s=None if promotable is None else to_seconds(promotable),
        down_s=to_seconds(where.down),
        cost=sum(costs.values()),
        cost_by_group=costs,
        mispromotions=mispromotions(trace, float(divisor)) if divisor else None,
        simple_regret=None
        if best_possible is None or final is None or not isfinite(final - best_possible)
        else final - best_possible,
        max_length=trace.max_length,
        stopped=trace.stopped or cut > 0,
        best_trial_name=trace.names.get(int(trace.trial[best[-1]])) if len(best) else None,
        best_trial_config=trace.configs.get(int(trace.trial[best[-1]])) if len(best) else None,
    )


def units_trained(trace: Trace) -> int:
    """Units that completed jobs trained."""
    return int((trace.to_resource - trace.from_resource)[trace.where(Outcome.COMPLETED)].sum())


def split(trace: Trace) -> Split:
    """Split workers x makespan by what the workers did."""
    return split_within(trace, trace.makespan)


def split_within(trace: Trace, until: int) -> Split:
    """Split workers x `until` ticks, from the start on."""
    begin, end = useful(trace)
    spells = trace.spells
    booting = spells.kind == Spell.BOOT
    busy = _ticks_before(until, begin, end)
    waiting = _ticks_before(until, trace.start, begin)
    boot = _ticks_before(until, spells.start[booting], spells.end[booting])
    lost = _ticks_before(until, end, trace.end)
    down = _ticks_before(until, spells.start[~booting], spells.end[~booting])
    return Split(busy, waiting + boot, lost, trace.workers * until - busy - waiting - boot - lost - down, down)


def _ticks_before(until: int, start: NDArray[np.int64], end: NDArray[np.int64]) -> int:
    return _total(np.minimum(end, until) - np.minimum(start, until))


def _total(ticks: NDArray[np.int64]) -> int:
    """The exact sum of spans; 64 bits would be too few, for example for a thousand workers over 285 years."""
    return (int((ticks >> 32).sum()) << 32) + int((ticks & 0xFFFF_FFFF).sum())


def useful(trace: Trace) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ticks between which each attempt trained usefully; overhead is taken to come first, lost training last."""
    return trace.start + trace.overhead, trace.end - trace.lost


def idle_promotable(trace: Trace, divisor: float) -> int:
    """Worker ticks of idleness while a promotion waited.

    A promotion waits if fewer trials have left a rung than floor(n / divisor) of its n results so far, and a living
    trial remains there. Asynchronous promotion would promote it at once; a barrier makes it wait.
    """
    begin, end = _rooms(trace, divisor)
    if not len(begin):
        return 0
    before = np.concatenate([[0], np.cumsum(end - begin)])

    def there(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each of some ticks, how long promotions had waited until then."""
        place = np.searchsorted(begin, ticks, "right")
        at = np.maximum(place - 1, 0)
        inside = np.minimum(ticks, end[at]) - begin[at]
        return np.where(place > 0, before[at] + inside, 0)

    spells = trace.spells
    taken = _total(there(trace.end) - there(trace.start)) + _total(there(spells.end) - there(spells.start))
    return trace.workers * int(before[-1]) - taken


def _rooms(trace: Trace, divisor: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The spans of time in which a promotion waited on some rung, in order and apart from each other."""
    share, levels = exact(divisor), _levels(trace)
    ended, alive = trace.where(Outcome.COMPLETED, Outcome.EXITED), np.isfinite(trace.loss)
    invalid = np.isnan(trace.loss)  # withdrawn: their results vanished
    times, changes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for (bracket, rung), rows in levels.items():
        if int(trace.to_resource[rows].max()) >= trace.max_length:
            continue
        here = rows[ended[rows] & ~invalid[rows]]
        here = here[np.argsort(trace.end[here], kind="stable")]
        above = levels.get((bracket, rung + 1), np.zeros(0, np.intp))
        _, first = np.unique(trace.trial[above], return_index=True)
        left = np.sort(trace.start[above[np.sort(first)]])
        at = np.unique(np.concatenate([trace.end[here], left]))
        results = np.searchsorted(trace.end[here], at, "right")
        living = np.concatenate([[0], np.cumsum(alive[here])])[results]
        most = np.minimum(results * share.denominator // share.numerator, living)
        room = (most > np.searchsorted(left, at, "right")).astype(np.int64)
        times.append(at)
        changes.append(np.diff(room, prepend=0))
    at, place = np.unique(np.concatenate(times), return_inverse=True)
    rooms = np.cumsum(np.bincount(place, np.concatenate(changes), len(at)).astype(np.int64)) > 0
    edges = np.flatnonzero(np.diff(rooms.astype(np.int64), prepend=0, append=0))
    at = np.append(at, trace.makespan)
    begin, end = at[edges[::2]], np.minimum(at[edges[1::2]], trace.makespan)
    return begin[begin < end], end[begin < end]


def _in_full(trace: Trace, trial: int, full: NDArray[np.bool_], known: Callable[[int], float] | None) -> float | None:
    """The loss of a trial when fully trained; None if it is unknown, or if the trial dies before."""
    mine = np.flatnonzero(full & (trace.trial == trial))
    loss = float(trace.loss[mine[-1]]) if len(mine) else inf if known is None else known(trial)
    return loss if isfinite(loss) else None


def busy_workers(trace: Trace) -> Steps:
    """The number of workers at work over time; it starts at tick 0 and falls to 0 at the makespan."""
    begin, end = useful(trace)
    times, place = np.unique(np.concatenate([begin, end]), return_inverse=True)
    change = np.repeat([1.0, -1.0], len(trace))
    values = np.cumsum(np.bincount(place, weights=change, minlength=len(times))).astype(np.float64)
    if not len(times) or times[0] > 0:
        times, values = np.concatenate([[0], times]), np.concatenate([[0.0], values])
    return Steps(times, values)


def busy_by_level(trace: Trace, levels: Levels) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The number of workers at work on jobs to each level over time.

    Returns times, and values of shape (levels, times); a value holds until the next time.
    """
    begin, end = useful(trace)
    times, place = np.unique(np.concatenate([[0], begin, end]), return_inverse=True)
    change, level = np.zeros((len(levels), len(times))), levels.index_of(trace.to_resource)
    np.add.at(change, (level, place[1 : 1 + len(trace)]), 1)
    np.add.at(change, (level, place[1 + len(trace) :]), -1)
    return times, np.cumsum(change, axis=1)


def incumbent(trace: Trace) -> Steps:
    """Best loss known so far, from the first result on."""
    rows = incumbent_rows(trace)
    return Steps(trace.end[rows], trace.loss[rows])


def incumbent_rows(trace: Trace) -> NDArray[np.intp]:
    """The rows that set a new best loss, in order of time; of several at one instant, only the best."""
    results = np.flatnonzero(trace.where(Outcome.COMPLETED) & np.isfinite(trace.loss))
    order = results[np.argsort(trace.end[results], kind="stable")]
    losses = trace.loss[order]
    better = np.ones(len(order), bool)
    better[1:] = losses[1:] < np.minimum.accumulate(losses)[:-1]
    rows = order[better]
    lasting = np.ones(len(rows), bool)
    lasting[:-1] = trace.end[rows][:-1] < trace.end[rows][1:]
    return rows[lasting]


def incumbent_band(traces: Sequence[Trace]) -> Band:
    """Best loss known over time in several runs; a run that has ended keeps its best loss."""
    return _band([incumbent(trace) for trace in traces])


def regret_band(traces: Sequence[Trace], best: Sequence[float]) -> Band:
    """Simple regret over time in several runs: the best loss so far minus `best`, the best possible in each run."""
    steps = [incumbent(trace) for trace in traces]
    return _band([Steps(step.times, step.values - least) for step, least in zip(steps, best, strict=True)])


def best_losses(runs: Sequence[Sequence[Trace]]) -> list[float]:
    """For each replicate (the n-th trace of every searcher), the best loss that any searcher found; inf if none."""
    return [
        min((float(step.values[-1]) for step in map(incumbent, traces) if len(step.values)), default=np.inf)
        for traces in zip(*runs, strict=True)
    ]


def _band(steps: Sequence[Steps]) -> Band:
    times = np.unique(np.concatenate([step.times for step in steps])) if steps else np.zeros(0, np.int64)
    values = np.full((len(steps), len(times)), np.nan)
    for row, step in zip(values, steps, strict=True):
        row[:] = np.concatenate([[np.nan], step.values])[np.searchsorted(step.times, times, "right")]
    known = ~np.isnan(values).any(axis=0)
    quantiles = np.quantile(values[:, known], [0.1, 0.5, 0.9], axis=0) if known.any() else np.zeros((3, 0))
    return Band(times[known], *quantiles)


def full_length(trace: Trace) -> NDArray[np.bool_]:
    """Mask of the rows that completed a trial's full training."""
    return trace.where(Outcome.COMPLETED) & (trace.to_resource >= trace.max_length)


def trials_started(trace: Trace) -> int:
    """The number of different trials in the trace."""
    return _distinct(trace.trial)


def mispromotions(trace: Trace, divisor: float) -> int:
    """The number of promotions of trials that in the end are not among the best of their rung.

    The best are floor(n / divisor) of the rung's n results. Ties are broken as the rules do, earlier results first.
    Asynchronous promotion makes about sqrt(n) of them (Li et al., arXiv 1810.05934, section 3.3).
    """
    invalid = trace.trial[trace.where(Outcome.EXITED) & np.isnan(trace.loss)]  # their results vanished
    ended = trace.where(Outcome.COMPLETED, Outcome.EXITED) & ~np.isin(trace.trial, invalid)
    share, count, levels = exact(divisor), 0, _levels(trace)
    for (bracket, rung), rows in levels.items():
        above = levels.get((bracket, rung + 1))
        if above is None:
            continue
        here = rows[ended[rows]]
        most = floor(len(here) / share)
        if most < len(here):  # sorting the better part is enough
            losses = trace.loss[here]
            here = here[~(losses > np.partition(losses, most)[most])]
        order = np.lexsort((trace.end[here], trace.loss[here]))
        best = trace.trial[here[order[:most]]]
        count += len(np.setdiff1d(trace.trial[above], np.concatenate([best, invalid])))
    return count


def _levels(trace: Trace) -> dict[tuple[int, int], NDArray[np.intp]]:
    """The rows on each rung of each bracket, in order.

    They are found by one sort, since backfilling makes thousands of brackets.
    """
    order = np.lexsort((trace.rung, trace.bracket))
    parts = np.split(order, np.flatnonzero(_changes(trace.rung[order], trace.bracket[order])) + 1)
    return {(int(trace.bracket[rows[0]]), int(trace.rung[rows[0]])): rows for rows in parts if len(rows)}


def last_start(trace: Trace) -> int:
    """The tick at which the last new trial started; from then on a finite search only finishes what it began."""
    _, first_rows = np.unique(trace.trial, return_index=True)
    return int(trace.start[first_rows].max(initial=0))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _distinct(*columns: NDArray[np.int64]) -> int:
    """The number of different rows, found by sorting; columns in order of start sort fast."""
    order = np.lexsort(columns)
    return int(_changes(*(column[order] for column in columns)).sum()) + 1 if len(order) else 0


def _changes(*columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each row but the first differs from the one before it."""
    different: NDArray[np.bool_] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return different
