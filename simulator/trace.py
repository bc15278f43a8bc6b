"""The trace: one row for each attempt at a job, in order of start. Everything after the simulation reads only this.

A trace can come from a simulation or from a real run; columns are numpy arrays of equal length.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator import files, ticks


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

    DOWN = 0  # failed, taken away, not joined yet, or gone
    BOOT = 1  # starting up


#: Columns as saved, in this order; the last two are worker time of the attempt that was no training, and training
#: that was lost with it.
COLUMNS = (
    "worker", "trial", "bracket", "rung", "from_resource", "to_resource", "start", "end", "outcome", "loss",
    "overhead", "lost",
)  # fmt: skip

#: Columns in seconds when saved, in ticks before.
TIMES = frozenset({"start", "end", "overhead", "lost"})


@dataclass(frozen=True)
class Group:
    """Workers that are alike, numbered one after the other: `count` of them, at a price a worker and hour."""

    name: str
    count: int
    price_per_hour: float = 0.0


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
        names = [kind.name.lower() for kind in Spell]
        with files.replacing(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(("worker", "start", "end", "kind"))
            writer.writerows(
                (worker, ticks.to_seconds(start), ticks.to_seconds(end), names[kind])
                for worker, start, end, kind in zip(
                    *(column.tolist() for column in (self.worker, self.start, self.end, self.kind)), strict=True
                )
            )


@dataclass(frozen=True, eq=False)
class Trace:
    """Attempts at jobs, one a row, in order of start (ties: the order in which they were handed out).

    `start`, `end`, `overhead` and `lost` are ticks, resources are cumulative units, `outcome` holds `Outcome`
    values, `loss` is inf for a trial that died and NaN where there is no result. What is neither overhead nor
    lost of an attempt was useful training. `max_length` is the resource of a fully trained trial, `spells` says
    when workers could not work, `groups` (in order of worker number) what they cost, `meta` where the trace
    comes from (scenario digest, seed, versions).
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
    groups: tuple[Group, ...] = ()
    meta: Mapping[str, str | int | float] = field(default_factory=dict)

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
        """Mask of the rows with one of `outcomes`."""
        return np.isin(self.outcome, outcomes)

    def write_csv(self, path: Path) -> None:
        """Write `COLUMNS`, times in seconds; an absent loss is an empty field, a dead trial's is `inf`."""
        names = [outcome.name.lower() for outcome in Outcome]
        cells: dict[str, Iterable[object]] = {name: getattr(self, name).tolist() for name in COLUMNS}
        for name in TIMES:
            cells[name] = map(ticks.to_seconds, getattr(self, name).tolist())
        cells["outcome"] = [names[code] for code in self.outcome.tolist()]
        cells["loss"] = ["" if math.isnan(loss) else loss for loss in self.loss.tolist()]
        with files.replacing(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(zip(*cells.values(), strict=True))

    def write_parquet(self, path: Path) -> None:
        """Write the same columns as Parquet, with `meta` as the file's metadata."""
        import polars as pl  # noqa: PLC0415  (slow to import, needed only here)

        names = [outcome.name.lower() for outcome in Outcome]
        columns: dict[str, object] = {name: getattr(self, name) for name in COLUMNS}
        for name in TIMES:
            columns[name] = getattr(self, name) / ticks.PER_SECOND
        columns["outcome"] = [names[code] for code in self.outcome.tolist()]
        columns["loss"] = pl.Series(self.loss, nan_to_null=True)
        with files.replacing(path) as scratch:
            pl.DataFrame(columns).write_parquet(
                scratch, metadata={key: str(value) for key, value in self.meta.items()}
            )
