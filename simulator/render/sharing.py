"""Animations of searches that share a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from simulator.core.vocabulary import Motion, PictureFormat, TimeUnit
from simulator.io import writing
from simulator.render import alt
from simulator.render.animation import gif
from simulator.render.animation.animate import DARK, WRITERS
from simulator.render.animation.shared_timeline import SharedPicture, shades
from simulator.render.animation.video import check_encoder
from simulator.render.options import USUAL, PictureOptions, current, drawn_with
from simulator.render.player.data import Whose
from simulator.render.player.player import Player, play
from simulator.render.words import say
from simulator.trace.queueing import Queueing
from simulator.trace.workload import Workload


def draw_shared(
    workload: Workload,
    found: Queueing,
    out: Path,
    *,
    formats: Sequence[PictureFormat],
    title: str,
    time_unit: TimeUnit,
    options: PictureOptions = USUAL,
    on_frame: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write the timeline of searches that share a cluster in every format, as `options` say; return what was written.

    "html" makes the player, with a switch that colours jobs by search or by rung. "perfetto" makes a file for trace
    viewers.
    """
    motions: list[Motion] = [name for name in WRITERS if name in formats]
    title = options.titled(title)
    check_encoder(motions)
    with drawn_with(options):
        written = _moving(workload, found, out, motions, title, time_unit, on_frame) if motions else []
    if "html" in formats:
        with drawn_with(options):
            play_shared(workload, title=title, time_unit=time_unit).write(out / "player.html")
        written.append(out / "player.html")
    if "perfetto" in formats:
        from simulator.render import perfetto

        with drawn_with(options):
            perfetto.write(out / "perfetto.json", [replace(workload.spread(), label=title)], title=title)
        written.append(out / "perfetto.json")
    return written


def _moving(
    workload: Workload,
    found: Queueing,
    out: Path,
    motions: Sequence[Motion],
    title: str,
    time_unit: TimeUnit,
    on_frame: Callable[[int, int], None] | None,
) -> list[Path]:
    written: list[Path] = []
    themes = current().themes
    total = len(themes) * (len(motions) + 1)

    def note(path: Path) -> None:
        written.append(path)
        if on_frame is not None:
            on_frame(len(written), total)

    for theme in themes:
        picture = SharedPicture(workload, title, time_unit)
        palette = current().theme(theme).palette(picture.colours)
        pictures = gif.images(picture.canvas, picture.steps())
        suffix = DARK if theme == "dark" else ""
        for kind in motions:
            WRITERS[kind](out / f"timeline{suffix}.{kind}", pictures, palette)
            note(out / f"timeline{suffix}.{kind}")
        gif.write_poster(out / f"timeline{suffix}.png", pictures.frames[-1], palette)
        note(out / f"timeline{suffix}.png")
    writing.write_text(out / "timeline.txt", alt.of_workload(found, time_unit) + "\n")
    written.append(out / "timeline.txt")
    return written


def play_shared(workload: Workload, *, title: str, time_unit: str) -> Player:
    """Make the player of searches that share a cluster; its switch colours jobs by search or by rung."""
    trace = replace(workload.spread(), label=title)
    assert trace.search is not None
    places = dict(shades(workload))
    names = tuple(say(turn, label=label) for label in places for turn in ("odd searches", "even searches"))
    first = {label: 2 * number for number, label in enumerate(places)}
    rows = np.array([first[visit.label] + visit.number % 2 for visit in workload.visits], np.int64)[trace.search]
    by_search = say("coloured by search")
    scenes = {by_search: [trace], say("coloured by rung"): [trace]}
    return play(scenes, title=title, time_unit=time_unit, whose={by_search: Whose(names, rows)})
