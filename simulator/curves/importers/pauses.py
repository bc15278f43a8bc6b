"""Derive the time trained from a log's clock, where the log does not mark pauses, restarts and start-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.curves.importers.report import ImportReport
from simulator.curves.importers.segments import Numbers, Segment, joined
from simulator.curves.importers.source import End, LoggedAttempt, Trial, wrong

#: A gap between reports is a pause if it is this many times as long as the trial's median pace gives for its steps
#: ...
FACTOR = 10.0
#: ... and this many seconds longer than that.
LEAST = 1.0
#: Smallest number of intervals from which a trial's own pace is computed; with fewer, the pace of all trials is used.
FEWEST = 3
#: Seconds of the longest single step: three years.
LONGEST = 1e8
#: A clock that goes back was restarted if its new value is at most the first factor times the usual time of a report.
#: If it went back to less than half, the second factor holds, since the value may include a start-up.
FRESH, STARTED = 1.25, 2.0


@dataclass
class _Count:
    """The numbers of pauses, of rewinds, and of restarts of clocks that were found."""

    trials: int = 0
    gaps: int = 0
    seconds: float = 0.0
    rewinds: int = 0
    restarts: int = 0


def settled(path: Path, trials: list[Trial], max_gap: float | None, report: ImportReport) -> list[Trial]:
    """The trials with the time that they trained, for sources that don't mark pauses; the report says what was cut.

    Raises InputError if a column of times is not a clock.
    """
    timed = [trial for trial in trials if trial.elapsed is not None and len(trial.steps) and not trial.marked]
    if not timed:
        return trials
    pace = pace_of(timed)
    trials = _without_tails(trials, pace, max_gap, report)
    timed = [trial for trial in trials if trial.elapsed is not None and len(trial.steps) and not trial.marked]
    odd = _odd(timed, max_gap)
    if not odd:
        return trials
    _check_clocks(path, timed)
    count = _Count()
    made = {id(trial): _settled(trial, pace, max_gap, count) for trial in odd}
    if count.gaps:
        rule = (
            f"longer than {FACTOR:g} times what the median pace gives"
            if max_gap is None
            else f"of {max_gap:g} s or more"
        )
        report.notes.append(
            f"{count.gaps:,} gaps {rule} are taken for pauses, {count.seconds:,.6g} s in {count.trials:,} trials; "
            "--max-gap SECONDS sets another bound"
        )
    if count.restarts:
        report.notes.append(f"{count.restarts:,} times a clock starts again: its segments are added up")
    if count.rewinds:
        report.notes.append(
            f"{count.rewinds:,} times steps start again at an earlier one: taken for a restart from a checkpoint"
        )
    return [made.get(id(trial), trial) for trial in trials]


def _without_tails(trials: list[Trial], pace: float, max_gap: float | None, report: ImportReport) -> list[Trial]:
    """The trials; if the log ends a trial long after its last report, the trial now ends at that report.

    Such an end is the time at which somebody closed the run, as in a notebook. The report counts these trials. `pace`
    is the pace of all trials in seconds per unit.
    """
    made = []
    tails = []
    for trial in trials:
        tail = _tail(trial, pace, max_gap)
        if tail:
            tails.append(tail)
            (attempt,) = trial.attempts
            trial = replace(trial, attempts=(replace(attempt, end=attempt.end - tail),))  # noqa: PLW2901
        made.append(trial)
    if tails:
        report.notes.append(
            f"{len(tails):,} trials ended long after their last report: these {sum(tails):,.6g} s are not training"
        )
    return made


def _tail(trial: Trial, pace: float, max_gap: float | None) -> float:
    """Seconds from a trial's last report to its end, if they are as long as a pause; else 0."""
    clock = trial.elapsed
    if clock is None or trial.marked or len(trial.attempts) != 1 or not len(clock) or (clock[1:] < clock[:-1]).any():
        return 0.0
    attempt = trial.attempts[0]
    tail = attempt.end - attempt.start - attempt.startup - float(clock[-1])
    if max_gap is not None:
        return tail if tail >= max_gap else 0.0
    own = paces_of(trial)
    usual = float(np.median(own)) if len(own) >= FEWEST else pace
    return tail if tail > max(FACTOR * usual, usual + LEAST) else 0.0


