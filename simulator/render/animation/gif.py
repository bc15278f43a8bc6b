"""Writes an animation: the steps of a canvas become the images of a GIF.

A GIF image is one rectangle. If panels that are far apart change together, one rectangle around them would be almost
the whole canvas. So a step is written as several images, one for each changed panel, 20 ms apart, which takes a third
of the bytes. The eye sees these images as one. The last image of a step stays for the rest of its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simulator.io import writing
from simulator.render import style
from simulator.render.canvas import Canvas, Rect
from simulator.render.options import SHORTEST_MS, current


class Step(NamedTuple):
    """A change of the canvas that is only within `panels`, and stays for `duration_ms` (a multiple of 10)."""

    panels: Sequence[Rect]
    duration_ms: int


class Images(NamedTuple):
    """The images of a GIF, each a whole canvas; for each, how long it is shown and whether it completes a step."""

    frames: list[NDArray[np.uint8]]
    durations_ms: list[int]
    complete: list[bool]

    def steps(self) -> Iterator[tuple[NDArray[np.uint8], int]]:
        """One image and duration for each step, for formats in which panels need not be separate images."""
        duration = 0
        for frame, shown, complete in zip(self.frames, self.durations_ms, self.complete, strict=True):
            duration += shown
            if complete:
                yield frame, duration
                duration = 0


def images(canvas: Canvas, steps: Iterable[Step]) -> Images:
    """Draw all steps; each panel of `canvas` that a step changed becomes a separate image.

    `steps` draws on `canvas` as it is iterated. The first image is the whole canvas.
    """
    frames: list[NDArray[np.uint8]] = []
    durations: list[int] = []
    complete: list[bool] = []
    for panels, duration in steps:
        if not frames:
            frames.append(canvas.pixels.copy())
            durations.append(duration)
            complete.append(True)
            continue
        shown = frames[-1]
        changed = [panel for panel in panels if not np.array_equal(_part(shown, panel), _part(canvas.pixels, panel))]
        if not changed:
            durations[-1] += duration
            continue
        # If there is no time for an image of each panel, the last image has all remaining panels.
        count = max(1, min(len(changed), duration // SHORTEST_MS))
        for number in range(count):
            frame = frames[-1].copy()
            for panel in changed[number:] if number == count - 1 else changed[number : number + 1]:
                _part(frame, panel)[:] = _part(canvas.pixels, panel)
            frames.append(frame)
            durations.append(SHORTEST_MS if number < count - 1 else duration - SHORTEST_MS * (count - 1))
            complete.append(number == count - 1)
    return Images(frames, durations, complete)


def write(path: Path, pictures: Images, palette: NDArray[np.uint8]) -> None:
    """Replace the file `path` by a GIF in the colours of `palette`, shape (64, 3).

    It plays for ever, or as often as the current options say.
    """
    asked = current().loop
    # The file holds the number of repetitions; a picture that plays once has none.
    loops = {} if asked == 1 else {"loop": max(asked - 1, 0)}
    packed = BytesIO()  # imageio would remove a file that can't be written
    with iio.imopen(packed, "w", extension=".gif", plugin="pillow") as opened:
        durations = pictures.durations_ms
        out: Any = opened  # the types of imageio cover only what all plugins have
        for frame in pictures.frames:  # one by one, since a list would be copied as a whole
            out.write(
                frame,
                mode="P",
                palette=palette.tobytes(),
                transparency=style.TRANSPARENT,  # the unchanged part
                optimize=True,
                duration=durations if len(durations) > 1 else durations[0],
                **loops,
            )
    with writing.replacing(path) as scratch:
        scratch.write_bytes(packed.getvalue())


def write_poster(path: Path, frame: NDArray[np.uint8], palette: NDArray[np.uint8]) -> None:
    """Replace the file `path` by a PNG of one frame."""
    picture = Image.fromarray(frame)
    picture.putpalette(palette.tobytes())
    with writing.replacing(path) as scratch:
        picture.save(scratch, format="PNG", optimize=True)


def _part(frame: NDArray[np.uint8], rect: Rect) -> NDArray[np.uint8]:
    return frame[rect.y0 : rect.y1, rect.x0 : rect.x1]
