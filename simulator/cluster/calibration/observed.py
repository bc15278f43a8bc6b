"""What schedules show of their cluster, attempt by attempt: paces, overheads, losses, gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gcd, isfinite, nan

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.calibration.regression import spread
from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.curves.protocol import Curves
from simulator.trace.trace import Outcome, Trace

#: A late worker counts as having joined later if each other worker has had this many jobs one after the other before.
HANDOVERS = 3
#: Number of trials from which on their losses can tell whether curves are theirs; and the probability by which the
#: losses of other trials may agree as well by chance.
TELLING, OTHERS = 8, 0.01

Values = NDArray[np.float64]
LOST = (Outcome.DROPPED, Outcome.PREEMPTED, Outcome.FAILED)


@dataclass(frozen=True, eq=False)
class Paces:
    """Factors by which attempts took longer than their curves say; lower bounds for lost attempts (`censored`)."""

    run: NDArray[np.int64]
    worker: NDArray[np.int64]
    factor: Values
    censored: NDArray[np.bool_]
    nominal: Values  # seconds by the curve; NaN where paces are compared within trials
    units: Values
    known: bool  # whether paces come from curves, and not from comparing the jobs of a trial


@dataclass(frozen=True, eq=False)
class Gaps:
    """Seconds from a lost attempt's end to its worker's next start.

    `certainly` is True where work was certainly waiting just before that start, so that the worker came back then.
    """

    seconds: Values
    certainly: NDArray[np.bool_]


def paces(traces: Sequence[Trace], curves: Curves | None) -> Paces | None:
    """The attempts' paces; None if neither curves nor trials with several jobs show them.

    Without curves, each job of a trial is compared with the trial's other jobs, so the mean pace of a trial is 1.
    Raises InputError if curves lack a trial.
    """
    return _by_curves(traces, curves) if curves is not None else _by_trials(traces)


def of_other_trials(trace: Trace, curves: Curves) -> str | None:
    """Why the curves can't be those of the trace's trials; None where they may be, or where too few losses can tell.

    The losses in the trace and those of the curves must rank trials alike, at the resource that most trials reached.
    """
    drawn = curves.trials is None  # curves that make as many trials as are asked for
    if curves.trials is not None and int(trace.trial.max()) >= curves.trials:
        return f"trains trial {int(trace.trial.max())}, and the curves hold {curves.trials}: they are of other trials"
    sound = trace.where(Outcome.COMPLETED) & np.isfinite(trace.loss)
    if not sound.any():
        return None
    most = np.bincount(trace.to_resource[sound]).argmax()
    real, said = [], []
    for row in np.flatnonzero(sound & (trace.to_resource == most)).tolist():
        try:
            _, loss, exit_ = curves.train(int(trace.trial[row]), 0, int(most))
        except InputError:
            continue
        if exit_ is None and isfinite(loss):
            real.append(float(trace.loss[row]))
            said.append(loss)
    if len(real) < TELLING or not np.ptp(real) or not np.ptp(said):
        return None
    from scipy.stats import spearmanr

    same = np.median(abs(np.array(real) - said)) <= OTHERS * spread(np.array(said))
    if same or spearmanr(real, said).pvalue < OTHERS:
        return None
    why = (
        "The scenario draws other trials: give the curves of the run, or the seed if it was simulated"
        if drawn
        else "The curves are of other trials, or in another order"
    )
    return (
        f"has other losses than the curves: {len(real)} trials at resource {most} rank in another order there. {why}"
    )


def _by_curves(traces: Sequence[Trace], curves: Curves) -> Paces | None:
    rows: list[tuple[int, int, float, bool, float, int]] = []
    for number, trace in enumerate(traces):
        if others := of_other_trials(trace, curves):
            raise InputError(Problem(trace.label, others))
        rests = _rests(trace)  # they begin inside a job, where curves need no point
        for row in np.flatnonzero(trace.to_resource > trace.from_resource).tolist():
            if row in rests:
                continue
            outcome = Outcome(int(trace.outcome[row]))
            trial, begin, end = (int(column[row]) for column in (trace.trial, trace.from_resource, trace.to_resource))
            if outcome is Outcome.EXITED:
                continue  # it may have ended at any unit
            try:
                nominal, _, exit_ = curves.train(trial, begin, end)
            except InputError:
                continue
            spent = int(trace.end[row] - trace.start[row] - trace.overhead[row])
            if exit_ is None and nominal > 0 and spent > 0:
                rows.append(
                    (
                        number,
                        int(trace.worker[row]),
                        spent / nominal,
                        outcome is not Outcome.COMPLETED,
                        nominal / ticks.PER_SECOND,
                        end - begin,
                    )
                )
    return _paces(rows, known=True) if rows else None


def _rests(trace: Trace) -> set[int]:
    """The rows of attempts that went on from inside a job, after it was lost."""
    return {
        other
        for rows in jobs(trace)
        for one, other in pairwise(rows)
        if trace.outcome[one] in LOST and trace.from_resource[other] > trace.from_resource[rows[0]]
    }


def _by_trials(traces: Sequence[Trace]) -> Paces | None:
    rows: list[tuple[int, int, float, bool, float, int]] = []
    for number, trace in enumerate(traces):
        units = trace.to_resource - trace.from_resource
        sound = trace.where(Outcome.COMPLETED) & (units > 0)
        spent = (trace.end - trace.start - trace.overhead)[sound]
        trial, worker, units = trace.trial[sound], trace.worker[sound], units[sound]
        pace = np.log(np.maximum(spent, 1) / units)
        for which in np.unique(trial):
            own = np.flatnonzero(trial == which)
            if len(own) > 1:
                off = (pace[own] - pace[own].mean()) * np.sqrt(len(own) / (len(own) - 1))
                rows += [
                    (number, int(worker[row]), float(np.exp(by)), False, nan, int(units[row]))
                    for row, by in zip(own, off, strict=True)
                ]
    return _paces(rows, known=False) if rows else None


def _paces(rows: list[tuple[int, int, float, bool, float, int]], *, known: bool) -> Paces:
    run, worker, factor, censored, nominal, units = zip(*rows, strict=True)
    whole = np.array(run, np.int64), np.array(worker, np.int64)
    return Paces(*whole, np.array(factor), np.array(censored, bool), np.array(nominal), np.array(units, float), known)


def total_seconds(traces: Sequence[Trace]) -> float:
    """Seconds of all attempts together, which are the exposure for rates of failures."""
    return sum(float((trace.end - trace.start).sum()) for trace in traces) / ticks.PER_SECOND


def count_of(traces: Sequence[Trace], outcome: Outcome) -> int:
    """The number of attempts with this outcome."""
    return sum(int(trace.where(outcome).sum()) for trace in traces)


def jobs(trace: Trace) -> list[list[int]]:
    """The rows of each job's attempts, in their order."""
    found: dict[tuple[int, int, int], list[int]] = {}
    for row in range(len(trace)):
        found.setdefault((int(trace.trial[row]), int(trace.bracket[row]), int(trace.rung[row])), []).append(row)
    return list(found.values())


