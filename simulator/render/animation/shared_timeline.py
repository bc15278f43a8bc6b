"""Searches that share a cluster, as time goes on: whose trial each worker trains, and the queue beneath.

Jobs are in the colour of their search's label, in two shades by turns, so that a search is told from the next.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator.core import ticks
from simulator.render import style
from simulator.render.animation.axis import LABEL, TimeAxis, key
from simulator.render.animation.gif import Step
from simulator.render.animation.lanes import Lanes
from simulator.render.canvas import Canvas, Rect
from simulator.render.legend import INDEX, extras
from simulator.render.phrases import percent
from simulator.trace import replay
from simulator.trace.levels import levels
from simulator.trace.queueing import presence, waiting
from simulator.trace.workload import Workload

WIDTH, MARGIN = 960, 16
HEADER, LANES, QUEUE, FOOTER = 44, 240, 84, 60
LEFT = 66  # of the lanes
BESIDE = 150  # room for the numbers
GAP = 30  # between lanes and queue, for a heading
FRAMES, FRAME_MS, HOLD_MS = 150, 80, 3000


def shades(workload: Workload) -> list[tuple[str, int]]:
    """(label, first of its two places in the ramp), as far as there are places; later labels share the last."""
    labels = list(dict.fromkeys(visit.label for visit in workload.visits))
    return [(label, min(2 * place, style.MAX_RUNGS - 1 - style.MAX_RUNGS % 2)) for place, label in enumerate(labels)]


class SharedPicture:
    """The animation of a workload; `steps` draws on `canvas`."""

    def __init__(self, workload: Workload, title: str, unit: str) -> None:
        self.canvas = Canvas(WIDTH, HEADER + LANES + GAP + QUEUE + FOOTER)
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
        self._at = np.rint(np.linspace(0, span, FRAMES + 1)[1:]).astype(np.int64)
        self._axis = TimeAxis(LEFT, WIDTH - BESIDE, span, unit)
        self._lanes = Lanes(self.canvas, HEADER + 8, HEADER + LANES, self._axis, trace, levels([trace]), slots)
        self._top = HEADER + LANES + GAP
        times, self._there = presence(workload)
        self._waiting = waiting(workload, times)
        self._x = np.array([self._axis.x(tick) for tick in times.tolist()])
        self._times = times
        self._most = max(int(self._there.max(initial=0)), 1)
        self._done = np.sort([visit.done for visit in workload.visits if visit.done is not None])
        self._worked, self._available = replay.worked(trace, self._at), replay.available(trace, self._at)

    def steps(self) -> Iterator[Step]:
        """One step for each of 150 moments; the last is held."""
        canvas, bottom = self.canvas, self._top + QUEUE
        canvas.text(MARGIN, 28, self._title, 18, bold=True, width=WIDTH - 220)
        canvas.text(LEFT, self._top - 8, "searches that have come and are not done", LABEL, ramp=style.MUTED)
        canvas.text(LEFT - 6, self._top + 10, f"{self._most:,}", LABEL, ramp=style.MUTED, align="right")
        canvas.text(LEFT - 6, bottom, "0", LABEL, ramp=style.MUTED, align="right")
        canvas.text(LEFT - 6, HEADER + LANES // 2, f"{self._trace.workers:,}", LABEL, ramp=style.MUTED, align="right")
        canvas.text(LEFT - 6, HEADER + LANES // 2 + 15, "workers", LABEL, ramp=style.MUTED, align="right")
        canvas.fill(Rect(self._axis.x0, self._top, self._axis.x1, bottom), style.PANEL)
        self._axis.draw(canvas, bottom, labels=True)
        self._draw_key(bottom + FOOTER - 12)
        before = self._axis.x0
        for frame, tick in enumerate(self._at.tolist()):
            x = self._axis.x(tick)
            self._lanes.grow(x)
            self._grow(before, x)
            clock, side = Rect(WIDTH - 200, 4, WIDTH, HEADER), Rect(WIDTH - BESIDE, HEADER, WIDTH, bottom)
            canvas.fill(clock, style.PAGE)
            canvas.text(WIDTH - MARGIN, 28, ticks.show(tick, self._unit), 20, bold=True, align="right")
            canvas.fill(side, style.PAGE)
            self._write_numbers(frame, tick)
            now, before = Rect(before, HEADER, x, bottom), x
            yield Step([now, clock, side], HOLD_MS if frame == FRAMES - 1 else FRAME_MS)

    def _grow(self, before: int, until: int) -> None:
        """Paint the queue from one pixel to another: those that wait below, the others above."""
        bottom = self._top + QUEUE
        for x in range(before, until):
            at = max(int(np.searchsorted(self._x, x, "right")) - 1, 0)
            there, wait = (round(QUEUE * int(values[at]) / self._most) for values in (self._there, self._waiting))
            self.canvas.fill(Rect(x, bottom - there, x + 1, bottom - wait), style.BUSY)
            self.canvas.fill(Rect(x, bottom - wait, x + 1, bottom), style.LOST)

    def _write_numbers(self, frame: int, tick: int) -> None:
        at = int(np.searchsorted(self._times, tick, "right")) - 1
        numbers = (
            (percent(self._worked[frame], self._available[frame]), "busy so far"),
            (f"{int(np.searchsorted(self._done, tick, 'right')):,}", "searches done"),
            (f"{int(self._there[at]):,}", "searches there"),
            (f"{int(self._waiting[at]):,}", "without a worker"),
        )
        for place, (value, meaning) in enumerate(numbers):
            top = HEADER + 34 + 62 * place
            self.canvas.text(WIDTH - BESIDE + 14, top, value, 17, bold=True)
            self.canvas.text(WIDTH - BESIDE + 14, top + 16, meaning, LABEL, ramp=style.MUTED)

    def _draw_key(self, baseline: int) -> None:
        entries = [((style.RUNG + place, style.RUNG + place + 1), label) for label, place in self._labels.items()]
        others = [((INDEX[name],), text) for name, text in extras([self._trace]) if name != "lost"]
        lost = any(name == "lost" for name, _ in extras([self._trace]))
        without = "without; above: lost work" if lost else "without"
        queue = [((style.BUSY,), "with a worker"), ((style.LOST,), without)]
        key(self.canvas, LEFT, baseline, [*entries, ((style.IDLE,), "idle"), *others, *queue])
