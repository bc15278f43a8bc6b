"""A remake of the two animations in Determined's documentation: a picture for each searcher, on common scales.

On the left is a bar for each configuration, those trained furthest first. On the right is a bar for each worker's
job. Below is the past: the number of busy workers over time, and the idle time so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.render import style, words
from simulator.render.animation.axis import LABEL, Entry, Strip, TimeAxis, counting_step, key, key_lines, px
from simulator.render.animation.gif import Step
from simulator.render.animation.places import BOTTOM, LINE, MARGIN, TOP, Places, alone, beneath
from simulator.render.canvas import Align, Canvas, Rect, measure
from simulator.render.legend import INDEX, extras, stopped_entry, thinned
from simulator.render.options import current
from simulator.render.phrases import ending, manner, percent, rungs, units, worker_time
from simulator.render.words import say
from simulator.trace import metrics, replay
from simulator.trace.levels import levels
from simulator.trace.trace import Spell, Trace

STOPPED = 3  # height of the mark on a configuration that a rule stopped
GAPPED = 3  # width of a column from which on there are gaps
#: Number of frames of an animation: one for each unit of time if these are between FEWEST and MOST, else FRAMES.
FEWEST, MOST, FRAMES = 20, 150, 120
#: Panels stand side by side from this width on, in pixels with letters of 12 pixels.
ROOMY = 700


class Scales:
    """The scales that the pictures of one comparison share: clock, rungs, number of configurations and workers."""

    def __init__(self, traces: Sequence[Trace], unit: str) -> None:
        self.unit = unit
        self.span = max((trace.makespan for trace in traces), default=0)
        whole = self.span / ticks.UNITS[unit]
        frames = -(-self.span // ticks.UNITS[unit]) if FEWEST <= whole <= MOST else FRAMES
        self.tick = ticks.UNITS[unit] if FEWEST <= whole <= MOST else max(1, -(-self.span // FRAMES))
        self.pace = current().pace(frames, 500 if frames <= 60 else 200)  # noqa: PLR2004
        self.frames = self.pace.frames
        if self.frames != frames:
            self.tick = max(1, -(-self.span // self.frames))
        self.trials = max((metrics.trials_started(trace) for trace in traces), default=0)
        self.levels = levels(traces)
        self.others = extras(traces)
        self.stops = stopped_entry(traces)

    def height(
        self, resource: NDArray[np.float64] | NDArray[np.int64], tall: int = BOTTOM - TOP
    ) -> NDArray[np.int64]:
        """Height in pixels of bars in a panel of `tall` pixels; distances between neighbouring rungs are equal."""
        known = [0, *self.levels.resources]
        edges = np.linspace(0, tall, len(known))
        pixels: NDArray[np.int64] = np.rint(np.interp(resource, known, edges)).astype(np.int64)
        return pixels

    def last(self, trace: Trace) -> int:
        """The number of the frame, from 1, at which a run is shown as over."""
        return min(trace.makespan // self.tick + 1, self.frames)

    def legend(self) -> list[Entry]:
        """The legend of the colours."""
        shown = tuple(range(min(len(self.levels), style.MAX_RUNGS)))
        if self.others or self.stops:
            shown = thinned(shown)
        still = "still to train" if self.others or self.stops else "still to train in a running job"
        return [
            (tuple(style.RUNG + slot for slot in shown), say("trained, by highest rung")),
            (tuple(style.PALE + slot for slot in shown), say(still)),
            ((style.IDLE,), say("idle")),
            *self.stops,
            *(((INDEX[name],), text) for name, text in self.others),
            ((style.BUSY,), say("busy")),
        ]


class DocsPicture:
    """The animation of one trace; `steps` draws on `canvas`.

    Raises InputError if the requested height is too low.
    """

    def __init__(self, trace: Trace, scales: Scales, title: str) -> None:
        options = current()
        sizes = options.sizes()
        narrow = sizes.room < ROOMY
        labels = (units if narrow else rungs)(scales.levels)
        left = px(MARGIN) + widest(labels) + px(8)
        self._legend = key_lines(scales.legend(), sizes.width - (px(MARGIN) if narrow else left) - px(MARGIN))
        if narrow:
            whole = Rect(0, 0, sizes.width, 0)
            places = beneath(whole, left, lines=len(self._legend), height=options.height, heading=True)
        else:
            places = alone(
                sizes.width, sizes.room, left, lines=len(self._legend), split=options.width is not None,
                height=options.height,
            )  # fmt: skip
        self.canvas = Canvas(sizes.width, options.height or places.bottom)
        self._column = Column(self.canvas, places, labels, trace, scales, title)
        self._worker_columns = self._column.worker_columns
        self._trial_columns = self._column.trial_columns

    def steps(self) -> Iterator[Step]:
        """One step for each frame until the run is over; the last step is held until the longest run ends."""
        column = self._column
        column.draw_frame()
        assert column.places.key is not None
        x, baseline = column.places.key
        for line, entries in enumerate(self._legend):
            key(self.canvas, x, baseline + line * px(LINE), entries)
        pace, last = column.scales.pace, column.scales.last(column.trace)
        for frame, panels in enumerate(column.frames()):
            yield Step(panels, pace.frame_time(frame, last - 1))


class Column:
    """The panels of one searcher on a canvas; `frames` draws the frames one after the other."""

    def __init__(
        self, canvas: Canvas, places: Places, labels: Sequence[str], trace: Trace, scales: Scales, title: str
    ) -> None:
        self.canvas, self.places, self.trace, self.scales = canvas, places, trace, scales
        self._labels, self._title = labels, title
        self._trials, self._workers = places.trials, places.workers
        self._axis = TimeAxis(places.trials.x0, places.workers.x1, scales.span, scales.unit)
        self.trial_columns = Bars(self._trials, scales.trials, "configurations shown")
        self.worker_columns = Bars(self._workers, trace.workers, "workers shown")

    def frames(self) -> Iterator[list[Rect]]:
        """Draw each frame until the run is over; yields what changed."""
        trace, scales, canvas = self.trace, self.scales, self.canvas
        place = self.places.strip
        strip = None if place is None else Strip(canvas, place.y0, place.y1, self._axis, trace)
        if strip is not None:
            strip.draw_scale()
        at = np.minimum(np.arange(1, scales.last(trace) + 1) * scales.tick, scales.span)
        numbers = zip(
            at.tolist(),
            replay.worked(trace, at).tolist(),
            replay.available(trace, at).tolist(),
            replay.idle(trace, at).tolist(),
            replay.trained_in_full(trace, at).tolist(),
            strict=True,
        )
        play = replay.Replay(trace)
        for tick, worked, available, idle, full in numbers:
            moment = play.advance(tick)
            over = tick > trace.makespan
            self._draw_trials(play, tick)
            self._draw_workers(moment, over)
            panels = [self._trials, self._workers]
            if strip is not None and place is not None:
                strip.grow(self._axis.x(tick))
                panels.append(Rect(self._axis.x0, place.y0, self._axis.x1, place.y1))
            yield [*panels, *self._write_numbers(play, moment, full, percent(worked, available), idle, over)]

    def draw_frame(self) -> None:
        """Draw everything that never changes."""
        canvas, places = self.canvas, self.places
        x, baseline = places.label
        room = (places.state.x0 - x if places.clock is None else places.clock.x0 - x) - px(8)
        taken = canvas.text(x, baseline, self.trace.label, px(20), bold=True, width=min(px(420), room))
        if places.manner is None:
            after = x + taken + px(14)
            end = (canvas.all.x1 if places.title else places.state.x0 + px(130)) - px(160)
            size = px(15) if measure(manner(self.trace), px(15)) <= end - after else px(13)
            canvas.text(after, baseline, manner(self.trace), size, width=end - after)
        else:
            canvas.text(*places.manner[:2], manner(self.trace), px(13), width=places.manner[2])
        if places.title is not None:
            columns = (self.trial_columns, self.worker_columns)
            said = " · ".join([self._title, *(one.sampled for one in columns if one.sampled)])
            canvas.text(*places.title[:2], said, px(13), ramp=style.MUTED, width=places.title[2])
        heads = [(places.trials_head, "Configurations, furthest first"), (places.workers_head, "Workers")]
        if places.strip is not None:
            heads.append((places.strip_head, "Workers busy over time"))
        for (x, baseline), head in heads:
            canvas.text(x, baseline, say(head), px(14), bold=True, width=places.trials.x1 - places.trials.x0)
        self._draw_levels()
        self.trial_columns.draw_numbers(canvas)
        self.worker_columns.draw_numbers(canvas)
        if places.strip is not None:
            self._axis.draw(canvas, places.strip.y1, labels=True)

    def _height(self, resource: NDArray[np.float64] | NDArray[np.int64], panel: Rect) -> NDArray[np.int64]:
        return self.scales.height(resource, panel.y1 - panel.y0)

    def _draw_levels(self) -> None:
        panel = self._trials
        nearest = panel.y1 + px(14)
        for resource, label in zip(self.scales.levels.resources, self._labels, strict=True):
            y = panel.y1 - int(self._height(np.array([resource]), panel)[0])
            if nearest - y >= px(14):  # height of a label
                self.canvas.text(panel.x0 - px(8), y + px(5), label, px(LABEL), ramp=style.MUTED, align="right")
                nearest = y

    def _draw_ground(self, panel: Rect) -> None:
        self.canvas.fill(panel, style.PANEL)
        for resource in self.scales.levels.resources:
            y = panel.y1 - int(self._height(np.array([resource]), panel)[0])
            self.canvas.fill(Rect(panel.x0, y, panel.x1, y + 1), style.GRID)

    def _draw_trials(self, play: replay.Replay, tick: int) -> None:
        panel = self._trials
        self._draw_ground(panel)
        order = np.lexsort((-play.reached[: play.started], -play.aimed[: play.started]))
        reached, aimed = self._height(play.reached[order], panel), self._height(play.aimed[order], panel)
        level = self.scales.levels.index_of(play.aimed[order])
        columns = self.trial_columns
        for number, (x0, x1) in zip(columns.numbers, columns.edges, strict=True):
            if number >= play.started:
                break
            self._bar(x0, x1, panel.y1, int(reached[number]), int(aimed[number]), int(level[number]))
            if play.stopped_at[order[number]] <= tick:
                top = panel.y1 - int(reached[number])
                self.canvas.fill(Rect(x0, top, x1, top + px(STOPPED)), style.STOPPED)

    def _draw_workers(self, moment: replay.Moment, over: bool) -> None:
        panel = self._workers
        self._draw_ground(panel)
        trace, canvas = self.trace, self.canvas
        if over:
            middle = (panel.x0 + panel.x1) // 2
            canvas.fill(panel, style.PAGE)
            said = say("the run is over")
            canvas.text(middle, (panel.y0 + panel.y1) // 2, said, px(14), ramp=style.MUTED, align="center")
            return
        place = np.full(trace.workers, -1)
        place[trace.worker[moment.rows]] = np.arange(len(moment.rows))
        done = self._height(moment.units, panel).tolist()
        target = self._height(trace.to_resource[moment.rows], panel).tolist()
        level = self.scales.levels.index_of(trace.to_resource[moment.rows]).tolist()
        waits = (moment.tick <= metrics.useful(trace)[0][moment.rows]).tolist()
        away = replay.away_at(trace, moment.tick)
        columns = self.worker_columns
        for number, (x0, x1) in zip(columns.numbers, columns.edges, strict=True):
            job = int(place[number])
            if job >= 0:
                self._bar(x0, x1, panel.y1, done[job], target[job], level[job])
                if waits[job]:
                    canvas.fill(Rect(x0, panel.y1 - target[job], x1, panel.y1 - done[job]), style.OVERHEAD)
            elif number in away:
                self._draw_away(x0, x1, away[number])
            else:
                canvas.fill(Rect(x0, panel.y0, x1, panel.y1), style.IDLE)
                self._name(x0, x1, say("idle"), style.ON_IDLE, 2)

    def _draw_away(self, x0: int, x1: int, kind: Spell) -> None:
        """Draw a worker that can't work as a hollow bar, which looks different from a worker that waits."""
        canvas, colour, panel = self.canvas, style.BOOT if kind == Spell.BOOT else style.DOWN, self._workers
        edge = min(3, max(1, (x1 - x0) // 4))
        canvas.fill(Rect(x0, panel.y0, x1, panel.y1), colour)
        if x1 - x0 > 2 * edge:
            canvas.fill(Rect(x0 + edge, panel.y0 + edge, x1 - edge, panel.y1 - edge), style.PAGE)
        self._name(x0, x1, say("boot" if kind == Spell.BOOT else "down"), style.MUTED, 2 * edge)

    def _name(self, x0: int, x1: int, text: str, ramp: int, around: int) -> None:
        """Write at the foot of a worker's column what it does, if the column is wide enough."""
        if x1 - x0 >= measure(text, px(LABEL)) + around:
            middle, baseline = (x0 + x1) // 2, self._workers.y1 - px(8)
            self.canvas.text(middle, baseline, text, px(LABEL), ramp=ramp, align="center")

    def _bar(self, x0: int, x1: int, foot: int, done: int, target: int, level: int) -> None:
        slot = style.slot(level, len(self.scales.levels))
        self.canvas.fill(Rect(x0, foot - target, x1, foot - done), style.PALE + slot)
        self.canvas.fill(Rect(x0, foot - done, x1, foot), style.RUNG + slot)

    def _write_numbers(
        self, play: replay.Replay, moment: replay.Moment, full: int, share: str, idle: int, over: bool
    ) -> list[Rect]:
        """Write the clock and the counters; returns the rectangle that changed."""
        trace, unit, places = self.trace, self.scales.unit, self.places
        now = min(moment.tick, trace.makespan)
        busy = int((moment.tick > metrics.useful(trace)[0][moment.rows]).sum())
        there = trace.workers - list(replay.away_at(trace, moment.tick).values()).count(Spell.DOWN)
        state = "" if moment.tick < trace.makespan else ending(trace, unit)
        started = say("started and in full", started=words.count(play.started), full=words.count(full))
        busy_now = say("busy now", share=percent(0 if over else busy, there))
        fields: list[tuple[Rect, str, int, int, bool]] = [
            (places.state, state, style.ACCENT, 13, True),
            (places.counters, started, style.INK, 13, False),
            (places.busy_now, busy_now, style.INK, 14, True),
        ]
        if places.clock is not None:
            fields.insert(0, (places.clock, words.clock(now, unit), style.INK, 20, True))
        if places.strip is not None:
            fields += [
                (places.busy_so_far, say("busy so far, with its share", share=share), style.INK, 14, True),
                (places.idle, say("idle, with its time", time=worker_time(idle, unit)), style.ACCENT, 14, True),
            ]
        right = places.workers.x1
        for rect, text, ramp, size, bold in fields:
            self.canvas.fill(rect, style.PAGE)
            # A text on a separate line below a heading begins where the heading begins.
            align: Align = "left" if rect.x0 == places.trials.x0 else "right"
            x = rect.x0 if align == "left" else min(rect.x1, right)
            room = rect.x1 - rect.x0
            shown = next(
                (px(less) for less in (size, 13, 12) if measure(text, px(less), bold=bold) <= room), px(LABEL)
            )
            self.canvas.text(x, rect.y1 - px(7), text, shown, ramp=ramp, bold=bold, align=align, width=room)
        return [field[0] for field in fields]


def widest(labels: Sequence[str]) -> int:
    """Width of the longest of some small labels, in pixels."""
    return max(measure(label, px(LABEL)) for label in labels)


class Bars:
    """Equal columns for `count` bars; if there is no room, each line of pixels is one bar of an even sample."""

    def __init__(self, panel: Rect, count: int, noun: str) -> None:
        self._panel, self.count, self._noun = panel, count, noun
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

    @property
    def sampled(self) -> str:
        """A text that says how many of all bars are shown; empty if all are."""
        shown = len(self.numbers)
        return say(self._noun, n=words.count(shown), count=words.count(self.count)) if shown < self.count else ""

    def draw_numbers(self, canvas: Canvas) -> None:
        """Write numbers from 1 on under the columns."""
        if not self.count:
            return
        widest = measure(words.count(self.count), px(LABEL)) + px(10)
        step = counting_step(self.count, max(1, int(self.count * self._pitch) // widest))
        for number in dict.fromkeys([1, *range(step, self.count + 1, step)]):
            if number == 1 or (number - 1) * self._pitch >= widest or step == 1:
                x = int(self._panel.x0 + (number - 0.5) * self._pitch)
                text = words.count(number)
                canvas.text(x, self._panel.y1 + px(17), text, px(LABEL), ramp=style.MUTED, align="center")
