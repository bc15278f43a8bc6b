"""Histories of Weights & Biases: CSV or Parquet with one run or all runs, a chart's CSV, or offline runs."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core.errors import InputError
from simulator.curves.importers import (
    clocks,
    first_reports,
    frames,
    json_rows,
    pauses,
    segments,
    sidecars,
    tabular,
    wandb_offline,
)
from simulator.curves.importers.frames import LogTable
from simulator.curves.importers.source import End, Found, Options, Trial, choose, listed, wrong

if TYPE_CHECKING:
    import polars as pl

STEP, RUNTIME, STAMP = "_step", "_runtime", "_timestamp"
NAMES = ("run_id", "run", "name", "run_name")
#: The column in W&B's table of runs that says how each run ended, and the words in it.
STATE = "State"
STATES = {"crashed": End.FAILED, "failed": End.FAILED, "killed": End.STOPPED, "running": End.RUNNING}
TABLES = (".csv", ".csv.gz", ".parquet")


USES = frozenset({"trial_column", "step_column", "time_column", "seconds", "max_gap"})


class _Run(NamedTuple):
    """A run's history; for an offline run also its start, its end and its worker."""

    name: str
    table: LogTable
    config: dict[str, object]
    offline: wandb_offline.OfflineRun | None = None


def read(path: Path, options: Options) -> Found:
    """Read the runs of a file, or of all files below a folder; times are _runtime, or else _timestamp."""
    found = Found("", None, [], Counter())
    offline = wandb_offline.files(path)
    runs = _offline(path, offline, found) if offline else []
    if not offline:
        for name, file in _files(path):
            table = frames.read_log_table(file)
            if _is_chart(table, options):
                found.notes.append("a CSV from W&B's charts is sampled; the Parquet history is not")
                return _chart(file, table, options, found)
            runs += [_Run(name_, rows, {}) for name_, rows in _split(name, table, options)]
    step = options.step_column or STEP
    metrics = sorted(
        {key for run in runs for key in _numeric(run.table.frame) if not key.startswith("_") and key != step}
    )
    if not metrics:
        raise wrong(path, "holds no metrics")
    wanted = options.metric
    if wanted is not None and wanted not in metrics:
        wanted = next((name for name in metrics if name.replace("/", ".") == wanted.replace("/", ".")), wanted)
    found.metric = choose(path, "metric", wanted, metrics, "--metric")
    found.origin = int(any(run.table.from_zero(step) for run in runs))  # (the metric may be measured only later)
    made: dict[str, list[Trial]] = {}
    for run in runs:
        parts = _trial(run, found.metric, step, found.origin, options)
        if not parts:
            found.skipped[f"does not report {found.metric}"] += 1
        else:
            key = run.offline.identity if run.offline is not None else f"{run.name} {len(made)}"
            made.setdefault(key, []).extend(parts)
    if not offline:
        tabular.check_repeats(path, [(trial.steps, trial.losses) for parts in made.values() for trial in parts])
    found.trials = [_together(parts) for parts in _without_startups(list(made.values()), found)]
    return found


def _offline(path: Path, files: list[Path], found: Found) -> list[_Run]:
    """The offline runs below a path."""
    runs = []
    for file in files:
        try:
            run = wandb_offline.read_offline_run(file)
        except InputError as error:
            if len(files) == 1 or "pip install" in str(error):
                raise
            found.skipped[f"can't be read ({error.problems[0].message})"] += 1
            continue
        if not run.rows:
            found.skipped["has no history"] += 1
            continue
        raw = "\n".join(json.dumps(row) for row in run.rows).encode()
        table = frames.LogTable(file, json_rows.parse(file, raw).frame)
        runs.append(_Run(run.name, table, sidecars.flat(run.config), run))
    if not runs:
        why = "; ".join(f"{count:,} {reason}" for reason, count in found.skipped.items())
        raise wrong(path, f"holds no run of W&B with a history{': ' + why if why else ''}")
    return runs


