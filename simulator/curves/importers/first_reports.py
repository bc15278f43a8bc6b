"""What clocks show at the first reports of trials: a start-up, no time at all, or an origin that trials share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.curves.importers.pauses import FACTOR, FEWEST, LEAST, paces_of
from simulator.curves.importers.report import ImportReport
from simulator.curves.importers.segments import Numbers
from simulator.curves.importers.source import Trial

#: The time before a trial's first report includes a start-up if it exceeds that of the trial's slowest other report
#: by this factor, ...
SLOWER = 1.1
#: ... or, if the trial has too few reports, if it exceeds what the pace of all trials gives by this factor.
TWICE = 2.0
#: If a first report comes this many times later than the pace gives, this is not a start-up: its clock began
#: elsewhere.
FAR = 1000.0
#: Greatest time that is considered, in seconds: almost 300 years.
LONGEST = 1e10


def without_startup(trial: Trial, shift: int, pace: float) -> Trial:
    """Cut a start-up from a trial whose clock ran before it trained.

    The time before its first report becomes what its pace gives. A trial is unchanged if its first report came in
    time: at most a tenth later than its slowest other report explains. `pace`, in seconds a unit, is that of all
    trials. It replaces the trial's own pace where the trial has too few reports; its first report is then late only
    from twice the expected time on. `shift` is added to steps to get units.
    """
    clock = trial.elapsed
    if clock is None or trial.marked or not len(clock) or not np.isfinite(clock).all():
        return trial
    own_paces = paces_of(trial)
    units = max(float(trial.steps[0]) + shift, 1.0)
    own = len(own_paces) >= FEWEST
    usual = (float(np.median(own_paces)) if own else pace) * units
    # The longest interval is considered too, since it is uncertain how many units the first report covers.
    longest = max(float(np.max(own_paces)) * units, float(np.max(np.diff(clock)))) if own else np.nan
    latest = SLOWER * longest if own else TWICE * usual
    if not np.isfinite(usual) or clock[0] <= latest:
        return trial
    startup = float(clock[0]) - usual
    attempts = trial.attempts
    if len(attempts) == 1:
        attempts = (replace(attempts[0], startup=startup),)
    return replace(trial, elapsed=clock - startup, attempts=attempts)


def from_start(trials: list[Trial], shift: int, report: ImportReport) -> list[Trial]:
    """The trials with clocks that count from their start, where most clocks say 0 at the first report.

    Training takes time, so the first report must have started such a clock. The training before that report is taken
    to have had the trial's mean pace.
    """
    clocked = [trial for trial in trials if _clocked(trial)]
    zeros = [
        trial
        for trial in clocked
        if trial.elapsed is not None and (trial.elapsed == 0).any() and np.isfinite(trial.elapsed).all()
    ]
    if 2 * len(zeros) <= len(clocked):
        return trials
    zero: dict[int, float] = {}
    for trial in zeros:
        order = np.argsort(trial.steps, kind="stable")
        steps, clock = trial.steps[order], np.asarray(trial.elapsed)[order]
        begun = int(np.searchsorted(steps, 1 - shift))  # reports of earlier steps are from before the training
        if begun + 1 < len(steps) and clock[begun] == 0 < clock[begun + 1] and steps[-1] > steps[begun]:
            pace = float(clock[-1]) / float(steps[-1] - steps[begun])
            zero[id(trial)] = pace * float(steps[begun] + shift)
    if 2 * len(zero) <= len(clocked):
        return trials
    report.notes.append(
        f"the clocks of {len(zero):,} trials say 0 at the first report: they are taken to count from it, and that "
        "report to have come at the trial's mean pace"
    )
    made = []
    for trial in trials:
        first = zero.get(id(trial))
        if first is None or trial.elapsed is None:
            made.append(trial)
            continue
        attempts = tuple(replace(attempt, start=attempt.start - first) for attempt in trial.attempts)
        made.append(replace(trial, elapsed=trial.elapsed + first, attempts=attempts))
    return made


def tell_late(trials: list[Trial], shift: int, report: ImportReport) -> None:
    """Say in the report how many trials first reported far later than their pace gives."""
    clocked = [trial for trial in trials if _clocked(trial)]
    begin, usual, _ = _spans([(trial.steps, np.asarray(trial.elapsed)) for trial in clocked], shift)
    excess = begin[(begin > (FACTOR - 1) * usual) & (begin > LEAST)]
    late, seconds = len(excess), float(excess.sum())
    if late:
        report.notes.append(
            f"{late:,} trials first report more than {FACTOR:g} times later than their pace gives; these "
            f"{seconds:,.6g} s count as training"
        )


def one_origin(clocks: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> int:
    """The number of trials that show that all times count from one origin, such as the start of the whole run.

    The first report of such a trial is late by the trial's own pace, and the trial began just when another ended. Or
    no two such trials trained at once. Or the first report is a thousand times later than the pace gives. `clocks`
    are steps and times of each trial.
    """
    begin, usual, end = _spans(clocks, 0)
    late = begin > 2 * usual
    if not late.any():
        return 0
    order = np.argsort(begin)
    if late.sum() >= FEWEST and (begin[order][1:] >= end[order][:-1]).all():
        return int(late.sum())
    before = np.sort(end)
    at = np.searchsorted(before, begin + usual, side="right") - 1
    idle = np.where(at >= 0, begin - before[np.maximum(at, 0)], np.inf)
    shown = (late & (np.abs(idle) <= usual)) | (begin > FAR * usual)
    return int(shown.sum()) if 2 * shown.sum() > late.sum() and 4 * shown.sum() >= len(clocks) else 0


def _clocked(trial: Trial) -> bool:
    clock = trial.elapsed
    return clock is not None and not trial.marked and len(clock) > 1


def _spans(
    clocks: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], shift: int
) -> tuple[Numbers, Numbers, Numbers]:
    """The times at which trials began by their mean pace, the times until a usual first report, and the ends."""
    ends = [
        (steps[0], clock[0], steps[-1], clock[-1]) if steps[-1] > steps[0] else
        (steps[-1], clock[-1], steps[0], clock[0])
        for steps, clock in clocks if len(steps)
    ]  # fmt: skip
    first, start, last, end = np.array(ends, np.float64).reshape(-1, 4).T
    known = (last > first) & (end > start) & np.isfinite(start) & (end < LONGEST)
    first, start, last, end = first[known], start[known], last[known], end[known]
    usual = (end - start) / (last - first) * np.maximum(first + shift, 1.0)
    return start - usual, usual, end
