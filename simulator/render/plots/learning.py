"""Static plots of losses: curves and promotions, the best loss over many seeds, and time by number of workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from simulator.core import ticks
from simulator.core.vocabulary import ThemeName
from simulator.render import words
from simulator.render.options import current
from simulator.render.phrases import fates
from simulator.render.plots.figure import clock, head, legend, named, rung_colours, sheet
from simulator.render.plots.plots import MANY
from simulator.render.style import Theme
from simulator.render.words import say
from simulator.trace import metrics
from simulator.trace.levels import levels
from simulator.trace.promotions import promotions
from simulator.trace.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Ratio of the largest to the smallest loss from which on the scale is logarithmic.
WIDE = 8
#: Styles of lines, one for each searcher, which differ even in black and white.
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (8, 2)), (0, (5, 1, 1, 1, 1, 1)), (0, (2, 2)), (0, (10, 2, 2, 2)))
#: Dashes. If there are more lines than colours, the colours repeat with the next dash.
COLOURS = 4


def curves(traces: Sequence[Trace], *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """The results of every trial over resource, joined by lines, with marks on trials that went on.

    Each searcher has a panel.
    """
    return _learning_curves(traces, over="resource", theme=theme, title=title, time_unit=time_unit)


def curves_in_time(traces: Sequence[Trace], *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """The results of every trial over time."""
    return _learning_curves(traces, over="time", theme=theme, title=title, time_unit=time_unit)


def _learning_curves(
    traces: Sequence[Trace], *, over: Literal["resource", "time"], theme: ThemeName, title: str, time_unit: str
) -> Figure:
    figure, panels = sheet(len(traces), theme=theme, title=title, height=2.4)
    colours, ladder = current().theme(theme), levels(traces)
    ramp = rung_colours(colours, len(ladder))
    for axes, trace in zip(panels, traces, strict=False):
        rows = np.flatnonzero(np.isfinite(trace.loss))
        x = trace.to_resource if over == "resource" else trace.end / ticks.UNITS[time_unit]
        _join(axes, trace, rows, x, colours)
        up = (promotions(trace).up[rows] >= 0) | metrics.full_length(trace)[rows]
        left, stayed = fates(trace)
        gone = say("or in full", left=say(left))
        level = ladder.index_of(trace.to_resource[rows])
        for number in range(len(ladder)):
            there = level == number
            for chosen, size, filled in ((there & ~up, 9, False), (there & up, 22, True)):
                axes.scatter(
                    x[rows[chosen]], trace.loss[rows[chosen]], s=size, linewidths=0.8, zorder=2 + number / 100,
                    facecolors=[ramp[number]] if filled else "none", edgecolors=[ramp[number]],
                    rasterized=len(rows) > MANY, label=gone if filled and number == 0 else None,
                )  # fmt: skip
        axes.scatter([], [], s=9, facecolors="none", edgecolors=[ramp[0]], label=say(stayed))
        _scale_losses(axes, trace.loss[rows])
        axes.set_ylabel(say("loss"), color=colours.muted)
        head(axes, colours, trace.label)
        legend(axes, colours)
    if over == "time":
        clock(panels[-1], colours, traces, time_unit)
    else:
        panels[-1].set_xscale("log")
        panels[-1].set_xticks(ladder.resources, [f"{resource:,}" for resource in ladder.resources])
        panels[-1].set_xticks([], minor=True)
        panels[-1].set_xlabel(say("resource"), color=colours.muted)
    return figure


def incumbent(runs: Mapping[str, Sequence[Trace]], *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """Best loss known over time: the median over replicates, and the range of the middle 80 %."""
    bands = {label: metrics.incumbent_band(traces) for label, traces in runs.items()}
    return _bands(runs, bands, say("best loss so far"), theme, title, time_unit)


def regret(runs: Mapping[str, Sequence[Trace]], *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """Simple regret over time, against the best that any searcher found in the same replicate."""
    best = metrics.best_losses(list(runs.values()))
    bands = {label: metrics.regret_band(traces, best) for label, traces in runs.items()}
    return _bands(runs, bands, say("simple regret"), theme, title, time_unit)


def scaling(
    workers: Sequence[int], times_s: Mapping[str, ArrayLike], *, theme: ThemeName, title: str, time_unit: str
) -> Figure:
    """Time of a run by number of workers; each label has quantiles of shape (3, workers): low, middle, high."""
    figure, (axes,) = sheet(1, theme=theme, title=title, height=3.4)
    colours = current().theme(theme)
    per_unit = ticks.UNITS[time_unit] / ticks.PER_SECOND
    for number, (label, quantiles) in enumerate(times_s.items()):
        low, middle, high = np.asarray(quantiles, float) / per_unit
        _band(axes, colours, number, label, np.asarray(workers), (low, middle, high), marker="o")
    axes.set_xscale("log", base=2)
    axes.set_xticks(workers, [f"{count:,}" for count in workers])
    axes.set_xticks([], minor=True)
    count_in_powers(axes, colours)
    axes.set_xlabel("workers", color=colours.muted)
    axes.set_ylabel(f"time of the run ({time_unit})", color=colours.muted)
    axes.grid(color=colours.grid, lw=0.6, which="both")
    legend(axes, colours, below=True)
    return figure


def _bands(
    runs: Mapping[str, Sequence[Trace]],
    bands: Mapping[str, metrics.Band],
    what: str,
    theme: ThemeName,
    title: str,
    unit: str,
) -> Figure:
    figure, (axes,) = sheet(1, theme=theme, title=title, height=3.4)
    colours = current().theme(theme)
    end = max((trace.makespan for traces in runs.values() for trace in traces), default=0)
    for number, (label, band) in enumerate(bands.items()):
        times = np.append(band.times, end) / ticks.UNITS[unit]
        lines = tuple(np.append(line, line[-1:]) for line in (band.low, band.middle, band.high))
        if len(band.times):
            _band(axes, colours, number, label, times, lines, step="post")
    _scale_losses(axes, np.concatenate([band.middle for band in bands.values()]) if bands else np.zeros(0))
    clock(axes, colours, [trace for traces in runs.values() for trace in traces], unit)
    axes.set_ylabel(what, color=colours.muted)
    count = max((len(traces) for traces in runs.values()), default=0)
    about = say("median", n=words.count(count)) if count > 1 else say("one seed")
    if len(bands) > len(LINES):
        about = say("lines look alike", about=about, n=words.count(len(LINES)))
    head(axes, colours, about)
    legend(axes, colours, below=True)
    return figure


def count_in_powers(axes: Axes, colours: Theme) -> None:
    """Make the y axis logarithmic, with labels at 1, 2 and 5 times powers of 10."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(_number))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="both", colors=colours.muted)


