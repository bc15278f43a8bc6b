"""The remake of the two animations in Determined's documentation: one picture a searcher, on one set of scales.

Left a bar for each configuration, the furthest first; right a bar for each worker's job; below, the past: how many
workers were busy, and the idle time that piled up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.render import style
from simulator.render.animation.axis import LABEL, Strip, TimeAxis, counting_step, key
from simulator.render.animation.gif import Step
from simulator.render.canvas import Canvas, Rect, measure
from simulator.render.legend import INDEX, extras, thinned
from simulator.render.phrases import ending, manner, percent, worker_time
from simulator.trace import metrics, replay
from simulator.trace.levels import levels
from simulator.trace.trace import Spell, Trace

WIDTH, HEIGHT = 960, 472
MARGIN = 16
TOP, BOTTOM = 92, 316  # of the two panels
STRIP = Rect(0, 396, 0, 440)
WORKERS = 300  # width of the panel of workers
GAP = 28
HOLD_MS = 3000
GAPPED = 3  # columns at least so wide have a gap between them
#: A run is shown in units of its time if that makes so many frames, else in `FRAMES` parts.
FEWEST, MOST, FRAMES = 20, 150, 120


class Scales:
    """What the pictures of one comparison share: clock, rungs, number of configurations and workers."""

    def __init__(self, traces: Sequence[Trace], unit: str) -> None:
        self.unit = unit
        self.span = max((trace.makespan for trace in traces), default=0)
        units = self.span / ticks.UNITS[unit]
        self.frames = -(-self.span // ticks.UNITS[unit]) if FEWEST <= units <= MOST else FRAMES
        self.tick = ticks.UNITS[unit] if FEWEST <= units <= MOST else max(1, -(-self.span // FRAMES))
        self.frame_ms = 500 if self.frames <= 60 else 200  # noqa: PLR2004
        self.trials = max((metrics.trials_started(trace) for trace in traces), default=0)
        self.levels = levels(traces)
        self.others = extras(traces)

    def height(self, units: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Pixels of a bar of `units`: from one rung to the next they are the same for all."""
        known = [0, *self.levels.resources]
        edges = np.linspace(0, BOTTOM - TOP, len(known))
        pixels: NDArray[np.int64] = np.rint(np.interp(units, known, edges)).astype(np.int64)
        return pixels


