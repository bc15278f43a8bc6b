"""An imported curve: a trial whose steps, losses and times were sorted, checked and repaired."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.curves.files.columns import LARGEST
from simulator.curves.importers.report import ImportReport
from simulator.curves.importers.source import BEYOND, End, Trial
from simulator.curves.protocol import Exit

REPEATED = "repeated steps, the last report of each kept"


@dataclass(frozen=True, eq=False)
class ImportedCurve:
    """An imported trial: resources and clock increase; only the last loss may be NaN, if the trial diverged.

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
        return self.exit is not None or not math.isfinite(self.losses[-1])


def plain(trials: Sequence[Trial], shift: int, *, timed: bool) -> NDArray[np.bool_]:
    """Mask of the trials that need no repair; it is computed for all at once, since `curve_of` is slow."""
    lengths = np.array([len(trial.steps) for trial in trials])
    timeless = np.array([timed and trial.elapsed is None for trial in trials], bool)
    whole: NDArray[np.bool_] = (lengths > 0) & ~timeless
    if not whole.any():
        return whole
    kept = [trial for trial, fine in zip(trials, whole, strict=True) if fine]
    row = np.repeat(np.flatnonzero(whole), lengths[whole])
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
    whole[row[odd]] = False
    return whole


def as_is(trial: Trial, shift: int, sign: float) -> ImportedCurve:
    """The curve of a trial that needs no repair."""
    resources = trial.steps + shift if shift else trial.steps
    losses = trial.losses * sign if sign < 0 else trial.losses
    return ImportedCurve(trial, resources, losses, trial.elapsed, Exit.ERRORED if trial.end is End.FAILED else None)


def curve_of(trial: Trial, shift: int, sign: float, report: ImportReport, *, timed: bool) -> ImportedCurve | str:
    """The trial's curve, or the reason why it has none."""
    if (trial.steps >= LARGEST - shift).any():
        return BEYOND
    order = np.argsort(trial.steps, kind="stable")
    steps = trial.steps[order]
    last = np.append(steps[1:] != steps[:-1], True) if len(steps) else np.zeros(0, bool)
    early = steps < 1 - shift  # (their sum might overflow)
    count(report, REPEATED, int((~last).sum()))
    count(report, "points before the first unit left out", int((early & last).sum()))
    take = order[last & ~early]
    if not len(take):
        return "has no point"
    resources, losses = trial.steps[take] + shift, trial.losses[take] * sign
    seconds = None if trial.elapsed is None else trial.elapsed[take]
    if timed:
        if seconds is None or not np.isfinite(seconds).all():
            return "has no times, as others do"
        told = apart(seconds, report)
        if isinstance(told, str):
            return told
        seconds = told
    good = np.flatnonzero(np.isfinite(losses))
    end = int(good[-1]) + 2 if len(good) else 1  # a single row without a loss means a trial that diverged
    count(report, "points after a divergence left out", max(len(losses) - end, 0))
    resources, losses = resources[:end], np.where(np.isfinite(losses), losses, np.nan)[:end]
    seconds = None if seconds is None else seconds[:end]
    gone_on = np.isfinite(losses)
    gone_on[-1] = True
    count(report, "losses that are not numbers left out, in a curve that goes on", int((~gone_on).sum()))
    resources, losses = resources[gone_on], losses[gone_on]
    seconds = None if seconds is None else seconds[gone_on]
    failed = trial.end is End.FAILED and not np.isnan(losses[-1])
    return ImportedCurve(trial, resources, losses, seconds, Exit.ERRORED if failed else None)


def apart(seconds: NDArray[np.float64], report: ImportReport) -> NDArray[np.float64] | str:
    """Times that are at least one tick apart, or the text of what is wrong with them; some clocks are coarse."""
    clock = _clock(seconds).astype(np.int64)  # above the limit, floats are not exact to a tick
    if clock[0] < 0 or (np.diff(clock) < 0).any():
        return "has a clock that goes backwards"
    place = np.arange(len(clock))
    lifted = np.maximum.accumulate(clock - place) + place
    if lifted[-1] > ticks.LIMIT:
        return "has times beyond 285 years"
    moved = lifted != clock
    made = np.where(moved, lifted / ticks.PER_SECOND, np.maximum(seconds, 0.0))
    if (np.diff(_clock(made)) < 1).any():
        return "has times so late that a microsecond is lost in rounding"  # after 272 years, since seconds are floats
    count(report, "times equal to the one before, moved by a microsecond", int(moved.sum()))
    return made


def _clock(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds as whole ticks; times beyond the limit are cut to just beyond it, so that no product overflows."""
    most = 2.0 * ticks.LIMIT / ticks.PER_SECOND
    return np.rint(np.clip(seconds, -most, most) * ticks.PER_SECOND)


def count(report: ImportReport, what: str, how_many: int) -> None:
    """Add to the number of points that the report counts under `kind`, if there are any."""
    if how_many:
        report.changed[what] += how_many
