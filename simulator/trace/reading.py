"""Reading a saved trace, simulated or imported, from CSV or Parquet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.core.escaping import of_name
from simulator.core.vocabulary import TimeUnit
from simulator.io import frames, reading
from simulator.trace.trace import COLUMNS, MOST_UNITS, NAME, TIMES, Outcome, Trace

#: Columns that may be missing; they are then read as 0.
OPTIONAL = frozenset({"bracket", "rung", "from_resource", "overhead", "lost"})
SUFFIXES = (".csv", ".parquet")
MAX_PROBLEMS = 10
#: Size in bytes of the largest file that is read.
MAX_BYTES = 1 << 28
#: Greatest values of the columns that decide the sizes of arrays. All other columns end where floats are no longer
#: exact.
GREATEST = {
    "worker": 10**6 - 1, "rung": 63, "bracket": 10**6, "trial": 10**9,
    "from_resource": MOST_UNITS, "to_resource": MOST_UNITS,
}  # fmt: skip

_OUTCOMES = {outcome.name.lower(): outcome for outcome in Outcome}

#: A row: its line (from 1) and its fields.
Row = tuple[int, Sequence[str]]


def is_trace(path: Path) -> bool:
    """Whether the file's name is that of a trace, not of a scenario."""
    return path.suffix in SUFFIXES


def read_trace(path: Path, *, workers: int | None = None, label: str | None = None) -> Trace:
    """Read a saved trace; raises InputError naming line and column of every mistake.

    The file does not say how many workers there were; by default they are those that have a row. `label` is by
    default the file's name, or the folder's name if the file is called "trace".
    """
    rows = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    header = [name.strip() for name in next(rows, (1, []))[1]]
    missing = [name for name in COLUMNS if name not in header and name not in OPTIONAL]
    if missing:
        message = f"lacks the column {missing[0]}; a trace has {', '.join(COLUMNS)}"
        raise InputError(Problem(str(path), message, 1, 1))
    twice = next((name for name in (*COLUMNS, NAME) if header.count(name) > 1), None)
    if twice is not None:
        raise InputError(Problem(str(path), "stands twice in the header", 1, header.index(twice) + 1, twice))
    lines, made, names = _attempts(path, header, rows)
    order = sorted(range(len(made)), key=lambda row: made[row][COLUMNS.index("start")])
    trace = Trace.from_rows(
        [made[row] for row in order],
        label=label or of_name(path.resolve().parent.name if path.stem == "trace" else path.stem) or "trace",
        workers=0,
        max_length=max(int(row[COLUMNS.index("to_resource")]) for row in made),
    )
    _check(path, trace, np.array(lines)[order], header)
    seen = int(trace.worker.max()) + 1
    if workers is not None and workers < seen:
        message = f"has {seen} workers, more than {workers}; give {seen} or more"
        raise InputError(Problem(str(path), message, key="worker"))
    return replace(trace, workers=workers or seen, names=names)


def unit_of(trace: Trace) -> TimeUnit:
    """The largest unit of time that fits at least twice into the trace."""
    units: tuple[TimeUnit, ...] = ("d", "h", "min")
    return next((unit for unit in units if trace.makespan >= 2 * ticks.UNITS[unit]), "s")


class _BadCellError(Exception):
    """A cell's column, and what is wrong with it."""


def _attempts(
    path: Path, header: list[str], rows: Iterator[Row]
) -> tuple[list[int], list[list[float]], dict[int, str]]:
    """The lines and rows of all attempts, in the order of `COLUMNS`, and the trials' names; raises InputError."""
    lines: list[int] = []
    made: list[list[float]] = []
    problems: list[Problem] = []
    names: dict[int, str] = {}
    for line, fields in rows:
        if not fields:
            continue
        if len(fields) != len(header):
            message = f"has {len(fields)} fields where the header has {len(header)}"
            problems.append(Problem(str(path), message, line, 1))
        else:
            found = dict(zip(header, fields, strict=True))
            try:
                made.append([_cell(name, found.get(name, "0")) for name in COLUMNS])
                lines.append(line)
                if found.get(NAME):
                    names[int(made[-1][COLUMNS.index("trial")])] = found[NAME]
            except _BadCellError as error:
                name, message = error.args
                problems.append(Problem(str(path), message, line, header.index(name) + 1, name))
        if len(problems) >= MAX_PROBLEMS:
            break
    if not made and not problems:
        problems = [Problem(str(path), "holds no attempts; a trace has a row for each", 1, 1)]
    if problems:
        raise InputError(problems)
    return lines, made, names


def _cell(name: str, text: str) -> float:
    if name == "outcome":
        if text not in _OUTCOMES:
            raise _BadCellError(name, f"{text[:40]!r} should be one of {', '.join(_OUTCOMES)}")
        return _OUTCOMES[text]
    if name == "loss":
        try:
            return float(text) if text else math.nan
        except ValueError:
            raise _BadCellError(name, f"{text[:40]!r} should be a number, or empty") from None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    value *= ticks.PER_SECOND if name in TIMES else 1
    greatest = GREATEST.get(name, ticks.LIMIT)
    if value > greatest:
        least = "285 years" if name in TIMES else f"{greatest:,}"
        raise _BadCellError(name, f"{text[:40]!r} should be {least} at most")
    if not value >= 0 or (name not in TIMES and value != int(value)):
        kind = "seconds" if name in TIMES else "a whole number"
        raise _BadCellError(name, f"{text[:40]!r} should be {kind}, 0 or more")
    return round(value)


def _check(path: Path, trace: Trace, lines: NDArray[np.int64], header: list[str]) -> None:
    """Raise InputError with the first line that shows that the trace is impossible."""

    def refuse(wrong: NDArray[np.intp], key: str, message: str) -> None:
        if len(wrong):
            column = header.index(key) + 1 if key in header else 1
            raise InputError(Problem(str(path), message, int(lines[wrong].min()), column, key))

    refuse(np.flatnonzero(trace.to_resource < trace.from_resource), "to_resource", "is less than from_resource")
    refuse(np.flatnonzero(trace.end < trace.start), "end", "is before the attempt's start")
    too_much = trace.end - trace.start < trace.overhead + trace.lost
    refuse(np.flatnonzero(too_much), "lost", "comes, with the overhead, to more than the attempt's time")
    order = np.lexsort((trace.end, trace.start, trace.worker))
    same = trace.worker[order][1:] == trace.worker[order][:-1]
    at_once = order[1:][same & (trace.start[order][1:] < trace.end[order][:-1])]
    worker = trace.worker[at_once[np.argmin(lines[at_once])]] if len(at_once) else 0
    refuse(at_once, "worker", f"has worker {worker} do two things at once")


def _csv(path: Path) -> Iterator[Row]:
    raw = reading.read_at_most(path, MAX_BYTES, "a trace is a CSV or a Parquet file")
    rows = csv.reader(io.StringIO(reading.csv_text(path, raw), newline=""))
    try:
        for fields in rows:
            yield rows.line_num, fields
    except csv.Error as error:
        raise InputError(Problem(str(path), f"is not CSV: {error}", rows.line_num, 1)) from None


def _parquet(path: Path) -> Iterator[Row]:
    """The rows of a Parquet file; row numbers, counted from 1 for the header, take the place of lines."""
    raw = reading.read_at_most(path, MAX_BYTES, "a trace is a CSV or a Parquet file")
    frame = frames.read_frame(path, raw, "parquet", (*COLUMNS, NAME))
    yield 1, frame.columns
    yield from enumerate(zip(*map(frames.texts, frame.get_columns()), strict=True), start=2)
