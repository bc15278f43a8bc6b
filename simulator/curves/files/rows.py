"""Learning curves row by row: slower than `columns`, but every mistake is named with its line and column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.curves.files.columns import METRIC, OPTIONAL, REQUIRED, TIME, CurveColumns
from simulator.curves.protocol import Exit

if TYPE_CHECKING:
    from _csv import Reader

MAX_PROBLEMS = 10

#: A row: line (from 1), trial, resource, loss, elapsed_s, exit.
Row = tuple[int, int, int, float, float, str]
#: The metrics that the file names, each with the first row that names it.
Held = dict[str, int]


class Problems:
    """Collects problems, and stops at the tenth; `fields` maps the columns of a text to their numbers, from 1."""

    def __init__(self, source: Path, fields: Mapping[str, int] | None = None) -> None:
        self.source = str(source)
        self.fields = dict(fields or {})
        self.problems: list[Problem] = []

    def add(self, message: str, line: int | None = None, column: int | None = None, key: str = "") -> None:
        """Add a problem, at the field of its key if no column is given; raises InputError at the tenth."""
        self.problems.append(Problem(self.source, message, line, column or self.fields.get(key), key))
        if len(self.problems) >= MAX_PROBLEMS:
            self.stop()

    def stop(self) -> None:
        """Raise InputError with the collected problems, if there are any."""
        if self.problems:
            raise InputError(self.problems)


def read_rows(text: str, report: Problems, *, timed: bool) -> CurveColumns:
    """CurveColumns of a CSV text, with times if `timed`; raises InputError naming every mistake."""
    reader = csv.reader(io.StringIO(text, newline=""))
    place: dict[str, int] = {}
    rows: list[Row] = []
    held: Held = {}
    try:
        header = [name.strip() for name in next(reader, [])]
        place = _places(header, (*REQUIRED, TIME) if timed else REQUIRED, report)
        report.fields = {name: at + 1 for name, at in place.items()}
        rows = list(_rows(reader, header, place, report, held))
    except csv.Error as error:
        report.add(f"is not CSV: {error}", reader.line_num, 1)
    if not rows and not report.problems:
        report.add("holds no rows; learning curves have one row for each trial and resource", 1, 1)
    if len(held) > 1:
        (one, _), (other, line) = list(held.items())[:2]
        report.add(f"{other[:40]!r} should be {one[:40]!r}, as above: a file holds one metric", line, key=METRIC)
    report.stop()
    lines, trial, resource, loss, seconds, exits = zip(*rows, strict=True)
    return CurveColumns(
        np.array(lines, np.int64),
        np.array(trial, np.int64),
        np.array(resource, np.int64),
        np.array(loss, np.float64),
        np.array(seconds, np.float64) if TIME in place else None,
        {row: word for row, word in enumerate(exits) if word},
        next(iter(held), None),
    )


def _rows(reader: Reader, header: list[str], place: dict[str, int], report: Problems, held: Held) -> Iterator[Row]:
    for fields in reader:
        line = reader.line_num
        if not fields:
            continue
        if len(fields) != len(header):
            report.add(f"has {len(fields)} fields where the header has {len(header)}", line, 1)
            continue
        found = {name: fields[at].strip() for name, at in place.items()}
        if found.get(METRIC):
            held.setdefault(found[METRIC], line)
        with suppress(_BadField):
            yield (
                line,
                _whole(found["trial"], 0, line, "trial", report),
                _whole(found["resource"], 1, line, "resource", report),
                _loss(found["loss"], line, report),
                _seconds(found[TIME], line, report) if TIME in place else 0.0,
                _exit(found.get("exit", ""), line, report),
            )


class _BadField(Exception):
    """A field of the row is wrong and was reported; the row is skipped."""


def _places(header: list[str], required: tuple[str, ...], report: Problems) -> dict[str, int]:
    missing = [name for name in required if name not in header]
    if missing:
        shown = ", ".join(name[:40] for name in header[:8]) or "nothing"
        columns = f"{', '.join((*REQUIRED, TIME))} and maybe {OPTIONAL[-1]}"
        report.add(f"lacks the column {missing[0]}; the header should name {columns}, and names {shown!r}", 1, 1)
        report.stop()
    repeated = [name for name in (*REQUIRED, *OPTIONAL, METRIC) if header.count(name) > 1]
    if repeated:
        report.add("stands twice in the header", 1, header.index(repeated[0]) + 1, repeated[0])
        report.stop()
    return {name: header.index(name) for name in (*REQUIRED, *OPTIONAL, METRIC) if name in header}


def _bad(report: Problems, message: str, line: int, key: str) -> _BadField:
    report.add(message, line, key=key)
    return _BadField()


def _whole(text: str, least: int, line: int, key: str, report: Problems) -> int:
    if text.isascii() and text.isdigit() and len(text) < 16 and int(text) >= least:  # noqa: PLR2004
        return int(text)
    raise _bad(report, f"{text[:40]!r} should be a whole number, {least} or more", line, key)


def _number(text: str) -> float:
    """Parse a number in a form that every reader of CSV accepts; 1_000 is refused, which only Python accepts."""
    if "_" in text:
        raise ValueError
    return float(text)


def _loss(text: str, line: int, report: Problems) -> float:
    try:
        return _number(text) if text else math.nan
    except ValueError:
        message = f"{text[:40]!r} should be a number, or empty for a diverged trial"
        raise _bad(report, message, line, "loss") from None


def _seconds(text: str, line: int, report: Problems) -> float:
    try:
        seconds = _number(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds * ticks.PER_SECOND <= ticks.LIMIT:
        message = f"{text[:40]!r} should be the seconds trained so far, 0 or more"
        raise _bad(report, message, line, TIME)
    return seconds


def _exit(text: str, line: int, report: Problems) -> str:
    if text not in {"", Exit.ERRORED.value, Exit.INVALID.value}:
        raise _bad(report, f"{text[:40]!r} should be errored, invalid or empty", line, "exit")
    return text
