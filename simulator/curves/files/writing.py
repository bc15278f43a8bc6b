"""Learning curves as a file: CSV, CSV.gz or Parquet, the columns as `tables` reads them."""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.core.errors import InputError, Problem
from simulator.curves.protocol import Exit
from simulator.io.writing import replacing

SUFFIXES = (".csv", ".csv.gz", ".parquet")
#: Compression level of zlib: higher levels cost seconds per million rows, and save a few per cent.
LEVEL = 3


class Written(Protocol):
    """A trial, as columns of equal length; if it diverged, its last loss is NaN, and if it failed, `exit` is set."""

    @property
    def resources(self) -> NDArray[np.int64]: ...  # noqa: D102
    @property
    def losses(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def seconds(self) -> NDArray[np.float64] | None: ...  # noqa: D102
    @property
    def exit(self) -> Exit | None: ...  # noqa: D102


def check_name(path: Path) -> None:
    """Raise InputError unless the file's suffix names a format that can be written."""
    if not path.name.endswith(SUFFIXES):
        raise InputError(Problem(str(path), f"must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"))


def write_curves(path: Path, curves: Sequence[Written], *, metric: str | None = None) -> None:
    """Replace the file `path` by the curves, in order of trials; numbers are written with all their digits.

    The column `metric` says which metric the losses are, with a minus before it if they are negated.
    """
    import polars as pl

    check_name(path)
    lengths = [len(curve.resources) for curve in curves]
    columns: dict[str, pl.Series] = {
        "trial": pl.Series(np.repeat(np.arange(len(curves)), lengths)),
        "resource": pl.Series(np.concatenate([curve.resources for curve in curves])),
        "loss": pl.Series(np.concatenate([curve.losses for curve in curves]), nan_to_null=True),
    }
    seconds = [curve.seconds for curve in curves if curve.seconds is not None]
    if len(seconds) == len(curves):
        columns["elapsed_s"] = pl.Series(np.concatenate(seconds))
    if any(curve.exit for curve in curves):
        words = np.full(sum(lengths), None, object)
        for last, curve in zip(np.cumsum(lengths) - 1, curves, strict=True):
            words[last] = curve.exit.value if curve.exit else None
        columns["exit"] = pl.Series(words.tolist(), dtype=pl.String)
    if metric is not None:
        columns["metric"] = pl.Series([metric]).new_from_index(0, sum(lengths))
    frame = pl.DataFrame(columns)
    with replacing(path) as scratch, scratch.open("wb") as out:
        text = io.BytesIO()  # if a file can't be written, polars raises errors of its own types
        if path.suffix == ".parquet":
            frame.write_parquet(text)
        else:
            frame.write_csv(text)
        if path.suffix == ".gz":
            # The gzip header has neither name nor date, so the same rows give the same bytes.
            with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=LEVEL) as packed:
                packed.write(text.getvalue())
        else:
            out.write(text.getvalue())
