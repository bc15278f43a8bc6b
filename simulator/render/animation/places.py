"""Places of the parts of one searcher's picture: panels side by side if it is wide, else one below the other.

All distances are for a picture with letters of 12 pixels, and grow with the letters.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.core.errors import InputError, Problem
from simulator.render.animation.axis import px
from simulator.render.canvas import Rect

MARGIN = 16
#: Top and bottom of the two panels in the usual picture, in pixels.
TOP, BOTTOM = 92, 316
#: Width of the panel of workers in a picture of USUAL_ROOM pixels, and the gap before it.
WORKERS, USUAL_ROOM, GAP = 300, 960, 28
#: Heights of the panels of trials and of workers if one is below the other, and the least height of any panel.
TRIALS_TALL, WORKERS_TALL, LEAST = 170, 110, 70
#: Heights of the strip and of a line of letters, and distances from a panel to the legend and from the legend to the
#: strip's heading.
STRIP, LINE, BELOW_PANELS, BELOW_KEY = 44, 20, 42, 29


class Places(NamedTuple):
    """Rectangles of the parts, and where texts begin: left edge and baseline."""

    label: tuple[int, int]
    manner: tuple[int, int, int] | None  # with its width; None if it follows the label
    title: tuple[int, int, int] | None
    clock: Rect | None
    state: Rect
    trials_head: tuple[int, int]
    counters: Rect
    trials: Rect
    workers_head: tuple[int, int]
    busy_now: Rect
    workers: Rect
    key: tuple[int, int] | None
    strip_head: tuple[int, int]
    busy_so_far: Rect
    idle: Rect
    strip: Rect | None
    bottom: int


def alone(width: int, room: float, left: int, *, lines: int, split: bool, height: int | None) -> Places:
    """The usual picture: panels side by side, the rungs' names in the `left` pixels, a legend of `lines` lines.

    With `split`, the counts of the panels are in a line below their headings. If `height` leaves no room for the
    strip of the past, the strip is left out. Raises InputError if the height is too low even without it.
    """
    top = px(TOP) + (px(LINE) if split else 0)
    more = px(LINE) * (lines - 1)
    strip_takes = px(BELOW_KEY) + px(9) + px(STRIP) + px(32)
    # Most bytes are those of the panels; if these grew with the letters, the file would be too large.
    tall = px(TRIALS_TALL) if split else BOTTOM - TOP
    with_strip, with_title = True, True
    if height is not None:
        tall = height - top - px(BELOW_PANELS) - more - strip_takes
        if tall < px(LEAST) * 2:
            with_strip = with_title = False
            top -= px(24)
            tall = height - top - px(BELOW_PANELS) - more - px(12)
        if tall < px(LEAST):
            lowest = height + px(LEAST) - tall
            raise InputError(Problem("height", f"should be {lowest:,} or more at this width, not {height:,}"))
    end, edge = top + tall, width - px(MARGIN)
    workers = Rect(edge - round(px(WORKERS) * min(1, room / USUAL_ROOM)), top, edge, end)
    trials = Rect(left, top, workers.x0 - px(GAP), end)
    key = end + px(BELOW_PANELS)
    head = key + more + px(BELOW_KEY)
    strip = Rect(left, head + px(9), edge, head + px(9) + px(STRIP))
    above = Rect(0, top - px(26), 0, top - px(4))
    beside = px(200) if room >= USUAL_ROOM else px(180)
    state = Rect(width - px(300), px(38), width, px(60))
    heads = top - px(10) - (px(LINE) if split else 0)
    if not with_title:
        state = Rect(width - px(420), px(14), width - px(130), px(36))
    return Places(
        label=(px(MARGIN), px(30)),
        manner=None,
        title=(px(MARGIN), px(54), width - px(320)) if with_title else None,
        clock=Rect(width - px(170 if with_title else 130), px(8), width, px(36)),
        state=state,
        trials_head=(left, heads),
        counters=above._replace(x0=left if split else left + px(240), x1=trials.x1),
        trials=trials,
        workers_head=(workers.x0, heads),
        busy_now=above._replace(x0=workers.x0 if split else workers.x0 + px(80), x1=workers.x1),
        workers=workers,
        key=(left, key),
        strip_head=(left, head),
        busy_so_far=Rect(edge - px(220) - beside, strip.y0 - px(24), edge - beside, strip.y0 - px(4)),
        idle=Rect(edge - beside, strip.y0 - px(24), edge, strip.y0 - px(4)),
        strip=strip if with_strip else None,
        bottom=strip.y1 + px(32) if with_strip else key + more + px(12),
    )


def beneath(place: Rect, left: int, *, lines: int, height: int | None, heading: bool) -> Places:
    """The picture for a narrow width: panels one below the other, inside `place` from `place.y0` down.

    With a `heading` the picture has its own title, clock and legend of `lines` lines. Raises InputError for a height
    that is too low.
    """
    x0, x1, top = place.x0 + px(MARGIN), place.x1 - px(MARGIN), place.y0
    first = top + px(28 if heading else 24)
    second = first + px(22)
    third = second + px(LINE) if heading else second
    more = px(LINE) * lines + px(6) if heading else 0
    fixed = third - top + px(26 + 18 + 8 + 22 + 24 + 8 + 22 + 24 + 18 + 8 + STRIP + 28) + more
    tall, low = px(TRIALS_TALL), px(WORKERS_TALL)
    if height is not None:
        rest = height - fixed
        if rest < px(2 * LEAST):
            lowest = fixed + px(2 * LEAST)
            raise InputError(Problem("height", f"should be {lowest:,} or more at this width, not {height:,}"))
        tall = rest * TRIALS_TALL // (TRIALS_TALL + WORKERS_TALL)
        low = rest - tall
    head = third + px(26)
    trials = Rect(left, head + px(26), x1, head + px(26) + tall)
    heads = trials.y1 + px(22 + 24)
    workers = Rect(left, heads + px(8), x1, heads + px(8) + low)
    key = workers.y1 + px(22 + LINE)
    strip_head = workers.y1 + px(22) + more + px(24)
    strip = Rect(left, strip_head + px(26), x1, strip_head + px(26) + px(STRIP))

    def line(baseline: int, begin: int, end: int) -> Rect:
        return Rect(begin, baseline - px(13), end, baseline + px(7))

    middle = left + (x1 - left) // 2
    end = place.x1 if x1 + px(MARGIN) == place.x1 else x1
    return Places(
        label=(x0, first),
        manner=(x0, second, x1 - x0 - (px(165) if heading else 0)),
        title=(x0, third, x1 - x0) if heading else None,
        clock=Rect(x1 - px(110), first - px(20), end, first + px(7)) if heading else None,
        state=line(second if heading else first, x1 - px(165), end),
        trials_head=(left, head),
        counters=line(head + px(18), left, x1),
        trials=trials,
        workers_head=(left, heads),
        busy_now=line(heads, left + px(80), x1),
        workers=workers,
        key=(x0, key) if heading else None,
        strip_head=(left, strip_head),
        busy_so_far=line(strip_head + px(18), left, middle),
        idle=line(strip_head + px(18), middle, x1),
        strip=strip,
        bottom=strip.y1 + px(28),
    )