def retried(trace: Trace) -> Iterator[tuple[int, int]]:
    """The rows of each lost attempt whose job was tried again, and of the next attempt at it."""
    for rows in jobs(trace):
        yield from ((one, other) for one, other in pairwise(rows) if trace.outcome[one] in LOST)


def lost_at(trace: Trace) -> dict[int, int]:
    """The ticks at which jobs were lost, by the row of the attempt that followed."""
    return {other: int(trace.end[one]) for one, other in retried(trace)}


def trained(trace: Trace, row: int, *, like: int) -> float:
    """Units that a lost attempt had trained, at the pace of another attempt of its job; 0 if `like` was lost, too."""
    if trace.outcome[like] != Outcome.COMPLETED:
        return 0.0
    spent = trace.end - trace.start - trace.overhead
    return float(spent[row] * (trace.to_resource - trace.from_resource)[like] / max(int(spent[like]), 1))


def gaps(traces: Sequence[Trace], outcome: Outcome, held_back: float = 0.0) -> Gaps:
    """The gaps after attempts with this outcome, failed or preempted.

    Work was certainly waiting where all other workers, except those away, were busy or had just been given work. A
    lost job that began within `held_back` seconds of its loss may not have waited, since it could begin no sooner.
    """
    found: list[tuple[float, bool]] = []
    for trace in traces:
        losses = lost_at(trace)
        by_worker = _by_worker(trace)
        starts, ends = np.sort(trace.start), np.sort(np.concatenate([_until(trace, rows) for rows in by_worker]))
        for rows in by_worker:
            for one, other in pairwise(rows):
                if trace.outcome[one] != outcome:
                    continue
                back = int(trace.start[other])
                busy = int(np.searchsorted(starts, back, "left") - np.searchsorted(ends, back, "right"))
                seconds = (back - int(trace.end[one])) / ticks.PER_SECOND
                others = [own for own in by_worker if own is not rows]
                waited = back - losses.get(other, -ticks.LIMIT) > held_back * ticks.PER_SECOND or not held_back
                found.append((seconds, waited and busy + _away(trace, others, back) >= trace.workers - 1))
    return Gaps(np.array([gap for gap, _ in found], float), np.array([sure for _, sure in found], bool))


