"""The canvas: a picture of palette indices, with filled rectangles and texts in matplotlib's bundled DejaVu Sans.

A character that DejaVu Sans lacks is drawn in an installed font that has it. Letters are laid out by Pillow's basic
engine and quantized to a ramp of eight steps, so the bytes are the same with any version of Pillow, FreeType or
matplotlib.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from simulator.core.escaping import plain
from simulator.render import fonts, style

Align = Literal["left", "right", "center"]


class Rect(NamedTuple):
    """Pixels from (x0, y0) up to, but not with, (x1, y1)."""

    x0: int
    y0: int
    x1: int
    y1: int


class Canvas:
    """A picture of `height` x `width` palette indices; anything outside is cut off."""

    def __init__(self, width: int, height: int) -> None:
        self.pixels: NDArray[np.uint8] = np.full((height, width), style.PAGE, np.uint8)

    @property
    def all(self) -> Rect:
        """The whole canvas."""
        height, width = self.pixels.shape
        return Rect(0, 0, width, height)

    def fill(self, rect: Rect, index: int) -> None:
        """Paint a rectangle."""
        x0, y0, x1, y1 = (max(0, edge) for edge in rect)
        self.pixels[y0:y1, x0:x1] = index

    def text(
        self,
        x: int,
        baseline: int,
        text: str,
        size: int,
        *,
        ramp: int = style.INK,
        bold: bool = False,
        align: Align = "left",
        width: int | None = None,
    ) -> int:
        """Write `text` from `x` on, up to `x` or around `x`, cut to `width` pixels; returns its width in pixels."""
        text = plain(text) if width is None else shortened(text, size, width, bold=bold)
        taken = measure(text, size, bold=bold)
        steps, left, top = _letters(text, size, bold)
        x += left - {"left": 0, "right": taken, "center": taken // 2}[align]
        y = baseline + top
        cut_x, cut_y = max(0, -x), max(0, -y)
        steps = steps[cut_y:, cut_x:]
        target = self.pixels[y + cut_y :, x + cut_x :][: steps.shape[0], : steps.shape[1]]
        steps = steps[: target.shape[0], : target.shape[1]]
        np.copyto(target, steps + np.uint8(ramp - 1), where=steps > 0)
        return taken


def measure(text: str, size: int, *, bold: bool = False) -> int:
    """Width of plain `text` in pixels."""
    return int(
        np.ceil(sum(_font(size, bold, face and face.path).getlength(piece) for face, piece in fonts.pieces(text)))
    )


def shortened(text: str, size: int, width: int, *, bold: bool = False) -> str:
    """`text` as plain text, cut to `width` pixels; an ellipsis shows that it was cut."""
    text = plain(text)
    if measure(text, size, bold=bold) <= width:
        return text
    fitting, too_long = 0, len(text)
    while too_long - fitting > 1:
        middle = (fitting + too_long) // 2
        if measure(text[:middle].rstrip() + "…", size, bold=bold) <= width:
            fitting = middle
        else:
            too_long = middle
    return text[:fitting].rstrip() + "…" if fitting else ""


@lru_cache(maxsize=64)
def _font(size: int, bold: bool, path: str | None = None) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(path or fonts.bundled() / name, size, layout_engine=ImageFont.Layout.BASIC)


def _letters(text: str, size: int, bold: bool) -> tuple[NDArray[np.uint8], int, int]:
    """The coverage of `text` in 0..8, and the offset of its left and top edge from the pen on the baseline."""
    return _lettered(fonts.pieces(text), size, bold)


@lru_cache(maxsize=1024)
def _lettered(
    runs: tuple[tuple[fonts.Face | None, str], ...], size: int, bold: bool
) -> tuple[NDArray[np.uint8], int, int]:
    pieces = []
    pen = 0.0
    for face, piece in runs:
        font = _font(size, bold, face and face.path)
        mask, (left, top) = font.getmask2(piece, "L")
        width, height = mask.size
        coverage = np.array(mask, np.uint16).reshape(height, width)
        steps = ((coverage * style.STEPS + 127) // 255).astype(np.uint8)
        pieces.append((steps, round(pen) + int(left), int(top) - font.getmetrics()[0]))
        pen += font.getlength(piece)
    return pieces[0] if len(pieces) == 1 else _joined(pieces)


def _joined(pieces: list[tuple[NDArray[np.uint8], int, int]]) -> tuple[NDArray[np.uint8], int, int]:
    """Join the coverages of the pieces of a text."""
    pieces = [piece for piece in pieces if piece[0].size]
    if not pieces:
        return np.zeros((0, 0), np.uint8), 0, 0
    left, top = min(x for _, x, _ in pieces), min(y for _, _, y in pieces)
    right = max(x + steps.shape[1] for steps, x, _ in pieces)
    bottom = max(y + steps.shape[0] for steps, _, y in pieces)
    whole = np.zeros((bottom - top, right - left), np.uint8)
    for steps, x, y in pieces:
        there = whole[y - top :, x - left :][: steps.shape[0], : steps.shape[1]]
        np.maximum(there, steps, out=there)
    return whole, left, top
