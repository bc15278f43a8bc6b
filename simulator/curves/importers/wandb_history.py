"""Histories exported from Weights & Biases: CSV or Parquet, one run a file, all in one, or a chart's."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulator.curves.importers import frames
from simulator.curves.importers.source import Found, Options, Trial, choose, listed, wrong

if TYPE_CHECKING:
    import polars as pl

STEP, RUNTIME, STAMP = "_step", "_runtime", "_timestamp"
NAMES = ("run_id", "run", "name", "run_name")
TABLES = (".csv", ".csv.gz", ".parquet")


def read(path: Path, options: Options) -> Found:
    """The runs of a file, or of all files below a folder; times are _runtime, or _timestamp since the first."""
    found = Found("", None, [], Counter(), notes=["a CSV from W&B's charts is sampled; the Parquet history is not"])
    runs: list[tuple[str, pl.DataFrame]] = []
    for name, file in _files(path):
        frame = frames.read(file)
        if options.step_column is None and "Step" in frame.columns:
            return _chart(file, frame, options, found)
        runs += _split(name, frame, options)
    step = options.step_column or STEP
    metrics = sorted({key for _, frame in runs for key in _numeric(frame) if not key.startswith("_") and key != step})
    if not metrics:
        raise wrong(path, "holds no metrics")
    found.metric = choose(path, "metric", options.metric, metrics, "--metric")
    for name, frame in runs:
        if found.metric not in frame.columns:
            found.skipped[f"does not report {found.metric}"] += 1
            continue
        losses = frames.numbers(path, frame[found.metric])
        # A row without the metric is a row of other metrics; one that says NaN is a result.
        written = ~np.array(frame[found.metric].is_null()) & (np.array(frames.texts(frame[found.metric])) != "")
        if not written.any():
            found.skipped[f"does not report {found.metric}"] += 1
            continue
        steps = frames.whole(path, frames.column(path, frame, step, "--step-column"))
        elapsed, span = _times(path, frame, options)
        found.trials.append(
            Trial(name, steps[written], losses[written], None if elapsed is None else elapsed[written], span=span)
        )
    return found


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """The files with their runs' names: the file's own, or its folder's where W&B numbers the files."""
    if not path.is_dir():
        yield path.name.partition(".")[0], path
        return
    none = True
    for folder, below, names in os.walk(path):
        below.sort()
        for name in sorted(names):
            if name.endswith(TABLES):
                none = False
                stem = name.partition(".")[0]
                numbered = stem.isdigit() and Path(folder) != path
                yield str(Path(folder).relative_to(path)) if numbered else stem, Path(folder) / name
    if none:
        raise wrong(path, f"holds no exported history, that is files that end in {', '.join(TABLES)}")


def _split(name: str, frame: pl.DataFrame, options: Options) -> list[tuple[str, pl.DataFrame]]:
    column = options.trial_column or next((known for known in NAMES if known in frame.columns), None)
    if column is None or column not in frame.columns:
        return [(name, frame)]
    names = frames.texts(frame[column])
    return [(run, frame[rows.tolist()].drop(column)) for run, rows in frames.groups(names)] if names else []


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
    path: Path, frame: pl.DataFrame, options: Options
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]] | None, tuple[float, float] | None]:
    stamps = frames.numbers(path, frame[STAMP]) if STAMP in frame.columns else None
    column = options.time_column or (RUNTIME if RUNTIME in frame.columns else None)
    elapsed = None
    if column is not None:
        elapsed = frames.numbers(path, frames.column(path, frame, column, "--time-column")) * options.seconds
    elif stamps is not None and np.isfinite(stamps).any():
        elapsed = stamps - np.nanmin(stamps)
    span = None
    if stamps is not None and np.isfinite(stamps).all() and len(stamps) and elapsed is not None:
        start = float(stamps[0] - elapsed[0])
        span = (start, float(stamps[-1])) if np.isfinite(start) else None
    return elapsed, span


def _chart(path: Path, frame: pl.DataFrame, options: Options, found: Found) -> Found:
    """A chart's CSV: Step, and for each run `run - metric` between `…__MIN` and `…__MAX`."""
    columns = [
        name for name in frame.columns if " - " in name and not name.endswith(("__MIN", "__MAX")) and name != "Step"
    ]
    metrics = sorted({name.rpartition(" - ")[2] for name in columns})
    if not metrics:
        raise wrong(path, f"has Step, and no column such as `run - loss` but {listed(frame.columns)}")
    found.metric = choose(path, "metric", options.metric, metrics, "--metric")
    steps = frames.whole(path, frame["Step"])
    for name in columns:
        run, _, metric = name.rpartition(" - ")
        if metric != found.metric or run.endswith(" - _step"):
            continue
        losses = frames.numbers(path, frame[name])
        there = ~np.array(frame[name].is_null()) & (np.array(frames.texts(frame[name])) != "")
        found.trials.append(Trial(run, steps[there], losses[there], None))
    return found
