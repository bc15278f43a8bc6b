"""Waits and stays of searches on a shared cluster, and whether the cluster can do the work that arrives.

Times are ticks inside, seconds in what is printed and saved. Numbers of one run are correlated, since a search that
waits makes the next one wait. So intervals are computed from means of batches, after a warm-up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.core.ticks import to_seconds
from simulator.trace import metrics
from simulator.trace.billing import costs_by_group
from simulator.trace.trace import Outcome, Spells
from simulator.trace.workload import Workload

Ticks = NDArray[np.int64]

#: Number of searches in each batch of MSER-5.
BATCH = 5
#: Number of batches from which an interval is computed, and smallest number of searches in each.
BATCHES, LEAST = 20, 5
#: The 97.5 % quantile of Student's t with 19 degrees of freedom, one fewer than BATCHES.
T = 2.0930240544
#: Number of parts of the time of arrivals that are compared to see whether a queue grows; and smallest number of
#: arrivals for that.
PARTS, ENOUGH = 5, 20
#: A queue grows if each part has more searches on average than the part before, and the last part has at least this
#: many times as many as the second.
GROWN = 2.0


@dataclass(frozen=True)
class Stay:
    """One search: when it arrived, began and was done, in seconds; None where that did not happen.

    `slowdown` is its stay divided by its stay on an empty cluster. `slot_s` is the sum of the seconds for which it
    held each slot, `cost` their price.
    """

    label: str
    number: int
    arrival_s: float
    first_start_s: float | None
    done_s: float | None
    wait_s: float | None
    stay_s: float | None
    slowdown: float | None
    units: int
    trials: int
    attempts: int
    stopped_attempts: int  # stopped by the scheduler, or lost with a machine
    slot_s: float
    cost: float
    best_loss: float | None


@dataclass(frozen=True)
class Queueing:
    """The numbers of a run of many searches; searches that arrived before `warm_up_s` are only in `stays`."""

    stays: tuple[Stay, ...]
    about: Mapping[str, Any]  # as in summary.json

    @property
    def overloaded(self) -> bool:
        """Whether more work arrives than the cluster can do."""
        return bool(self.about["overloaded"])


def queueing(
    workload: Workload,
    *,
    rates: Mapping[str, float] | None = None,
    warm_up: int | None = None,
    alone: Sequence[int | None] | None = None,
) -> Queueing:
    """Compute all numbers of a run.

    `rates` are arrivals per tick by label, if they are known; else arrivals are counted. `warm_up` is a tick; without
    it, MSER-5 finds one. `alone` has for each search the ticks that it would take on an empty cluster.
    """
    stays = _stays(workload, alone)
    arrived = np.array([visit.arrived for visit in workload.visits], np.int64)
    done = np.array([-1 if visit.done is None else visit.done for visit in workload.visits], np.int64)
    work = slot_ticks(workload)
    first = mser5((done - arrived)[done >= 0]) if warm_up is None else 0
    since = warm_up if warm_up is not None else int(arrived[done >= 0][first]) if first else 0
    counted = [stay for stay, at in zip(stays, arrived.tolist(), strict=True) if at >= since]
    busy, available = _busy(workload)
    could = available + _within(workload.trace.released, workload.end)  # including machines that were let go
    load = _load(workload, rates or {}, done, work, could / workload.end if workload.end else inf)
    times, present = presence(workload)
    grows = queue_grows(times, present, arrived)
    finished = [stay.stay_s for stay in counted if stay.stay_s is not None]
    interval = batch_means(np.array(finished))
    about: dict[str, Any] = {
        "searches": len(stays),
        "done": int((done >= 0).sum()),
        "end_s": to_seconds(workload.end),
        "slots": workload.trace.workers * workload.unit,
        "load": load,
        "utilization": busy / available if available else None,
        "overloaded": bool((load is not None and load >= 1) or grows),
        "queue_grows": grows,
        "warm_up_s": to_seconds(since),
        "warm_up_found": warm_up is None,
        "counted": len(counted),
        "wait_s": _spread([stay.wait_s for stay in counted if stay.wait_s is not None]),
        "stay_s": _spread(finished),
        "stay_mean_interval_s": interval,
        "slowdown": _spread([stay.slowdown for stay in counted if stay.slowdown is not None]),
        "waited_share": _waited(counted),
        "present_mean": _mean_over_time(times, present, workload.end),
        "present_max": int(present.max(initial=0)),
        "fairness": fairness(counted),
        "stopped_attempts": sum(stay.stopped_attempts for stay in stays),
        "cost": sum(costs_by_group(workload.trace).values()),
        "labels": _by_label(counted),
    }
    return Queueing(tuple(stays), about)


def slot_ticks(workload: Workload) -> Ticks:
    """Slot ticks of each search: the sum of the ticks for which it held each slot."""
    trace = workload.trace
    found = np.zeros(len(workload), np.int64)
    np.add.at(found, workload.search, (trace.end - trace.start) * workload.places * workload.unit)
    return found


def presence(workload: Workload) -> tuple[Ticks, Ticks]:
    """The number of searches that have arrived and are not done.

    Returns times, from 0 on, and the number from each time until the next.
    """
    arrived = [visit.arrived for visit in workload.visits]
    left = [workload.end if visit.done is None else visit.done for visit in workload.visits]
    times, place = np.unique(np.array([0, *arrived, *left], np.int64), return_inverse=True)
    change = np.zeros(len(times), np.int64)
    np.add.at(change, place[1 : 1 + len(arrived)], 1)
    np.add.at(change, place[1 + len(arrived) :], -1)
    return times, np.cumsum(change)


def waiting(workload: Workload, times: Ticks) -> Ticks:
    """The number of searches that are present and hold no worker, at each of `times`."""
    trace, search = workload.trace, workload.search
    edges, there = presence(workload)
    busy = np.zeros(len(times), np.int64)
    for number in range(len(workload)):
        mine = search == number
        started = np.searchsorted(np.sort(trace.start[mine]), times, "right")
        ended = np.searchsorted(np.sort(trace.end[mine]), times, "right")
        busy += started > ended
    return there[np.searchsorted(edges, times, "right") - 1] - busy


def mser5(values: NDArray[Any]) -> int:
    """The number of first values that are a warm-up, by MSER-5: without these the mean has the least standard error.

    It is at most half of the values. With fewer than four batches of five it is 0. Source: K. P. White, M. J. Cobb,
    S. C. Spratt, A comparison of five steady-state truncation heuristics for simulation, WSC 2000.
    """
    means = values[: len(values) // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
    if len(means) < 4:  # noqa: PLR2004
        return 0
    errors = [((means[d:] - means[d:].mean()) ** 2).sum() / (len(means) - d) ** 2 for d in range(len(means) // 2 + 1)]
    return int(np.argmin(errors)) * BATCH


def batch_means(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """A 95 % interval for the mean of correlated values, from means of batches; None if there are too few values."""
    size = len(values) // BATCHES
    if size < LEAST:
        return None
    means = values[len(values) - size * BATCHES :].reshape(BATCHES, size).mean(axis=1)
    half = T * float(means.std(ddof=1)) / sqrt(BATCHES)
    return float(means.mean()) - half, float(means.mean()) + half


def queue_grows(times: Ticks, present: Ticks, arrived: Ticks) -> bool:
    """Whether the number of searches present keeps growing while searches arrive."""
    if len(arrived) < ENOUGH or arrived[0] == arrived[-1]:
        return False
    edges = np.linspace(arrived[0], arrived[-1], PARTS + 1)
    parts = [_mean_between(times, present, low, high) for low, high in pairwise(edges)]
    rising = all(one < other for one, other in pairwise(parts))
    return bool(rising and parts[-1] >= GROWN * parts[1])


def fairness(stays: Sequence[Stay]) -> float | None:
    """Jain's fairness index of the labels' mean slowdowns: 1 if all are equal, less if some are slowed down more."""
    by: dict[str, list[float]] = {}
    for stay in stays:
        if stay.slowdown is not None:
            by.setdefault(stay.label, []).append(stay.slowdown)
    means = np.array([np.mean(values) for values in by.values()])
    return float(means.sum() ** 2 / (len(means) * (means**2).sum())) if len(means) > 1 else None


def _stays(workload: Workload, alone: Sequence[int | None] | None) -> list[Stay]:
    trace, search, n = workload.trace, workload.search, len(workload)
    starts = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(starts, search, trace.start)
    done = trace.where(Outcome.COMPLETED)
    units = np.zeros(n, np.int64)
    np.add.at(units, search[done], (trace.to_resource - trace.from_resource)[done])
    attempts = np.bincount(search, minlength=n)
    stopped = np.bincount(search[trace.where(Outcome.PREEMPTED)], minlength=n)
    trials = np.bincount(np.unique(np.stack([search, trace.trial]), axis=1)[0], minlength=n)
    best = np.full(n, inf)
    np.minimum.at(best, search[done], np.where(np.isnan(trace.loss[done]), inf, trace.loss[done]))
    work, costs = slot_ticks(workload), _costs(workload)
    found = []
    for k, visit in enumerate(workload.visits):
        stay = None if visit.done is None else visit.done - visit.arrived
        base = alone[k] if alone is not None else None
        start = int(starts[k]) if attempts[k] else None
        found.append(
            Stay(
                label=visit.label,
                number=visit.number,
                arrival_s=to_seconds(visit.arrived),
                first_start_s=None if start is None else to_seconds(start),
                done_s=None if visit.done is None else to_seconds(visit.done),
                wait_s=None if start is None else to_seconds(start - visit.arrived),
                stay_s=None if stay is None else to_seconds(stay),
                slowdown=stay / base if stay is not None and base else None,
                units=int(units[k]),
                trials=int(trials[k]),
                attempts=int(attempts[k]),
                stopped_attempts=int(stopped[k]),
                slot_s=to_seconds(int(work[k])),
                cost=float(costs[k]),
                best_loss=float(best[k]) if isfinite(best[k]) else None,
            )
        )
    return found


def _costs(workload: Workload) -> NDArray[np.float64]:
    """The cost of each search: the price of its slots for the time it held them."""
    trace, found = workload.trace, np.zeros(len(workload))
    prices = np.concatenate([np.full(group.count, group.price_per_hour) for group in trace.groups] or [np.zeros(0)])
    if not prices.any():
        return found
    hours = (trace.end - trace.start) / 3.6e9
    np.add.at(found, workload.search, hours * prices[trace.worker])
    rows = workload.held[:, 0]
    np.add.at(found, workload.search[rows], hours[rows] * prices[workload.held[:, 1]])
    return found


def _busy(workload: Workload) -> tuple[int, int]:
    """Worker ticks of useful training, and worker ticks of present workers, both up to the end of the run."""
    begin, end = metrics.useful(workload.trace)
    gone = _within(workload.trace.spells, workload.end)
    return int(((end - begin) * workload.places).sum()), workload.trace.workers * workload.end - gone


def _within(spells: Spells, end: int) -> int:
    """Ticks of spells before the end of the run."""
    return int((np.minimum(spells.end, end) - np.minimum(spells.start, end)).sum())


def _load(workload: Workload, rates: Mapping[str, float], done: Ticks, work: Ticks, places: float) -> float | None:
    """Arrival rate × mean work of a search ÷ capacity, summed over labels; None if a rate is unknown."""
    total, known = 0.0, False
    labels = np.array([visit.label for visit in workload.visits])
    for label in dict.fromkeys(labels.tolist()):
        mine = labels == label
        finished = mine & (done >= 0)
        mean = float(work[finished].mean()) if finished.any() else float(work[mine].mean())
        came = [visit.arrived for visit in workload.visits if visit.label == label]
        span = came[-1] - came[0]
        rate = rates.get(label, (len(came) - 1) / span if span else None)
        if rate is not None:
            total, known = total + rate * mean, True
    return total / (places * workload.unit) if known and places else None


def _waited(stays: Sequence[Stay]) -> float | None:
    waits = [stay.wait_s for stay in stays if stay.wait_s is not None]
    return sum(wait > 0 for wait in waits) / len(waits) if waits else None


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    p50, p90, p95 = (float(number) for number in np.quantile(values, [0.5, 0.9, 0.95]))
    return {"mean": float(np.mean(values)), "p50": p50, "p90": p90, "p95": p95, "max": float(max(values))}


def _mean_over_time(times: Ticks, values: Ticks, end: int) -> float:
    return _mean_between(times, values, 0, end) if end else 0.0


def _mean_between(times: Ticks, values: Ticks, low: float, high: float) -> float:
    """The mean of a step function over a span of time."""
    inside = np.clip(np.append(times, max(high, times[-1])), low, high)
    return float((values * np.diff(inside)).sum() / (high - low))


def _by_label(stays: Sequence[Stay]) -> dict[str, Any]:
    found = {}
    for label in dict.fromkeys(stay.label for stay in stays):
        mine = [stay for stay in stays if stay.label == label]
        found[label] = {
            "searches": len(mine),
            "done": sum(stay.done_s is not None for stay in mine),
            "wait_s": _spread([stay.wait_s for stay in mine if stay.wait_s is not None]),
            "stay_s": _spread([stay.stay_s for stay in mine if stay.stay_s is not None]),
            "slowdown": _spread([stay.slowdown for stay in mine if stay.slowdown is not None]),
            "slot_s": sum(stay.slot_s for stay in mine),
            "cost": sum(stay.cost for stay in mine),
        }
    return found
