import subprocess
import sys

import numpy as np
import pytest

from simulator.core.escaping import plain
from simulator.render import style
from simulator.render.canvas import Canvas, Rect, measure, shortened

ODD = [
    "",
    " ",
    "\x00\x1b[31m\n\t",
    "\ud800",
    "\u202eabc",
    "👩‍👩‍👧 名前 שלום",
    "e\u0301" * 50,
    "$x^2$ %s {}",
    "x" * 5000,
]


def test_fill_is_cut_at_the_edges() -> None:
    canvas = Canvas(4, 3)
    canvas.fill(Rect(-2, 1, 2, 9), style.BUSY)
    assert canvas.pixels.tolist() == [[0, 0, 0, 0], [4, 4, 0, 0], [4, 4, 0, 0]]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("align", ["left", "right", "center"])
@pytest.mark.parametrize("at", [(-10, 5), (20, 15), (58, -3), (500, 500)])
def test_any_text_anywhere(text: str, align: str, at: tuple[int, int]) -> None:
    canvas = Canvas(60, 20)
    canvas.text(*at, text, 13, align=align, width=40)
    canvas.text(*at, text, 13, align=align)
    assert set(np.unique(canvas.pixels)) <= {style.PAGE, *range(style.INK, style.INK + style.STEPS)}


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("width", [0, 1, 12, 100])
def test_text_keeps_to_its_width(text: str, width: int) -> None:
    assert measure(shortened(text, 14, width), 14) <= width


def test_what_fits_stays_and_what_does_not_ends_in_an_ellipsis() -> None:
    assert shortened("ASHA", 14, 100) == "ASHA"
    assert shortened("asynchronous successive halving", 14, 100).endswith("…")
    assert plain("a\nb\x07") == "a b\ufffd"


def test_a_letter_is_its_coverage_in_eight_steps() -> None:
    canvas = Canvas(12, 16)
    canvas.text(2, 13, "█", 14, ramp=style.ACCENT)
    column = canvas.pixels[:, 2:5].max(axis=1)
    assert column.max() == style.ACCENT + style.STEPS - 1


def test_lettering_does_not_import_matplotlib() -> None:
    code = "import simulator.render.canvas as c, sys; c.Canvas(9, 9).text(0, 8, 'a', 12); assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
