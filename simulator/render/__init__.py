"""Pictures of traces: animations, posters, alternative texts, a player and static plots.

They only draw; other packages compute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from simulator.core.vocabulary import Motion, PictureFormat, Style, TimeUnit
from simulator.render.animation.animate import WRITERS, animate, check_styles
from simulator.render.animation.video import check_encoder
from simulator.render.options import USUAL, PictureOptions, drawn_with
from simulator.render.player.player import Player, play
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
    options: PictureOptions = USUAL,
    utilization: bool = False,
    on_frame: Callable[[str, int, int], None] | None = None,
) -> list[Path]:
    """Write `traces` in every format, as `options` say; return what was written.

    "gif", "mp4", "webm" and "webp" make every animation of `styles`, and with `utilization` a plot of that. "html"
    makes the player, which can switch to `others` by their names. "perfetto" makes a file for trace viewers.
    `on_frame` is called with the name of the picture, the number of files written and their total. Raises InputError
    as `animate` does.
    """
    motions: list[Motion] = [name for name in WRITERS if name in formats]
    title = options.titled(title)
    written: list[Path] = []
    with drawn_with(options):
        if motions:
            check_styles(styles, traces)  # before anything is written
        check_encoder(motions)
        for style in styles if motions else ():
            for theme in options.themes:

                def note(done: int, total: int, name: str = f"{style}, {theme}") -> None:
                    if on_frame is not None:
                        on_frame(name, done, total)

                written += animate(
                    traces, out, style=style, theme=theme, title=title, time_unit=time_unit, formats=motions,
                    on_progress=note,
                )  # fmt: skip
        if motions and utilization:
            from simulator.render.plots.files import write_plots

            runs = {trace.label: [trace] for trace in traces}
            written += write_plots(
                runs, out, kinds=["utilization"], formats=["png"], title=title, time_unit=time_unit
            )
    if "html" in formats:
        path = out / "player.html"
        with drawn_with(options):
            play({title: traces, **(others or {})}, title=title, time_unit=time_unit).write(path)
        written.append(path)
    if "perfetto" in formats:
        from simulator.render import perfetto

        path = out / "perfetto.json"
        with drawn_with(options):
            perfetto.write(path, traces, title=title)
        written.append(path)
    return list(dict.fromkeys(written))
