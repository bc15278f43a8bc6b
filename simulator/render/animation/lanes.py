"""Lanes: a line for each worker, with time to the right and jobs as bars in the colour of their rung.

Idle time, time of a job without training, and times in which a worker could not work have other colours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.render import style
from simulator.render.animation.axis import TimeAxis
from simulator.render.canvas import Canvas, Rect
from simulator.trace import metrics, replay
from simulator.trace.levels import Levels
from simulator.trace.trace import Spell, Trace

#: Width in pixels of an attempt from which on it has a notch at its beginning.
NOTCHED = 3
#: Height in pixels of a lane from which on there are gaps between lanes.
GAPPED = 3


#: Width in pixels of the mark at the end of a job whose result stopped the trial.
STOPPED = 2

#: A bar: first and last pixel, lane, colour, whether it has a notch.
_Bar = tuple[int, int, int, int, bool]


class Lanes:
    """The workers of a trace between `y0` and `y1`; grows to the right.

    If there are more workers than pixels, each line of pixels is one worker of an even sample. Jobs have the colour
    of their rung, or the colour of the ramp that `slots` gives for each row.
    """

    def __init__(
        self,
        canvas: Canvas,
        y0: int,
        y1: int,
        axis: TimeAxis,
        trace: Trace,
        levels: Levels,
        slots: NDArray[np.int64] | None = None,
    ) -> None:
        self._canvas, self._axis = canvas, axis
        self._next, self._end = axis.x0, axis.x(trace.makespan)
        height = y1 - y0
        lanes = min(trace.workers, height)
        edges = (y0 + np.arange(lanes + 1) * height / max(lanes, 1)).astype(int).tolist()
        gap = 0 if height < GAPPED * lanes else 1 if height < 8 * lanes else 2
        self._lanes = [(edges[lane], edges[lane + 1] - gap) for lane in range(lanes)]
        shown = ((np.arange(lanes) + 0.5) * trace.workers / max(lanes, 1)).astype(int)
        lane_of = np.full(trace.workers, -1)
        lane_of[shown] = np.arange(lanes)

        rows = np.flatnonzero(lane_of[trace.worker] >= 0)
        colours = np.array([style.RUNG + style.slot(level, len(levels)) for level in range(len(levels))])
        of_rows = colours[levels.index_of(trace.to_resource)] if slots is None else style.RUNG + slots
        begin, keep = metrics.useful(trace)
        self._bars: list[_Bar] = []
        for times, colour, begins in (
            ((trace.start, begin), np.full(len(trace), style.OVERHEAD), trace.overhead > 0),
            ((begin, keep), of_rows, (trace.overhead == 0) & (begin < keep)),
            ((keep, trace.end), np.full(len(trace), style.LOST), (trace.overhead == 0) & (begin == keep)),
        ):
            x0, x1 = ([axis.x(tick) for tick in column[rows].tolist()] for column in times)
            # A notch shows where a bar begins, since equal neighbours would fuse.
            wide = [axis.x(end) - x >= NOTCHED for end, x in zip(trace.end[rows].tolist(), x0, strict=True)]
            notched = (begins[rows] & np.array(wide, bool)).tolist()
            lane = lane_of[trace.worker[rows]].tolist()
            self._bars += zip(x0, x1, lane, colour[rows].tolist(), notched, strict=True)
        for row in replay.stopped(trace).tolist():
            if lane_of[trace.worker[row]] >= 0:
                end = axis.x(int(trace.end[row]))
                mark = min(STOPPED, max(end - axis.x(int(trace.start[row])) - 1, 1))
                self._bars.append((end - mark, end, int(lane_of[trace.worker[row]]), style.STOPPED, False))
        spells = trace.spells
        for worker, start, end, kind in zip(
            spells.worker.tolist(), spells.start.tolist(), spells.end.tolist(), spells.kind.tolist(), strict=True
        ):
            if lane_of[worker] >= 0:
                colour_of = style.BOOT if kind == Spell.BOOT else style.DOWN
                self._bars.append((axis.x(start), axis.x(end), int(lane_of[worker]), colour_of, False))
        self._bars.sort(key=lambda bar: bar[0])
        self._begun = 0  # bars before this one have begun
        self._growing: list[_Bar] = []
        canvas.fill(Rect(axis.x0, y0, axis.x1, y1), style.PANEL)

    def grow(self, x: int) -> None:
        """Paint the new part up to pixel `x`, or to the end of the run."""
        before, until = self._next, min(x, self._end)
        if until <= before:
            return
        for y0, y1 in self._lanes:
            self._canvas.fill(Rect(before, y0, until, y1), style.IDLE)
        begun = self._begun
        while begun < len(self._bars) and self._bars[begun][0] < until:
            begun += 1
        growing = self._growing + self._bars[self._begun : begun]
        for x0, x1, lane, colour, notched in growing:
            y0, y1 = self._lanes[lane]
            self._canvas.fill(Rect(max(x0, before), y0, min(x1, until), y1), colour)
            if notched and x0 >= before:
                self._canvas.fill(Rect(x0, y0, x0 + 1, y1), style.PAGE)
        self._begun, self._next = begun, until
        self._growing = [bar for bar in growing if bar[1] > until]
