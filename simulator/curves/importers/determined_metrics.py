"""Determined's metrics: a row for each report of a trial, with an ISO time and nested metrics."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from simulator.curves.importers import frames, json_rows, tabular
from simulator.curves.importers.delimited import Delimited
from simulator.curves.importers.frames import LogTable
from simulator.curves.importers.source import Found, Options, choose, listed, wrong

USES = frozenset({"trial_column", "step_column", "time_column", "max_gap"})
#: Names of the columns in Determined's database and in its API.
TRIAL = ("trial_id", "trial")
STEP = ("steps_completed", "total_batches", "batches", "step")
TIME = ("end_time", "report_time", "time")
METRICS = ("metrics", "avg_metrics", "validation_metrics")


def read(path: Path, options: Options) -> Found:
    """The trials of a table of metrics: CSV, JSON or Parquet with trial_id, steps_completed, end_time and metrics."""
    table = _expanded(frames.read_log_table(path))
    names = {_snake(name): name for name in reversed(table.columns)}
    trial = options.trial_column or _first(path, names, TRIAL, "--trial-column")
    step = options.step_column or _first(path, names, STEP, "--step-column")
    time = options.time_column or next((names[name] for name in TIME if name in names), None)
    metrics = [
        name for name in table.columns if _snake(name.partition("/")[0]) in METRICS and _is_number(table, name)
    ]
    shared = Counter(_short(name) for name in metrics)
    short = {_short(name) if shared[_short(name)] == 1 else name: name for name in metrics}
    wanted = options.metric
    if wanted in metrics and wanted not in short:
        wanted = _short(str(wanted))
    if shared[str(wanted)] > 1:
        several = [name for name in metrics if _short(name) == wanted]
        raise wrong(path, f"has several metrics {wanted}: {listed(several)}; choose one of these by --metric")
    if not metrics and options.metric in table.columns:
        short, wanted = {str(options.metric): str(options.metric)}, options.metric
    metric = choose(path, "metric", wanted, sorted(short), "--metric")
    # A validation at step 0 comes before the training.
    found = Found(short[metric], None, [], Counter(), origin=0, notes=list(table.notes))
    chosen = replace(options, metric=short[metric], trial_column=trial, step_column=step, time_column=time)
    tabular.add(found, [tabular.TableRun(path, "", table, {})], chosen)
    found.metric = metric
    return found


def _expanded(table: LogTable) -> LogTable:
    """The table with a column for each metric; CSV and Parquet hold them as JSON in one cell."""
    held = [name for name in table.columns if _snake(name) in METRICS]
    if not held:
        return table
    rows = []
    for record in table.frame.to_dicts():
        for name in held:
            cell = record[name]
            if isinstance(cell, str) and cell.lstrip()[:1] == "{":
                try:
                    record[name] = json_rows.loads(cell)
                except ValueError:
                    raise wrong(table.path, f"has {name} that are not JSON: {cell[:60]!r}") from None
        rows.append(record)
    raw = "\n".join(json.dumps(row, default=str) for row in rows).encode()
    made: Delimited = json_rows.parse(table.path, raw)
    return LogTable(table.path, made.frame, table.lines, table.notes)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _short(name: str) -> str:
    """A metric's name without the names of the objects that it is nested in."""
    parts = [part for part in name.split("/") if _snake(part) not in METRICS]
    return "/".join(parts) or name


def _first(path: Path, names: dict[str, str], known: tuple[str, ...], option: str) -> str:
    found = next((names[name] for name in known if name in names), None)
    if found is None:
        raise wrong(path, f"has no column {known[0]!r}; choose one by {option}")
    return found


def _is_number(table: LogTable, name: str) -> bool:
    import polars as pl

    series = table.frame[name]
    if series.dtype != pl.String:
        return series.dtype.is_numeric()
    made = series.cast(pl.Float64, strict=False).is_null().to_numpy() & ~table.missing(series)
    return not made.any() and series.null_count() < len(series)
