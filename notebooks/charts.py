"""Charts of the notebooks: lines over a number, such as workers or trials, in the look of the simulator's plots."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from simulator.core.vocabulary import ThemeName
from simulator.render.plots.figure import legend, look, named, sheet
from simulator.render.plots.learning import LINES, count_in_powers
from simulator.render.style import THEMES
from simulator.results import Picture

#: Up to this many values of x have a label each.
LABELLED = 8


def chart(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    log: str = "",
    theme: ThemeName = "light",
) -> Picture:
    """Draw `lines`, each of the length of `x`; `log` names the logarithmic axes: "x", "y" or "xy".

    Raises ValueError where a line is longer or shorter than `x`.
    """
    figure, (axes,) = sheet(1, theme=theme, title=title, height=2.6)
    colours, at = THEMES[theme], np.asarray(x, float)
    looks = (colours.rungs[1], colours.accent, colours.busy, colours.overhead)
    with look():
        for number, (label, values) in enumerate(lines.items()):
            place = number % len(LINES)
            axes.plot(
                at, np.asarray(values, float), ls=LINES[place], lw=2, marker="o", ms=4,
                color=looks[number % len(looks)], label=named(label),
            )  # fmt: skip
        if "x" in log:
            axes.set_xscale("log")
        if "y" in log:
            count_in_powers(axes, colours)
        else:
            axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        if len(at) <= LABELLED:
            axes.set_xticks(at, [f"{value:,g}" for value in at])
            axes.set_xticks([], minor=True)
        axes.set_xlabel(xlabel, color=colours.muted)
        axes.set_ylabel(ylabel, color=colours.muted)
        axes.grid(color=colours.grid, lw=0.6)
    legend(axes, colours, below=True)
    return Picture(figure, title)
