"""Figures for a page: SVG in which every colour is the name of a colour of the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

from simulator.core import escaping
from simulator.render.plots.figure import letter, look, svg
from simulator.render.style import THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Size of a figure in inches; a phone shows the figure in about this size.
SIZE = (4.3, 3.3)
#: Names of the colours of lines, their dashes and their marks.
LINES = ("blue", "accent", "lost", "busy", "overhead")
DASHES = ("-", "--", ":", "-.")
MARKS = ("o", "s", "^", "D", "v", "P")
#: Greatest number of lines in a figure, with the lines of the answer first; more can't be distinguished.
SHOWN = 6
#: Greatest number of numbers of workers along an axis.
TICKS = 8
SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
#: Greatest number of characters in a line of a legend, and in each of two that stand side by side.
LONGEST, BESIDE = 56, 24
#: Ratio of the largest to the smallest number of workers from which the axis is logarithmic.
WIDE = 4


class Limit(NamedTuple):
    """A line that should not be crossed."""

    value: float
    name: str


class Chart(NamedTuple):
    """A figure: its title, which says what it shows, and its SVG."""

    title: str
    svg: str


def colours(theme: Theme) -> dict[str, str]:
    """The colours that the figures use: their names, and their values in a theme."""
    names = ("page", "panel", "grid", "ink", "muted", "accent", "lost", "overhead", "busy")
    return {"blue": theme.rungs[1], **{name: getattr(theme, name) for name in names}}


def sheet() -> tuple[Figure, Axes]:
    """Make an empty figure with axes."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    palette = colours(THEMES["light"])
    with look():
        figure = Figure(figsize=SIZE, facecolor="none", layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
    axes.set_facecolor(palette["panel"])
    axes.tick_params(colors=palette["muted"])
    axes.grid(color=palette["grid"], lw=0.8)
    axes.set_axisbelow(True)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(palette["muted"])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure, axes


def draw_limit(axes: Axes, limit: Limit) -> None:
    """Draw a dotted line with its name."""
    palette = colours(THEMES["light"])
    axes.axhline(limit.value, color=palette["ink"], lw=1, ls=(0, (1, 2)))
    axes.annotate(limit.name, (1, limit.value), xycoords=("axes fraction", "data"), ha="right", va="bottom",
                  color=palette["ink"], xytext=(-3, 3), textcoords="offset points", zorder=9,
                  bbox={"fc": palette["panel"], "ec": "none", "pad": 1})  # fmt: skip


def mark_counts(axes: Axes, counts: Sequence[int]) -> None:
    """Label the x axis with numbers of workers."""
    if counts and counts[-1] >= WIDE * counts[0]:
        axes.set_xscale("log", base=2)
    step = -(-len(counts) // TICKS)
    marked = counts[::-1][::step][::-1]
    axes.set_xticks(marked, [f"{count:,}" for count in marked])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("workers")


def kept_of(shown: int, there: int) -> str:
    """The end of a figure's title if not all series are shown."""
    return f" ({shown} of {there:,} lines)" if shown < there else ""


def chart(figure: Figure, axes: Axes, title: str) -> Chart:
    """Finish a figure: its legend beneath, and its SVG."""
    handles, labels = axes.get_legend_handles_labels()
    labels = [fill(label, LONGEST) for label in labels]
    palette = colours(THEMES["light"])
    across = 2 if max(map(len, labels), default=0) <= BESIDE else 1
    with look():
        made = figure.legend(
            handles, labels, loc="outside lower left", frameon=False, labelcolor=palette["ink"], ncols=across,
            fontsize=9, borderpad=0, columnspacing=1.2, handlelength=2.2,
        )  # fmt: skip
        letter(made, labels)
    return Chart(title, _inline(svg(figure), title))


def _inline(drawn: str, title: str) -> str:
    """A figure as a part of a page: without the XML prologue, with unique names, in the page's colours."""
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>\s*", "", drawn, flags=re.DOTALL)
    used = set(re.findall(r"#([\w-]+)[\")]", drawn))
    prefix = f"{sum(map(ord, title)):x}-"

    def of_page(tag: re.Match[str]) -> str:
        """Rewrite a tag for the page; the text between tags stays as it is."""
        made = re.sub(r' id="([^"]+)"', lambda found: found[0] if found[1] in used else "", tag[0])
        made = re.sub(r'(id="|url\(#|xlink:href="#)', lambda found: found[1] + prefix, made)
        for name, colour in colours(THEMES["light"]).items():
            made = made.replace(colour.lower(), f"var(--{name})")
        return re.sub(r"'?DejaVu Sans'?(, [^;\"]*)?", "system-ui, sans-serif", made)

    box = re.search(r'viewBox="[^"]+"', drawn)
    head = f'<svg {box[0] if box else ""} role="img" aria-label="{escaping.html(title)}" {SPACES}>'
    return re.sub(r"<[^>]*>", of_page, head + drawn[drawn.index(">") + 1 :]).strip()
