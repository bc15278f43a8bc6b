"""What a report says, for every kind of plan: the page, the PDF and the files are made from this alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from simulator.planning.report.drawing import Chart
from simulator.scenario.loading import Loaded

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Table(NamedTuple):
    """A table: its caption, the names of its columns, its rows, and the place of the row that stands out."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    best: int | None = None


@dataclass(frozen=True, eq=False)
class Contents:
    """All parts of a report, in plain text that is not escaped yet.

    `options` has a row for each option of the plan, and `further` are tables that only the page shows. `charts` makes
    the figures, the first of which is on the first page. `draw` draws the first figure into axes and returns its
    title. `data` are the files of numbers, by name.
    """

    loaded: Loaded
    seed: int
    question: str
    answer: str
    sure: str
    risk: str
    remarks: Sequence[str]
    assumptions: Table
    options: Table
    further: Sequence[Table]
    charts: Callable[[], Iterable[Chart]]
    draw: Callable[[Axes], str]
    data: Mapping[str, str]

    @property
    def title(self) -> str:
        """The scenario's title."""
        return self.loaded.title
