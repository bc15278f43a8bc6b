"""Turn the trials that a reader found into complete, sorted, checked curves, and count what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.core.vocabulary import Censored
from simulator.curves.importers import censoring, direction, first_reports, pauses
from simulator.curves.importers.imported_curve import REPEATED, ImportedCurve, apart, as_is, count, curve_of, plain
from simulator.curves.importers.report import ImportReport
from simulator.curves.importers.source import End, Found, Trial, wrong


def assemble(
    path: Path,
    kind: str,
    found: Found,
    *,
    mode: str | None = None,
    censored: Censored | None = None,
    offset: int | None = None,
    grid: tuple[int, ...] = (),
    max_gap: float | None = None,
) -> tuple[list[ImportedCurve], ImportReport]:
    """Make curves of the trials that were found, and a report of what was changed.

    `offset` is added to every step; by default it is 1 where steps start at 0. `grid` asks for curves at these
    resources, read on straight lines between reports. A time between two reports counts as a pause if it is longer
    than `max_gap` seconds. Raises InputError if trials were stopped early and no `censored` is given, if nothing says
    which way the metric is better, or if no trial is left.
    """
    if not found.trials and not found.skipped:
        raise wrong(path, "holds no trials")
    maximise, told = direction.maximised(path, found.metric, found.maximise, mode)
    report = ImportReport(
        str(path), kind, found.metric, "max" if maximise else "min", told, "", notes=list(found.notes)
    )
    report.dropped.update(found.skipped)
    report.others.update(found.others)
    report.offset = shift = _shift(found, offset)
    if shift:
        report.notes.append(f"resource = step + {shift}")
    trials = first_reports.from_start(found.trials, shift, report)
    trials = found.trials = pauses.settled(path, trials, max_gap, report)
    first_reports.tell_late(trials, shift, report)
    timed = any(trial.elapsed is not None for trial in trials)
    report.times = found.times if timed else "none: say unit_time in the scenario"
    curves = []
    sign = -1.0 if maximise else 1.0
    fates: dict[int, str] = {}
    count(report, REPEATED, sum(trial.taken_back for trial in trials))
    for trial, whole in zip(trials, plain(trials, shift, timed=timed), strict=True):
        curve = as_is(trial, shift, sign) if whole else curve_of(trial, shift, sign, report, timed=timed)
        if isinstance(curve, str):
            report.dropped[curve] += 1
            fates[id(trial)] = f"dropped: {curve}"
        else:
            curves.append(curve)
    curves = _complete(path, curves, censored, report)
    if grid:
        curves = _on_grid(curves, grid, report)
    if not curves:
        why = "; ".join(f"{count:,} {reason}" for reason, count in report.dropped.items())
        raise wrong(path, f"leaves no trial: {why}")
    _tell(trials, curves, fates, report)
    report.kept, report.points = len(curves), sum(len(curve.resources) for curve in curves)
    report.diverged = sum(curve.exit is None and curve.dead for curve in curves)
    report.failed = sum(curve.exit is not None for curve in curves)
    report.complete = report.kept - report.diverged - report.failed - sum(report.censored.values())
    report.resources = (
        min(int(curve.resources[0]) for curve in curves),
        max(int(curve.resources[-1]) for curve in curves),
    )
    return curves, report


def _shift(found: Found, offset: int | None) -> int:
    if offset is not None:
        return offset
    if found.origin is not None:
        return found.origin
    return int(any((trial.steps == 0).any() for trial in found.trials))


def _complete(
    path: Path, curves: list[ImportedCurve], censored: Censored | None, report: ImportReport
) -> list[ImportedCurve]:
    """Drop, hold or extrapolate the curves of living trials that end before the longest curve does."""
    longest = max((int(curve.resources[-1]) for curve in curves), default=0)
    cut = [curve for curve in curves if not curve.dead and curve.resources[-1] < longest]
    if not cut:
        return curves
    if censored is None:
        message = (
            f"has {len(cut)} of {len(curves)} trials that stop before the longest ({longest} units): how they "
            "would have gone on is not known; say --censored drop, hold or extrapolate"
        )
        raise wrong(path, message)
    if censored == "drop":
        report.dropped["stops early"] = len(cut)
        chosen = set(map(id, cut))
        return [curve for curve in curves if id(curve) not in chosen]
    grid = np.unique(np.concatenate([curve.resources for curve in curves]))
    made: list[ImportedCurve] = []
    word = "held at their last loss" if censored == "hold" else "extrapolated"
    for curve in curves:
        if curve.dead or curve.resources[-1] == longest:
            made.append(curve)
            continue
        new = grid[grid > curve.resources[-1]]
        losses = (censoring.held if censored == "hold" else censoring.extrapolated)(
            curve.resources, curve.losses, new
        )
        if losses is None:
            report.dropped["stops too early to extrapolate"] += 1
            continue
        seconds: NDArray[np.float64] | str | None = curve.seconds
        if curve.seconds is not None:
            later = censoring.times(curve.resources, curve.seconds, new)
            seconds = apart(np.concatenate([curve.seconds, later]), report)
        if isinstance(seconds, str):
            report.dropped[f"{seconds} once it goes on"] += 1
            continue
        report.censored[word] = report.censored.get(word, 0) + 1
        made.append(
            replace(
                curve,
                resources=np.concatenate([curve.resources, new]),
                losses=np.concatenate([curve.losses, losses]),
                seconds=seconds,
                completed=word,
            )
        )
    return made


def _on_grid(curves: list[ImportedCurve], grid: tuple[int, ...], report: ImportReport) -> list[ImportedCurve]:
    """The curves at the resources of `grid` that they span, and at their deaths."""
    made = []
    for curve in curves:
        known = np.isfinite(curve.losses)
        spans = curve.resources[known]
        wanted = np.array([at for at in sorted(set(grid)) if len(spans) and spans[0] <= at <= spans[-1]], np.int64)
        if curve.dead:
            wanted = np.union1d(wanted, curve.resources[-1:])
        if not len(wanted):
            report.dropped["has no point on the grid"] += 1
            continue
        seconds: NDArray[np.float64] | str | None = None
        if curve.seconds is not None:
            seconds = apart(np.interp(wanted, curve.resources, curve.seconds), report)
        if isinstance(seconds, str):
            report.dropped[f"{seconds} on the grid"] += 1
            continue
        losses = np.full(len(wanted), np.nan)
        if len(spans):
            losses = np.interp(wanted, spans, curve.losses[known], right=np.nan)
        made.append(replace(curve, resources=wanted, losses=losses, seconds=seconds))
    report.notes.append("read on straight lines at " + ", ".join(map(str, sorted(set(grid)))))
    return made


def _tell(trials: Sequence[Trial], curves: list[ImportedCurve], fates: dict[int, str], report: ImportReport) -> None:
    """List every trial in the report: the kept ones with their numbers, then the others with the next numbers."""
    kept = {id(curve.trial): curve for curve in curves}
    left = [trial for trial in trials if id(trial) not in kept]
    for number, trial in enumerate([*(curve.trial for curve in curves), *left]):
        curve = kept.get(id(trial))
        end = fates.get(id(trial), "dropped: stops early") if curve is None else _end(curve)
        report.trials.append({"trial": number, "name": trial.name, "end": end, "config": dict(trial.config)})
        hows = {attempt.how for attempt in trial.attempts[:-1]}
        if curve is not None:
            report.retried += End.RETRIED in hows
            report.paused += End.PAUSED in hows


def _end(curve: ImportedCurve) -> str:
    if curve.exit is not None:
        return "failed"
    if curve.dead:
        return "diverged"
    return curve.completed or "complete"
