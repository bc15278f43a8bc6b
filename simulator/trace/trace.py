"""The trace: a row for each attempt at a job, in order of start. Everything after the simulation reads only this.

A trace can come from a simulation or from a real run; columns are numpy arrays of equal length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.io import writing

if TYPE_CHECKING:
    import polars as pl

    from simulator.trace.decision import Decision


class Outcome(IntEnum):
    """How an attempt ended."""

    COMPLETED = 0
    EXITED = 1  # the trial died: error, divergence or invalid hyperparameters
    DROPPED = 2
    PREEMPTED = 3
    FAILED = 4
    CUT = 5  # still running at the stop


class Spell(IntEnum):
    """Why a worker could not work for a while."""

    DOWN = 0  # failed, preempted, not joined yet, or released
    BOOT = 1  # starting up


#: Greatest resource of a trial in a saved trace, in units.
MOST_UNITS = 10**12

#: Columns of a saved trace, in this order. The last two are worker time of the attempt: time without training, and
#: training that was lost.
COLUMNS = (
    "worker", "trial", "bracket", "rung", "from_resource", "to_resource", "start", "end", "outcome", "loss",
    "overhead", "lost",
)  # fmt: skip

#: A further column if the trials come from a log: the trial's name there.
NAME = "name"

#: Columns that are saved in seconds; in memory they are ticks.
TIMES = frozenset({"start", "end", "overhead", "lost"})

#: Python writes floats without an exponent if their absolute value is at least the first number and below the second.
PLAIN = (1e-4, 1e16)


@dataclass(frozen=True)
class Group:
    """A group of `count` equal workers with consecutive numbers, and their price per worker and hour.

    `places` workers are one machine; `billing` is the number of ticks that are only charged as a whole.
    """

    name: str
    count: int
    price_per_hour: float = 0.0
    places: int = 1
    billing: int = 1


@dataclass(frozen=True, eq=False)
class Spells:
    """Times at which workers could not work, by worker and then by start; columns of equal length, in ticks.

    `kind` holds `Spell` values; spells of a worker don't overlap each other or its attempts.
    """

    worker: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    kind: NDArray[np.int64]

    @classmethod
    def from_rows(cls, rows: Sequence[tuple[int, int, int, int]]) -> Spells:
        """Build from rows of worker, start, end, kind."""
        return cls(*np.array(rows, np.int64).reshape(-1, 4).T)

    def __len__(self) -> int:
        return len(self.worker)

    def write_csv(self, path: Path) -> None:
        """Write worker, start, end (seconds) and kind (down or boot)."""
        columns = {name: getattr(self, name) for name in ("worker", "start", "end", "kind")}
        _write_csv(_frame(columns, "kind", Spell), path)


@dataclass(frozen=True, eq=False)
class Trace:
    """Attempts at jobs, one per row, in order of start; ties are in the order in which jobs were handed out.

    `start`, `end`, `overhead` and `lost` are ticks, resources are cumulative units, `outcome` holds `Outcome` values,
    `loss` is inf for a trial that died and NaN where there is no result. The rest of an attempt, neither overhead nor
    lost, was useful training. `max_length` is the resource of a fully trained trial, `spells` says when workers could
    not work; `released` are those of the spells in which a worker was away only because it was let go. `groups` (in
    order of worker number) says what the workers cost, and `meta` where the trace comes from (scenario digest, seed,
    versions). `stopped`: the run ended before its work was done. `names` and `configs` are the trials' names and
    hyperparameters, if curves were imported from a log. `search` is the search that a row belongs to, if searches
    share a cluster: its number in order of arrival. `decisions` are those of the searcher, result by result, if they
    were kept.
    """

    label: str
    workers: int
    max_length: int
    worker: NDArray[np.int64]
    trial: NDArray[np.int64]
    bracket: NDArray[np.int64]
    rung: NDArray[np.int64]
    from_resource: NDArray[np.int64]
    to_resource: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    outcome: NDArray[np.int64]
    loss: NDArray[np.float64]
    overhead: NDArray[np.int64]
    lost: NDArray[np.int64]
    spells: Spells = field(default_factory=lambda: Spells.from_rows([]))
    released: Spells = field(default_factory=lambda: Spells.from_rows([]))
    groups: tuple[Group, ...] = ()
    meta: Mapping[str, str | int | float] = field(default_factory=dict)
    stopped: bool = False
    names: Mapping[int, str] = field(default_factory=dict)
    configs: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    search: NDArray[np.int64] | None = None
    decisions: Sequence[Decision] = ()

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[float]], **about: Any) -> Trace:
        """Build a trace from rows in the order of `COLUMNS`, and the fields that are not columns."""
        columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
        arrays: dict[str, Any] = {
            name: np.array(column, np.float64 if name == "loss" else np.int64)
            for name, column in zip(COLUMNS, columns, strict=True)
        }
        return cls(**arrays, **about)

    def __len__(self) -> int:
        return len(self.trial)

    @property
    def makespan(self) -> int:
        """Ticks from 0 to the end of the last attempt."""
        return int(self.end.max(initial=0))

    def where(self, *outcomes: Outcome) -> NDArray[np.bool_]:
        """Mask of the rows whose outcome is one of `outcomes`."""
        return np.isin(self.outcome, outcomes)

    def write_csv(self, path: Path) -> None:
        """Write `COLUMNS`, and `NAME` if a log names the trials.

        Times are in seconds; an absent loss is an empty field, a dead trial's is `inf`.
        """
        _write_csv(self._saved(), path)

    def write_parquet(self, path: Path) -> None:
        """Write the same columns as Parquet, with `meta` as the file's metadata."""
        from polars.exceptions import PolarsError

        with writing.replacing(path) as scratch:
            try:
                self._saved().write_parquet(scratch, metadata={key: str(value) for key, value in self.meta.items()})
            except PolarsError as error:  # a full disk; for CSV polars raises OSError
                raise OSError(str(error).rpartition("error: ")[2]) from None

    def _saved(self) -> pl.DataFrame:
        import polars as pl

        columns = {name: getattr(self, name) for name in COLUMNS}
        if self.search is not None:
            columns["search"] = self.search
        frame = _frame(columns, "outcome", Outcome)
        if self.names:
            frame = frame.with_columns(pl.Series(NAME, [self.names.get(trial) for trial in self.trial.tolist()]))
        return frame


def _frame(columns: dict[str, NDArray[Any]], coded: str, words: type[IntEnum]) -> pl.DataFrame:
    """The columns as they are saved: times in seconds, columns in `coded` as words, nulls for NaN."""
    import polars as pl

    saved: dict[str, Any] = columns | {name: columns[name] / ticks.PER_SECOND for name in TIMES & columns.keys()}
    saved[coded] = pl.Series([word.name.lower() for word in words]).gather(columns[coded])
    return pl.DataFrame(saved, nan_to_null=True)


def _write_csv(frame: pl.DataFrame, path: Path) -> None:
    """Write `frame` with floats as Python's repr writes them.

    Polars finds the same digits, the shortest that read back as the same float. But it uses exponents for other sizes
    of numbers, and writes them differently.
    """
    import polars as pl

    for column in frame.select(pl.col(pl.Float64)):
        size = column.abs()
        if (((size > 0) & (size < PLAIN[0])) | ((size >= PLAIN[1]) & size.is_finite())).any():
            texts = [None if value is None else repr(value) for value in column.to_list()]
            frame = frame.with_columns(pl.Series(column.name, texts, pl.String))
    with writing.replacing(path) as scratch, scratch.open("wb") as out:
        frame.write_csv(out)
