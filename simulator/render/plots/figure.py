"""The look of the static plots, and how they are written. Matplotlib is imported only when one is drawn."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.core import ticks
from simulator.io import writing
from simulator.render import style
from simulator.render.canvas import plain
from simulator.render.style import THEMES, Theme, ThemeName
from simulator.trace.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Width of a figure in inches, and of what is above and below its panels.
WIDTH, AROUND = 9.6, 1.2
# Its cache of this machine's fonts may be in the making, or nowhere to be kept: we letter with the font it brings.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


def sheet(panels: int, *, theme: ThemeName, title: str, height: float = 1.7) -> tuple[Figure, list[Axes]]:
    """A figure of panels above each other, each `height` inches high, with one x axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    colours = THEMES[theme]
    count = max(panels, 1)
    with look():
        figure = Figure(figsize=(WIDTH, AROUND + height * count), facecolor=colours.page, layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(plain(title), x=0.01, ha="left", color=colours.ink, fontweight="bold", parse_math=False)
        axes = list(figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0])
        for panel in axes:
            panel.set_facecolor(colours.panel)
            panel.tick_params(colors=colours.muted)
            for spine in panel.spines.values():
                spine.set_visible(False)
    return figure, axes


def head(axes: Axes, colours: Theme, text: str) -> None:
    """Write a panel's heading."""
    with look():
        axes.set_title(plain(text), loc="left", color=colours.ink, parse_math=False)


def legend(axes: Axes, colours: Theme, *, below: bool = False) -> None:
    """Explain the colours above the panel, at its right end; many of them `below` it, in lines of four."""
    handles, labels = axes.get_legend_handles_labels()
    if handles and below:
        with look():
            axes.legend(
                handles, labels, loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False,
                labelcolor=colours.ink, ncols=4, borderpad=0.2, handlelength=4, columnspacing=1.2,
            )  # fmt: skip
    elif handles:
        with look():
            axes.legend(
                handles, labels, loc="lower right", bbox_to_anchor=(1, 1), frameon=False, labelcolor=colours.ink,
                ncols=len(handles), borderpad=0.2, handlelength=1, columnspacing=1.2,
            )  # fmt: skip


def clock(axes: Axes, colours: Theme, traces: Sequence[Trace], unit: str) -> None:
    """Make the x axis the time from 0 to the end of the longest run."""
    axes.set_xlabel(f"time ({unit})", color=colours.muted)
    axes.set_xlim(0, max((trace.makespan for trace in traces), default=0) / ticks.UNITS[unit] or 1)


def rung_colours(colours: Theme, rungs: int) -> list[tuple[float, float, float]]:
    """A colour for each rung, as shares of red, green and blue."""
    table = colours.palette(rungs)[style.RUNG :] / 255
    slots = [style.slot(rung, rungs) for rung in range(rungs)]
    return [(float(red), float(green), float(blue)) for red, green, blue in table[slots]]


def write(figure: Figure, path: Path) -> None:
    """Replace `path`, .png or .svg, by `figure`; the bytes depend on matplotlib's version only."""
    metadata = {"Software": None} if path.suffix == ".png" else {"Date": None, "Creator": None}
    with look(), writing.replacing(path) as scratch, warnings.catch_warnings():
        # A box stands for what the font lacks, as in the animations.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(scratch, format=path.suffix[1:], dpi=100, facecolor=figure.get_facecolor(), metadata=metadata)


def look() -> AbstractContextManager[None]:
    """Matplotlib's own defaults and its bundled font, whatever this machine's settings say; SVG text stays text."""
    import matplotlib as mpl

    ours: dict[Any, Any] = {"font.family": "DejaVu Sans", "svg.fonttype": "none", "svg.hashsalt": "asha-simulator"}
    return mpl.rc_context({**mpl.rcParamsDefault, **ours, "backend": mpl.get_backend()})
