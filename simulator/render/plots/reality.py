"""A real run above a simulated one, and its end among the ends of many simulated runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.cluster.calibration.estimate import plain
from simulator.core import ticks
from simulator.core.vocabulary import ThemeName
from simulator.experiment.backtest import Backtest, figure_name
from simulator.render.options import current
from simulator.render.plots.figure import clock, head, legend, sheet
from simulator.render.plots.plots import lanes
from simulator.trace.levels import levels
from simulator.trace.reading import unit_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Number of bars of the forecast's histogram.
BARS = 30


def backtest(one: Backtest, *, theme: ThemeName, title: str, time_unit: str | None = None) -> Figure:
    """Three panels on one clock: the real run, a typical simulated one, and the ends of all simulated runs."""
    from matplotlib.ticker import MaxNLocator

    figure, (real, simulated, forecast) = sheet(3, theme=theme, title=title, height=2.4)
    colours, unit = current().theme(theme), ticks.UNITS[time_unit or unit_of(one.real)]
    ladder = levels([one.real, one.typical])
    for axes, trace, heading in (
        (real, one.real, "the real run"),
        (simulated, one.typical, "a simulated run whose length is the middle one"),
    ):
        lanes(axes, trace, ladder, colours=colours, unit=unit)
        head(axes, colours, heading)
        legend(axes, colours)
    ends = one.makespans * ticks.PER_SECOND / unit
    row = one["makespan_s"]
    scale = ticks.PER_SECOND / unit
    last = max(float(ends.max()), one.real.makespan / unit)
    width = max(float(np.ptp(ends)), last / 100)
    edges = np.linspace(ends.min() - width / BARS, ends.min() + width, BARS + 2)
    forecast.hist(ends, bins=list(edges), color=colours.busy, label="ends of simulated runs")
    if row.low is not None and row.high is not None:
        forecast.axvspan(
            row.low * scale, row.high * scale, color=colours.busy, alpha=0.25, lw=0, label="90 % of them"
        )
    forecast.axvline(one.real.makespan / unit, color=colours.ink, lw=1.5, label="end of the real run")
    forecast.set_ylabel("simulated runs", color=colours.muted)
    forecast.yaxis.set_major_locator(MaxNLocator(integer=True))
    head(forecast, colours, _verdict(one))
    legend(forecast, colours)
    clock(forecast, colours, [one.real, one.typical], time_unit or unit_of(one.real))
    forecast.set_xlim(0, 1.02 * last)
    return figure


def alternative(one: Backtest) -> str:
    """The picture's alternative text."""
    row, unit = one["makespan_s"], unit_of(one.real)

    def shown(seconds: float) -> str:
        return f"{plain(seconds * ticks.PER_SECOND / ticks.UNITS[unit])} {unit}"

    told = [
        f"{figure_name(other.name)}: {'foreseen' if other.inside else 'not foreseen'}"
        for other in one.rows[1:]
        if other.inside is not None
    ]
    interval = ""
    if row.low is not None and row.high is not None:
        interval = f"; 90 % of simulated runs end from {shown(row.low)} to {shown(row.high)}"
    end = f"The real run ended at {shown(one.real.makespan / ticks.PER_SECOND)}{interval}."
    return f"{end} {'; '.join(told).capitalize()}."


def _verdict(one: Backtest) -> str:
    row = one["makespan_s"]
    if row.inside is None:
        return "the end of the real run among those of simulated ones"
    if row.inside:
        return "the real run ended when the forecast says"
    late = row.real is not None and row.high is not None and row.real > row.high
    return f"the real run ended {'later' if late else 'sooner'} than the forecast says"
