"""Searchers side by side in one picture, on one clock and on common scales: two columns of docs pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from simulator.core.errors import InputError, Problem
from simulator.render import style, words
from simulator.render.animation.axis import key, key_lines, px
from simulator.render.animation.configurations import Column, Scales, widest
from simulator.render.animation.gif import Step
from simulator.render.animation.places import LINE, MARGIN, beneath
from simulator.render.canvas import Canvas, Rect, measure
from simulator.render.options import Sizes, current
from simulator.render.phrases import units
from simulator.trace.trace import Trace

COLUMNS, MOST_SEARCHERS = 2, 4
#: Heights in pixels above the columns, and below them with a legend of one line.
HEADER, FOOTER = 40, 38
#: Least width of a column in a picture with letters of 12 pixels.
COLUMN = 336


def check_side(searchers: int) -> None:
    """Raise InputError if there are too many searchers for the style side in the requested width."""
    if not 2 <= searchers <= MOST_SEARCHERS:  # noqa: PLR2004
        raise InputError(Problem("side", f"puts 2 to {MOST_SEARCHERS} searchers next to each other, not {searchers}"))
    sizes = current().sizes()
    if sizes.room < COLUMNS * COLUMN:
        least = -(-COLUMNS * COLUMN * sizes.letter // Sizes().letter)
        message = f"needs a width of {least:,} or more for two searchers next to each other, not {sizes.width:,}"
        raise InputError(Problem("side", message))


class SidePicture:
    """The animation of two to four traces; `steps` draws on `canvas`.

    Raises InputError if the requested height is too low.
    """

    def __init__(self, traces: Sequence[Trace], scales: Scales, title: str) -> None:
        self._traces, self._scales, self._title = traces, scales, title
        options = current()
        width = options.sizes().width
        labels = units(scales.levels)
        self._legend = key_lines(scales.legend(), width - 2 * px(MARGIN))
        footer = px(FOOTER) + px(LINE) * (len(self._legend) - 1)
        rows = -(-len(traces) // COLUMNS)
        tall = None if options.height is None else (options.height - px(HEADER) - footer) // rows
        top, places = px(HEADER), []
        for row in range(rows):
            for column in range(COLUMNS):
                place = Rect(width * column // COLUMNS, top, width * (column + 1) // COLUMNS, 0)
                left = place.x0 + px(MARGIN) + widest(labels) + px(8)
                places.append(beneath(place, left, lines=0, height=tall, heading=False))
            top = places[-1].bottom if tall is None else px(HEADER) + (row + 1) * tall
        self.canvas = Canvas(width, options.height or top + footer)
        self._columns = [
            Column(self.canvas, place, labels, trace, scales, title)
            for place, trace in zip(places, traces, strict=False)
        ]

    def steps(self) -> Iterator[Step]:
        """One step for each frame until all runs are over; the last is held."""
        canvas, scales = self.canvas, self._scales
        whole = canvas.all
        clock = Rect(whole.x1 - px(130), 0, whole.x1, px(HEADER))
        room = clock.x0 - px(MARGIN)
        size = next((px(size) for size in (18, 16, 14) if measure(self._title, px(size), bold=True) <= room), px(13))
        canvas.text(px(MARGIN), px(28), self._title, size, bold=True, width=room)
        for line, entries in enumerate(reversed(self._legend)):
            key(canvas, px(MARGIN), whole.y1 - px(14) - line * px(LINE), entries)
        for column in self._columns:
            column.draw_frame()
        last = max(scales.last(trace) for trace in self._traces)
        # A run that is over stays unchanged while the others go on.
        for frame, changed in enumerate(zip_longest(*(column.frames() for column in self._columns), fillvalue=())):
            now = min((frame + 1) * scales.tick, scales.span)
            canvas.fill(clock, style.PAGE)
            canvas.text(
                whole.x1 - px(MARGIN), px(28), words.clock(now, scales.unit), px(20), bold=True, align="right"
            )
            panels = [clock, *(rect for rects in changed for rect in rects)]
            yield Step(panels, scales.pace.frame_time(frame, last - 1))