def _trial(run: _Run, metric: str, step: str, shift: int, options: Options) -> list[Trial]:
    """Make a trial of a run, in parts if its clock starts again; skips a run that does not report the metric."""
    if metric not in run.table.columns:
        return []
    # A row without the metric holds other metrics; a row with NaN is a result.
    written = ~run.table.missing(run.table.frame[metric])
    if run.table.has(step) is not None:
        written &= ~run.table.missing(run.table.column(step, "--step-column"))
    if not written.any():
        return []
    table = run.table.only(written)
    steps = table.steps(table.column(step, "--step-column"), options)
    losses = table.numbers(table.frame[metric])
    elapsed, span = _times(table, options, steps, shift)
    end, worker = End.FINISHED, None
    if STATE in table.columns:
        end = STATES.get(str(table.frame[STATE][-1]).lower(), End.FINISHED)
    if run.offline is not None:
        code = run.offline.exit_code
        end = End.RUNNING if code is None else End.FAILED if code else End.FINISHED
        worker = run.offline.host
        if span is not None and run.offline.start is not None and run.offline.start <= span[0] + 1:
            span = (span[1] - float(elapsed[-1]) if elapsed is not None else run.offline.start, span[1])
    again = np.flatnonzero(np.diff(elapsed) < 0) + 1 if elapsed is not None else np.zeros(0, np.int64)
    if len(again) and elapsed is not None and STAMP in table.columns and (np.diff(steps) > 0).all():
        stamps = table.numbers(table.frame[STAMP])
        if np.isfinite(elapsed).all() and np.isfinite(stamps).all():
            return _resumed(run, (steps, losses, elapsed, stamps), again.tolist(), end)
    return [Trial.of(run.name, (steps, losses, elapsed), end=end, span=span, worker=worker, config=run.config)]


def _resumed(
    run: _Run,
    points: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    again: list[int],
    end: End,
) -> list[Trial]:
    """The parts of a run whose clock restarts where it was resumed; its timestamps say when that was."""
    made = []
    for low, high in pairwise([0, *again, len(points[0])]):
        steps, losses, clock, stamps = (column[low:high] for column in points)
        how = end if high == len(points[0]) else End.PAUSED
        span = (float(stamps[0] - clock[0]), float(stamps[-1]))
        made.append(Trial.of(run.name, (steps, losses, clock), end=how, span=span, config=run.config))
    return made


def _together(parts: list[Trial]) -> Trial:
    """The trial of a run that has several parts because it was resumed."""
    if len(parts) == 1:
        return parts[0]
    last = parts[-1]
    made = []
    for trial in parts:
        if trial.elapsed is None or not np.isfinite(trial.elapsed).all():
            steps, losses = (np.concatenate([getattr(part, name) for part in parts]) for name in ("steps", "losses"))
            return replace(last, steps=steps, losses=losses, elapsed=None)
        how = trial.end if trial is last else End.RETRIED if trial.end is End.FAILED else End.PAUSED
        start, startup, worker = None, 0.0, None
        if trial.attempts:
            (attempt,) = trial.attempts
            start, startup, worker = attempt.start, attempt.startup, attempt.worker
        made.append(segments.Segment(trial.steps, trial.losses, trial.elapsed, how, start, startup, worker))
    return segments.joined(last.name, made, last.end, dict(last.config))


def _without_startups(runs: list[list[Trial]], found: Found) -> list[list[Trial]]:
    """The parts of runs, without the time before training began: W&B's clock starts at wandb.init."""
    pace = pauses.pace_of([part for parts in runs for part in parts])
    made = []
    taken = []
    for parts in runs:
        done = -(found.origin or 0)
        kept = []
        for part in parts:
            cut = first_reports.without_startup(part, -done, pace)
            if cut is not part and cut.elapsed is not None and part.elapsed is not None:
                taken.append(float(part.elapsed[-1] - cut.elapsed[-1]))
            done = max(done, int(part.steps.max()))
            kept.append(cut)
        made.append(kept)
    if taken:
        found.notes.append(
            f"{len(taken):,} times a run first reported later than its pace gives: {sum(taken):,.6g} s since "
            "wandb.init are taken for start-up"
        )
    return made


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """The files with the names of their runs: the file's name, or its folder's name if W&B numbers the files."""
    if not path.is_dir():
        yield path.name.partition(".")[0], path
        return
    none = True
    for folder, below, names in os.walk(path):
        below.sort()
        for name in sorted(set(names) - sidecars.ours(names)):
            if name.endswith(TABLES):
                none = False
                stem = name.partition(".")[0]
                numbered = stem.isdigit() and Path(folder) != path
                yield str(Path(folder).relative_to(path)) if numbered else stem, Path(folder) / name
    if none:
        raise wrong(path, f"holds no exported history, that is files that end in {', '.join(TABLES)}")


