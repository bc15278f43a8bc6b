"""Static plots by matplotlib, which is imported only when one is drawn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from simulator import files, metrics, ticks
from simulator.render.canvas import plain
from simulator.render.phrases import percent
from simulator.render.style import THEMES, Theme, ThemeName
from simulator.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def utilization(traces: Sequence[Trace], *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """Busy workers over time, a panel a searcher on one clock, with the idle time painted; 9.6 inches wide."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    colours = THEMES[theme]
    with _look():
        figure = Figure(figsize=(9.6, 1.2 + 1.7 * len(traces)), facecolor=colours.page, layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(plain(title), x=0.01, ha="left", color=colours.ink, fontweight="bold", parse_math=False)
        panels = figure.subplots(max(len(traces), 1), 1, sharex=True, squeeze=False)[:, 0]
        for axes, trace in zip(panels, traces, strict=False):
            _draw(axes, trace, colours, time_unit)
        panels[-1].set_xlabel(f"time ({time_unit})", color=colours.muted)
        panels[-1].set_xlim(0, max((_time(trace.makespan, time_unit) for trace in traces), default=0) or 1)
    return figure


def write_png(figure: Figure, path: Path) -> None:
    """Replace `path` by `figure` at 100 dots an inch; the bytes depend on matplotlib's version only."""
    with _look(), files.replacing(path) as scratch, warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Glyph .* missing", UserWarning
        )  # a box stands for it, as in the animations
        figure.savefig(scratch, format="png", dpi=100, facecolor=figure.get_facecolor(), metadata={"Software": None})


def _draw(axes: Axes, trace: Trace, colours: Theme, unit: str) -> None:
    about, busy = metrics.summarize(trace), metrics.busy_workers(trace)
    times = busy.times / ticks.UNITS[unit]
    unused = "idle or lost" if about.lost_s else "idle"
    axes.fill_between(times, busy.values, trace.workers, step="post", color=colours.idle, lw=0, label=unused)
    axes.fill_between(times, 0, busy.values, step="post", color=colours.busy, lw=0, label="busy")
    axes.set_facecolor(colours.panel)
    axes.set_ylim(0, trace.workers)
    axes.set_ylabel("busy workers", color=colours.muted)
    heading = plain(f"{trace.label}: {percent(about.utilization, 1)} busy")
    axes.set_title(heading, loc="left", color=colours.ink, parse_math=False)
    axes.tick_params(colors=colours.muted)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.legend(
        loc="lower right", bbox_to_anchor=(1, 1), frameon=False, labelcolor=colours.ink, ncols=2, borderpad=0.2
    )


def _look() -> AbstractContextManager[None]:
    """Matplotlib's own defaults and its bundled font, whatever this machine's settings say."""
    import matplotlib as mpl  # noqa: PLC0415

    return mpl.rc_context({**mpl.rcParamsDefault, "font.family": "DejaVu Sans", "backend": mpl.get_backend()})


def _time(tick: int, unit: str) -> float:
    return tick / ticks.UNITS[unit]
