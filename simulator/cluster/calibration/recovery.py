"""What happened to lost jobs: where they went on, when they were tried again, and how long that was held back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.calibration import estimate, observed
from simulator.cluster.calibration.estimate import Estimate
from simulator.core import ticks
from simulator.trace.trace import Outcome, Trace

#: A lost attempt had something to keep if it trained this many units, at the pace of the next attempt.
WHOLE = 1.5
#: What happens within this time and two decisions of the scheduler happens at once; in seconds.
SOON = 0.1
#: Smallest number of lost jobs that show that lost jobs come last.
FEW = 2

Order = Literal["first", "last"]


@dataclass(frozen=True)
class Retry:
    """A lost job that was tried again `wait` seconds after its loss.

    `others` tells, in seconds after the loss, when the last of the jobs began that came before it; None if there was
    none. Jobs that were themselves tried again don't count. `overtook` says whether it began before a new trial that
    could have begun sooner. `held_back` says whether a worker and the scheduler had nothing to do just before it
    began, so that only a delay can have held it back.
    """

    wait: float
    others: float | None
    overtook: bool
    held_back: bool


@dataclass(frozen=True)
class Retries:
    """When lost jobs are tried again: their order, and the delay after a loss; `untold` has reasons by dotted key."""

    order: Order | None = None
    delay: Estimate | None = None
    untold: dict[str, str] = field(default_factory=dict)


def on_loss(traces: Sequence[Trace]) -> str | None:
    """What happened to lost jobs; None if all were lost before they had trained a whole unit.

    It is "resume" if any job went on from inside its training, "restart" if one could have done so and did not, and
    "exit" if no job was tried again.
    """
    again = further = afresh = 0
    for trace in traces:
        for one, other in observed.retried(trace):
            again += 1
            further += bool(trace.from_resource[other] > trace.from_resource[one])
            afresh += observed.trained(trace, one, like=other) >= WHOLE
    return "exit" if not again else "resume" if further else "restart" if afresh else None


def retries(traces: Sequence[Trace], decision: float) -> Retries:
    """Find out when lost jobs are tried again; `decision` is the scheduler's time for a job, in seconds."""
    at_once = soon(decision)
    found = [retry for trace in traces for retry in retried_jobs(trace, at_once)]
    if not found:
        return Retries()
    told, untold, delay = order(found, at_once), {}, None
    if told is None:
        untold["recovery.retry"] = "too few other jobs began while a lost job could have been tried again"
    waits = delays(found, told)
    if not len(waits):
        untold["recovery.retry_after"] = "no lost job began on a worker that had been without work"
    elif np.median(waits) <= at_once:
        untold["recovery.retry_after"] = "lost jobs were tried again as soon as a worker was free"
    else:
        delay = estimate.median(np.maximum(waits - decision, 0.0), "lost attempt")
    return Retries(told, delay, untold)


def soon(decision: float) -> float:
    """Seconds within which things happen at once, for a scheduler that takes `decision` seconds for a job."""
    return SOON + 2 * decision


def order(found: Sequence[Retry], at_once: float) -> Order | None:
    """Whether lost jobs come before all other jobs or after them; None if that can't be told.

    They come first if any of them overtook a new trial. Else they come last if at least `FEW` of them waited while
    another job began although the lost one could have been tried again. That is so from `at_once` seconds after the
    longest delay that shows; if none shows, after the shortest time that a lost job waited.
    """
    if any(retry.overtook for retry in found):
        return "first"
    since = max(delays(found, "last"), default=min(retry.wait for retry in found)) + at_once
    return "last" if sum(retry.others is not None and retry.others > since for retry in found) >= FEW else None


def delays(found: Sequence[Retry], order: Order | None) -> NDArray[np.float64]:
    """Seconds from a loss to the next attempt, of jobs that only a delay held back.

    If lost jobs come last, those that others came before are left out.
    """
    return np.array([own.wait for own in found if own.held_back and (order != "last" or own.others is None)], float)


def retried_jobs(trace: Trace, at_once: float) -> Iterator[Retry]:
    """The lost jobs of a trace that were tried again; what happens within `at_once` seconds happens at once."""
    # an attempt that was lost as it began was given to a worker that was away already, at an unknown time
    vain = (trace.end <= trace.start) & trace.where(*observed.LOST)
    begun = np.argsort(trace.start, kind="stable")
    begun = begun[~vain[begun]]
    jobs = observed.jobs(trace)
    going_on = _going_on(trace, begun)
    first_tries = [rows[0] for rows in jobs if not vain[rows[0]] and rows[0] not in going_on]
    others = np.sort(trace.start[first_tries])
    _, firsts = np.unique(trace.trial, return_index=True)
    new = begun[np.isin(begun, firsts)].tolist()
    lull = round(at_once * ticks.PER_SECOND)
    for one, other in observed.retried(trace):
        lost, again = int(trace.end[one]), int(trace.start[other])
        if vain[one] or vain[other]:
            continue
        if again < lost:  # two processes trained one job
            continue
        between = others[np.searchsorted(others, lost, "right") : np.searchsorted(others, again, "left")]
        open_then = set(trace.bracket[trace.start < lost].tolist())  # trials of further brackets may have to wait
        later = next((row for row in new if trace.start[row] > again and trace.bracket[row] in open_then), None)
        yield Retry(
            (again - lost) / ticks.PER_SECOND,
            (int(between[-1]) - lost) / ticks.PER_SECOND if len(between) else None,
            later is not None and not _at_rest(trace, begun, later, lull),
            _at_rest(trace, begun, other, lull),
        )


def _going_on(trace: Trace, begun: NDArray[np.int64]) -> set[int]:
    """The rows of attempts that went on with the worker's last trial: such jobs may come before all others."""
    last: dict[int, int] = {}
    found = set()
    for row in begun.tolist():
        worker, trial = int(trace.worker[row]), int(trace.trial[row])
        if last.get(worker) == trial:
            found.add(row)
        last[worker] = trial
    return found


def _at_rest(trace: Trace, begun: NDArray[np.int64], row: int, lull: int) -> bool:
    """Whether workers and the scheduler had had nothing to do for more than `lull` ticks when an attempt began.

    `begun` are the attempts' rows, in order of start. The attempt's own worker must be one of these workers. One of
    them must not have been lost before, since a worker that was lost may just have come back.
    """
    start = int(trace.start[row])
    before = begun[: np.searchsorted(trace.start[begun], start, "left")]
    if not len(before) or trace.start[before[-1]] >= start - lull:
        return False
    workers, place = np.unique(trace.worker[before][::-1], return_index=True)
    last = before[::-1][place]  # of each worker, its last attempt
    idle = trace.end[last] < start - lull
    stayed = ~np.isin(trace.outcome[last], (Outcome.FAILED, Outcome.PREEMPTED))
    return bool((idle & stayed).any() and idle[workers == trace.worker[row]].all())
