"""Learning curves read as whole columns by polars, which is fast; anything unusual is left to `rows`."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.curves.protocol import Exit

if TYPE_CHECKING:
    from polars import DataFrame

TIME = "elapsed_s"
REQUIRED = ("trial", "resource", "loss")
OPTIONAL = (TIME, "exit")
#: The column that says what the losses are: the metric's name, after a minus if the losses are negated.
METRIC = "metric"

#: Whole numbers of this many digits or more are refused.
LARGEST = 10**15


@dataclass(frozen=True, eq=False)
class CurveColumns:
    """Rows as they stand in a file: `line` counts from 1, `loss` is NaN where empty, `exits` has the words by row.

    `seconds` is None where the file has no such column, and so is `metric`, which names what the losses are.
    """

    line: NDArray[np.int64]
    trial: NDArray[np.int64]
    resource: NDArray[np.int64]
    loss: NDArray[np.float64]
    seconds: NDArray[np.float64] | None
    exits: dict[int, str]
    metric: str | None = None


def fields(raw: bytes) -> dict[str, int]:
    """The columns of a CSV text without quotes, by their number from 1."""
    return {name: at for at, name in enumerate(_header(raw), start=1)}


def _header(raw: bytes) -> list[str]:
    header, _, _ = raw.partition(b"\n")
    return header.decode("utf-8", "replace").rstrip("\r").split(",")


def of_csv(raw: bytes) -> CurveColumns | None:
    """CurveColumns of a CSV text; None if anything in it must be read row by row."""
    import polars as pl

    names = _header(raw)
    known = [name for name in (*REQUIRED, *OPTIONAL, METRIC) if names.count(name) == 1]
    if b'"' in raw or not set(REQUIRED) <= set(known) or any(names.count(name) > 1 for name in (*OPTIONAL, METRIC)):
        return None
    kinds = {"trial": pl.Int64, "resource": pl.Int64, "loss": pl.Float64, TIME: pl.Float64, "exit": pl.String}
    kinds[METRIC] = pl.Categorical
    try:
        frame = pl.read_csv(io.BytesIO(raw), columns=known, schema_overrides={name: kinds[name] for name in known})
    except (pl.exceptions.PolarsError, OSError, ValueError):
        return None
    # Polars fills up short rows and skips blank lines silently, so the fields that should be there are counted.
    lines = raw.count(b"\n") + (not raw.endswith(b"\n"))
    if lines != frame.height + 1 or raw.count(b",") != lines * (len(names) - 1):
        return None
    return of_frame(frame)


def of_frame(frame: DataFrame) -> CurveColumns | None:
    """CurveColumns of a data frame, whose first row is line 2; None if anything in it must be read row by row."""
    if not _sound(frame):
        return None
    trial, resource = (frame[name].to_numpy().astype(np.int64) for name in ("trial", "resource"))
    losses = frame["loss"].to_numpy().astype(np.float64)
    seconds = frame[TIME].to_numpy().astype(np.float64) if TIME in frame.columns else None
    exits = _exits(frame)
    held = frame[METRIC].unique() if METRIC in frame.columns else None
    if held is not None and (len(held) > 1 or held.null_count()):
        return None
    whole = trial.min() >= 0 and resource.min() >= 1 and max(trial.max(), resource.max()) < LARGEST
    lasting = seconds is None or ((seconds >= 0) & (seconds <= ticks.LIMIT / ticks.PER_SECOND)).all()
    if (
        exits is None or not whole or not lasting or np.isinf(losses).any()
    ):  # infinite, or a number with too many digits for a float
        return None
    metric = None if held is None else str(held[0])
    return CurveColumns(np.arange(len(trial)) + 2, trial, resource, losses, seconds, exits, metric)


def _sound(frame: DataFrame) -> bool:
    """Whether there are rows, and every column has the right type and no missing value where one is needed."""
    if not set(REQUIRED) <= set(frame.columns) or not frame.height:
        return False
    full = [name for name in ("trial", "resource", TIME) if name in frame.columns]
    return (
        not any(frame[name].null_count() for name in full)
        and all(frame[name].dtype.is_integer() for name in ("trial", "resource"))
        and all(frame[name].dtype.is_numeric() for name in ("loss", TIME) if name in frame.columns)
    )


def _exits(frame: DataFrame) -> dict[int, str] | None:
    if "exit" not in frame.columns:
        return {}
    words = frame["exit"].fill_null("") if frame["exit"].null_count() < frame.height else None
    if words is None:
        return {}
    if set(words.unique().to_list()) - {"", Exit.ERRORED.value, Exit.INVALID.value}:
        return None
    at = np.flatnonzero((words != "").to_numpy()).tolist()
    return dict(zip(at, words.gather(at).to_list(), strict=True))
