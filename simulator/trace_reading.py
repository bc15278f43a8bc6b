"""Reading a trace back from the CSV or Parquet file that one was saved as, whether simulated or imported."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from simulator import ticks
from simulator.errors import InputError, Problem, unreadable
from simulator.trace import COLUMNS, TIMES, Outcome, Trace

#: A column that may be missing, and then is 0.
OPTIONAL = frozenset({"bracket", "rung", "from_resource", "overhead", "lost"})
TimeUnit = Literal["s", "min", "h", "d"]
SUFFIXES = (".csv", ".parquet")
MAX_PROBLEMS = 10

_OUTCOMES = {outcome.name.lower(): outcome for outcome in Outcome}


def is_trace(path: Path) -> bool:
    """Whether the file's name is that of a trace, not of a scenario."""
    return path.suffix in SUFFIXES


def read_trace(path: Path, *, workers: int | None = None, label: str | None = None) -> Trace:
    """Read a saved trace; raises InputError naming line and column of what is wrong.

    The file does not say how many workers there were: default, as many as did anything. `label` is by default
    the file's name, or its folder's where the name is just "trace".
    """
    rows = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    header = [name.strip() for name in rows[0]] if rows else []
    missing = [name for name in COLUMNS if name not in header and name not in OPTIONAL]
    if missing:
        message = f"lacks the column {missing[0]}; a trace has {', '.join(COLUMNS)}"
        raise InputError(Problem(str(path), message, 1, 1))
    problems: list[Problem] = []
    made = []
    for line, fields in enumerate(rows[1:], start=2):
        if not fields:
            continue
        found = dict(zip(header, fields, strict=False))
        try:
            made.append([_cell(name, found.get(name, "0" if name in OPTIONAL else "")) for name in COLUMNS])
        except _BadCellError as error:
            name, message = error.args
            place = header.index(name) + 1 if name in header else 1
            problems.append(Problem(str(path), message, line, place, name))
        if len(problems) >= MAX_PROBLEMS:
            break
    if not made and not problems:
        problems = [Problem(str(path), "holds no attempts; a trace has a row for each")]
    if problems:
        raise InputError(problems)
    trace = Trace.from_rows(
        sorted(made, key=lambda row: row[COLUMNS.index("start")]),
        label=label or (path.resolve().parent.name if path.stem == "trace" else path.stem) or "trace",
        workers=0,
        max_length=max(int(row[COLUMNS.index("to_resource")]) for row in made),
    )
    return _checked(path, trace, workers)


def unit_of(trace: Trace) -> TimeUnit:
    """The largest unit of time of which the trace lasts at least two."""
    units: tuple[TimeUnit, ...] = ("d", "h", "min")
    return next((unit for unit in units if trace.makespan >= 2 * ticks.UNITS[unit]), "s")


class _BadCellError(Exception):
    """A cell's column, and what is wrong with it."""


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
    if not 0 <= value <= ticks.LIMIT or (name not in TIMES and value != int(value)):
        kind = "seconds" if name in TIMES else "a whole number"
        raise _BadCellError(name, f"{text[:40]!r} should be {kind}, 0 or more")
    return round(value)


def _checked(path: Path, trace: Trace, workers: int | None) -> Trace:
    """The trace with its number of workers; raises InputError where it can't have happened."""
    if (trace.end < trace.start).any():
        raise InputError(Problem(str(path), "has an attempt that ends before it starts", key="end"))
    if (trace.end - trace.start < trace.overhead + trace.lost).any():
        raise InputError(Problem(str(path), "has an attempt with more overhead and loss than time", key="lost"))
    order = np.lexsort((trace.end, trace.start, trace.worker))
    same = trace.worker[order][1:] == trace.worker[order][:-1]
    if (same & (trace.start[order][1:] < trace.end[order][:-1])).any():
        at = int(np.argmax(same & (trace.start[order][1:] < trace.end[order][:-1])))
        message = f"has worker {trace.worker[order][at]} do two things at once"
        raise InputError(Problem(str(path), message, key="worker"))
    seen = int(trace.worker.max()) + 1
    if workers is not None and workers < seen:
        raise InputError(Problem(str(path), f"has {seen} workers, more than {workers}", key="worker"))
    return replace(trace, workers=workers or seen)


def _csv(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline="")))
    except UnicodeDecodeError:
        raise InputError(Problem(str(path), "is not UTF-8 text; a trace is a CSV or a Parquet file")) from None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    except csv.Error as error:
        raise InputError(Problem(str(path), f"is not CSV: {error}")) from None


def _parquet(path: Path) -> list[Sequence[str]]:
    import polars as pl  # noqa: PLC0415  (slow to import, needed only here)

    try:
        frame = pl.read_parquet(path, use_pyarrow=False)
    except FileNotFoundError as error:
        raise unreadable(path, OSError(str(error.strerror or "No such file or directory"))) from None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise InputError(Problem(str(path), f"is not a sound Parquet file: {str(error).splitlines()[0]}")) from None
    texts = frame.select(pl.all().cast(pl.String, strict=False).fill_null(""))
    return [frame.columns, *texts.rows()]
