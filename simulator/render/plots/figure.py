"""The style of the static plots, and how they are written. Matplotlib is only imported when a plot is drawn."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simulator.core import ticks
from simulator.core.escaping import plain
from simulator.core.vocabulary import PlotSize, ThemeName
from simulator.io import writing
from simulator.render import fonts, style
from simulator.render.canvas import measure, shortened
from simulator.render.options import USUAL_WIDTH, current
from simulator.render.style import Theme
from simulator.render.words import say
from simulator.trace.trace import Trace

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

#: Usual width of a figure in inches, and height of what is above and below its panels.
WIDTH, AROUND = 9.6, 1.2
#: Width in pixels of what is beside the panels of a usual figure; and sizes of letters in pixels.
ASIDE = 100
HEADING, LETTERS = 17, 14
#: Size of the smallest letters, in points.
SMALLEST = 10
#: Pixels per inch, by the size of the picture.
DPI: dict[PlotSize, int] = {"page": 100, "slide": 200}
#: Greatest number of entries in a line of a legend below a panel; and width in pixels of an entry without its text.
IN_A_LINE, BESIDE = 4, 84
#: Distance between a panel and a heading above its legend, in points.
ABOVE = 30
#: Distance between a panel and a legend below its x axis, in points, and the height of each further line, in inches.
BELOW, LINE = 36, 0.21
#: Mark before a name in a legend, since matplotlib hides names that begin with "_"; `letter` removes the mark.
NAMED = "\N{ZERO WIDTH SPACE}"


def dpi() -> float:
    """Pixels per inch in the requested size, with which the smallest letters are as large as in an animation."""
    sizes = current().sizes()
    return DPI["page"] if current().width is None else sizes.letter * 72 / SMALLEST


def pixels() -> int:
    """Width of a figure in pixels of 1/100 inch, from which the sizes of letters follow."""
    return USUAL_WIDTH if current().width is None else int(100 * width())


def width() -> float:
    """Width of a figure in inches."""
    asked = current().width
    return WIDTH if asked is None else asked / dpi()


def panel() -> int:
    """Width of a panel, in the pixels that `pixels` counts."""
    return pixels() - ASIDE


# Matplotlib warns while it makes its cache of fonts, or if it can't keep it; only its bundled font is used here.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


def sheet(panels: int, *, theme: ThemeName, title: str, height: float = 1.7) -> tuple[Figure, list[Axes]]:
    """A figure of panels one above the other, each `height` inches high, with a common x axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    colours = current().theme(theme)
    count = max(panels, 1)
    with look():
        figure = Figure(figsize=(width(), AROUND + height * count), facecolor=colours.page, layout="constrained")
        FigureCanvasAgg(figure)
        heading(figure, colours, title)
        axes = list(figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0])
        for panel in axes:
            panel.set_facecolor(colours.panel)
            panel.tick_params(colors=colours.muted)
            for spine in panel.spines.values():
                spine.set_visible(False)
    return figure, axes


def heading(figure: Figure, colours: Theme, title: str) -> None:
    """Write the figure's title, cut to its width."""
    text = shortened(title, HEADING, pixels() - 20, bold=True)
    figure.suptitle(text, x=0.01, ha="left", color=colours.ink, fontweight="bold", parse_math=False)


def head(axes: Axes, colours: Theme, text: str) -> None:
    """Write a panel's heading."""
    with look():
        axes.set_title(shortened(text, HEADING, panel()), loc="left", color=colours.ink, parse_math=False)


def named(label: str) -> str:
    """A name with a mark, so that a legend shows it even if it begins with "_"."""
    return NAMED + plain(label)


def legend(axes: Axes, colours: Theme, *, below: bool = False) -> None:
    """Explain the colours above the panel, at its right end, or `below` it in lines of up to four.

    It covers nothing: if the panel's heading leaves too little room, the legend goes below if that is allowed, and
    else the heading moves above the legend.
    """
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    texts = [label.removeprefix(NAMED) for label in labels]
    title = axes.get_title(loc="left")
    letters = sum(measure(plain(text), LETTERS) for text in texts)
    if below:
        taken = measure(title, HEADING) + letters + BESIDE * len(texts)
        if taken > panel() or len(texts) > IN_A_LINE:
            _legend_below(axes, colours, handles, texts)
            return
    with look():
        made = axes.legend(
            handles, labels, loc="lower right", bbox_to_anchor=(1, 1), frameon=False, labelcolor=colours.ink,
            ncols=len(handles), borderpad=0.2, handlelength=3 if below else 1, columnspacing=1.2,
        )  # fmt: skip
        letter(made, labels)
        if not below:
            room = panel() - letters - BESIDE // 2 * len(texts)
            pad = ABOVE if measure(title, HEADING) > room else None
            axes.set_title(title, loc="left", pad=pad, color=colours.ink, parse_math=False)


