"""What came of many searches on one cluster: their trace, and when each of them came, began and was done."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.trace.joining import join
from simulator.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Visit:
    """A search on a shared cluster: number `number` of its label, there from tick `arrived` until `done`, if it was.

    Each of its trials takes `slots`; `max_length` is the resource of a fully trained one.
    """

    label: str
    number: int
    arrived: int
    done: int | None
    slots: int
    max_length: int


@dataclass(frozen=True, eq=False)
class Workload:
    """A run of many searches: `visits` in order of arrival, and a trace whose column `search` says whose a row is.

    A worker is a place of `unit` slots. An attempt whose trial takes more holds further workers: `held` has (row,
    worker) for each. The run ended at tick `end`.
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
        """Whose each row of the trace is."""
        assert self.trace.search is not None
        return self.trace.search

    @property
    def places(self) -> NDArray[np.int64]:
        """How many workers each row holds."""
        return np.array([visit.slots // self.unit for visit in self.visits], np.int64)[self.search]

    def of(self, search: int) -> Trace:
        """The trace of one search, as if the others' rows were not there."""
        mine = self.search == search
        visit = self.visits[search]
        columns = {name: getattr(self.trace, name)[mine] for name in _ROWS}
        return replace(self.trace, label=visit.label, max_length=visit.max_length, **columns)

    def joined(self) -> Workload:
        """The same, a job that its searcher asked for in steps being one row."""
        trace, became = join(self.trace)
        held = np.unique(np.stack([became[self.held[:, 0]], self.held[:, 1]], axis=1), axis=0)
        return replace(self, trace=trace, held=held)


_ROWS = (
    "worker", "trial", "bracket", "rung", "from_resource", "to_resource", "start", "end", "outcome", "loss",
    "overhead", "lost", "search",
)  # fmt: skip