def _split(name: str, table: LogTable, options: Options) -> list[tuple[str, LogTable]]:
    if options.trial_column is not None:
        table.column(options.trial_column, "--trial-column")
    column = options.trial_column or next(
        (name for known in NAMES for name in table.columns if name.lower() == known), None
    )
    if column is None:
        return [(name, table)]
    names = frames.texts(table.frame[column])
    parts = [(run, table.only(rows)) for run, rows in frames.groups(names)] if names else []
    return [(run, replace(part, frame=part.frame.drop(column))) for run, part in parts]


def _numeric(frame: pl.DataFrame) -> list[str]:
    import polars as pl

    numbers = []
    for series in frame.get_columns():
        if series.dtype == pl.String or series.dtype.is_numeric():
            values = series.cast(pl.Float64, strict=False)
            texts = series.dtype == pl.String and series == ""
            if (values.is_not_null() | series.is_null() | texts).all() and values.is_not_null().any():
                numbers.append(series.name)
    return numbers


def _times(
    table: LogTable, options: Options, steps: NDArray[np.int64], shift: int
) -> tuple[NDArray[np.float64] | None, tuple[float, float] | None]:
    stamps = table.numbers(table.frame[STAMP]) if STAMP in table.columns else None
    column = options.time_column or (RUNTIME if RUNTIME in table.columns else None)
    elapsed = None
    if column is not None:
        times = clocks.times(table, table.column(column, "--time-column"), options.seconds)
        elapsed = times.seconds
        if times.kind == "clock":
            stamps, elapsed = elapsed, None
    if elapsed is None and stamps is not None and np.isfinite(stamps).any():
        (elapsed,) = clocks.since_first([steps], [stamps], shift)
        if not np.isfinite(elapsed).all():
            elapsed = stamps - np.nanmin(stamps)
    span = None
    if stamps is not None and np.isfinite(stamps).all() and len(stamps) and elapsed is not None:
        start = float(stamps[0] - elapsed[0])
        span = (start, float(stamps[-1])) if np.isfinite(start) else None
    return elapsed, span


def _is_chart(table: LogTable, options: Options) -> bool:
    """Whether a table is an exported chart: an axis, and three columns for each run."""
    if options.step_column is None and "Step" in table.columns:
        return True
    return STEP not in table.columns and any(f"{name}__MIN" in table.columns for name in table.columns)


def _chart(path: Path, table: LogTable, options: Options, found: Found) -> Found:
    """A chart's CSV: an axis such as Step, and for each run `run - metric` with columns `…__MIN` and `…__MAX`."""
    for name in ("trial_column", "time_column", "seconds"):
        if getattr(options, name) is not None:
            raise wrong(path, f"is a chart's CSV, for which --{name.replace('_', '-')} means nothing; leave it out")
    axis = options.step_column or ("Step" if "Step" in table.columns else table.columns[0])
    columns = [
        name for name in table.columns if " - " in name and not name.endswith(("__MIN", "__MAX")) and name != axis
    ]
    metrics = sorted({name.rpartition(" - ")[2] for name in columns} - {axis, STEP})
    if not metrics:
        raise wrong(path, f"has Step, and no column such as `run - loss` but {listed(table.columns)}")
    found.metric = choose(path, "metric", options.metric, metrics, "--metric")
    if axis != "Step":
        found.notes.append(f"the resource is the chart's axis, {axis}")
    if axis.lower().startswith(("relative time", "wall time", "_runtime", "_timestamp")):
        raise wrong(path, f"is a chart over {axis}, which counts no steps; export it over Step or an epoch")
    for name in columns:
        run, _, metric = name.rpartition(" - ")
        if metric != found.metric or run.endswith(" - _step"):
            continue
        there = ~table.missing(table.frame[name])
        if not there.any():
            found.skipped[f"does not report {found.metric}"] += 1
            continue
        part = table.only(there)
        steps = part.steps(part.column(axis, "--step-column"), options)
        found.trials.append(Trial(run, steps, part.numbers(part.frame[name]), None))
    return found