def _odd(trials: list[Trial], max_gap: float | None) -> list[Trial]:
    """Trials whose clock or steps don't advance evenly, found for all at once; the others have no pause."""
    clock = np.concatenate([trial.elapsed for trial in trials if trial.elapsed is not None])
    steps = np.concatenate([trial.steps for trial in trials])
    lengths = np.array([len(trial.steps) for trial in trials])
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    with np.errstate(all="ignore"):
        dt, du = np.diff(clock, prepend=np.nan), np.diff(steps.astype(float), prepend=np.nan)
        pace = dt / du
        pace[first], dt[first], du[first] = np.nan, np.nan, np.nan
        strange = ~((dt > 0) & (du > 0))
        strange[first] = False
        slowest = np.fmax.reduceat(pace, first)
        longest = np.fmax.reduceat(dt, first)
        fastest = np.fmin.reduceat(pace, first)
        overall = np.nanmedian(pace) if np.isfinite(pace).any() else np.nan
        odd = np.logical_or.reduceat(strange, first)
        odd |= (slowest > FACTOR * np.fmin(fastest, overall)) & (longest > LEAST)
        if max_gap is not None:
            odd |= np.fmax(longest, clock[first]) >= max_gap
    return [trials[at] for at in np.flatnonzero(odd).tolist()]


def _check_clocks(path: Path, trials: list[Trial]) -> None:
    """Raise InputError if the times of most trials are not a clock: all equal, or each step's own duration."""
    told = [trial for trial in trials if len(trial.steps) >= FEWEST]
    same, steps = 0, 0
    for trial in told:
        order = np.argsort(trial.steps, kind="stable")
        order = order[np.append(np.diff(trial.steps[order]) > 0, True)]
        clock = trial.elapsed[order] if trial.elapsed is not None else None
        if clock is None or not np.isfinite(clock).all() or len(clock) < FEWEST or clock[0] > LONGEST:
            continue
        intervals = np.diff(clock)
        forward = intervals[intervals > 0]
        # The times of single steps vary little; a clock that was restarted grows by the time of a step.
        slight = not len(forward) or np.median(forward) < np.min(clock) / 2
        flat = 0 < clock[-1] <= 1.5 * clock[0] and (intervals <= 0).sum() * 3 >= len(intervals)
        level = slight and (flat or ((intervals < 0).any() and np.max(clock) <= 2 * np.min(clock)))
        if (intervals == 0).all() and not trial.attempts and clock[0] > 0:
            steps += 1
        elif (intervals == 0).all():
            same += 1
        else:
            steps += level
    if 2 * steps > len(told) > 0:
        message = (
            "has times that don't grow from step to step; if they are the seconds that each step took, say "
            "--time-is per-step; else leave the times out by --no-times"
        )
        raise wrong(path, message)
    if 2 * same > len(told) > 0:
        message = (
            f"gives one time for all reports in {same:,} of {len(trials):,} trials, as where they were uploaded "
            "afterwards: how long a step took is not known; add --no-times"
        )
        raise wrong(path, message)


@np.errstate(invalid="ignore")  # (the difference of infinite times)
def paces_of(trial: Trial) -> Numbers:
    """Seconds per step between neighbouring reports, where both time and step increase."""
    clock = trial.elapsed if trial.elapsed is not None else np.zeros(0)
    dt, du = np.diff(clock), np.diff(trial.steps.astype(float))
    forward = (dt > 0) & (du > 0) & np.isfinite(dt)
    paces: Numbers = dt[forward] / du[forward]
    return paces


