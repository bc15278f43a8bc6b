"""Animations of traces as files: the animation, its last frame as a PNG for reduced motion, its alternative text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.core import escaping
from simulator.core.errors import InputError, Problem
from simulator.core.vocabulary import Motion, Style, ThemeName, TimeUnit
from simulator.io import writing
from simulator.render import alt
from simulator.render.animation import gif, video
from simulator.render.animation.configurations import DocsPicture, Scales
from simulator.render.animation.side import SidePicture, check_side
from simulator.render.animation.timeline import MOST_SEARCHERS, TimelinePicture
from simulator.render.options import current
from simulator.trace.trace import Trace

DARK = "-dark"
MAX_SLUG = 60

#: Names of pictures that show several searchers.
RESERVED = ("timeline", "side", "utilization", "player", "perfetto", "snippet")

WRITERS: dict[Motion, Callable[[Path, gif.Images, NDArray[np.uint8]], None]] = {
    "gif": gif.write,
    "mp4": video.write_mp4,
    "webm": video.write_webm,
    "webp": video.write_webp,
}


def animate(
    traces: Sequence[Trace],
    out: Path,
    *,
    style: Style,
    theme: ThemeName,
    title: str,
    time_unit: TimeUnit,
    formats: Sequence[Motion] = ("gif",),
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write the animations of `traces` into the folder `out`, with the current options; return what was written.

    "docs" makes an animation for each trace, named after its label and on common scales. "timeline" makes one with
    all traces. "side" makes one with the docs pictures next to each other. Beside `name.gif` (or .mp4, .webm, .webp)
    are `name.png`, the last frame, and `name.txt`, the alternative text. Pictures of the dark theme are called
    `name-dark`. `on_progress` is called with the number of files written and their total. Raises InputError if there
    are too many searchers for a style, or if a video can't be written.
    """
    video.check_encoder(formats)
    jobs = {"docs": _docs, "timeline": _timeline, "side": _side}[style](traces, title, time_unit)
    written: list[Path] = []
    count = (2 + len(formats)) * (len(traces) if style == "docs" else 1)
    suffix = DARK if theme == "dark" else ""

    def note(path: Path) -> None:
        written.append(path)
        if on_progress is not None:
            on_progress(len(written), count)

    for name, text, picture, rungs in jobs:
        palette = current().theme(theme).palette(rungs)
        pictures = gif.images(picture.canvas, picture.steps())
        for kind in formats:
            path = out / f"{name}{suffix}.{kind}"
            WRITERS[kind](path, pictures, palette)
            note(path)
        poster = out / f"{name}{suffix}.png"
        gif.write_poster(poster, pictures.frames[-1], palette)
        note(poster)
        writing.write_text(out / f"{name}.txt", text + "\n")
        note(out / f"{name}.txt")
    return written


def slugs(labels: Sequence[str]) -> list[str]:
    """A unique file name without suffix for each label, of lower-case ASCII letters, digits and hyphens."""
    taken = set(RESERVED)
    names = []
    for label in labels:
        stem = escaping.file_stem(label, MAX_SLUG) or "searcher"
        name, number = stem, 1
        while {name, name + DARK} & taken:
            number += 1
            name = f"{stem}-{number}"
        taken |= {name, name + DARK}
        names.append(name)
    return names


def check_styles(styles: Sequence[Style], traces: Sequence[Trace]) -> None:
    """Raise InputError if there are too many searchers for a style or for the requested width."""
    if "timeline" in styles and not 1 <= len(traces) <= MOST_SEARCHERS:
        message = f"shows 1 to {MOST_SEARCHERS} searchers, not {len(traces)}; draw them in the docs style"
        raise InputError(Problem("timeline", message))
    if "side" in styles:
        check_side(len(traces))


_Job = tuple[str, str, DocsPicture | TimelinePicture | SidePicture, int]


def _docs(traces: Sequence[Trace], title: str, unit: str) -> Iterator[_Job]:
    scales = Scales(traces, unit)
    for name, trace in zip(slugs([trace.label for trace in traces]), traces, strict=True):
        yield name, alt.of_run(trace, unit), DocsPicture(trace, scales, title), len(scales.levels)


def _timeline(traces: Sequence[Trace], title: str, unit: str) -> Iterator[_Job]:
    check_styles(["timeline"], traces)
    picture = TimelinePicture(traces, title, unit)
    yield "timeline", alt.of_comparison(traces, unit), picture, len(picture.levels)


def _side(traces: Sequence[Trace], title: str, unit: str) -> Iterator[_Job]:
    check_styles(["side"], traces)
    scales = Scales(traces, unit)
    yield "side", alt.of_comparison(traces, unit), SidePicture(traces, scales, title), len(scales.levels)
