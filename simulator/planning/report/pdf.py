"""The report as a PDF, drawn by matplotlib: a first page for the decision, then the whole table."""

from __future__ import annotations

import io
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from simulator.planning.report.contents import Contents
from simulator.render.plots.figure import letter, look, named, quiet_about_glyphs
from simulator.render.style import THEMES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: A4 in inches, in portrait and in landscape, and the margin.
UPRIGHT, SIDEWAYS, MARGIN = (8.27, 11.69), (11.69, 8.27), 0.6
#: Sizes of letters in points, and the height of a line as a multiple of the size.
BIG, PLAIN, SMALL, LINE = 13, 9, 7, 1.35
#: Mean width of a letter, as a multiple of its size.
LETTER = 0.53
#: Width of bold letters, as a multiple of the width of plain letters.
BOLD = 1.15
#: Where the columns of the assumptions begin, and room for the figure's legend, in inches.
COLUMNS, LEGEND = (0.0, 1.9, 6.1), 0.5
#: Number of characters up to which names in a legend stand in three columns; longer names stand in two.
LONG = 34
#: Greatest number of rows of the table, or lines of the assumptions, on a page.
ROWS = 38


def pdf(told: Contents) -> bytes:
    """The PDF of a report, with the same bytes every time."""
    from matplotlib.backends.backend_pdf import PdfPages

    out = io.BytesIO()
    with look(), quiet_about_glyphs(), PdfPages(out, metadata={"CreationDate": None, "Title": told.title}) as pages:
        pages.savefig(_first(told))
        for figure in _tables(told):
            pages.savefig(figure)
    return out.getvalue()


class _Sheet:
    """A page that is filled from its top."""

    def __init__(self, size: tuple[float, float]) -> None:
        from matplotlib.figure import Figure

        self.figure: Figure = Figure(figsize=size, facecolor="white")
        self._width, self._height = size
        self.top = size[1] - MARGIN  # upper end of the free part, in inches from the bottom

    def write(
        self, text: str, size: float, *, left: float = 0.0, width: float | None = None, bold: bool = False
    ) -> None:
        """Write a paragraph, broken into lines."""
        room = (self._width - 2 * MARGIN if width is None else width) * 72
        letters = int(room / (LETTER * (BOLD if bold else 1.0) * size))
        for line in wrap(text, letters) or [""]:
            self.top -= LINE * size / 72
            self.put(line, size, MARGIN + left, self.top, bold=bold)

    def put(
        self, text: str, size: float, left: float, bottom: float, *, bold: bool = False, right: bool = False
    ) -> None:
        """Write a line at a place, in inches."""
        self.figure.text(
            left / self._width, bottom / self._height, named(text), fontsize=size, color=THEMES["light"].ink,
            weight="bold" if bold else "normal", ha="right" if right else "left", va="baseline", parse_math=False,
        )  # fmt: skip

    def gap(self, inches: float) -> None:
        """Leave some room free."""
        self.top -= inches

    def area(self, height: float) -> tuple[float, float, float, float]:
        """Reserve an area for axes with their labels; returns it in shares of the page."""
        self.top -= height
        left, bottom = MARGIN + 0.6, self.top + 0.45
        return (
            left / self._width, bottom / self._height, (self._width - left - MARGIN) / self._width,
            (height - 0.55) / self._height,
        )  # fmt: skip


def _first(told: Contents) -> Figure:
    """The first page: question, answer, certainty, main risk, a figure, and the assumptions."""
    sheet = _Sheet(UPRIGHT)
    sheet.write(told.title, PLAIN)
    sheet.write(told.question, PLAIN)
    sheet.gap(0.1)
    sheet.write(told.answer, BIG, bold=True)
    for title, text in (("How sure", told.sure), ("Main risk", told.risk)):
        sheet.gap(0.1)
        sheet.write(title, PLAIN, bold=True)
        sheet.write(text, PLAIN)
    rows = [tuple(map(_broken, row, COLUMNS)) for row in told.assumptions.rows]
    lines = sum(max(map(len, row)) for row in rows)
    needed = (lines + 3) * LINE * PLAIN / 72 + LEGEND
    sheet.gap(0.15)
    axes = sheet.figure.add_axes(sheet.area(max(1.8, min(4.0, sheet.top - MARGIN - needed - 0.4))))
    title = told.draw(axes)
    axes.set_title(title, fontsize=PLAIN, loc="left")
    axes.grid(color=THEMES["light"].grid, lw=0.8)
    handles, labels = axes.get_legend_handles_labels()
    across = 3 if max(map(len, labels), default=0) < LONG else 2
    legend = sheet.figure.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(MARGIN / UPRIGHT[0], (sheet.top - 0.02) / UPRIGHT[1]),
        fontsize=SMALL, frameon=False, ncols=across, borderpad=0, borderaxespad=0,
    )  # fmt: skip
    letter(legend, labels)
    axes.tick_params(labelsize=SMALL)
    sheet.gap(LEGEND)
    sheet.write(told.assumptions.caption, PLAIN, bold=True)
    for row in rows:
        for number in range(max(map(len, row))):
            sheet.top -= LINE * PLAIN / 72
            for part, left in zip(row, COLUMNS, strict=True):
                if number < len(part):
                    sheet.put(part[number], PLAIN, MARGIN + left, sheet.top)
    return sheet.figure


def _broken(text: str, left: float) -> list[str]:
    """A cell of the assumptions, broken into lines of its column's width."""
    room = next((after for after in COLUMNS if after > left), UPRIGHT[0] - 2 * MARGIN) - left - 0.1
    return wrap(text, int(room * 72 / (LETTER * PLAIN))) or [""]


def _tables(told: Contents) -> list[Figure]:
    """Landscape pages with all options, then with the other remarks."""
    head, rows = told.options.head, told.options.rows
    made = []
    for first in range(0, len(rows), ROWS):
        sheet = _Sheet(SIDEWAYS)
        sheet.write(told.options.caption, PLAIN, bold=True)
        _table(sheet, head, rows[first : first + ROWS])
        made.append(sheet)
    if sum(len(text) // 150 + 1 for text in told.remarks) > ROWS - min(len(rows), ROWS):
        made.append(_Sheet(SIDEWAYS))
    last = made[-1]
    last.gap(0.2)
    for remark in told.remarks:
        last.write(remark, PLAIN)
    return [sheet.figure for sheet in made]


def _table(sheet: _Sheet, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Draw a table with columns as wide as their texts; letters are made small enough, and titles take two lines."""
    titles = [title.replace(", ", ",\n", 1).split("\n") for title in head]
    letters = [
        max(*(BOLD * len(title) for title in titles[at]), *(len(row[at]) for row in rows)) + 2
        for at in range(len(head))
    ]
    room = SIDEWAYS[0] - 2 * MARGIN
    size = min(PLAIN, room * 72 / (LETTER * sum(letters)))
    ends, at = [], MARGIN
    for count in letters:
        at += count * LETTER * size / 72
        ends.append(at)
    lines = [[title[0] if len(title) == 2 else "" for title in titles], [title[-1] for title in titles]]  # noqa: PLR2004
    for number, line in enumerate([*lines, *rows]):
        sheet.top -= LINE * size / 72
        for place, text in enumerate(line):
            left = MARGIN if place == 0 else ends[place]
            sheet.put(text, size, left, sheet.top, bold=number < len(lines), right=place > 0)
