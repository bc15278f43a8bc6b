"""A run of many searches on one cluster: their trace, and when each of them arrived, began and was done."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.trace.joining import join
from simulator.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Visit:
    """A search on a shared cluster: number `number` of its label.

    It was there from tick `arrived` until tick `done`, which is None if it was not done. Each of its trials takes
    `slots` slots; `max_length` is the resource of a fully trained trial.
    """

    label: str
    number: int
    arrived: int
    done: int | None
    slots: int
    max_length: int


@dataclass(frozen=True, eq=False)
class Workload:
    """A run of many searches.

    `visits` are in order of arrival; the column `search` of the trace says which visit a row belongs to. A worker is
    a place of `unit` slots. An attempt whose trial takes more slots holds further workers: `held` has (row, worker)
    for each of these. The run ended at tick `end`.
    """

    trace: Trace
    visits: tuple[Visit, ...]
    unit: int
    held: NDArray[np.int64]
    end: int

    def __len__(self) -> int:
        return len(self.visits)

    @property
    def search(self) -> NDArray[np.int64]:
        """The search that each row of the trace belongs to, as an index into `visits`."""
        assert self.trace.search is not None
        return self.trace.search

    @property
    def places(self) -> NDArray[np.int64]:
        """The number of workers that each row holds."""
        return np.array([visit.slots // self.unit for visit in self.visits], np.int64)[self.search]

    def trace_of(self, search: int) -> Trace:
        """The trace of one search, without the rows of the others."""
        mine = self.search == search
        visit = self.visits[search]
        columns = {name: getattr(self.trace, name)[mine] for name in _ROWS}
        return replace(self.trace, label=visit.label, max_length=visit.max_length, **columns)

    def spread(self) -> Trace:
        """The trace with a row for each worker that an attempt holds, in order of start.

        Different searches may have the same numbers of trials and brackets; here all numbers are different, so that
        pictures can distinguish them.
        """
        rows = np.concatenate([np.arange(len(self.trace)), self.held[:, 0]])
        columns = {name: getattr(self.trace, name)[rows] for name in _ROWS}
        columns["worker"] = np.concatenate([self.trace.worker, self.held[:, 1]])
        _, numbers = np.unique(np.stack([columns["search"], columns["trial"]]), axis=1, return_inverse=True)
        columns["trial"] = numbers.reshape(-1).astype(np.int64)
        columns["bracket"] += columns["search"] * (int(columns["bracket"].max(initial=0)) + 1)
        order = np.argsort(columns["start"], kind="stable")
        return replace(self.trace, **{name: column[order] for name, column in columns.items()})

    def joined(self) -> Workload:
        """The same run, with one row for a job that its searcher asked for in steps."""
        trace, became = join(self.trace)
        held = np.unique(np.stack([became[self.held[:, 0]], self.held[:, 1]], axis=1), axis=0)
        return replace(self, trace=trace, held=held)


_ROWS = (
    "worker", "trial", "bracket", "rung", "from_resource", "to_resource", "start", "end", "outcome", "loss",
    "overhead", "lost", "search",
)  # fmt: skip