class DocsPicture:
    """The animation of one trace; `steps` draws on `canvas`."""

    def __init__(self, trace: Trace, scales: Scales, title: str) -> None:
        self.trace, self.scales, self.title = trace, scales, title
        self.canvas = Canvas(WIDTH, HEIGHT)
        left = MARGIN + max(measure(label, LABEL) for label in scales.levels.labels) + 8
        self._workers = Rect(WIDTH - MARGIN - WORKERS, TOP, WIDTH - MARGIN, BOTTOM)
        self._trials = Rect(left, TOP, self._workers.x0 - GAP, BOTTOM)
        self._axis = TimeAxis(left, WIDTH - MARGIN, scales.span, scales.unit)
        self._trial_columns = Bars(self._trials, scales.trials)
        self._worker_columns = Bars(self._workers, trace.workers)

    def steps(self) -> Iterator[Step]:
        """One step for each frame until the run is over; the last is held for as long as the others go on."""
        trace, scales, canvas = self.trace, self.scales, self.canvas
        strip = Strip(canvas, STRIP.y0, STRIP.y1, self._axis, trace)
        strip.draw_scale()
        self._draw_frame()
        last = min(trace.makespan // scales.tick + 1, scales.frames)
        at = np.minimum(np.arange(1, last + 1) * scales.tick, scales.span)
        numbers = zip(
            at.tolist(),
            replay.worked(trace, at).tolist(),
            replay.available(trace, at).tolist(),
            replay.idle(trace, at).tolist(),
            replay.trained_in_full(trace, at).tolist(),
            strict=True,
        )
        play = replay.Replay(trace)
        for frame, (tick, worked, available, idle, full) in enumerate(numbers, 1):
            moment = play.advance(tick)
            over = tick > trace.makespan
            self._draw_trials(play)
            self._draw_workers(moment, over)
            strip.grow(self._axis.x(tick))
            panels = [
                self._trials,
                self._workers,
                Rect(self._axis.x0, STRIP.y0, self._axis.x1, STRIP.y1),
                *self._write_numbers(play, moment, full, percent(worked, available), idle, over),
            ]
            held = (scales.frames - frame) * scales.frame_ms + HOLD_MS if frame == last else scales.frame_ms
            yield Step(panels, held)

    def _draw_frame(self) -> None:
        """All that never changes."""
        canvas, scales = self.canvas, self.scales
        taken = canvas.text(MARGIN, 30, self.trace.label, 20, bold=True, width=420)
        canvas.text(MARGIN + taken + 14, 30, manner(self.trace), 15, width=WIDTH - taken - 190)
        sampled = [
            f"{len(columns.numbers):,} of {columns.count:,} {noun} shown"
            for columns, noun in ((self._trial_columns, "configurations"), (self._worker_columns, "workers"))
            if len(columns.numbers) < columns.count
        ]
        canvas.text(MARGIN, 54, " · ".join([self.title, *sampled]), 13, ramp=style.MUTED, width=WIDTH - 320)
        canvas.text(self._trials.x0, TOP - 10, "Configurations, furthest first", 14, bold=True)
        canvas.text(self._workers.x0, TOP - 10, "Workers", 14, bold=True)
        canvas.text(self._axis.x0, STRIP.y0 - 9, "Workers busy over time", 14, bold=True)
        self._draw_levels()
        self._trial_columns.draw_numbers(canvas)
        self._worker_columns.draw_numbers(canvas)
        self._axis.draw(canvas, STRIP.y1, labels=True)
        shown = tuple(range(min(len(scales.levels), style.MAX_RUNGS)))
        if scales.others:
            shown = thinned(shown)
        entries = [
            (tuple(style.RUNG + slot for slot in shown), "trained, by highest rung"),
            (
                tuple(style.PALE + slot for slot in shown),
                "still to train" if scales.others else "still to train in a running job",
            ),
            ((style.IDLE,), "idle"),
            *(((INDEX[name],), text) for name, text in scales.others),
            ((style.BUSY,), "busy"),
        ]
        key(canvas, self._axis.x0, 358, entries)

    def _draw_levels(self) -> None:
        nearest = BOTTOM + 14
        for resource, label in zip(self.scales.levels.resources, self.scales.levels.labels, strict=True):
            y = BOTTOM - int(self.scales.height(np.array([resource]))[0])
            if nearest - y >= 14:  # noqa: PLR2004  (the height of a label)
                self.canvas.text(self._trials.x0 - 8, y + 5, label, LABEL, ramp=style.MUTED, align="right")
                nearest = y

    def _draw_ground(self, panel: Rect) -> None:
        self.canvas.fill(panel, style.PANEL)
        for resource in self.scales.levels.resources:
            y = BOTTOM - int(self.scales.height(np.array([resource]))[0])
            self.canvas.fill(Rect(panel.x0, y, panel.x1, y + 1), style.GRID)

    def _draw_trials(self, play: replay.Replay) -> None:
        self._draw_ground(self._trials)
        order = np.lexsort((-play.reached[: play.started], -play.aimed[: play.started]))
        reached, aimed = self.scales.height(play.reached[order]), self.scales.height(play.aimed[order])
        level = self.scales.levels.of(play.aimed[order])
        columns = self._trial_columns
        for number, (x0, x1) in zip(columns.numbers, columns.edges, strict=True):
            if number >= play.started:
                break
            self._bar(x0, x1, int(reached[number]), int(aimed[number]), int(level[number]))

    def _draw_workers(self, moment: replay.Moment, over: bool) -> None:
        self._draw_ground(self._workers)
        trace, canvas = self.trace, self.canvas
        if over:
            middle = (self._workers.x0 + self._workers.x1) // 2
            canvas.fill(Rect(self._workers.x0, TOP, self._workers.x1, BOTTOM), style.PAGE)
            canvas.text(middle, (TOP + BOTTOM) // 2, "the run is over", 14, ramp=style.MUTED, align="center")
            return
        place = np.full(trace.workers, -1)
        place[trace.worker[moment.rows]] = np.arange(len(moment.rows))
        done = self.scales.height(moment.units).tolist()
        target = self.scales.height(trace.to_resource[moment.rows]).tolist()
        level = self.scales.levels.of(trace.to_resource[moment.rows]).tolist()
        waits = (moment.tick <= metrics.useful(trace)[0][moment.rows]).tolist()
        away = replay.away_at(trace, moment.tick)
        columns = self._worker_columns
        for number, (x0, x1) in zip(columns.numbers, columns.edges, strict=True):
            job = int(place[number])
            if job >= 0:
                self._bar(x0, x1, done[job], target[job], level[job])
                if waits[job]:
                    canvas.fill(Rect(x0, BOTTOM - target[job], x1, BOTTOM - done[job]), style.OVERHEAD)
            elif number in away:
                self._draw_away(x0, x1, away[number])
            else:
                canvas.fill(Rect(x0, TOP, x1, BOTTOM), style.IDLE)
                if x1 - x0 >= measure("idle", LABEL) + 2:
                    canvas.text((x0 + x1) // 2, BOTTOM - 8, "idle", LABEL, ramp=style.ON_IDLE, align="center")

    def _draw_away(self, x0: int, x1: int, kind: Spell) -> None:
        """A worker that can't work: hollow, so that it looks like nobody rather than like somebody who waits."""
        canvas, colour = self.canvas, style.BOOT if kind == Spell.BOOT else style.DOWN
        edge = min(3, max(1, (x1 - x0) // 4))
        canvas.fill(Rect(x0, TOP, x1, BOTTOM), colour)
        if x1 - x0 > 2 * edge:
            canvas.fill(Rect(x0 + edge, TOP + edge, x1 - edge, BOTTOM - edge), style.PAGE)
        text = "boot" if kind == Spell.BOOT else "down"
        if x1 - x0 >= measure(text, LABEL) + 2 * edge:
            canvas.text((x0 + x1) // 2, BOTTOM - 8, text, LABEL, ramp=style.MUTED, align="center")

    def _bar(self, x0: int, x1: int, done: int, target: int, level: int) -> None:
        slot = style.slot(level, len(self.scales.levels))
        self.canvas.fill(Rect(x0, BOTTOM - target, x1, BOTTOM - done), style.PALE + slot)
        self.canvas.fill(Rect(x0, BOTTOM - done, x1, BOTTOM), style.RUNG + slot)

    def _write_numbers(
        self, play: replay.Replay, moment: replay.Moment, full: int, share: str, idle: int, over: bool
    ) -> list[Rect]:
        """The clock and the counters; returns where they are."""
        trace, unit = self.trace, self.scales.unit
        now = min(moment.tick, trace.makespan)
        busy = int((moment.tick > metrics.useful(trace)[0][moment.rows]).sum())
        there = trace.workers - list(replay.away_at(trace, moment.tick).values()).count(Spell.DOWN)
        clock = ticks.show(now, unit)
        state = "" if moment.tick < trace.makespan else ending(trace, unit)
        fields = [
            (Rect(WIDTH - 170, 8, WIDTH, 36), clock, style.INK, 20, True),
            (Rect(WIDTH - 300, 38, WIDTH, 60), state, style.ACCENT, 13, True),
            (
                Rect(self._trials.x0 + 240, TOP - 26, self._trials.x1, TOP - 4),
                f"{play.started:,} started · {full:,} trained in full",
                style.INK, 13, False,
            ),
            (
                Rect(self._workers.x0 + 80, TOP - 26, self._workers.x1, TOP - 4),
                f"busy now {percent(0 if over else busy, there)}",
                style.INK, 14, True,
            ),
            (
                Rect(self._axis.x1 - 420, STRIP.y0 - 24, self._axis.x1 - 200, STRIP.y0 - 4),
                f"busy so far {share}",
                style.INK, 14, True,
            ),
            (
                Rect(self._axis.x1 - 200, STRIP.y0 - 24, self._axis.x1, STRIP.y0 - 4),
                f"idle {worker_time(idle, unit)}",
                style.ACCENT, 14, True,
            ),
        ]  # fmt: skip
        for rect, text, ramp, size, bold in fields:
            self.canvas.fill(rect, style.PAGE)
            x = min(rect.x1, WIDTH - MARGIN)
            self.canvas.text(x, rect.y1 - 7, text, size, ramp=ramp, bold=bold, align="right", width=rect.x1 - rect.x0)
        return [field[0] for field in fields]


class Bars:
    """Equal columns for `count` bars; where there is no room for gaps each line of pixels is one bar of a sample."""

    def __init__(self, panel: Rect, count: int) -> None:
        self._panel, self.count = panel, count
        width = panel.x1 - panel.x0
        pitch = width // max(count, 1)
        if pitch >= GAPPED:
            self._pitch = float(pitch)
            gap = max(1, pitch // 8)
            self.numbers = list(range(count))
            self.edges = [(panel.x0 + bar * pitch, panel.x0 + (bar + 1) * pitch - gap) for bar in self.numbers]
        else:
            self._pitch = width / count
            self.numbers = [int((x + 0.5) / self._pitch) for x in range(width)]
            self.edges = [(x, x + 1) for x in range(panel.x0, panel.x1)]

    def draw_numbers(self, canvas: Canvas) -> None:
        """Numbers from 1 on under the columns."""
        if not self.count:
            return
        widest = measure(f"{self.count:,}", LABEL) + 10
        step = counting_step(self.count, max(1, int(self.count * self._pitch) // widest))
        for number in dict.fromkeys([1, *range(step, self.count + 1, step)]):
            if number == 1 or (number - 1) * self._pitch >= widest or step == 1:
                x = int(self._panel.x0 + (number - 0.5) * self._pitch)
                canvas.text(x, self._panel.y1 + 17, f"{number:,}", LABEL, ramp=style.MUTED, align="center")
