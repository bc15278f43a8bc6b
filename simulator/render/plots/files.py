"""The static plots of a scenario as files, each in light and dark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.core.vocabulary import PLOTS_OF_REPLICATES, PLOTS_OF_RUNS, PlotFormat, PlotKind, PlotSize
from simulator.render.animation.animate import DARK
from simulator.render.options import current
from simulator.render.plots import figure
from simulator.trace.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_plots(
    runs: Mapping[str, Sequence[Trace]],
    out: Path,
    *,
    kinds: Sequence[PlotKind],
    formats: Sequence[PlotFormat],
    title: str,
    time_unit: str,
    size: PlotSize = "page",
) -> list[Path]:
    """Write plots of `runs`, the replicates of each searcher, into the folder `out`; return what was written.

    "incumbent" and "regret" show all replicates, the other kinds only the first.
    """
    written = []
    for kind in kinds:
        for theme in current().themes:
            drawn = draw(kind, runs, theme=theme, title=title, time_unit=time_unit)
            for suffix in formats:
                path = out / f"{kind}{DARK if theme == 'dark' else ''}.{suffix}"
                figure.write(drawn, path, size)
                written.append(path)
    return written


def draw(kind: PlotKind, runs: Mapping[str, Sequence[Trace]], **how: Any) -> Figure:
    """Draw a plot of `kind` for `runs`, the replicates of each searcher; `how` has theme, title and time_unit."""
    if kind in PLOTS_OF_REPLICATES:
        return drawing(PLOTS_OF_REPLICATES[kind])(runs, **how)
    return drawing(PLOTS_OF_RUNS[kind])([traces[0] for traces in runs.values()], **how)


def drawing(name: str) -> Callable[..., Figure]:
    """The function that draws a kind of plot, by its module in simulator/render/plots and its name."""
    module, _, function = name.partition(".")
    found: Callable[..., Figure] = getattr(import_module(f"simulator.render.plots.{module}"), function)
    return found
