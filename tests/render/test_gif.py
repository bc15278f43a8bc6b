from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from simulator.render import style
from simulator.render.animation import gif
from simulator.render.animation.gif import Step
from simulator.render.canvas import Canvas, Rect

LEFT, RIGHT, NEVER = Rect(0, 0, 10, 20), Rect(30, 0, 40, 20), Rect(15, 0, 20, 20)


def blinking(canvas: Canvas, duration: int) -> Iterator[Step]:
    yield Step([], duration)
    canvas.fill(LEFT, style.BUSY)
    canvas.fill(RIGHT, style.IDLE)
    yield Step([LEFT, NEVER, RIGHT], duration)
    yield Step([LEFT, RIGHT], duration)
    canvas.fill(RIGHT, style.RUNG)
    yield Step([LEFT, RIGHT], 3000)


def test_each_changed_panel_is_an_image_and_times_add_up() -> None:
    canvas = Canvas(40, 20)
    pictures = gif.images(canvas, blinking(canvas, 80))
    assert pictures.durations_ms == [80, 20, 60 + 80, 3000]
    assert (pictures.frames[1][:, 35] == style.PAGE).all()
    assert (pictures.frames[2][:, 35] == style.IDLE).all()
    assert np.array_equal(pictures.frames[-1], canvas.pixels)


def test_with_no_time_for_two_images_it_is_one() -> None:
    canvas = Canvas(40, 20)
    assert gif.images(canvas, blinking(canvas, 30)).durations_ms == [30, 30 + 30, 3000]


@pytest.mark.parametrize("theme", style.THEMES)
def test_the_file_shows_the_canvas(tmp_path: Path, theme: style.ThemeName) -> None:
    canvas = Canvas(40, 20)
    pictures = gif.images(canvas, blinking(canvas, 80))
    palette = style.THEMES[theme].palette(4)
    gif.write(tmp_path / "a.gif", pictures, palette)
    shown = iio.imread(tmp_path / "a.gif", mode="RGB")
    assert np.array_equal(shown, palette[np.stack(pictures.frames)])
    with Image.open(tmp_path / "a.gif") as image:
        assert image.info["loop"] == 0
        durations = []
        for frame in range(image.n_frames):
            image.seek(frame)
            durations.append(image.info["duration"])
    assert durations == pictures.durations_ms


def test_a_still_picture_is_an_animation_too(tmp_path: Path) -> None:
    canvas = Canvas(40, 20)
    pictures = gif.images(canvas, [Step([], 100), Step([canvas.all], 3000)])
    gif.write(tmp_path / "a.gif", pictures, style.THEMES["light"].palette(1))
    assert iio.imread(tmp_path / "a.gif", index=0).shape == (20, 40, 3)
    assert pictures.durations_ms == [3100]


def test_light_and_dark_differ_in_the_colour_table_only(tmp_path: Path) -> None:
    canvas = Canvas(40, 20)
    pictures = gif.images(canvas, blinking(canvas, 80))
    files = []
    for theme in style.THEMES.values():
        gif.write(tmp_path / "a.gif", pictures, theme.palette(4))
        files.append((tmp_path / "a.gif").read_bytes())
    light, dark = files
    table = slice(13, 13 + 3 * style.COLOURS)
    assert light[: table.start] + light[table.stop :] == dark[: table.start] + dark[table.stop :]
    assert light != dark


def test_images_never_repeat() -> None:
    canvas = Canvas(40, 20)
    frames = gif.images(canvas, blinking(canvas, 80)).frames
    assert not any(np.array_equal(one, other) for one, other in pairwise(frames))
