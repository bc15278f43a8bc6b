"""Reading recorded curves from CSV, CSV.gz and Parquet; every mistake is named with its line and column."""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator import ticks
from simulator.curves.curves import Exit
from simulator.curves.recorded import Table
from simulator.errors import InputError, Problem, unreadable

REQUIRED = ("trial", "resource", "loss", "elapsed_s")
OPTIONAL = ("exit",)

#: A compressed file may not unpack to more.
MAX_BYTES = 1 << 29
MAX_PROBLEMS = 10

#: line (1-based), trial, resource, loss, elapsed_s, exit
Row = tuple[int, int, int, float, float, str]


class _Report:
    """Collects problems, and stops at the tenth."""

    def __init__(self, source: Path) -> None:
        self.source = str(source)
        self.problems: list[Problem] = []

    def add(self, message: str, line: int | None = None, column: int | None = None, key: str = "") -> None:
        self.problems.append(Problem(self.source, message, line, column, key))
        if len(self.problems) >= MAX_PROBLEMS:
            self.stop()

    def stop(self) -> None:
        """Raise what was collected, if anything."""
        if self.problems:
            raise InputError(self.problems)


def read_table(path: Path, *, smaller_is_better: bool = True) -> Table:
    """Read learning curves; raises InputError for anything but a table of trial, resource, loss, elapsed_s[, exit].

    An empty, NaN or infinite loss is a trial that diverged. Without `smaller_is_better` the loss column is negated.
    """
    report = _Report(path)
    raw = _bytes(path)
    if path.name.endswith((".csv", ".csv.gz")):
        rows = list(_csv_rows(_unpacked(path, raw), report))
    elif path.suffix == ".parquet":
        rows = list(_parquet_rows(raw, report))
    else:
        raise InputError(
            Problem(str(path), "is of an unknown kind; the name should end in .csv, .csv.gz or .parquet")
        )
    if not rows:
        report.add("holds no rows; learning curves have one row for each trial and resource")
    report.stop()
    return _table(path, sha256(raw).hexdigest(), rows, report, 1.0 if smaller_is_better else -1.0)


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise InputError(Problem(str(path), "is a folder; learning curves are a CSV, CSV.gz or Parquet file"))
    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        raise unreadable(path, error if isinstance(error, OSError) else OSError(str(error))) from None
    if not raw:
        raise InputError(Problem(str(path), f"is empty; it should hold the columns {', '.join(REQUIRED)}"))
    return raw


