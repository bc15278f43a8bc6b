"""Pictures of traces: animations, posters, alt texts and static plots. They draw; others compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from simulator.render.animate import DARK, Style, TimeUnit, animate, check_timeline
from simulator.render.style import THEMES
from simulator.trace import Trace

__all__ = ["animate", "draw_all"]


def draw_all(
    traces: Sequence[Trace],
    out: Path,
    *,
    styles: Sequence[Style],
    title: str,
    time_unit: TimeUnit,
    on_frame: Callable[[str, int, int], None] | None = None,
) -> list[Path]:
    """Write every animation of `styles`, and the utilization plot, in light and dark; return what was written.

    `on_frame` is told what is being drawn, and how many files of how many are written. Raises InputError as
    `animate` does.
    """
    from simulator.render import plots  # noqa: PLC0415  (matplotlib comes last)

    if "timeline" in styles:
        check_timeline(traces)  # before anything is written
    written: list[Path] = []
    for style in styles:
        for theme in THEMES:

            def note(done: int, total: int, name: str = f"{style}, {theme}") -> None:
                if on_frame is not None:
                    on_frame(name, done, total)

            written += animate(
                traces, out, style=style, theme=theme, title=title, time_unit=time_unit, on_progress=note
            )
    for theme in THEMES:
        path = out / f"utilization{DARK if theme == 'dark' else ''}.png"
        plots.write_png(plots.utilization(traces, theme=theme, title=title, time_unit=time_unit), path)
        written.append(path)
    return list(dict.fromkeys(written))