def pace_of(trials: Sequence[Trial]) -> float:
    """The median seconds per step of at most a thousand trials, evenly chosen; NaN if no trial has a pace."""
    paces = [paces_of(trial) for trial in trials[:: max(1, len(trials) // 1000)]]
    known = np.concatenate(paces) if paces else np.zeros(0)
    return float(np.median(known)) if len(known) else np.nan


def _settled(trial: Trial, pace: float, max_gap: float | None, count: _Count) -> Trial:
    clock, steps = trial.elapsed, trial.steps
    if clock is None or not np.isfinite(clock).all() or (np.abs(steps) >= 2**53).any():
        return trial
    own, together = paces_of(trial), pace
    if len(own) >= FEWEST:
        pace = float(np.median(own))
    elif len(own):
        pace = max(pace, float(np.min(own)))
    if (np.diff(clock) >= 0).all():
        return _at_gaps(trial, np.arange(len(steps)), pace, max_gap, count)
    order = np.argsort(steps, kind="stable")
    order = order[np.append(steps[order][1:] != steps[order][:-1], True)]
    if (np.diff(clock[order]) >= 0).all():
        return _at_gaps(trial, order, pace, max_gap, count)
    return _at_restarts(trial, float(np.fmin(together, np.median(own))) if len(own) else together, count)


def _at_gaps(trial: Trial, order: NDArray[np.intp], pace: float, max_gap: float | None, count: _Count) -> Trial:
    """Cut the trial at long gaps of its clock, and where its steps go back."""
    assert trial.elapsed is not None
    steps, clock = trial.steps[order], trial.elapsed[order]
    dt = np.diff(clock, prepend=0.0)
    rewound = np.append(False, steps[1:] < steps[:-1])
    usual = pace * np.maximum((steps - _reached(steps)).astype(float), 1.0)
    if max_gap is not None:
        gap = dt >= max_gap
    else:
        gap = (dt > FACTOR * usual) & (dt > usual + LEAST)
        gap[0] = False
    gap &= np.isfinite(usual)
    cut = gap | (rewound & np.isfinite(usual))
    expected = np.minimum(np.where(np.isfinite(usual), usual, dt), dt)
    if not cut.any():
        return trial
    count.trials += bool(gap.any())
    count.gaps += int(gap.sum())
    count.seconds += float((dt - expected)[gap].sum())
    count.rewinds += int((rewound & ~gap).sum())
    bounds = [0, *np.flatnonzero(cut[1:] & (np.arange(1, len(cut)) > 0)) + 1, len(clock)]
    whole = trial.attempts[0] if len(trial.attempts) == 1 else None
    segments = []
    for low, high in pairwise(bounds):
        begun = expected[low] if cut[low] or low else dt[low]
        since = begun + clock[low:high] - clock[low]
        last = high == len(clock)
        start = None
        if whole is not None:
            start = whole.start + (0.0 if low == 0 and not cut[0] else whole.startup + float(clock[low] - begun))
        segments.append(
            Segment(
                steps[low:high], trial.losses[order][low:high], since, trial.end if last else End.PAUSED, start,
                whole.startup if whole is not None and low == 0 else 0.0, whole.worker if whole else None,
            )
        )  # fmt: skip
    made = joined(trial.name, segments, trial.end, dict(trial.config))
    return _until(made, whole)


def _reached(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """The step from which each report went on: that of the report before, or after a rewind the next lower one."""
    known = np.append(0, np.unique(steps))
    below: NDArray[np.int64] = known[np.searchsorted(known[1:], steps)]
    before = np.append(0, steps[:-1])
    return np.where(before < steps, before, below)


def _until(trial: Trial, whole: LoggedAttempt | None) -> Trial:
    """Extend the trial's last attempt to the end that the source gives, if that is not long after its last report."""
    if whole is None or not trial.attempts:
        return trial
    last = trial.attempts[-1]
    trained = last.trained or 0.0
    usual = trained / max(1, last.last - max(last.first, 0))
    if 0 <= whole.end - last.end <= max(FACTOR * usual, LEAST):
        last = replace(last, end=whole.end, trained=None)
    return replace(trial, attempts=(*trial.attempts[:-1], last))


def _at_restarts(trial: Trial, pace: float, count: _Count) -> Trial:
    """Cut the trial where its clock restarts near zero; if the clock goes back in another way, nothing is cut."""
    assert trial.elapsed is not None
    clock, steps = trial.elapsed, trial.steps
    backwards = np.flatnonzero(np.diff(clock) < 0) + 1
    bounds = [0, *backwards.tolist(), len(clock)]
    parts = list(pairwise(bounds))
    evident = any(high - low > 1 for low, high in parts)
    for low in backwards.tolist():
        reached = steps[:low][steps[:low] < steps[low]]
        units = float(steps[low] - reached.max()) if len(reached) else 1.0
        usual = max(pace * units if np.isfinite(pace) else 0.0, float(clock[0]))
        most = (STARTED if 2 * clock[low] <= clock[low - 1] else FRESH) * usual
        if not evident or not 0 <= clock[low] <= most:
            return trial
    count.restarts += len(backwards)
    segments = [
        Segment(
            steps[low:high], trial.losses[low:high], clock[low:high], End.PAUSED if high < len(clock) else trial.end
        )
        for low, high in parts
    ]
    made = joined(trial.name, segments, trial.end, dict(trial.config))
    attempts = trial.attempts
    if len(attempts) == 1 and made.elapsed is not None:  # the time of the pause is unknown, the time trained is known
        attempts = (replace(attempts[0], trained=float(np.max(made.elapsed))),)
    return replace(made, attempts=attempts)
