"""The static plots of a scenario as files, each in light and dark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simulator.render.animation.animate import DARK
from simulator.render.plots import figure, learning, plots
from simulator.render.style import THEMES
from simulator.trace.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["utilization", "gantt", "rungs", "split", "curves", "curves-in-time", "incumbent", "regret"]
OF_TRACES: dict[Kind, Callable[..., Figure]] = {
    "utilization": plots.utilization,
    "gantt": plots.gantt,
    "rungs": plots.rung_occupancy,
    "split": plots.time_split,
    "curves": partial(learning.learning_curves, over="resource"),
    "curves-in-time": partial(learning.learning_curves, over="time"),
}
OF_REPLICATES: dict[Kind, Callable[..., Figure]] = {
    "incumbent": learning.incumbent,
    "regret": learning.regret,
}
KINDS: tuple[Kind, ...] = (*OF_TRACES, *OF_REPLICATES)

Suffix = Literal["png", "svg"]
SUFFIXES: tuple[Suffix, ...] = ("png", "svg")


def write_plots(
    runs: Mapping[str, Sequence[Trace]],
    out: Path,
    *,
    kinds: Sequence[Kind],
    formats: Sequence[Suffix],
    title: str,
    time_unit: str,
) -> list[Path]:
    """Write plots of `runs`, for each searcher its replicates, into the folder `out`; return what was written.

    "incumbent" and "regret" show all replicates, the others the first.
    """
    written = []
    for kind in kinds:
        for theme in THEMES:
            drawn = draw(kind, runs, theme=theme, title=title, time_unit=time_unit)
            for suffix in formats:
                path = out / f"{kind}{DARK if theme == 'dark' else ''}.{suffix}"
                figure.write(drawn, path)
                written.append(path)
    return written


def draw(kind: Kind, runs: Mapping[str, Sequence[Trace]], **how: Any) -> Figure:
    """Draw one of `KINDS` of `runs`, for each searcher its replicates; `how` has theme, title and time_unit."""
    if kind in OF_REPLICATES:
        return OF_REPLICATES[kind](runs, **how)
    return OF_TRACES[kind]([traces[0] for traces in runs.values()], **how)