def _away(trace: Trace, workers: list[list[int]], at: int) -> int:
    """The number of `workers` whose last attempt was lost with the machine and had ended before tick `at`.

    A worker is given by the rows of its attempts.
    """
    count = 0
    for rows in workers:
        before = [row for row in rows if trace.start[row] < at]
        last = before[-1] if before else None
        if last is not None and trace.end[last] < at and trace.outcome[last] in {Outcome.FAILED, Outcome.PREEMPTED}:
            count += 1
    return count


def drop_grid(traces: Sequence[Trace]) -> float:
    """The seconds of which all dropped attempts' lengths are multiples; 0 if no span of a second or more fits."""
    lengths = [int(length) for trace in traces for length in (trace.end - trace.start)[trace.where(Outcome.DROPPED)]]
    if len(lengths) < 3:  # noqa: PLR2004  (two lengths may have a large common divisor by chance)
        return 0.0
    common = gcd(*lengths)
    return common / ticks.PER_SECOND if common >= ticks.PER_SECOND else 0.0


def lengths(traces: Sequence[Trace]) -> Values:
    """Each attempt's length in seconds."""
    return np.concatenate([(trace.end - trace.start) / ticks.PER_SECOND for trace in traces])


def full_lengths(traces: Sequence[Trace]) -> Values:
    """Seconds that each attempt would have taken in full, at the mean pace of its run's complete attempts."""
    found = []
    for trace in traces:
        units, spent = trace.to_resource - trace.from_resource, trace.end - trace.start
        sound = trace.where(Outcome.COMPLETED)
        pace = float(spent[sound].sum()) / max(int(units[sound].sum()), 1)
        found.append(np.where(sound, spent, np.maximum(units * pace, spent)) / ticks.PER_SECOND)
    return np.concatenate(found)


def paid_overheads(traces: Sequence[Trace], every: int) -> tuple[NDArray[np.float64], Values]:
    """What each complete attempt paid for, as counts of (trial_start, restore, save), and its overhead in seconds.

    A job that goes on where its trial was just trained pays only for checkpoints.
    """
    design, paid = [], []
    for trace in traces:
        last: dict[int, tuple[int, int]] = {}  # by worker, its last trial and the end of that attempt
        tried: set[tuple[int, int, int]] = set()
        for row in range(len(trace)):
            worker, trial = int(trace.worker[row]), int(trace.trial[row])
            begin = int(trace.from_resource[row])
            key = (trial, int(trace.bracket[row]), int(trace.rung[row]))
            again = key in tried
            tried.add(key)
            before, until = last.get(worker, (-1, 0))
            at_once = int(trace.start[row]) - until <= ticks.PER_SECOND // 10
            goes_on = begin > 0 and not again and before == trial and at_once

            sound = trace.outcome[row] == Outcome.COMPLETED
            last[worker] = (trial if sound else -1, int(trace.end[row]))
            if not sound:
                continue
            checkpoints = (int(trace.to_resource[row]) - begin - 1) // every
            promoted = begin > 0 and not again
            design.append((not goes_on, begin > 0 and not goes_on, (promoted and not goes_on) + checkpoints))
            paid.append(int(trace.overhead[row]) / ticks.PER_SECOND)
    return np.array(design, float).reshape(-1, 3), np.array(paid)


