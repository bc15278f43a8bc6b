"""An animation of searches that share a cluster: which search each worker trains for, and the queue below.

Jobs have the colour of their search's label, in two alternating shades, so that neighbouring searches differ.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator.render import style, words
from simulator.render.animation.axis import LABEL, Entry, TimeAxis, key, key_lines, px
from simulator.render.animation.gif import Step
from simulator.render.animation.lanes import Lanes
from simulator.render.canvas import Canvas, Rect
from simulator.render.legend import INDEX, extras
from simulator.render.options import current
from simulator.render.phrases import percent
from simulator.render.words import say
from simulator.trace import replay
from simulator.trace.levels import levels
from simulator.trace.queueing import presence, waiting
from simulator.trace.workload import Workload

MARGIN = 16
HEADER, LANES, QUEUE, FOOTER = 44, 240, 84, 60
LEFT = 66  # of the lanes
BESIDE = 150  # room for the numbers
LINE = 20  # of the legend
GAP = 30  # between lanes and queue, for a heading
FRAMES, FRAME_MS = 150, 80


def shades(workload: Workload) -> list[tuple[str, int]]:
    """Each label with the first of its two colours in the ramp; if there are too many, the others share the last."""
    labels = list(dict.fromkeys(visit.label for visit in workload.visits))
    return [(label, min(2 * place, style.MAX_RUNGS - 1 - style.MAX_RUNGS % 2)) for place, label in enumerate(labels)]


class SharedPicture:
    """The animation of a workload; `steps` draws on `canvas`."""

    def __init__(self, workload: Workload, title: str, unit: str) -> None:
        self._width = current().sizes().width
        self._pace = current().pace(FRAMES, FRAME_MS)
        self._title, self._unit = title, unit
        trace = workload.spread()
        places = dict(shades(workload))
        self._labels = places
        self.colours = max(places.values(), default=0) + 2
        assert trace.search is not None
        slots = np.array([places[visit.label] + visit.number % 2 for visit in workload.visits], np.int64)[
            trace.search
        ]
        span = workload.end
        self._trace = trace
        self._legend = key_lines(self._entries(), self._width - px(LEFT + MARGIN))
        more = px(LINE) * (len(self._legend) - 1) if current().width else 0
        self.canvas = Canvas(self._width, px(HEADER) + px(LANES) + px(GAP) + px(QUEUE) + px(FOOTER) + more)
        self._at = np.rint(np.linspace(0, span, self._pace.frames + 1)[1:]).astype(np.int64)
        self._axis = TimeAxis(px(LEFT), self._width - px(BESIDE), span, unit)
        self._lanes = Lanes(
            self.canvas, px(HEADER) + px(8), px(HEADER) + px(LANES), self._axis, trace, levels([trace]), slots
        )
        self._top = px(HEADER) + px(LANES) + px(GAP)
        times, self._there = presence(workload)
        self._waiting = waiting(workload, times)
        self._x = np.array([self._axis.x(tick) for tick in times.tolist()])
        self._times = times
        self._most = max(int(self._there.max(initial=0)), 1)
        self._done = np.sort([visit.done for visit in workload.visits if visit.done is not None])
        self._worked, self._available = replay.worked(trace, self._at), replay.available(trace, self._at)

    def steps(self) -> Iterator[Step]:
        """One step for each of 150 moments; the last is held."""
        canvas, bottom = self.canvas, self._top + px(QUEUE)
        label, edge, middle = px(LABEL), px(LEFT) - px(6), px(HEADER) + px(LANES) // 2
        canvas.text(px(MARGIN), px(28), self._title, px(18), bold=True, width=self._width - px(140))
        canvas.text(px(LEFT), self._top - px(8), say("searches that are there"), label, ramp=style.MUTED)
        workers = say("worker below a number" if self._trace.workers == 1 else "workers below a number")
        for y, text in (
            (self._top + px(10), words.count(self._most)),
            (bottom, "0"),
            (middle, words.count(self._trace.workers)),
            (middle + px(15), workers),
        ):
            canvas.text(edge, y, text, label, ramp=style.MUTED, align="right")
        canvas.fill(Rect(self._axis.x0, self._top, self._axis.x1, bottom), style.PANEL)
        self._axis.draw(canvas, bottom, labels=True)
        for line, entries in enumerate(self._legend if current().width else [self._entries()]):
            key(canvas, px(LEFT), bottom + px(FOOTER) - px(12) + line * px(LINE), entries)
        before = self._axis.x0
        for frame, tick in enumerate(self._at.tolist()):
            x = self._axis.x(tick)
            self._lanes.grow(x)
            self._grow(before, x)
            width = self._width
            clock = Rect(width - px(200), px(4), width, px(HEADER))
            side = Rect(width - px(BESIDE), px(HEADER), width, bottom)
            canvas.fill(clock, style.PAGE)
            canvas.text(width - px(MARGIN), px(28), words.clock(tick, self._unit), px(20), bold=True, align="right")
            canvas.fill(side, style.PAGE)
            self._write_numbers(frame, tick)
            now, before = Rect(before, px(HEADER), x, bottom), x
            yield Step([now, clock, side], self._pace.frame_time(frame, len(self._at) - 1))

    def _grow(self, before: int, until: int) -> None:
        """Paint the queue from one pixel to another: searches that wait below, the others above."""
        tall = px(QUEUE)
        bottom = self._top + tall
        for x in range(before, until):
            at = max(int(np.searchsorted(self._x, x, "right")) - 1, 0)
            there, wait = (round(tall * int(values[at]) / self._most) for values in (self._there, self._waiting))
            self.canvas.fill(Rect(x, bottom - there, x + 1, bottom - wait), style.BUSY)
            self.canvas.fill(Rect(x, bottom - wait, x + 1, bottom), style.LOST)

    def _write_numbers(self, frame: int, tick: int) -> None:
        at = int(np.searchsorted(self._times, tick, "right")) - 1
        numbers = (
            (percent(self._worked[frame], self._available[frame]), "busy so far"),
            (words.count(int(np.searchsorted(self._done, tick, "right"))), "searches done"),
            (words.count(int(self._there[at])), "searches there"),
            (words.count(int(self._waiting[at])), "without a worker, now"),
        )
        for place, (value, meaning) in enumerate(numbers):
            x, top = self._width - px(BESIDE) + px(14), px(HEADER) + px(34) + px(62) * place
            self.canvas.text(x, top, value, px(17), bold=True)
            self.canvas.text(x, top + px(16), say(meaning), px(LABEL), ramp=style.MUTED, width=self._width - x)

    def _entries(self) -> list[Entry]:
        """The entries of the legend."""
        entries: list[Entry] = [
            ((style.RUNG + place, style.RUNG + place + 1), label) for label, place in self._labels.items()
        ]
        others = [((INDEX[name],), text) for name, text in extras([self._trace]) if name != "lost"]
        lost = any(name == "lost" for name, _ in extras([self._trace]))
        without = say("without one, or lost work" if lost else "without")
        queue = [((style.BUSY,), say("with a worker")), ((style.LOST,), without)]
        return [*entries, ((style.IDLE,), say("idle")), *others, *queue]
