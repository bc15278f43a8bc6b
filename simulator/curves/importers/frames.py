"""Users' tables by polars: every column as text, so that nothing is guessed from the first rows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.core.errors import InputError, Problem
from simulator.curves.importers.source import listed, wrong
from simulator.io import reading
from simulator.io.frames import read_frame, texts

if TYPE_CHECKING:
    import polars as pl

__all__ = ["column", "groups", "numbers", "parse", "read", "read_bytes", "texts", "whole"]

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")

#: Bytes a file may have, and unpack to.
MAX_BYTES = 1 << 30


def read_bytes(path: Path) -> bytes:
    """All of a file, unpacked where its name ends in .gz; raises InputError where it can't be had."""
    raw = reading.read_at_most(path, MAX_BYTES, f"a table is a file that ends in {', '.join(SUFFIXES[:4])}")
    if not raw:
        raise wrong(path, "is empty")
    return reading.unpacked(path, raw, MAX_BYTES) if path.suffix == ".gz" else raw


def read(path: Path) -> pl.DataFrame:
    """A CSV, Parquet or JSON Lines file; raises InputError for anything else."""
    meant = f"a table is a file that ends in {', '.join(SUFFIXES[:4])}"
    reading.check_file(path, meant)
    name = path.name.removesuffix(".gz")
    if not path.name.endswith(SUFFIXES):
        raise wrong(path, f"is of an unknown kind; {meant}")
    return parse(path, read_bytes(path), name.rpartition(".")[2])


def parse(path: Path, raw: bytes, kind: str) -> pl.DataFrame:
    """A table of `kind` csv, parquet, jsonl or ndjson; raises InputError where it is not sound."""
    import polars as pl

    if kind != "csv":
        return read_frame(path, raw, "parquet" if kind == "parquet" else "jsonl")
    try:
        frame = pl.read_csv(io.BytesIO(raw), infer_schema=False)
        return frame.rename({name: name.strip() for name in frame.columns})
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise wrong(path, f"is not sound CSV: {said}") from None


def column(path: Path, frame: pl.DataFrame, name: str, option: str) -> pl.Series:
    """A column by name; raises InputError naming the option that would choose another."""
    if name not in frame.columns:
        raise wrong(path, f"has no column {name!r} but {listed(frame.columns)}; choose one by {option}")
    return frame[name]


def numbers(path: Path, series: pl.Series) -> NDArray[np.float64]:
    """A column as numbers, NaN where it is empty or says nan; raises InputError with the line of what is none."""
    import polars as pl

    if not (series.dtype.is_numeric() or series.dtype in {pl.String, pl.Null}):
        raise InputError(Problem(str(path), f"holds {series.dtype}, not numbers", 1, None, series.name))
    text = series.str.strip_chars() if series.dtype == pl.String else series
    made = text.cast(pl.Float64, strict=False)
    if series.dtype == pl.String:
        odd = made.is_null() & text.is_not_null() & (text != "")
        if odd.any():
            row = int(odd.arg_max() or 0)
            message = f"{str(series[row])[:40]!r} should be a number"
            raise InputError(Problem(str(path), message, row + 2, None, series.name))
    return made.fill_null(float("nan")).to_numpy()


def whole(path: Path, series: pl.Series) -> NDArray[np.int64]:
    """A column as whole numbers; raises InputError with the line of what is none."""
    values = numbers(path, series)
    odd = ~(np.isfinite(values) & (values == np.rint(values)) & (np.abs(values) < 1e15))  # noqa: PLR2004
    if odd.any():
        row = int(np.argmax(odd))
        message = f"{str(series[row])[:40]!r} should be a whole number"
        raise InputError(Problem(str(path), message, row + 2, None, series.name))
    return values.astype(np.int64)


def groups(names: list[str]) -> list[tuple[str, NDArray[np.intp]]]:
    """Each name with its rows, in order of first appearance; rows in their order."""
    unique, first, code = np.unique(np.array(names), return_index=True, return_inverse=True)
    order = np.argsort(code, kind="stable")
    bounds = np.cumsum(np.bincount(code))[:-1]
    rows = np.split(order, bounds)
    return [(str(unique[at]), rows[at]) for at in np.argsort(first).tolist()]