def _number(value: float, _: object) -> str:
    return f"{value:g}"


def _band(
    axes: Axes,
    colours: Theme,
    number: int,
    label: str,
    x: np.ndarray,
    quantiles: tuple[np.ndarray, ...],
    *,
    step: Literal["post"] | None = None,
    marker: str = "",
) -> None:
    """Draw a line with the band around it, in the style of searcher number `number`."""
    colour = (colours.rungs[1], colours.accent, colours.busy, colours.overhead)[number % COLOURS]
    low, middle, high = quantiles
    axes.fill_between(x, low, high, step=step, color=colour, alpha=0.2, lw=0)
    style = "steps-post" if step else "default"
    (line,) = axes.plot(x, middle, drawstyle=style, ls=LINES[number % len(LINES)], lw=2, color=colour, marker=marker)
    line.set_label(named(label))


def _join(axes: Axes, trace: Trace, rows: np.ndarray, x: np.ndarray, colours: Theme) -> None:
    """Draw a thin line through each trial's results, all as one collection."""
    from matplotlib.collections import LineCollection

    order = rows[np.lexsort((trace.end[rows], trace.trial[rows]))]
    same = trace.trial[order][:-1] == trace.trial[order][1:]
    points = np.stack([x[order], trace.loss[order]], axis=1)
    lines: Any = np.stack([points[:-1][same], points[1:][same]], axis=1)
    axes.add_collection(
        LineCollection(lines, colors=colours.busy, linewidths=0.6, alpha=0.35, rasterized=len(rows) > MANY),
        autolim=False,
    )


def _scale_losses(axes: Axes, losses: np.ndarray) -> None:
    """Scale the losses: logarithmic if their range is wide and none is negative, with 0 at the bottom."""
    from matplotlib.ticker import FuncFormatter

    positive = losses[losses > 0]
    if len(positive) and losses.min() >= 0 and losses.max() > WIDE * positive.min():
        if len(positive) == len(losses):
            axes.set_yscale("log")
        else:
            axes.set_yscale("symlog", linthresh=positive.min(), linscale=0.3)
        least = float(positive.min())
        # A tick below the least loss would be on the 0.
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: "" if 0 < value < least else f"{value:g}"))
