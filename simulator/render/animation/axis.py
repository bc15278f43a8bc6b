"""Axes: round tick values, the clock, and the strip of busy and idle time at the end of every animation."""

from __future__ import annotations

from math import ceil, floor, log10

import numpy as np

from simulator.core import ticks
from simulator.render import style, words
from simulator.render.canvas import Canvas, Rect, measure
from simulator.render.options import USUAL_LETTER, current
from simulator.trace import replay
from simulator.trace.trace import Spell, Trace

#: Size in pixels of tick labels and other small letters, if no width is requested.
LABEL = USUAL_LETTER


def px(usual: float) -> int:
    """Pixels in the requested picture for a distance that takes `usual` pixels in a picture of the usual width."""
    return current().sizes().px(usual)


def round_step(limit: float, most: int) -> float:
    """The smallest of the steps 1, 2, 5, 10, 20, … (or 0.1, 0.2, …) with which `most` steps reach `limit`."""
    least = max(limit, 1e-9) / max(most, 1)
    power = 10.0 ** floor(log10(least))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= least * (1 - 1e-9)), 10 * power)


def counting_step(limit: int, most: int) -> int:
    """The smallest whole step with which `most` steps reach `limit`."""
    return max(1, round(round_step(limit, most)))


class TimeAxis:
    """Ticks of the clock from 0 to `span` as pixels from `x0` to `x1`, in `unit`."""

    def __init__(self, x0: int, x1: int, span: int, unit: str) -> None:
        self.x0, self.x1, self.span, self.unit = x0, x1, max(span, 1), unit
        self._limit = span / ticks.UNITS[unit]

    def x(self, tick: float) -> int:
        """The first pixel whose centre is at or after `tick`; a span inside one pixel then has no width."""
        return self.x0 + ceil(tick * (self.x1 - self.x0) / self.span - 0.5)

    def draw(self, canvas: Canvas, y: int, *, labels: bool) -> None:
        """Draw tick marks from `y` down, with their labels."""
        label = px(LABEL)
        widest = measure(words.clock(self.span, self.unit), label) + px(24)
        step = round_step(self._limit, max(1, (self.x1 - self.x0) // widest))
        for number in range(floor(self._limit / step + 1e-9) + 1):
            tick = number * step * ticks.UNITS[self.unit]
            x = min(self.x0 + round(tick * (self.x1 - self.x0) / self.span), self.x1 - 1)
            canvas.fill(Rect(x, y, x + 1, y + px(4)), style.MUTED + style.STEPS - 1)
            if labels:
                digits = max(0, -floor(log10(step)))
                text = words.clock(tick, self.unit, digits) if digits else words.clock(round(tick), self.unit)
                half = measure(text, label) // 2
                middle = min(x, canvas.all.x1 - half - 2)
                canvas.text(middle, y + px(17), text, label, ramp=style.MUTED, align="center")


class Strip:
    """A strip that grows to the right: below the share of workers at work, above it all other worker time."""

    def __init__(self, canvas: Canvas, y0: int, y1: int, axis: TimeAxis, trace: Trace) -> None:
        self._canvas, self._y0, self._y1, self._axis = canvas, y0, y1, axis
        self._next = axis.x0
        edges = np.rint(np.linspace(0, axis.span, axis.x1 - axis.x0 + 1)).astype(np.int64)
        offered = np.diff(replay.offered(trace, edges))
        height = (y1 - y0) / np.maximum(offered, 1)
        kinds = (
            (style.BUSY, replay.worked(trace, edges)),
            (style.OVERHEAD, replay.overhead(trace, edges)),
            (style.LOST, replay.lost(trace, edges)),
            (style.BOOT, replay.away(trace, edges, Spell.BOOT)),
            (style.DOWN, replay.away(trace, edges, Spell.DOWN)),
        )
        tops = np.rint(np.cumsum([np.diff(spent) * height for _, spent in kinds], axis=0)).astype(int)
        self._layers = [(colour, top.tolist()) for (colour, _), top in zip(kinds, tops, strict=True)]
        self._end = axis.x0 + int(np.count_nonzero(offered))
        canvas.fill(Rect(axis.x0, y0, axis.x1, y1), style.PANEL)

    def grow(self, x: int) -> None:
        """Paint the new part up to pixel `x`, or to the end of the run."""
        canvas = self._canvas
        until = min(x, self._end)
        for column in range(self._next, until):
            canvas.fill(Rect(column, self._y0, column + 1, self._y1), style.IDLE)
            bottom = self._y1
            for colour, tops in self._layers:
                top = self._y1 - tops[column - self._axis.x0]
                if top < bottom:
                    canvas.fill(Rect(column, top, column + 1, bottom), colour)
                    bottom = top
        self._next = max(self._next, until)

    def draw_scale(self) -> None:
        """Label the top and the bottom."""
        x = self._axis.x0 - px(6)
        whole = words.percent("100 %")
        self._canvas.text(x, self._y0 + px(10), whole, px(LABEL), ramp=style.MUTED, align="right")
        self._canvas.text(x, self._y1, "0", px(LABEL), ramp=style.MUTED, align="right")


#: An entry of a legend: its colours, and their meaning.
Entry = tuple[tuple[int, ...], str]


def key_lines(entries: list[Entry], width: int) -> list[list[Entry]]:
    """Break a legend into lines of at most `width` pixels, each with at least one entry."""
    lines: list[list[Entry]] = [[]]
    room = width
    for entry in entries:
        needed = taken(entry)
        if lines[-1] and needed - px(18) > room:
            lines.append([])
            room = width
        lines[-1].append(entry)
        room -= needed
    return lines


def taken(entry: Entry) -> int:
    """Width in pixels of an entry of a legend, with the gap behind it."""
    colours, text = entry
    return len(colours) * px(13) + px(4) + measure(text, px(LABEL)) + px(18)


def key(canvas: Canvas, x: int, baseline: int, entries: list[Entry]) -> int:
    """Draw a legend in one line: each entry's colours as squares, and their meaning; returns where it ends."""
    for colours, text in entries:
        for colour in colours:
            canvas.fill(Rect(x, baseline - px(10), x + px(11), baseline + 1), colour)
            x += px(13)
        x += px(4)
        x += canvas.text(x, baseline, text, px(LABEL), ramp=style.MUTED) + px(18)
    return x
