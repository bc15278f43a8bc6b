"""Characters that the bundled font lacks: an installed font that has them, or a box and a line that names them."""

from __future__ import annotations

import os
import random

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager

from simulator.cli.notes import tell_boxes
from simulator.render import fonts
from simulator.render.canvas import Canvas, measure
from simulator.render.plots import figure
from tests.render.test_plots import LIGHT, learning, one

#: A character of the font that the test makes.
THERE = "漢"
#: A character that no font in the test has.
NOWHERE = "名"
SQUARE = [(100, 0), (900, 0), (900, 900), (100, 900)]


def forget():
    for known in (fonts.face_for, fonts._pieces, fonts._installed):
        known.cache_clear()


@pytest.fixture
def installed(tmp_path):
    """Make a font with one character, a square, as if it were the only installed font."""
    pen = TTGlyphPen(None)
    pen.moveTo(SQUARE[0])
    for corner in SQUARE[1:]:
        pen.lineTo(corner)
    pen.closePath()
    square, blank = pen.glyph(), TTGlyphPen(None).glyph()
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder([".notdef", "square"])
    made.setupCharacterMap({ord(THERE): "square"})
    made.setupGlyf({".notdef": blank, "square": square})
    made.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 100)})
    made.setupHorizontalHeader(ascent=900, descent=-100)
    made.setupNameTable({"familyName": "Square Sans", "styleName": "Regular"})
    made.setupOS2()
    made.setupPost()
    path = tmp_path / "square.ttf"
    made.save(path)
    known = list(fontManager.ttflist)
    fontManager.ttflist[:] = [entry for entry in known if entry.fname.startswith(str(fonts.bundled()))]
    fontManager.addfont(path)
    forget()
    yield str(path)
    fontManager.ttflist[:] = known
    forget()


def test_a_text_is_lettered_with_the_bundled_font_where_that_has_all():
    assert fonts.pieces("SHA – Łódź, ηθος") == ((None, "SHA – Łódź, ηθος"),)
    assert fonts.lacking(["SHA – Łódź, ηθος"]) == ""


def test_an_installed_font_letters_what_the_bundled_one_lacks(installed):
    canvas = Canvas(100, 40)
    taken = canvas.text(0, 30, f"a{THERE}b", 20)

    assert [(face and face.path, text) for face, text in fonts.pieces(f"a{THERE}b")] == [
        (None, "a"),
        (installed, THERE),
        (None, "b"),
    ]
    assert taken == measure(f"a{THERE}b", 20)
    square = canvas.pixels[12:30, measure("a", 20) + 3 : measure("a", 20) + 17]
    assert (square == square.max()).mean() > 0.9  # a square of 20 pixels, of which 0.8 is black
    assert np.any(canvas.pixels[:, measure("a", 20) + 21 :])


def test_a_plot_takes_the_installed_font_too(installed, tmp_path):
    drawn = learning.incumbent({THERE: [one(1.0)], "b": [one(2.0)]}, **LIGHT)
    figure.write(drawn, tmp_path / "a.svg")

    named, plain = drawn.axes[0].get_legend().get_texts()
    assert named.get_fontfamily() == ["DejaVu Sans", "Square Sans"]
    assert plain.get_fontfamily() == ["DejaVu Sans"]
    assert "Square Sans" in (tmp_path / "a.svg").read_text()


def test_one_line_names_what_no_font_has(installed, capfd):
    tell_boxes(["title", f"{NOWHERE}{THERE}{NOWHERE}"])
    tell_boxes(["title", THERE])

    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("note: no font on this machine has ")
    assert THERE not in line


# Files that are not fonts.


def sparse(path):
    path.touch()
    os.truncate(path, 10 << 30)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (os.mkfifo, "is a pipe"), (lambda path: path.symlink_to("/dev/zero"), "is a device"), (lambda path: path.mkdir(), "is a folder"),
        (sparse, "is larger than 268,435,456 bytes"), (lambda path: path.write_bytes(b""), "is not a font of outlines"),
        (lambda path: path.symlink_to("nowhere"), "cannot be read"),
    ],
    ids=["pipe", "device", "folder", "sparse", "empty", "dead link"],
)  # fmt: skip
def test_what_is_no_font_is_refused_at_once(make, said, tmp_path):
    path = tmp_path / "font.ttf"
    make(path)
    assert said in fonts.unusable(path)


@pytest.mark.parametrize("seed", range(6))
def test_a_font_with_damaged_letters_is_refused(seed, tmp_path):
    """Some of its letters can't be drawn, which is not a failure of the machine."""
    rng, whole = random.Random(seed), bytearray((fonts.bundled() / "DejaVuSerif.ttf").read_bytes())
    for _ in range(2000):
        whole[rng.randrange(len(whole))] = rng.randrange(256)
    path = tmp_path / "font.ttf"
    path.write_bytes(whole)
    assert "is " in fonts.unusable(path)


def test_sound_fonts_are_taken():
    assert [fonts.unusable(path) for path in sorted(fonts.bundled().glob("DejaVu*.ttf"))[:3]] == [""] * 3