def _legend_below(axes: Axes, colours: Theme, handles: list[Artist], texts: list[str]) -> None:
    from matplotlib.transforms import ScaledTranslation

    widest = max(measure(plain(text), LETTERS) for text in texts) + BESIDE
    columns = min(IN_A_LINE, len(texts), max(1, panel() // widest))
    lines = -(-len(texts) // columns)
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.set_figheight(figure.get_figheight() + LINE * (lines - 1))  # so that the panel keeps its height
    under = axes.transAxes + ScaledTranslation(0, -BELOW / 72, figure.dpi_scale_trans)
    with look():
        made = axes.legend(
            handles, texts, loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=under, frameon=False,
            labelcolor=colours.ink, ncols=columns, borderpad=0.2, handlelength=4, columnspacing=1.2,
        )  # fmt: skip
        letter(made, [shortened(text, LETTERS, panel() // columns - BESIDE) for text in texts])


def letter(legend: Legend, labels: Sequence[str]) -> None:
    """Write a legend's labels as given, without formulas and hidden names."""
    for shown, label in zip(legend.get_texts(), labels, strict=True):
        shown.set_parse_math(False)
        shown.set_text(label.removeprefix(NAMED))


def clock(axes: Axes, colours: Theme, traces: Sequence[Trace], unit: str) -> None:
    """Make the x axis the time from 0 to the end of the longest run."""
    axes.set_xlabel(say("time", unit=say(unit)), color=colours.muted)
    axes.set_xlim(0, max((trace.makespan for trace in traces), default=0) / ticks.UNITS[unit] or 1)


def rung_colours(colours: Theme, rungs: int) -> list[tuple[float, float, float]]:
    """A colour for each rung, as shares of red, green and blue."""
    table = colours.palette(rungs)[style.RUNG :] / 255
    slots = [style.slot(rung, rungs) for rung in range(rungs)]
    return [(float(red), float(green), float(blue)) for red, green, blue in table[slots]]


def write(figure: Figure, path: Path, size: PlotSize = "page") -> None:
    """Replace the file `path`, .png or .svg, by `figure`; its bytes depend only on matplotlib's version.

    A "slide" is 16:9 and 1920 x 1080 pixels, so that letters are twice as large as on a page.
    """
    resolution, page = dpi() if current().width else DPI[size], figure.get_facecolor()
    if size == "slide":
        figure.set_size_inches(width(), width() * 9 / 16)
    letter_all(figure)
    with writing.replacing(path) as scratch:
        if path.suffix == ".svg":
            scratch.write_text(svg(figure, dpi=resolution), encoding="utf-8")
        else:
            with look(), quiet_about_glyphs():
                figure.savefig(scratch, format="png", dpi=resolution, facecolor=page, metadata={"Software": None})


def svg(figure: Figure, dpi: float | Literal["figure"] = "figure") -> str:
    """The figure as SVG, the same on every processor.

    Matplotlib names the frames that clip lines by all digits of their positions, and the last digits differ between
    processors. Here the frames are numbered.
    """
    out = io.StringIO()
    metadata = {"Date": None, "Creator": None}
    with look(), quiet_about_glyphs():
        figure.savefig(out, format="svg", dpi=dpi, facecolor=figure.get_facecolor(), metadata=metadata)
    text = out.getvalue()
    for number, name in enumerate(re.findall(r'<clipPath id="(\w+)">', text)):
        text = text.replace(f'<clipPath id="{name}">', f'<clipPath id="clip{number}">')
        text = text.replace(f'clip-path="url(#{name})"', f'clip-path="url(#clip{number})"')
    return text


@contextmanager
def quiet_about_glyphs() -> Iterator[None]:
    """Draw a box for a character that no font has, as in the animations, without matplotlib's warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        yield


def letter_all(figure: Figure) -> None:
    """For texts with characters that the bundled font lacks, set an installed font that has them."""
    from matplotlib.text import Text

    own = fonts.requested()
    first = [own.family, "DejaVu Sans"] if own else ["DejaVu Sans"]
    if own:
        from matplotlib.font_manager import fontManager

        fontManager.addfont(own.path)
    for text in figure.findobj(Text):
        families = [face.family for face, _ in fonts.pieces(text.get_text()) if face is not None]
        if families or own:
            text.set_fontfamily(list(dict.fromkeys([*first, *families])))


def look() -> AbstractContextManager[None]:
    """Use matplotlib's defaults and its bundled font, and not this machine's settings; text in an SVG stays text."""
    import matplotlib as mpl

    ours: dict[Any, Any] = {"font.family": "DejaVu Sans", "svg.fonttype": "none", "svg.hashsalt": "asha-simulator"}
    # To read or set the backend would import all of pyplot, which nothing here uses.
    defaults: dict[Any, Any] = {name: value for name, value in mpl.rcParamsDefault.items() if name != "backend"}
    return mpl.rc_context({**defaults, **ours})
