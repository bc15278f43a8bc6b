"""Static plots of the workers' time. They draw numbers of the trace and its metrics, and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.core.vocabulary import ThemeName
from simulator.render.canvas import shortened
from simulator.render.legend import extras
from simulator.render.options import current
from simulator.render.phrases import percent, rungs, short_rungs
from simulator.render.plots.figure import clock, head, legend, look, rung_colours, sheet
from simulator.render.style import Theme
from simulator.render.words import say
from simulator.trace import metrics
from simulator.trace.levels import Levels, levels
from simulator.trace.trace import Spell, Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Greatest number of bars that an SVG has as shapes; more bars are drawn as pixels.
MANY = 2000
#: Smallest share whose bar is wide enough for its number.
NARROW = 0.06
#: Greatest number of rungs for which a legend shows the resource; for up to twice as many it shows names.
SHORT = 4


def utilization(traces: Sequence[Trace], *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """Busy workers over time, with the idle time painted; each searcher has a panel, and all have one clock."""
    figure, panels = sheet(len(traces), theme=theme, title=title)
    colours = current().theme(theme)
    for axes, trace in zip(panels, traces, strict=False):
        about, busy = metrics.summarize(trace), metrics.busy_workers(trace)
        times = busy.times / ticks.UNITS[time_unit]
        unused = say("idle, lost or down" if extras([trace]) else "idle")
        axes.fill_between(times, busy.values, trace.workers, step="post", color=colours.idle, lw=0, label=unused)
        axes.fill_between(times, 0, busy.values, step="post", color=colours.busy, lw=0, label=say("busy"))
        axes.set_ylim(0, trace.workers)
        axes.set_ylabel(say("busy workers"), color=colours.muted)
        head(axes, colours, say("searcher and share", label=trace.label, share=percent(about.utilization, 1)))
        legend(axes, colours)
    clock(panels[-1], colours, traces, time_unit)
    return figure


def gantt(traces: Sequence[Trace], *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """Gantt chart: a panel for each searcher, a lane for each worker, jobs in the colour of their rung."""
    figure, panels = sheet(len(traces), theme=theme, title=title, height=2.6)
    colours, ladder, unit = current().theme(theme), levels(traces), ticks.UNITS[time_unit]
    for axes, trace in zip(panels, traces, strict=False):
        lanes(axes, trace, ladder, colours=colours, unit=unit)
        head(axes, colours, trace.label)
        legend(axes, colours)
    clock(panels[-1], colours, traces, time_unit)
    return figure


def lanes(axes: Axes, trace: Trace, ladder: Levels, *, colours: Theme, unit: int) -> None:
    """Draw a lane for each worker; `unit` is the number of ticks in the unit of the axis."""
    from matplotlib.ticker import MaxNLocator

    ramp = rung_colours(colours, len(ladder))
    begin, keep = metrics.useful(trace)
    axes.axvspan(0, trace.makespan / unit, color=colours.idle, lw=0, label=say("idle"))
    level = ladder.index_of(trace.to_resource)
    for number, label in enumerate(_names(ladder)):
        on = level == number
        bars(axes, trace.worker[on], begin[on] / unit, keep[on] / unit, ramp[number], label)
    spells = trace.spells
    for name, meaning in extras([trace]):
        kind = spells.kind == (Spell.BOOT if name == "boot" else Spell.DOWN)
        worker, since, until = {
            "overhead": (trace.worker, trace.start, begin),
            "lost": (trace.worker, keep, trace.end),
        }.get(name, (spells.worker[kind], spells.start[kind], spells.end[kind]))
        bars(axes, worker, since / unit, until / unit, getattr(colours, name), meaning)
    axes.set_ylim(trace.workers - 0.5, -0.5)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(say("worker"), color=colours.muted)


def rung_occupancy(traces: Sequence[Trace], *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """Workers at work over time by rung, as stacked areas, the lowest rung at the bottom."""
    figure, panels = sheet(len(traces), theme=theme, title=title, height=2)
    colours, ladder = current().theme(theme), levels(traces)
    ramp = rung_colours(colours, len(ladder))
    for axes, trace in zip(panels, traces, strict=False):
        times, busy = metrics.busy_by_level(trace, ladder)
        tops = np.cumsum(busy, axis=0)
        at = times / ticks.UNITS[time_unit]
        for level, label in enumerate(_names(ladder)):
            top = tops[level]
            axes.fill_between(at, top - busy[level], top, step="post", color=ramp[level], lw=0, label=label)
        axes.set_ylim(0, trace.workers)
        axes.set_ylabel(say("busy workers"), color=colours.muted)
        head(axes, colours, trace.label)
        legend(axes, colours)
    clock(panels[-1], colours, traces, time_unit)
    return figure


def time_split(traces: Sequence[Trace], *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """The split of worker time into busy, overhead, lost, idle and down, in `time_unit`; a bar for each searcher."""
    figure, (axes,) = sheet(1, theme=theme, title=title, height=0.5 + 0.45 * len(traces))
    colours, unit = current().theme(theme), ticks.UNITS[time_unit]
    splits = [metrics.split(trace) for trace in traces]
    whole = max((sum(split) for split in splits), default=0) or 1
    with look():
        for name in metrics.Split._fields:
            if not any(getattr(split, name) for split in splits):
                continue
            for place, split in enumerate(splits):
                before, amount = sum(split[: split._fields.index(name)]), getattr(split, name)
                label = say(name) if place == 0 else None
                axes.barh(place, amount / unit, left=before / unit, color=getattr(colours, name), label=label)
                if amount >= NARROW * whole:
                    text = percent(amount, sum(split))
                    ink = colours.ink if name in ("idle", "down") else colours.page
                    axes.text((before + amount / 2) / unit, place, text, ha="center", va="center", color=ink)
        axes.set_yticks(range(len(traces)), [""] * len(traces))
        for place, trace in enumerate(traces):
            axes.text(
                -0.01, place, shortened(trace.label, 14, 160), ha="right", va="center", color=colours.ink,
                transform=axes.get_yaxis_transform(), parse_math=False,
            )  # fmt: skip
    axes.set_ylim(len(traces) - 0.5, -0.5)
    axes.set_xlim(0, whole / unit)
    axes.set_xlabel(say("worker time", unit=say(time_unit)), color=colours.muted)
    legend(axes, colours)
    return figure


def _names(ladder: Levels) -> list[str]:
    """Names for a legend of one line: shorter names for more rungs, and only the first and last of very many."""
    names = rungs(ladder) if len(ladder) <= SHORT else short_rungs(ladder)
    if len(names) > 2 * SHORT:
        names = [name if level in (0, len(names) - 1) else f"_{name}" for level, name in enumerate(names)]
    return names


def bars(
    axes: Axes,
    lane: NDArray[np.int64],
    since: NDArray[np.float64],
    until: NDArray[np.float64],
    colour: object,
    label: str,
) -> None:
    """Draw bars as one collection, which is fifty times as fast as one by one."""
    from matplotlib.collections import PolyCollection

    if not len(lane):
        return
    low, high = lane - 0.42, lane + 0.42
    corners: Any = np.stack([since, low, since, high, until, high, until, low], axis=1).reshape(-1, 4, 2)
    axes.add_collection(
        PolyCollection(
            corners, facecolors=colour, edgecolors=axes.get_facecolor(), linewidths=0.4, label=label,
            rasterized=len(lane) > MANY,
        ),
        autolim=False,
    )  # fmt: skip