def _unpacked(path: Path, raw: bytes) -> str:
    if path.suffix == ".gz":
        try:
            with gzip.open(io.BytesIO(raw)) as packed:
                raw = packed.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(Problem(str(path), f"is not a sound gzip file: {error}")) from None
        if len(raw) > MAX_BYTES:
            raise InputError(Problem(str(path), f"unpacks to more than {MAX_BYTES:,} bytes"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise InputError(Problem(str(path), message, line, 1)) from None


def _csv_rows(text: str, report: _Report) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(reader, [])]
        place = _places(header, report)
        for fields in reader:
            line = reader.line_num
            if not fields:
                continue
            if len(fields) != len(header):
                report.add(f"has {len(fields)} fields where the header has {len(header)}", line, 1)
                continue
            found = {name: fields[at].strip() for name, at in place.items()}
            with suppress(_BadField):
                yield (
                    line,
                    _whole(found["trial"], 0, line, place["trial"], "trial", report),
                    _whole(found["resource"], 1, line, place["resource"], "resource", report),
                    _loss(found["loss"], line, place["loss"], report),
                    _seconds(found["elapsed_s"], line, place["elapsed_s"], report),
                    _exit(found.get("exit", ""), line, place.get("exit", 0), report),
                )
    except csv.Error as error:
        report.add(f"is not CSV: {error}", reader.line_num, 1)


class _BadField(Exception):
    """A field was reported; its row is skipped."""


def _places(header: list[str], report: _Report) -> dict[str, int]:
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        shown = ", ".join(name[:40] for name in header[:8]) or "nothing"
        columns = f"{', '.join(REQUIRED)} and maybe {OPTIONAL[0]}"
        report.add(f"lacks the column {missing[0]}; the header should name {columns}, and names {shown!r}", 1, 1)
        report.stop()
    repeated = [name for name in (*REQUIRED, *OPTIONAL) if header.count(name) > 1]
    if repeated:
        report.add("stands twice in the header", 1, header.index(repeated[0]) + 1, repeated[0])
        report.stop()
    return {name: header.index(name) for name in (*REQUIRED, *OPTIONAL) if name in header}


def _bad(report: _Report, message: str, line: int, place: int, key: str) -> _BadField:
    report.add(message, line, place + 1, key)
    return _BadField()


def _whole(text: str, least: int, line: int, place: int, key: str, report: _Report) -> int:
    if text.isascii() and text.isdigit() and len(text) < 16 and int(text) >= least:  # noqa: PLR2004
        return int(text)
    raise _bad(report, f"{text[:40]!r} should be a whole number, {least} or more", line, place, key)


def _loss(text: str, line: int, place: int, report: _Report) -> float:
    try:
        return float(text) if text else math.nan
    except ValueError:
        message = f"{text[:40]!r} should be a number, or empty for a diverged trial"
        raise _bad(report, message, line, place, "loss") from None


def _seconds(text: str, line: int, place: int, report: _Report) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds * ticks.PER_SECOND <= ticks.LIMIT:
        message = f"{text[:40]!r} should be the seconds trained so far, 0 or more"
        raise _bad(report, message, line, place, "elapsed_s")
    return seconds


def _exit(text: str, line: int, place: int, report: _Report) -> str:
    if text not in {"", Exit.ERRORED.value, Exit.INVALID.value}:
        raise _bad(report, f"{text[:40]!r} should be errored, invalid or empty", line, place, "exit")
    return text


def _parquet_rows(raw: bytes, report: _Report) -> Iterator[Row]:
    """Parquet has no lines: a row's number, the header being line 1, stands for them."""
    import polars as pl  # noqa: PLC0415  (slow to import, needed only here)

    try:
        frame = pl.read_parquet(io.BytesIO(raw))
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        report.add(f"is not a sound Parquet file: {str(error).splitlines()[0]}")
        return
    place = _places(frame.columns, report)
    texts = {name: frame[name].cast(pl.String, strict=False).fill_null("").to_list() for name in place}
    with_header = io.StringIO(newline="")
    writer = csv.writer(with_header)
    writer.writerow(place)
    writer.writerows(zip(*texts.values(), strict=True))
    yield from _csv_rows(with_header.getvalue(), report)


def _table(path: Path, digest: str, rows: list[Row], report: _Report, sign: float) -> Table:
    lines, trial, resource, loss, seconds, exits = zip(*rows, strict=True)
    order = np.lexsort((np.array(resource), np.array(trial)))
    line = np.array(lines)[order]
    trials, resources = np.array(trial, np.int64)[order], np.array(resource, np.int64)[order]
    clock = np.rint(np.array(seconds)[order] * ticks.PER_SECOND).astype(np.int64)
    same = trials[1:] == trials[:-1]
    _check_rows(report, line, trials, resources, clock, same)
    died = {}
    for at in np.flatnonzero([exits[row] != "" for row in order]).tolist():
        if at + 1 < len(line) and same[at]:
            report.add("an exit should stand in the trial's last row", int(line[at]), None, "exit")
        died[int(trials[at])] = Exit(exits[order[at]])
    report.stop()
    losses = np.array(loss, np.float64)[order] * sign
    return Table(str(path), digest, trials, resources, np.where(np.isfinite(losses), losses, np.inf), clock, died)


def _check_rows(
    report: _Report,
    line: NDArray[np.int64],
    trial: NDArray[np.int64],
    resource: NDArray[np.int64],
    clock: NDArray[np.int64],
    same: NDArray[np.bool_],
) -> None:
    """What only neighbours can tell; `same[i]` says that rows i and i + 1 are of one trial."""
    for at in np.flatnonzero(same & (resource[1:] == resource[:-1])).tolist():
        what = f"trial {trial[at]} at resource {resource[at]} stands in line {line[at]} already"
        report.add(what, int(line[at + 1]), None, "resource")
    later = same & (resource[1:] > resource[:-1])
    for at in np.flatnonzero(later & (clock[1:] <= clock[:-1])).tolist():
        what = "should be greater than at the resource before (it is cumulative)"
        report.add(f"{ticks.to_seconds(int(clock[at + 1]))} {what}", int(line[at + 1]), None, "elapsed_s")
    gaps = np.flatnonzero(np.diff(trial, prepend=-1) > 1)
    for at in gaps[:1].tolist():
        expected = int(trial[at - 1]) + 1 if at else 0
        report.add(f"trial {expected} is missing; trials are numbered 0, 1, 2, …", int(line[at]), None, "trial")
