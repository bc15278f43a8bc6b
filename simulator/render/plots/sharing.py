"""Plots of searches that share a cluster: the search that each worker trains for, the queue, and stays."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from simulator.core import ticks
from simulator.core.vocabulary import ThemeName
from simulator.render import words
from simulator.render.options import current
from simulator.render.plots.figure import head, legend, named, rung_colours, sheet
from simulator.render.plots.plots import bars
from simulator.render.words import say
from simulator.trace.queueing import Queueing, presence, waiting
from simulator.trace.workload import Workload

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Hatches of labels, so that neighbouring ones differ even without colour.
DASHES = ("-", "--", ":", "-.")


def timeline(workload: Workload, *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """A lane for each worker, jobs in the colour of their search's label; below, the searches present and waiting.

    Neighbouring searches of a label are drawn in two alternating shades.
    """
    figure, (lanes, queue) = sheet(2, theme=theme, title=title, height=2.6)
    colours, unit, trace = current().theme(theme), ticks.UNITS[time_unit], workload.trace
    labels = list(dict.fromkeys(visit.label for visit in workload.visits))
    strong = rung_colours(colours, max(2 * len(labels), 2))
    lanes.axvspan(0, workload.end / unit, color=colours.idle, lw=0, label=say("idle"))
    rows = np.concatenate([np.arange(len(trace)), workload.held[:, 0]])
    worker = np.concatenate([trace.worker, workload.held[:, 1]])
    place = np.array([labels.index(visit.label) for visit in workload.visits], np.int64)
    odd = np.array([visit.number % 2 for visit in workload.visits], np.int64)
    whose = workload.search[rows]
    for at, label in enumerate(labels):
        for shade in (0, 1):
            on = (place[whose] == at) & (odd[whose] == shade)
            since, until = trace.start[rows][on] / unit, trace.end[rows][on] / unit
            bars(lanes, worker[on], since, until, strong[2 * at + shade], "" if shade else named(label))
    lanes.set_ylim(trace.workers - 0.5, -0.5)
    lanes.set_ylabel(say("worker"), color=colours.muted)
    head(lanes, colours, say("whose trial"))
    legend(lanes, colours)
    times, there = presence(workload)
    queue.step(times / unit, there, where="post", color=colours.ink, lw=1.2, label=say("there"))
    queue.fill_between(
        times / unit,
        waiting(workload, times),
        step="post",
        color=colours.lost,
        lw=0,
        label=say("without a worker"),
    )
    queue.set_ylim(bottom=0)
    queue.set_ylabel(say("searches"), color=colours.muted)
    queue.set_xlabel(say("time", unit=say(time_unit)), color=colours.muted)
    queue.set_xlim(0, workload.end / unit)
    head(queue, colours, say("searches that are there"))
    legend(queue, colours)
    return figure


def stays(found: Queueing, *, theme: ThemeName, title: str, time_unit: str) -> Figure:
    """For each label, the share of its searches after the warm-up that stayed no longer than each time."""
    figure, [axes] = sheet(1, theme=theme, title=title, height=3)
    colours, unit = current().theme(theme), ticks.UNITS[time_unit]
    labels = list(found.about["labels"])
    ramp = rung_colours(colours, max(len(labels), 2))
    for at, label in enumerate(labels):
        times = np.sort([
            ticks.from_seconds(one.stay_s) / unit
            for one in found.stays
            if one.label == label and one.stay_s is not None and one.arrival_s >= found.about["warm_up_s"]
        ])  # fmt: skip
        shares = 100 * np.arange(len(times) + 1) / max(len(times), 1)
        axes.step(
            np.concatenate([[0], times]), shares, where="post", color=ramp[-1 - at], lw=1.8,
            ls=DASHES[at % len(DASHES)], label=named(label),
        )  # fmt: skip
    axes.set_ylim(0, 102)
    axes.set_xlim(left=0)
    axes.set_ylabel(say("share of the searches"), color=colours.muted)
    axes.set_xlabel(say("stay", unit=say(time_unit)), color=colours.muted)
    axes.grid(color=colours.grid, lw=0.6)
    head(axes, colours, say("how long searches stay"))
    legend(axes, colours)
    return figure


def load(
    loads: Sequence[float],
    waits_s: Sequence[float],
    stays_s: Sequence[float],
    knee: float | None,
    *,
    theme: ThemeName,
    title: str,
    time_unit: str,
) -> Figure:
    """Mean wait and mean stay over the load of the cluster, with the load from which on stays have doubled."""
    figure, [axes] = sheet(1, theme=theme, title=title, height=3)
    colours, unit = current().theme(theme), ticks.UNITS[time_unit]
    strong = rung_colours(colours, 2)
    for name, seconds, colour, dash in (("stay", stays_s, strong[-1], "-"), ("wait", waits_s, strong[0], "--")):
        times = [ticks.from_seconds(one) / unit for one in seconds]
        axes.plot(loads, times, color=colour, lw=1.8, ls=dash, marker="o", ms=4, label=say(f"{name}, mean"))
    if knee is not None:
        axes.axvline(knee, color=colours.accent, lw=1.2)
        said = say("twice as long", load=words.number(f"{knee:.2f}"))
        axes.annotate(
            fill(said, 22), (knee, 0.96), xycoords=("data", "axes fraction"),
            xytext=(-6, 0), textcoords="offset points", ha="right", va="top", color=colours.accent, fontsize=9,
        )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(say("load"), color=colours.muted)
    axes.set_ylabel(say("time", unit=say(time_unit)), color=colours.muted)
    axes.grid(color=colours.grid, lw=0.6)
    head(axes, colours, say("how long searches wait and stay"))
    legend(axes, colours)
    return figure
