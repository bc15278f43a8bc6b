"""All searchers one above the other on one clock: the work of every worker, and the idle time in between.

Each searcher has a row. It has the lanes of the workers, with bars in the colour of their rung. Below these is the
share of workers that is busy, and beside them are the counters and the ladder of rungs. The time to come is grey, so
one sees the idle time grow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from simulator.core.errors import InputError, Problem
from simulator.core.escaping import plain
from simulator.render import style, words
from simulator.render.animation.axis import LABEL, Entry, Strip, TimeAxis, key, key_lines, px, taken
from simulator.render.animation.gif import Step
from simulator.render.animation.ladder import LadderBars
from simulator.render.animation.lanes import Lanes
from simulator.render.canvas import Canvas, Rect, measure
from simulator.render.legend import INDEX, extras, stopped_entry, thinned
from simulator.render.options import USUAL_WIDTH, current
from simulator.render.phrases import ending, first_promotion_note, loss, manner, percent, rungs, worker_time
from simulator.render.words import say
from simulator.trace import metrics, replay
from simulator.trace.levels import Levels, levels
from simulator.trace.trace import Trace

WIDTH, MARGIN = USUAL_WIDTH, 16
HEADER, FOOTER = 44, 44
#: Height of a row in pixels, by the number of searchers.
ROWS = (226, 300, 226, 208, 196)
LEFT = 66  # left edge of the lanes
BESIDE, CELL = 276, 128  # room for the counters, and how far apart they are
GUTTER = 28  # between lanes and counters
TOP, STRIP, SPACE = 40, 38, 14  # above the lanes, height of the strip, below it
LADDER = 122  # space above the ladder
#: Counters stand beside the lanes from this width on; in narrower pictures they take this height below the lanes.
ROOMY, BELOW = 700, 152
LINE = 20  # height of a line of the legend
LEAST = 60  # least height of the lanes
FRAMES, FRAME_MS = 150, 80
MOST_SEARCHERS = len(ROWS) - 1


class TimelinePicture:
    """The animation of up to four traces; `steps` draws on `canvas`.

    Raises InputError if the requested height is too low.
    """

    def __init__(self, traces: Sequence[Trace], title: str, unit: str, size: tuple[int, int] | None = None) -> None:
        count = max(len(traces), 1)
        options = current()
        self._narrow = options.sizes().room < ROOMY
        self.levels = levels(traces)
        self._traces, self._title, self._unit = traces, title, unit
        width = size[0] if size else options.sizes().width
        self._width, self._side = width, width - px(BESIDE)
        self._legend = self._lines()
        footer = px(FOOTER) + px(LINE) * (len(self._legend) - 1)
        below = px(BELOW) if self._narrow else 0
        usual = px(HEADER) + (px(ROWS[len(traces)]) + below) * count + footer
        total = size[1] if size else options.height or usual
        height = (total - px(HEADER) - footer) // count
        least = px(TOP + STRIP + SPACE + 5 + LEAST) + below
        if options.height and height < least:
            lowest = px(HEADER) + least * count + footer
            raise InputError(Problem("height", f"should be {lowest:,} or more at this width, not {options.height:,}"))
        self.canvas = Canvas(width, total if options.height else px(HEADER) + height * count + footer)
        self._footer = footer
        span = max((trace.makespan for trace in traces), default=0)
        self._pace = options.pace(FRAMES, FRAME_MS)
        self._at = np.rint(np.linspace(0, span, self._pace.frames + 1)[1:]).astype(np.int64)
        right = width - px(MARGIN) if self._narrow else self._side - px(GUTTER)
        self._axis = TimeAxis(px(LEFT), right, span, unit)
        self._rows = [
            SearcherRow(
                self.canvas, self._axis, self._at, trace, traces, self.levels, px(HEADER) + height * place, height
            )
            for place, trace in enumerate(traces)
        ]

    def steps(self) -> Iterator[Step]:
        """One step for each of 150 moments, or of as many as are requested; the last step is held."""
        canvas = self.canvas
        bottom = canvas.all.y1
        last = self._rows[-1].bottom if self._rows else bottom - self._footer
        room = self._width - px(140 if self._narrow else 220)
        sizes = [px(size) for size in (18, 16, 14) if measure(plain(self._title), px(size), bold=True) <= room]
        canvas.text(
            px(MARGIN), px(28), self._title, sizes[0] if sizes and self._narrow else px(18), bold=True, width=room
        )
        if not self._narrow:
            self._axis.draw(canvas, last - px(SPACE), labels=True)
        self._draw_key(bottom - px(12))
        before = px(LEFT)
        for frame, tick in enumerate(self._at.tolist()):
            clock = Rect(self._width - px(200), px(4), self._width, px(HEADER))
            canvas.fill(clock, style.PAGE)
            canvas.text(
                self._width - px(MARGIN), px(28), words.clock(tick, self._unit), px(20), bold=True, align="right"
            )
            x = self._axis.x(tick)
            sides = [row.draw(frame, tick, x) for row in self._rows]
            # The clock is drawn with the first row, since a step has time for four images.
            if self._narrow or not sides:
                sides.append(clock)
            else:
                sides[0] = Rect(self._side, 0, self._width, sides[0].y1)
            now, before = Rect(before, px(HEADER), x, last), x
            notes = [row.note_rect for row in self._rows]
            yield Step([now, *sides, *notes], self._pace.frame_time(frame, len(self._at) - 1))

    def _entries(self) -> tuple[list[Entry], Entry]:
        """The entries of the legend, and those for running jobs on the ladder."""
        slots = tuple(range(min(len(self.levels), style.MAX_RUNGS)))
        others = extras(self._traces)
        if others or stopped_entry(self._traces):
            slots = thinned(slots)
        entries: list[Entry] = [
            (tuple(style.RUNG + slot for slot in slots), say("at work, by rung")),
            ((style.IDLE,), say("idle")),
            *stopped_entry(self._traces),
            *(((INDEX[name],), text) for name, text in others),
            ((style.BUSY,), say("busy share" if others else "busy share of the workers")),
        ]
        return entries, (tuple(style.PALE + slot for slot in slots), say("running now"))

    def _lines(self) -> list[list[Entry]]:
        """The lines of the legend: one if it fits at its usual place, else several."""
        entries, running = self._entries()
        usual = [sum(map(taken, entries)) <= self._side - px(LEFT) + px(18), taken(running) <= px(BESIDE)]
        if self._width >= WIDTH and not self._narrow and (all(usual) or current().width is None):
            return [entries]
        return key_lines([*entries, running], self._width - px(LEFT) - px(MARGIN))

    def _draw_key(self, baseline: int) -> None:
        entries, running = self._entries()
        if self._legend == [entries]:
            end = key(self.canvas, px(LEFT), baseline, entries)
            key(self.canvas, max(self._side, end), baseline, [running])
            return
        for line, shown in enumerate(reversed(self._legend)):
            key(self.canvas, px(LEFT), baseline - line * px(LINE), shown)


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
        self._width, self.bottom = canvas.all.x1, top + height
        narrow = current().sizes().room < ROOMY
        bottom = top + height - px(SPACE) - (px(BELOW) if narrow else 0)
        # The beginning of the counters, beside the lanes or below them.
        self._side, self._beside = self._width - px(BESIDE), top
        if narrow:
            self._side, self._beside = px(MARGIN), bottom + px(26)
        lanes_end = bottom - px(STRIP) - px(5)
        self._right = axis.x1
        self._draw_frame(lanes_end)
        self._lanes = Lanes(canvas, top + px(TOP), lanes_end, axis, trace, levels)
        self._strip = Strip(canvas, bottom - px(STRIP), bottom, axis, trace)
        self._strip.draw_scale()
        axis.draw(canvas, bottom, labels=narrow)
        most = max(metrics.trials_started(other) for other in traces)
        place = Rect(self._side, top + px(LADDER), self._width - px(MARGIN), bottom)
        if narrow:
            place = Rect(
                self._side + px(BESIDE), self._beside + px(8), self._width - px(MARGIN), self._beside + px(100)
            )
        self._ladder = LadderBars(canvas, place, rungs(levels), most)
        self._on_rungs = replay.ladder(trace, at, levels)
        self._worked, self._available = replay.worked(trace, at), replay.available(trace, at)
        self._idle = replay.idle(trace, at)
        self._trials, self._best = replay.trials_started(trace, at), replay.best_loss(trace, at)
        self._note = first_promotion_note(trace, axis.unit)
        # The changing parts beside the lanes: the counters, and the ladder with them or by itself.
        self._counters = Rect(self._side, self._beside, self._width, self._beside + px(LADDER))
        self._changing = Rect(self._side, top, self._width, self._ladder.rect.y1)
        if narrow:
            self._counters = Rect(self._side, self._beside, self._side + px(BESIDE) - 2, self.bottom)
            self._changing = Rect(self._side, self._beside, self._width, self.bottom)
        self.note_rect = Rect(axis.x0, top + px(22), axis.x1 + (0 if narrow else px(GUTTER)), top + px(TOP))

    def draw(self, frame: int, tick: int, x: int) -> Rect:
        """Draw the next frame; returns the changed part beside the lanes."""
        self._lanes.grow(x)
        self._strip.grow(x)
        if self._note is not None and self._note.until <= tick:
            self._draw_note()
        self._canvas.fill(self._counters, style.PAGE)
        self._write_numbers(frame, tick)
        self._ladder.draw(self._on_rungs.started[frame].tolist(), self._on_rungs.settled[frame].tolist())
        return self._changing

    def _draw_frame(self, lanes_end: int) -> None:
        canvas, trace, left, label = self._canvas, self._trace, self._axis.x0, px(LABEL)
        taken = canvas.text(left, self._top + px(18), trace.label, px(16), bold=True, width=px(240))
        room = self._right - left - taken - px(12)
        canvas.text(left + taken + px(12), self._top + px(18), manner(trace), px(14), width=room)
        middle = (self._top + px(TOP) + lanes_end) // 2
        edge = left - px(6)
        canvas.text(edge, middle, words.count(trace.workers), label, ramp=style.MUTED, align="right")
        noun = say("worker below a number" if trace.workers == 1 else "workers below a number")
        canvas.text(edge, middle + px(15), noun, label, ramp=style.MUTED, align="right")
        lines = lanes_end - self._top - px(TOP)
        if trace.workers > lines:
            shown = say("shown", n=words.count(lines))
            canvas.text(edge, middle + px(30), shown, label, ramp=style.MUTED, align="right")

    def _draw_note(self) -> None:
        """Draw a note: a bracket over its span of time, or a mark at its moment, with the text."""
        note, canvas = self._note, self._canvas
        assert note is not None
        self._note = None
        line, left, end = self._top + px(TOP) - 3, self._axis.x0, self.note_rect.x1
        x0, x1 = self._axis.x(note.since), max(self._axis.x(note.until), self._axis.x(note.since) + 2)
        colour = style.ACCENT + style.STEPS - 1
        canvas.fill(Rect(x0, line - 4, x1, line - 2), colour)
        canvas.fill(Rect(x0, line - 4, x0 + 2, line + 2), colour)
        canvas.fill(Rect(x1 - 2, line - 4, x1, line + 2), colour)
        width = measure(note.text, px(LABEL))
        x = x1 + px(6) if x1 + px(6) + width <= end - px(4) else max(left, x0 - px(6) - width)
        canvas.text(x, self._top + px(TOP) - 4, note.text, px(LABEL), ramp=style.ACCENT, width=end - x)

    def _write_numbers(self, frame: int, tick: int) -> None:
        trace, unit, canvas, top = self._trace, self._axis.unit, self._canvas, self._beside
        over = tick >= trace.makespan
        state = ending(trace, unit) if over else say("running")
        canvas.text(self._side, top + px(18), state, px(14), bold=over, width=px(BESIDE - 4))
        cells = (
            (0, 44, percent(self._worked[frame], self._available[frame]), "busy so far", style.INK),
            (CELL, 44, worker_time(self._idle[frame], unit), "idle so far", style.ACCENT),
            (0, 82, words.count(self._trials[frame]), "trials started", style.INK),
            (CELL, 82, loss(self._best[frame]), "best loss so far", style.INK),
        )
        for x, y, value, meaning, ramp in cells:
            room = px(BESIDE - CELL - 4)
            size = next((px(size) for size in (17, 15, 13) if measure(value, px(size), bold=True) <= room), px(LABEL))
            canvas.text(self._side + px(x), top + px(y), value, size, ramp=ramp, bold=True, width=room)
            room = room if x else px(CELL - 6)
            below = top + px(y) + px(15)
            canvas.text(self._side + px(x), below, say(meaning), px(LABEL), ramp=style.MUTED, width=room)
        if over:
            divisor = trace.meta.get("divisor")
            if not divisor:
                return
            waited = metrics.idle_promotable(trace, float(divisor))
            text = say("idle while a promotion waits", time=worker_time(waited, unit))
            canvas.text(self._side, top + px(LADDER - 8), text, px(LABEL), ramp=style.MUTED, width=px(BESIDE - 4))
