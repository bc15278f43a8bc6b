"""Pictures of traces: animations, posters, alt texts, a player and static plots. They draw; others compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from simulator.core.vocabulary import Motion, PictureFormat, Style, TimeUnit
from simulator.render.animation.animate import DARK, WRITERS, animate, check_timeline
from simulator.render.animation.video import check_mp4
from simulator.render.player.player import Player, play
from simulator.render.style import THEMES
from simulator.trace.trace import Trace

__all__ = ["Player", "animate", "draw_all", "play"]


def draw_all(
    traces: Sequence[Trace],
    out: Path,
    *,
    formats: Sequence[PictureFormat],
    styles: Sequence[Style],
    title: str,
    time_unit: TimeUnit,
    others: Mapping[str, Sequence[Trace]] | None = None,
    on_frame: Callable[[str, int, int], None] | None = None,
) -> list[Path]:
    """Write `traces` in every format; return what was written.

    "gif", "mp4" and "webp" make every animation of `styles`, in light and dark, and a utilization plot; "html" the
    player, which can switch to `others` by their names; "perfetto" a file for trace viewers. `on_frame` is told
    what is being drawn, and how many files of how many are written. Raises InputError as `animate` does.
    """
    motions: list[Motion] = [name for name in WRITERS if name in formats]
    if motions and "timeline" in styles:
        check_timeline(traces)  # before anything is written
    if "mp4" in motions:
        check_mp4()
    written: list[Path] = []
    if motions:
        for style in styles:
            for theme in THEMES:

                def note(done: int, total: int, name: str = f"{style}, {theme}") -> None:
                    if on_frame is not None:
                        on_frame(name, done, total)

                written += animate(
                    traces, out, style=style, theme=theme, title=title, time_unit=time_unit, formats=motions,
                    on_progress=note,
                )  # fmt: skip
        written += _utilization(traces, out, title, time_unit)
    if "html" in formats:
        path = out / "player.html"
        play({title: traces, **(others or {})}, title=title, time_unit=time_unit).write(path)
        written.append(path)
    if "perfetto" in formats:
        from simulator.render import perfetto

        path = out / "perfetto.json"
        perfetto.write(path, traces, title=title)
        written.append(path)
    return list(dict.fromkeys(written))


def _utilization(traces: Sequence[Trace], out: Path, title: str, time_unit: TimeUnit) -> list[Path]:
    from simulator.render.plots import figure, plots

    written = []
    for theme in THEMES:
        path = out / f"utilization{DARK if theme == 'dark' else ''}.png"
        figure.write(plots.utilization(traces, theme=theme, title=title, time_unit=time_unit), path)
        written.append(path)
    return written
