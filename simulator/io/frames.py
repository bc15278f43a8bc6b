"""Parquet and JSON Lines as polars frames, read in a process of their own.

A damaged file can crash polars without an exception: a length of 2**61 bytes aborts its process, deeply nested JSON
overflows the stack. Here such a file is refused like any other.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from simulator.core.errors import InputError, Problem

if TYPE_CHECKING:
    import polars as pl

#: Greatest number of rows of a table, and greatest size in bytes; 20 million rows of four columns take half a
#: gigabyte.
MAX_ROWS = 20_000_000
MAX_BYTES = 1 << 30
#: Seconds that reading may take; a sound table of that size takes a few.
PATIENCE = 120
READER = Path(__file__).with_name("frame_process.py")


def read_frame(
    path: Path, raw: bytes, kind: Literal["parquet", "jsonl"], columns: Sequence[str] = ()
) -> pl.DataFrame:
    """Make a frame from a file's bytes; of Parquet, only those of `columns` that exist, if any are named.

    Raises InputError for a damaged file, and for more than 20 million rows or 1 GiB.
    """
    import polars as pl

    command = [sys.executable, "-P", str(READER), kind, str(MAX_ROWS), str(MAX_BYTES), *columns]
    environment = {**os.environ, "POLARS_MAX_THREADS": "4"}
    try:
        done = subprocess.run(
            command, input=raw, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, timeout=PATIENCE,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InputError(Problem(str(path), f"takes more than {PATIENCE} s to read; is it damaged?")) from None
    head, answer = done.stdout[:1], done.stdout[1:]
    if done.returncode == 0 and head == b"F":
        return pl.read_ipc(io.BytesIO(answer))
    title = "Parquet" if kind == "parquet" else "JSON Lines"
    said = answer.decode("utf-8", "replace") if head == b"E" else f"is not a sound {title} file: it is damaged"
    raise InputError(Problem(str(path), said))


def texts(series: pl.Series) -> list[str]:
    """A column of any type as text; empty where it is null."""
    import polars as pl

    try:
        return series.cast(pl.String, strict=False).fill_null("").to_list()
    except pl.exceptions.PolarsError:  # such as lists, which later checks refuse by their text
        return ["" if value is None else str(value) for value in series.to_list()]
