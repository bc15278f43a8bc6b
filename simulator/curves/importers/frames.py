"""Tables of users: a column has the type that the file states, or else is text; types are not guessed from values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.core.errors import InputError, Problem
from simulator.curves.importers import delimited, json_rows
from simulator.curves.importers.source import Options, listed, wrong
from simulator.io import reading
from simulator.io.frames import read_frame, texts

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SUFFIXES", "LogTable", "groups", "read_bytes", "read_log_table", "texts"]

SUFFIXES = (
    ".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".parquet", ".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz",
    ".json.gz",
)  # fmt: skip
MEANT = "a table is a file that ends in .csv, .tsv, .parquet, .jsonl or .json"
#: Size in bytes of the largest file that is read, as it stands and unpacked.
MAX_BYTES = 1 << 30
#: Texts for a value that was not measured.
MISSING = ("", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", "none", "-", "--", "<NA>")
#: JSON Lines that contain any of these are read row by row, and not by polars.
ODD_JSON = re.compile(rb"NaN|Infinity|:\s*[\[{]")


@dataclass(frozen=True, eq=False)
class LogTable:
    """A table with the line of each row; None if row i stands in line i + 2."""

    path: Path
    frame: pl.DataFrame
    lines: NDArray[np.int64] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The columns' names."""
        return self.frame.columns

    def has(self, name: str) -> str | None:
        """The column of that name, None if there is none; nested keys may be joined by a point instead of `/`."""
        names = (name, name.replace(".", "/"), name.replace("/", "."))
        return next((known for known in names if known in self.frame.columns), None)

    def only(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> LogTable:
        """The table with only the given rows."""
        at = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(
            self,
            frame=self.frame[at],
            lines=(np.arange(len(self.frame)) + 2 if self.lines is None else self.lines)[at],
        )

    def column(self, name: str, option: str) -> pl.Series:
        """A column by name; if it is missing, raises InputError that names the option for another column."""
        known = self.has(name)
        if known is None:
            raise wrong(self.path, f"has no column {name!r} but {listed(self.columns)}; choose one by {option}")
        return self.frame[known]

    def missing(self, series: pl.Series) -> NDArray[np.bool_]:
        """Mask of the rows without a value; a text that is not a number is not missing."""
        import polars as pl

        if series.dtype != pl.String:
            return series.is_null().to_numpy()
        return (series.is_null() | series.str.strip_chars().is_in(MISSING)).to_numpy()

    def numbers(self, series: pl.Series) -> NDArray[np.float64]:
        """A column as numbers, NaN for nan or a missing value; raises InputError with the line of any other text."""
        import polars as pl

        if not (series.dtype.is_numeric() or series.dtype in {pl.String, pl.Null, pl.Boolean}):
            raise InputError(Problem(str(self.path), f"holds {series.dtype}, not numbers", 1, None, series.name))
        if series.dtype != pl.String:
            return series.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
        made = series.cast(pl.Float64, strict=False)
        if made.null_count():
            text = series.str.strip_chars()
            made = text.cast(pl.Float64, strict=False)
            odd = made.is_null().to_numpy() & ~self.missing(series)
            if odd.any():
                self.refuse(series, int(np.argmax(odd)), "should be a number")
        return made.fill_null(float("nan")).to_numpy()

    def steps(self, series: pl.Series, options: Options) -> NDArray[np.int64]:
        """A column as whole numbers, after `--step-scale`; raises InputError with the line of any other value."""
        values = self.numbers(series)
        scaled = values if options.step_scale is None else options.resources(values)
        odd = ~(np.isfinite(scaled) & (scaled == np.rint(scaled)) & (np.abs(scaled) < 1e15))  # noqa: PLR2004
        if odd.any():
            row = int(np.argmax(odd))
            part = np.isfinite(values[row]) and values[row] != np.rint(values[row])
            hint = "; --step-scale FACTOR turns fractions into whole numbers" if part else ""
            self.refuse(series, row, f"should be a whole number{hint}")
        return scaled.astype(np.int64)

    def from_zero(self, name: str) -> bool:
        """Whether a column of steps says 0 in any row, also in those where a metric was not measured."""
        import polars as pl

        known = self.has(name)
        return known is not None and bool((self.frame[known].cast(pl.Float64, strict=False) == 0).any())

    def refuse(self, series: pl.Series, row: int, message: str) -> None:
        """Raise InputError about the cell in a row of the column `name`."""
        line = row + 2 if self.lines is None else int(self.lines[row])
        raise InputError(Problem(str(self.path), f"{str(series[row])[:40]!r} {message}", line, None, series.name))

    def configs(self, rows: list[NDArray[np.intp]], names: list[str]) -> list[dict[str, Any]]:
        """The values of some columns in the first row of each group."""
        first = np.array([group[0] for group in rows], np.int64)
        cells = {name: texts(self.frame[name].gather(first)) for name in names}
        return [{name: cells[name][at] for name in names if cells[name][at] != ""} for at in range(len(rows))]


def read_bytes(path: Path) -> bytes:
    """A file's bytes, unpacked if its name ends in .gz; raises InputError if it can't be read."""
    raw = reading.read_at_most(path, MAX_BYTES, MEANT)
    if not raw:
        raise wrong(path, "is empty")
    return reading.unpacked(path, raw, MAX_BYTES) if path.suffix == ".gz" else raw


def read_log_table(path: Path) -> LogTable:
    """A CSV, Parquet, JSON or JSON Lines file; raises InputError for anything else."""
    reading.check_file(path, MEANT)
    name = path.name.removesuffix(".gz")
    if not path.name.endswith(SUFFIXES):
        raise wrong(path, f"is of an unknown kind; {MEANT}")
    return parse(path, read_bytes(path), name.rpartition(".")[2])


def parse(path: Path, raw: bytes, kind: str) -> LogTable:
    """A table of `kind` csv, tsv, txt, parquet, jsonl, ndjson or json; raises InputError for any mistake in it."""
    if kind in {"csv", "tsv", "txt"}:
        found = delimited.parse(path, raw)
    elif kind == "parquet":
        frame = read_frame(path, raw, "parquet")
        if not any(dtype.is_nested() for dtype in frame.dtypes):
            return LogTable(path, frame)
        rows = "\n".join(json.dumps(row, default=str) for row in frame.iter_rows(named=True))
        found = json_rows.parse(path, rows.encode())
    else:
        if kind != "json" and not _closer(raw):
            try:
                return LogTable(path, read_frame(path, raw, "jsonl"), _lines(raw))
            except InputError:
                pass  # the error of polars does not name the line
        found = json_rows.parse(path, raw)
    return LogTable(path, found.frame, found.lines, found.notes)


def _closer(raw: bytes) -> bool:
    """Whether JSON Lines hold values that polars refuses, or reads otherwise than `json_rows` does."""
    blank = b"\n\n" in raw.rstrip() or b"\n\r" in raw.rstrip() or raw[:1] in {b"\n", b"\r"}
    wide = raw[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return blank or wide or raw.lstrip()[:1] == b"[" or ODD_JSON.search(raw) is not None


def _lines(raw: bytes) -> NDArray[np.int64]:
    """The line of each row of JSON Lines; without blank lines, row i stands in line i + 1."""
    return np.arange(1, raw.count(b"\n") + 3)


def groups(names: list[str]) -> list[tuple[str, NDArray[np.intp]]]:
    """Each name with its rows; names in order of first appearance, rows in the order of the table."""
    begins = [0, *(at for at, (before, name) in enumerate(pairwise(names), start=1) if before != name)]
    if len({names[at] for at in begins}) == len(begins):  # the rows of each name are together: no need to sort
        parts = np.split(np.arange(len(names)), begins[1:])
        return [(names[at], rows) for at, rows in zip(begins, parts, strict=True)]
    unique, first, code = np.unique(np.array(names), return_index=True, return_inverse=True)
    order = np.argsort(code, kind="stable")
    bounds = np.cumsum(np.bincount(code))[:-1]
    rows = np.split(order, bounds)
    return [(str(unique[at]), rows[at]) for at in np.argsort(first).tolist()]
