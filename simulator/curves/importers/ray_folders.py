"""The folders that Ray Tune writes: a trial's results, and what the experiment's state says about it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.core.errors import InputError
from simulator.curves.importers import json_rows
from simulator.curves.importers.frames import MAX_BYTES
from simulator.curves.importers.source import Found, wrong
from simulator.io.reading import read_at_most

STEP = "training_iteration"
#: Files by which a trial's folder is recognised, even if the trial never reported anything.
RESULTS = {"result.json", "progress.csv"}

Result = dict[str, Any]


@dataclass
class RayTrial:
    """A trial read from its folder; `state` is its part of experiment_state-*.json."""

    name: str
    folder: Path
    experiment: str
    rows: list[Result] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)


def trials(path: Path, found: Found) -> list[RayTrial]:
    """Read every trial's folder below `path`, with its results; trials without results are counted."""
    made = []
    states: dict[Path, dict[str, dict[str, Any]]] = {}
    for folder, files in _folders(path):
        name = str(folder.relative_to(path)) if folder != path else folder.name
        above = folder.parent
        if above not in states:
            states[above] = state_of(above)
        inside = str(above.relative_to(path)) if folder != path else above.name
        state = states[above].get(folder.name, {})
        trial = RayTrial(name, folder, path.resolve().name if inside == "." else inside, [], state)
        if not RESULTS & files:
            found.skipped["failed before its first report" if "error.txt" in files else "has no results"] += 1
            continue
        try:
            rows, torn = _results(folder)
        except (OSError, ValueError, csv.Error, RecursionError) as error:
            said = error.problems[0].message if isinstance(error, InputError) else type(error).__name__
            found.skipped[f"can't be read ({said})"] += 1
            continue
        if torn:
            found.notes.append(f"{name}: its last line is torn and was left out")
        if not any(STEP in row for row in rows):
            empty = "failed before its first report" if "error.txt" in files else "has no results"
            found.skipped[f"has no {STEP}: not a result of Ray Tune" if rows else empty] += 1
            continue
        trial.rows = [row for row in rows if STEP in row]
        made.append(trial)
    return made


def _folders(path: Path) -> Iterator[tuple[Path, set[str]]]:
    if path.is_file():
        raise wrong(path, "is a file; Ray Tune's results are a folder with a folder for each trial")
    for folder, below, names in os.walk(path):
        below.sort()
        files = set(names)
        if (RESULTS | {"error.txt", "error.pkl"}) & files or ("params.json" in files and Path(folder) != path):
            yield Path(folder), files


def state_of(above: Path) -> dict[str, dict[str, Any]]:
    """The trials in an experiment's newest experiment_state-*.json, by their folders."""
    try:
        files = sorted(
            file for file in above.iterdir() if file.name.startswith("experiment_state-") and file.is_file()
        )
    except OSError:
        return {}
    for file in reversed(files):
        try:
            about = json_rows.loads(read_at_most(file, MAX_BYTES, "a state is a file"))
            pairs = [[json_rows.loads(part) for part in pair[:2]] for pair in about["trial_data"]]
            return {
                str(spec["relative_logdir"]): {**spec, "run": run if isinstance(run, dict) else {}}
                for spec, run in pairs if spec.get("relative_logdir")
            }  # fmt: skip
        except (InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return {}


def _results(folder: Path) -> tuple[list[Result], bool]:
    """The results of a trial, and whether the last line was only half written."""
    source = folder / "result.json"
    if source.exists() and source.stat().st_size:
        lines = _text(source).splitlines()
        rows: list[Result] = []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                if number == len(lines):
                    return rows, True
                raise
            rows.append(json_rows.flattened(row) if isinstance(row, dict) else {})
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
