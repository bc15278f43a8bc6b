"""A figure of a set of learning curves: the curves, their predictive value, their final losses, their pace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from simulator.core.vocabulary import ThemeName
from simulator.curves.describe import Description, LossGrid, Matrix, number
from simulator.render.options import current
from simulator.render.phrases import percent
from simulator.render.plots.figure import head, heading, legend, look, width
from simulator.render.style import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Greatest number of curves that are drawn; if there are more, this many are chosen evenly, with the best one.
SHOWN = 150
BINS = 30
#: Losses are on a logarithmic scale if their range is more than this many times their middle half.
WIDE = 20


def description(grid: LossGrid, about: Description, *, theme: ThemeName, title: str) -> Figure:
    """Draw four panels, 9.6 inches wide, which show the figures of `about` and compute nothing."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    colours = current().theme(theme)
    with look():
        figure = Figure(figsize=(width(), 6.4), facecolor=colours.page, layout="constrained")
        FigureCanvasAgg(figure)
        heading(figure, colours, title)
        curves, ranks, ends, pace = figure.subplots(2, 2).flat
        for axes in (curves, ranks, ends, pace):
            axes.set_facecolor(colours.panel)
            axes.tick_params(colors=colours.muted)
            for spine in axes.spines.values():
                spine.set_visible(False)
        _curves(curves, grid, about, colours)
        _ranks(ranks, about, colours)
        _ends(ends, grid, about, colours)
        _pace(pace, grid, about, colours)
    return figure


def alternative(about: Description, title: str) -> str:
    """The figure's alternative text."""
    told = ", ".join(f"{number(value)} at {at}" for at, value in about.early.items())
    crossing = "" if about.crossing is None else f"; {percent(about.crossing, 1)} of pairs cross"
    ends = f"{about.finished:,} of {about.trials:,} reach {about.longest:,} units"
    return f"{title}: {ends}; rank correlation with the final loss {told}{crossing}."


def _curves(axes: Axes, grid: LossGrid, about: Description, colours: Theme) -> None:
    from matplotlib.collections import LineCollection

    order = np.argsort(grid.loss[:, -1], kind="stable")
    shown = order[np.unique(np.linspace(0, len(order) - 1, min(SHOWN, len(order))).round().astype(int))]
    losses = np.where(np.isfinite(grid.loss), grid.loss, np.nan)
    lines = [np.column_stack([grid.resources, losses[trial]]) for trial in shown[::-1]]
    axes.add_collection(LineCollection(lines, colors=colours.busy, linewidths=0.6, alpha=0.5))
    best = np.column_stack([grid.resources, losses[order[0]]])
    axes.add_collection(LineCollection([best], colors=colours.accent, linewidths=1.6, label="best in the end"))
    axes.set_xscale("log")
    axes.set_xlim(max(float(grid.resources[0]), 0.9), float(grid.resources[-1]) * 1.02)
    _losses_from(axes, losses, about)
    axes.set_xlabel("units trained", color=colours.muted)
    axes.set_ylabel("loss", color=colours.muted)
    head(axes, colours, f"{len(shown):,} of {about.trials:,} curves")
    legend(axes, colours)


def _losses_from(axes: Axes, losses: Matrix, about: Description) -> None:
    """Set the axis of losses so that all but the worst losses are visible."""
    seen = losses[np.isfinite(losses)]
    if not len(seen):
        return
    low, high = float(seen.min()), float(np.quantile(seen, 0.98))
    if _wide(about) and low > 0:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.1, high * 1.1)
    else:
        room = 0.05 * (high - low) or 1.0
        axes.set_ylim(low - room, high + room)


def _ranks(axes: Axes, about: Description, colours: Theme) -> None:
    ramps: tuple[tuple[str, Mapping[int, float], str, str], ...] = (
        ("all", about.early, colours.rungs[1], "o-"),
        ("best third in the end", about.early_top, colours.accent, "s--"),
    )
    for label, values, colour, look_ in ramps:
        axes.plot(list(values), list(values.values()), look_, color=colour, label=label, markersize=5)
    axes.set_xscale("log")
    places = sorted({*about.early, *about.early_top})
    axes.set_xticks(places, [f"{place:,}" for place in places])
    axes.set_xticks([], minor=True)
    axes.set_ylim(min([0.0, *about.early.values(), *about.early_top.values()]) - 0.05, 1.05)
    axes.grid(axis="y", color=colours.grid, lw=0.8)
    axes.set_xlabel("units trained", color=colours.muted)
    axes.set_ylabel("rank correlation with the end", color=colours.muted)
    crossing = "" if about.crossing is None else f"{percent(about.crossing, 1)} of pairs cross"
    head(axes, colours, crossing)
    legend(axes, colours)


def _ends(axes: Axes, grid: LossGrid, about: Description, colours: Theme) -> None:
    final = np.sort(grid.loss[grid.finished, -1])
    share = np.arange(1, len(final) + 1) / about.trials
    axes.step(final, share, where="post", color=colours.rungs[1], lw=1.6)
    axes.set_ylim(0, 1.02)
    if _wide(about):
        axes.set_xscale("log" if len(final) and final[0] > 0 else "symlog")
    axes.grid(axis="y", color=colours.grid, lw=0.8)
    axes.set_xlabel("final loss", color=colours.muted)
    axes.set_ylabel("share of trials at most", color=colours.muted)
    head(axes, colours, f"{percent(about.diverged, 1)} diverged, {percent(about.errored, 1)} failed")


def _pace(axes: Axes, grid: LossGrid, about: Description, colours: Theme) -> None:
    if grid.unit_s is None or about.unit_s is None:
        head(axes, colours, "no times recorded")
        axes.set_xticks([])
        axes.set_yticks([])
        return
    low, high = float(grid.unit_s.min()), float(grid.unit_s.max())
    bins = np.geomspace(low, max(high, low * 1.01), BINS + 1)
    axes.hist(grid.unit_s, bins=bins.tolist(), color=colours.busy)
    axes.axvline(about.unit_s, color=colours.accent, lw=1.6, label="median")
    axes.set_xscale("log")
    axes.set_xlabel("seconds a unit", color=colours.muted)
    axes.set_ylabel("trials", color=colours.muted)
    head(axes, colours, f"sd of the log {number(about.unit_sigma)}")
    legend(axes, colours)


def _wide(about: Description) -> bool:
    final = about.final
    return bool(final) and final["1"] - final["0"] > WIDE * (final["0.75"] - final["0.25"])
