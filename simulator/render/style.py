"""Colours: one list of palette indices, and a light and a dark palette over it.

A picture is drawn once as indices. Light and dark differ in the palette only, so both have the same pixels, and
the same bytes but for the colour table.

Rungs are ordered, so their colours are a ramp, strongest at the top: each has a contrast of at least 3:1 against the
page, and they differ under any colour blindness. Time without training has warm colours, idle time the palest; a
worker that is not there is grey. Busy shares are a neutral slate, so that they don't look like a rung.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.core.vocabulary import ThemeName

#: Number of steps of a text ramp: the last one is the full colour, and step 0 is the background, which has no index.
STEPS = 8
#: Greatest number of rungs with different colours; on a longer ladder, rungs share colours.
MAX_RUNGS = 11

PAGE = 0  # the background
PANEL = 1  # an empty plot: time to come, rungs without trials
GRID = 2
IDLE = 3
BUSY = 4
LOST = 5  # lost work
INK = 6  # first step of each text ramp
MUTED = INK + STEPS
ACCENT = MUTED + STEPS
ON_IDLE = ACCENT + STEPS  # first step of the ink on idle ground
RUNG = ON_IDLE + STEPS  # first colour of the rung ramp
PALE = RUNG + MAX_RUNGS  # first colour of the same ramp, for work not yet done
OVERHEAD = PALE + MAX_RUNGS  # a job before its training
DOWN = OVERHEAD + 1  # a worker that is not there
BOOT = DOWN + 1  # a worker that starts up
STOPPED = ACCENT + STEPS - 1  # the mark on a trial that a rule stopped; unlike any rung's colour
TRANSPARENT = 63
COLOURS = 64

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Theme:
    """A set of colours, as hexes; `rungs` and `pale` hold the four anchors of a ramp."""

    page: str
    panel: str
    grid: str
    idle: str
    busy: str
    lost: str
    overhead: str
    down: str
    boot: str
    ink: str
    muted: str
    accent: str
    rungs: tuple[str, str, str, str]
    pale: tuple[str, str, str, str]

    def palette(self, rungs: int) -> NDArray[np.uint8]:
        """All colours in order of their indices, shape (64, 3); the ramp has `rungs` different colours."""
        table = np.zeros((COLOURS, 3))
        for index, colour in (
            (PAGE, self.page),
            (PANEL, self.panel),
            (GRID, self.grid),
            (IDLE, self.idle),
            (BUSY, self.busy),
            (LOST, self.lost),
            (OVERHEAD, self.overhead),
            (DOWN, self.down),
            (BOOT, self.boot),
        ):
            table[index] = rgb(colour)
        for first, ink, ground in (
            (INK, self.ink, self.page),
            (MUTED, self.muted, self.page),
            (ACCENT, self.accent, self.page),
            (ON_IDLE, self.ink, self.idle),
        ):
            coverage = np.arange(1, STEPS + 1)[:, None] / STEPS
            table[first : first + STEPS] = np.array(rgb(ground)) * (1 - coverage) + np.array(rgb(ink)) * coverage
        for first, anchors in ((RUNG, self.rungs), (PALE, self.pale)):
            table[first : first + MAX_RUNGS] = _ramp(anchors, rungs)
        return np.rint(table).astype(np.uint8)


def rgb(colour: str) -> RGB:
    """A hex such as "#4A9BD9" as red, green and blue of 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def slot(rung: int, rungs: int) -> int:
    """The place in the ramp of `rung` on a ladder of `rungs`; more than `MAX_RUNGS` rungs share places evenly."""
    return rung if rungs <= MAX_RUNGS else rung * MAX_RUNGS // rungs


def _ramp(anchors: tuple[str, ...], rungs: int) -> NDArray[np.float64]:
    """`MAX_RUNGS` colours: the anchors themselves for a ladder of up to four rungs, else spread between them."""
    points = np.array([rgb(anchor) for anchor in anchors], float)
    spread = max(min(rungs, MAX_RUNGS), len(points))
    at = np.minimum(np.arange(MAX_RUNGS) / (spread - 1), 1) * (len(points) - 1)
    return np.stack([np.interp(at, np.arange(len(points)), points[:, channel]) for channel in range(3)], axis=1)


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        page="#FFFFFF",
        panel="#F1F3F5",
        grid="#DDE1E6",
        idle="#F6C9BD",
        busy="#5B6B80",
        lost="#8E1541",
        overhead="#A86008",
        down="#8F959C",
        boot="#B8AE0D",
        ink="#1B1F24",
        muted="#57606A",
        accent="#B34700",
        rungs=("#4A9BD9", "#2370B3", "#0B4A85", "#041E42"),
        pale=("#CFE4F5", "#BCD5EB", "#AFC5DC", "#A5B4C8"),
    ),
    "dark": Theme(
        page="#0D1117",
        panel="#181D25",
        grid="#2B323C",
        idle="#5A2E25",
        busy="#8B9BB0",
        lost="#EA2145",
        overhead="#E1A413",
        down="#5E6166",
        boot="#C7AC52",
        ink="#E6EDF3",
        muted="#9AA4AF",
        accent="#F0883E",
        rungs=("#3A7FBE", "#62A8E2", "#A3D2F7", "#E8F4FE"),
        pale=("#1B3550", "#27445F", "#38546D", "#4D6377"),
    ),
}
