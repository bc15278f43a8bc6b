"""Turn the trials that a reader found into complete, sorted, checked curves, and count all that was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.core.vocabulary import Censored
from simulator.curves.files.columns import LARGEST
from simulator.curves.importers import censoring, direction, pauses
from simulator.curves.importers.report import ImportReport
from simulator.curves.importers.source import BEYOND, End, Found, Trial, wrong
from simulator.curves.protocol import Exit

REPEATED = "repeated steps, the last report of each kept"


@dataclass(frozen=True, eq=False)
class ImportedCurve:
    """One imported trial: resources and clock increase; only the last loss may be NaN, if the trial diverged.

    `seconds` are cumulative, `exit` is set if the trial died by failing.
    """

    trial: Trial
    resources: NDArray[np.int64]
    losses: NDArray[np.float64]
    seconds: NDArray[np.float64] | None
    exit: Exit | None = None
    completed: str = ""  # how the curve of an early-stopped trial was continued

    @property
    def dead(self) -> bool:
        """Whether the curve ends because the trial died."""
        return self.exit is not None or not np.isfinite(self.losses[-1])


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
    """Make curves of the trials that were found, and report what was done.

    `offset` is added to every step; by default it is 1 where steps start at 0. `grid` asks for these resources, read
    on straight lines. `max_gap` is the longest time in seconds between two reports that is not a pause. Raises
    InputError where early-stopped trials meet no `censored`, where nothing says which way the metric is better, and
    where nothing is left.
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
    trials = found.trials = pauses.settled(path, found.trials, max_gap, report)
    timed = any(trial.elapsed is not None for trial in trials)
    report.times = found.times if timed else "none: say unit_time in the scenario"
    curves = []
    sign = -1.0 if maximise else 1.0
    fates: dict[int, str] = {}
    _count(report, REPEATED, sum(trial.taken_back for trial in trials))
    for trial, plain in zip(trials, _plain(trials, shift, timed=timed), strict=True):
        curve = _as_is(trial, shift, sign) if plain else _curve(trial, shift, sign, report, timed=timed)
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


def _plain(trials: Sequence[Trial], shift: int, *, timed: bool) -> NDArray[np.bool_]:
    """Mask of the trials that need no repair, computed for all at once, since `_curve` is slow for each."""
    lengths = np.array([len(trial.steps) for trial in trials])
    timeless = np.array([timed and trial.elapsed is None for trial in trials], bool)
    plain: NDArray[np.bool_] = (lengths > 0) & ~timeless
    if not plain.any():
        return plain
    kept = [trial for trial, good in zip(trials, plain, strict=True) if good]
    row = np.repeat(np.flatnonzero(plain), lengths[plain])
    steps = np.concatenate([trial.steps for trial in kept])
    odd = (
        (steps < 1 - shift)
        | (steps >= LARGEST - shift)
        | ~np.isfinite(np.concatenate([trial.losses for trial in kept]))
    )
    again = np.append(False, row[1:] == row[:-1])
    odd[1:] |= again[1:] & (steps[1:] <= steps[:-1])
    if timed:
        seconds = np.concatenate([trial.elapsed for trial in kept if trial.elapsed is not None])
        clock = _clock(seconds)
        odd |= ~((seconds >= 0) & (clock <= ticks.LIMIT))
        odd[1:] |= again[1:] & ~(clock[1:] > clock[:-1])
    plain[row[odd]] = False
    return plain


def _as_is(trial: Trial, shift: int, sign: float) -> ImportedCurve:
    resources = trial.steps + shift if shift else trial.steps
    losses = trial.losses * sign if sign < 0 else trial.losses
    return ImportedCurve(trial, resources, losses, trial.elapsed, Exit.ERRORED if trial.end is End.FAILED else None)


def _curve(trial: Trial, shift: int, sign: float, report: ImportReport, *, timed: bool) -> ImportedCurve | str:
    """The trial's curve, or the reason why it has none."""
    if (trial.steps >= LARGEST - shift).any():
        return BEYOND
    order = np.argsort(trial.steps, kind="stable")
    steps = trial.steps[order]
    last = np.append(steps[1:] != steps[:-1], True) if len(steps) else np.zeros(0, bool)
    early = steps < 1 - shift  # (their sum might overflow)
    _count(report, REPEATED, int((~last).sum()))
    _count(report, "points before the first unit left out", int((early & last).sum()))
    take = order[last & ~early]
    if not len(take):
        return "has no point"
    resources, losses = trial.steps[take] + shift, trial.losses[take] * sign
    seconds = None if trial.elapsed is None else trial.elapsed[take]
    if timed:
        if seconds is None or not np.isfinite(seconds).all():
            return "has no times, as others do"
        apart = _apart(seconds, report)
        if isinstance(apart, str):
            return apart
        seconds = apart
    good = np.flatnonzero(np.isfinite(losses))
    end = int(good[-1]) + 2 if len(good) else 1  # a single row without a loss means that it diverged
    _count(report, "points after a divergence left out", max(len(losses) - end, 0))
    resources, losses = resources[:end], np.where(np.isfinite(losses), losses, np.nan)[:end]
    seconds = None if seconds is None else seconds[:end]
    gone_on = np.isfinite(losses)
    gone_on[-1] = True
    _count(report, "losses that are not numbers left out, in a curve that goes on", int((~gone_on).sum()))
    resources, losses = resources[gone_on], losses[gone_on]
    seconds = None if seconds is None else seconds[gone_on]
    failed = trial.end is End.FAILED and not np.isnan(losses[-1])
    return ImportedCurve(trial, resources, losses, seconds, Exit.ERRORED if failed else None)


def _apart(seconds: NDArray[np.float64], report: ImportReport) -> NDArray[np.float64] | str:
    """Times that are at least one tick apart, since some sources' clocks are coarse; or what is wrong with them."""
    clock = _clock(seconds).astype(np.int64)  # beyond the limit floats are not exact to a tick
    if clock[0] < 0 or (np.diff(clock) < 0).any():
        return "has a clock that goes backwards"
    place = np.arange(len(clock))
    lifted = np.maximum.accumulate(clock - place) + place
    if lifted[-1] > ticks.LIMIT:
        return "has times beyond 285 years"
    moved = lifted != clock
    apart = np.where(moved, lifted / ticks.PER_SECOND, np.maximum(seconds, 0.0))
    if (np.diff(_clock(apart)) < 1).any():
        return "has times so late that a microsecond is lost in rounding"  # after 272 years, since seconds are floats
    _count(report, "times equal to the one before, moved by a microsecond", int(moved.sum()))
    return apart


def _clock(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds as whole ticks; times beyond the limit are cut to just beyond it, so that no product overflows."""
    most = 2.0 * ticks.LIMIT / ticks.PER_SECOND
    return np.rint(np.clip(seconds, -most, most) * ticks.PER_SECOND)


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
            seconds = _apart(np.concatenate([curve.seconds, later]), report)
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
            seconds = _apart(np.interp(wanted, curve.resources, curve.seconds), report)
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
    """Put every trial into the report: the kept ones with their numbers, then the others with the next numbers."""
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


def _count(report: ImportReport, what: str, how_many: int) -> None:
    if how_many:
        report.changed[what] += how_many