def decisions(traces: Sequence[Trace]) -> Values:
    """Seconds that the scheduler took to decide on each job, from the report that allowed the job to its start.

    A report allows a new job on its own worker, or on one that waited. If another job began since that report, the
    scheduler decided on it first, so the time counts from there. A worker that was away is left out, since it did not
    wait for a report, and so is a lost job that is tried again. A job that followed another worker's report is
    unclear: its worker may have waited for that report, or all the time for the scheduler. Where most jobs are
    unclear, workers queue for the scheduler, and only the clear jobs count.
    """
    clear: list[float] = []
    unclear: list[float] = []
    for trace in traces:
        ends = np.sort(trace.end[trace.where(Outcome.COMPLETED, Outcome.EXITED)])
        earlier = {other: one for rows in _by_worker(trace) for one, other in pairwise(rows)}
        losses, before = lost_at(trace), None
        for row, start in enumerate(trace.start.tolist()):
            place = int(np.searchsorted(ends, start, "right"))
            told = int(ends[place - 1]) if place else None
            since = max((at for at in (told, before) if at is not None), default=None)
            one = earlier.get(row)
            own = None if one is None else int(trace.end[one])
            others = told is not None and told != own and (before is None or told > before)
            before = start
            if since is not None and row not in losses and (one is None or trace.outcome[one] not in LOST):
                (unclear if others else clear).append((start - since) / ticks.PER_SECOND)
    queue = 0 < len(clear) < len(unclear)
    return np.array(clear if queue else clear + unclear)


def ramp(trace: Trace) -> float:
    """Seconds from the first worker's first start to the last worker's; 0 unless all workers had work until then."""
    firsts = sorted(int(trace.start[rows[0]]) for rows in _by_worker(trace))
    last = firsts[-1]
    starts, ends = np.sort(trace.start), np.sort(trace.end)
    there = len(firsts) - 1
    busy = int(np.searchsorted(starts, last, "left") - np.searchsorted(ends, last, "left"))
    return (last - firsts[0]) / ticks.PER_SECOND if busy >= there else 0.0


def change_of_size(trace: Trace) -> str | None:
    """A text that says which worker came or went while there was work for it; None if none did."""
    by_worker = _by_worker(trace)
    arrivals = sorted((int(trace.start[rows[0]]), int(trace.worker[rows[0]])) for rows in by_worker)
    handed = np.sort(np.concatenate([_handed(trace, rows) for rows in by_worker]))
    half = (arrivals[-1][0] - arrivals[0][0]) / 2
    for others, (when, late) in enumerate(arrivals):
        jobs = int(np.searchsorted(handed, when))
        at_once = others > 0 and when - arrivals[others - 1][0] >= half  # ramp_up lets them come one by one
        if at_once and jobs >= HANDOVERS * others and when > trace.makespan // 20:
            at = ticks.show(when, "s")
            return (
                f"gives worker {late} its first job at {at}, when the others had been handed {jobs} jobs one after "
                "the other: the cluster grew; give the part before or after"
            )
    begun = np.sort(trace.start[trace.from_resource == 0])
    for rows in by_worker:
        gone = int(trace.end[rows[-1]])
        trials = len(begun) - int(np.searchsorted(begun, gone))
        if trace.outcome[rows[-1]] not in LOST and trials > HANDOVERS * (len(by_worker) - 1) > 0:
            return (
                f"gives worker {int(trace.worker[rows[0]])} no job after {ticks.show(gone, 's')}, and the others "
                f"began {trials} trials later: the cluster shrank; give the part before or after"
            )
    return None


def _handed(trace: Trace, rows: list[int]) -> NDArray[np.int64]:
    """Ticks at which a worker began jobs that it got right after its last one."""
    begun: NDArray[np.int64] = trace.start[rows][1:][_at_once(trace, rows)]
    return begun


def _until(trace: Trace, rows: list[int]) -> NDArray[np.int64]:
    """Ticks until which a worker's attempts kept it busy: to the start of the next one if that followed at once."""
    ends = trace.end[rows]
    ends[:-1] = np.where(_at_once(trace, rows), trace.start[rows][1:], ends[:-1])
    return ends


def _at_once(trace: Trace, rows: list[int]) -> NDArray[np.bool_]:
    """For each attempt but the last, whether the next followed at once; False if the worker was lost."""
    spent, ends, starts = (trace.end - trace.start)[rows], trace.end[rows], trace.start[rows]
    gone = np.isin(trace.outcome[rows], (Outcome.FAILED, Outcome.PREEMPTED))
    soon: NDArray[np.bool_] = starts[1:] - ends[:-1] <= ticks.PER_SECOND // 10 + spent[:-1] // 100
    return soon & ~gone[:-1]


def has_losses(trace: Trace) -> bool:
    """Whether the trace has any losses."""
    return bool(np.isfinite(trace.loss).any())


def _by_worker(trace: Trace) -> list[list[int]]:
    """The rows of each worker that did any work, in order of start."""
    order = np.lexsort((trace.start, trace.worker))
    cuts = np.flatnonzero(np.diff(trace.worker[order])) + 1
    return [part.tolist() for part in np.split(order, cuts) if len(part)]
