"""Files of the plots of searches that share a cluster, in light and dark, with their alternative texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simulator.core.vocabulary import PlotFormat, PlotSize, SharedPlotKind
from simulator.io import writing
from simulator.render import alt
from simulator.render.animation.animate import DARK
from simulator.render.options import current
from simulator.render.plots import figure, sharing
from simulator.trace.queueing import Queueing
from simulator.trace.workload import Workload

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Loads(NamedTuple):
    """Mean waits and stays in seconds by load, and the load from which on searches stay twice as long, if any."""

    loads: Sequence[float]
    waits_s: Sequence[float]
    stays_s: Sequence[float]
    knee: float | None


def draw(
    kind: SharedPlotKind, workload: Workload, found: Queueing, loads: Loads | None, *, title: str, time_unit: str
) -> tuple[Callable[..., Figure], str]:
    """The function that draws a kind of plot in a theme, and its alternative text; only "load" needs `loads`."""
    about = {"title": title, "time_unit": time_unit}
    if kind == "timeline":
        return (lambda theme: sharing.timeline(workload, theme=theme, **about)), alt.of_workload(found, time_unit)
    if kind == "stays":
        return (lambda theme: sharing.stays(found, theme=theme, **about)), alt.of_stays(found, time_unit)
    if loads is None:
        raise ValueError("the plot over loads needs runs at several of them")
    return (
        (
            lambda theme: sharing.load(
                loads.loads, loads.waits_s, loads.stays_s, loads.knee, theme=theme, title=title, time_unit=time_unit
            )
        ),
        alt.of_loads(*loads, time_unit),
    )


def write_shared_plots(
    workload: Workload,
    found: Queueing,
    loads: Loads | None,
    out: Path,
    *,
    kinds: Sequence[SharedPlotKind],
    formats: Sequence[PlotFormat],
    title: str,
    time_unit: str,
    size: PlotSize = "page",
) -> list[Path]:
    """Write plots into the folder `out`; return what was written.

    Beside `name.png` is `name.txt`, the alternative text.
    """
    written = []
    for kind in kinds:
        drawn, text = draw(kind, workload, found, loads, title=title, time_unit=time_unit)
        for theme in current().themes:
            for suffix in formats:
                path = out / f"{kind}{DARK if theme == 'dark' else ''}.{suffix}"
                figure.write(drawn(theme), path, size)
                written.append(path)
        writing.write_text(out / f"{kind}.txt", text + "\n")
        written.append(out / f"{kind}.txt")
    return written
