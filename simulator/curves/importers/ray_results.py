"""Ray Tune's result folders: each folder with result.json or progress.csv is a trial. Ray itself is not needed."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator.core.errors import InputError
from simulator.curves.importers.frames import MAX_BYTES
from simulator.curves.importers.source import End, Found, Options, Trial, choose, wrong
from simulator.io.reading import read_at_most

STEP, TIME = "training_iteration", "time_total_s"
#: What Ray itself adds to a result.
OWN = {
    STEP, TIME, "time_this_iter_s", "timestamp", "pid", "time_since_restore", "iterations_since_restore",
    "timesteps_total", "episodes_total", "timesteps_since_restore", "done", "date", "node_ip", "hostname", "trial_id",
    "experiment_id", "checkpoint_dir_name", "should_checkpoint", "warmup_time", "experiment_tag",
}  # fmt: skip

Result = dict[str, Any]


def read(path: Path, options: Options) -> Found:
    """The trials below `path`; times are time_total_s, start and end come from the timestamps."""
    found = Found("", None, [], Counter())
    results: dict[str, tuple[Path, list[Result]]] = {}
    for folder in _folders(path):
        name = str(folder.relative_to(path)) if folder != path else folder.name
        try:
            rows, torn = _results(folder)
        except (OSError, ValueError, csv.Error, RecursionError) as error:
            said = error.problems[0].message if isinstance(error, InputError) else type(error).__name__
            found.skipped[f"can't be read ({said})"] += 1
            continue
        if torn:
            found.notes.append(f"{name}: its last line is torn and was left out")
        if not any(STEP in row for row in rows):
            found.skipped["has no results" if not rows else f"has no {STEP}: not a result of Ray Tune"] += 1
            continue
        results[name] = folder, [row for row in rows if STEP in row]
    metrics = Counter(key for _, rows in results.values() for key in _metrics(rows))
    if not results:
        why = "; ".join(f"{count:,} {reason}" for reason, count in found.skipped.items())
        raise wrong(path, f"holds no results of Ray Tune (result.json or progress.csv){': ' + why if why else ''}")
    found.metric = choose(path, "metric", options.metric, sorted(metrics), "--metric")
    for name, (folder, rows) in results.items():
        reports = [row for row in rows if _number(row.get(found.metric)) is not None]
        if not reports:
            found.skipped[f"does not report {found.metric}"] += 1
            continue
        try:
            found.trials.append(_trial(name, folder, reports, found.metric))
        except (TypeError, ValueError, OverflowError):
            found.skipped[f"has a {STEP} or {TIME} that is no number"] += 1
    return found


def _folders(path: Path) -> Iterator[Path]:
    if path.is_file():
        raise wrong(path, "is a file; Ray Tune's results are a folder with a folder for each trial")
    for folder, below, files in os.walk(path):
        below.sort()
        if {"result.json", "progress.csv"} & set(files):
            yield Path(folder)


def _results(folder: Path) -> tuple[list[Result], bool]:
    """A trial's results, and whether the last one was only half written."""
    source = folder / "result.json"
    if source.exists() and source.stat().st_size:
        lines = _text(source).splitlines()
        rows: list[Result] = []
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except ValueError:
                if number == len(lines):
                    return rows, True
                raise
            rows.append(row if isinstance(row, dict) else {})
        return rows, False
    source = folder / "progress.csv"
    if not source.exists():
        return [], False
    text = _text(source)
    table = list(csv.reader(io.StringIO(text, newline="")))
    header = table[0] if table else []
    torn = len(table) > 1 and (len(table[-1]) != len(header) or not text.endswith("\n"))
    return [dict(zip(header, row, strict=False)) for row in table[1 : -1 if torn else None] if row], torn


def _text(source: Path) -> str:
    return read_at_most(source, MAX_BYTES, "results are a file").decode()


def _metrics(rows: list[Result]) -> set[str]:
    keys = {key for row in rows for key in row} - OWN
    return {
        key for key in keys if not key.startswith("config") and any(_number(row.get(key)) is not None for row in rows)
    }


def _number(value: Any) -> float | None:
    """A value as a number; Ray's CSV has text, its JSON numbers, booleans and whole trees."""
    if isinstance(value, bool) or value is None or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _trial(name: str, folder: Path, rows: list[Result], metric: str) -> Trial:
    timed = all(_number(row.get(TIME)) is not None for row in rows)
    elapsed = [float(row[TIME]) for row in rows] if timed else None
    span = None
    if timed and elapsed and all(_number(row.get("timestamp")) is not None for row in rows):
        start = float(rows[0]["timestamp"]) - elapsed[0]
        span = start, max(float(rows[-1]["timestamp"]), start + elapsed[-1])
    failed = (folder / "error.txt").exists() or (folder / "error.pkl").exists()
    done = str(rows[-1].get("done", "")).lower() == "true"
    steps = [int(float(row[STEP])) for row in rows]
    losses = [float(row[metric]) for row in rows]
    host = rows[0].get("hostname") or rows[0].get("node_ip")
    return Trial.of(
        name,
        (steps, losses, elapsed),
        end=End.FAILED if failed else End.FINISHED if done else End.RUNNING,
        span=span,
        worker=str(host) if host else None,
    )
