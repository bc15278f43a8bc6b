"""All searchers above each other on one clock: what every worker did, and the idle time in between, painted.

A row a searcher: lanes of the workers, bars in the colour of their rung; under them the share that is busy; beside
them the counters and the ladder of rungs. Time to come stays grey, so the idle time is seen to pile up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from simulator.core import ticks
from simulator.render import style
from simulator.render.animation.axis import LABEL, Strip, TimeAxis, key
from simulator.render.animation.gif import Step
from simulator.render.animation.ladder import LadderBars
from simulator.render.animation.lanes import Lanes
from simulator.render.canvas import Canvas, Rect, measure
from simulator.render.legend import INDEX, extras, thinned
from simulator.render.phrases import ending, first_promotion_note, loss, manner, percent, worker_time
from simulator.trace import metrics, replay
from simulator.trace.levels import Levels, levels
from simulator.trace.trace import Trace

WIDTH, MARGIN = 960, 16
HEADER, FOOTER = 44, 44
#: Height of a row, by the number of searchers.
ROWS = (226, 300, 226, 208, 196)
LEFT = 66  # of the lanes
BESIDE, CELL = 276, 128  # room for the counters, and how far apart they are
GUTTER = 28  # between lanes and counters
TOP, STRIP, SPACE = 40, 38, 14  # above the lanes, height of the strip, below it
LADDER = 122  # above the ladder
FRAMES, FRAME_MS, HOLD_MS = 150, 80, 3000
MOST_SEARCHERS = len(ROWS) - 1


class TimelinePicture:
    """The animation of up to four traces; `steps` draws on `canvas`, which may have a `size` of its own."""

    def __init__(self, traces: Sequence[Trace], title: str, unit: str, size: tuple[int, int] | None = None) -> None:
        count = max(len(traces), 1)
        width, total = size or (WIDTH, HEADER + ROWS[len(traces)] * count + FOOTER)
        height = (total - HEADER - FOOTER) // count
        self.canvas = Canvas(width, HEADER + height * count + FOOTER)
        self._width, self._side = width, width - BESIDE
        self.levels = levels(traces)
        self._traces, self._title, self._unit = traces, title, unit
        span = max((trace.makespan for trace in traces), default=0)
        self._at = np.rint(np.linspace(0, span, FRAMES + 1)[1:]).astype(np.int64)
        self._axis = TimeAxis(LEFT, self._side - GUTTER, span, unit)
        self._rows = [
            SearcherRow(
                self.canvas, self._axis, self._at, trace, traces, self.levels, HEADER + height * place, height
            )
            for place, trace in enumerate(traces)
        ]

    def steps(self) -> Iterator[Step]:
        """One step for each of 150 moments; the last is held."""
        canvas = self.canvas
        bottom = canvas.all.y1
        canvas.text(MARGIN, 28, self._title, 18, bold=True, width=self._width - 220)
        self._axis.draw(canvas, bottom - FOOTER - SPACE, labels=True)
        self._draw_key(bottom - 12)
        before = LEFT
        for frame, tick in enumerate(self._at.tolist()):
            clock = Rect(self._width - 200, 4, self._width, HEADER)
            canvas.fill(clock, style.PAGE)
            canvas.text(self._width - MARGIN, 28, ticks.show(tick, self._unit), 20, bold=True, align="right")
            x = self._axis.x(tick)
            sides = [row.draw(frame, tick, x) for row in self._rows]
            # The clock goes with the first row: a step has time for four images.
            sides[:1] = [Rect(self._side, 0, self._width, sides[0].y1)] if sides else [clock]
            now, before = Rect(before, HEADER, x, bottom - FOOTER), x
            notes = [row.note_rect for row in self._rows]
            yield Step([now, *sides, *notes], HOLD_MS if frame == FRAMES - 1 else FRAME_MS)

    def _draw_key(self, baseline: int) -> None:
        slots = tuple(range(min(len(self.levels), style.MAX_RUNGS)))
        others = extras(self._traces)
        if others:
            slots = thinned(slots)
        entries = [
            (tuple(style.RUNG + slot for slot in slots), "at work, by rung"),
            ((style.IDLE,), "idle"),
            *(((INDEX[name],), text) for name, text in others),
            ((style.BUSY,), "busy share" if others else "busy share of the workers"),
        ]
        end = key(self.canvas, LEFT, baseline, entries)
        key(
            self.canvas, max(self._side, end), baseline, [(tuple(style.PALE + slot for slot in slots), "running now")]
        )


class SearcherRow:
    """One searcher's part of the picture, from `top` down `height` pixels."""

    def __init__(
        self,
        canvas: Canvas,
        axis: TimeAxis,
        at: replay.Ticks,
        trace: Trace,
        traces: Sequence[Trace],
        levels: Levels,
        top: int,
        height: int,
    ) -> None:
        self._canvas, self._axis, self._trace, self._top = canvas, axis, trace, top
        self._width = canvas.all.x1
        self._side = self._width - BESIDE
        bottom = top + height - SPACE
        lanes_end = bottom - STRIP - 5
        self._draw_frame(lanes_end)
        self._lanes = Lanes(canvas, top + TOP, lanes_end, axis, trace, levels)
        self._strip = Strip(canvas, bottom - STRIP, bottom, axis, trace)
        self._strip.draw_scale()
        axis.draw(canvas, bottom, labels=False)
        most = max(metrics.trials_started(other) for other in traces)
        place = Rect(self._side, top + LADDER, self._width - MARGIN, bottom)
        self._ladder = LadderBars(canvas, place, levels.labels, most)
        self._on_rungs = replay.ladder(trace, at, levels)
        self._worked, self._available = replay.worked(trace, at), replay.available(trace, at)
        self._idle = replay.idle(trace, at)
        self._trials, self._best = replay.trials_started(trace, at), replay.best_loss(trace, at)
        self._note = first_promotion_note(trace, axis.unit)
        self.note_rect = Rect(LEFT, top + 22, self._side, top + TOP)

    def draw(self, frame: int, tick: int, x: int) -> Rect:
        """Go on to a frame; returns the part beside the lanes, which the caller does not know."""
        self._lanes.grow(x)
        self._strip.grow(x)
        if self._note is not None and self._note.until <= tick:
            self._draw_note()
        side = Rect(self._side, self._top, self._width, self._top + LADDER)
        self._canvas.fill(side, style.PAGE)
        self._write_numbers(frame, tick)
        self._ladder.draw(self._on_rungs.started[frame].tolist(), self._on_rungs.settled[frame].tolist())
        return Rect(self._side, self._top, self._width, self._ladder.rect.y1)

    def _draw_frame(self, lanes_end: int) -> None:
        canvas, trace = self._canvas, self._trace
        taken = canvas.text(LEFT, self._top + 18, trace.label, 16, bold=True, width=240)
        canvas.text(
            LEFT + taken + 12, self._top + 18, manner(trace), 14, width=self._side - GUTTER - LEFT - taken - 12
        )
        middle = (self._top + TOP + lanes_end) // 2
        canvas.text(LEFT - 6, middle, f"{trace.workers:,}", LABEL, ramp=style.MUTED, align="right")
        noun = "worker" if trace.workers == 1 else "workers"
        canvas.text(LEFT - 6, middle + 15, noun, LABEL, ramp=style.MUTED, align="right")
        lines = lanes_end - self._top - TOP
        if trace.workers > lines:
            canvas.text(LEFT - 6, middle + 30, f"{lines} shown", LABEL, ramp=style.MUTED, align="right")

    def _draw_note(self) -> None:
        """A bracket over the time it took, or a mark at the moment, and what happened."""
        note, canvas = self._note, self._canvas
        assert note is not None
        self._note = None
        line = self._top + TOP - 3
        x0, x1 = self._axis.x(note.since), max(self._axis.x(note.until), self._axis.x(note.since) + 2)
        colour = style.ACCENT + style.STEPS - 1
        canvas.fill(Rect(x0, line - 4, x1, line - 2), colour)
        canvas.fill(Rect(x0, line - 4, x0 + 2, line + 2), colour)
        canvas.fill(Rect(x1 - 2, line - 4, x1, line + 2), colour)
        width = measure(note.text, LABEL)
        x = x1 + 6 if x1 + 6 + width <= self._side - 4 else max(LEFT, x0 - 6 - width)
        canvas.text(x, self._top + TOP - 4, note.text, LABEL, ramp=style.ACCENT)

    def _write_numbers(self, frame: int, tick: int) -> None:
        trace, unit, canvas, top = self._trace, self._axis.unit, self._canvas, self._top
        over = tick >= trace.makespan
        canvas.text(self._side, top + 18, ending(trace, unit) if over else "running", 14, bold=over)
        cells = (
            (0, 44, percent(self._worked[frame], self._available[frame]), "busy so far", style.INK),
            (CELL, 44, worker_time(self._idle[frame], unit), "idle so far", style.ACCENT),
            (0, 82, f"{self._trials[frame]:,}", "trials started", style.INK),
            (CELL, 82, loss(self._best[frame]), "best loss so far", style.INK),
        )
        for x, y, value, meaning, ramp in cells:
            room = BESIDE - CELL - 4
            size = next((size for size in (17, 15, 13) if measure(value, size, bold=True) <= room), LABEL)
            canvas.text(self._side + x, top + y, value, size, ramp=ramp, bold=True, width=room)
            canvas.text(self._side + x, top + y + 15, meaning, LABEL, ramp=style.MUTED)
        if over:
            divisor = trace.meta.get("divisor")
            if not divisor:
                return
            waited = metrics.idle_promotable(trace, float(divisor))
            text = f"{worker_time(waited, unit)} idle while a promotion waits"
            canvas.text(self._side, top + LADDER - 8, text, LABEL, ramp=style.MUTED, width=BESIDE - 4)
