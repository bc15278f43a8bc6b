"""`asha-sim run` on a scenario whose searches share a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from simulator.cli.progress import late_bar
from simulator.core.errors import InputError
from simulator.core.escaping import json_text, printable
from simulator.core.vocabulary import PlotFormat, PlotSize, SharedPlotKind
from simulator.io import inputs

if TYPE_CHECKING:
    from simulator.experiment.sharing import SharedExperiment
    from simulator.scenario.loading import Loaded
    from simulator.trace.queueing import Queueing


def run_shared(loaded: Loaded, seed: int | None, out: Path | None, *, as_json: bool) -> None:
    """Simulate all searches; print their waits and stays, and write summary.json and trace.csv."""
    from simulator.experiment.sharing import SharedExperiment
    from simulator.io import writing

    experiment = SharedExperiment(loaded, seed)
    if out:
        writing.check_folder(out)
        inputs.check_kept([out / "summary.json", out / "trace.csv"])
    workload = experiment.run()
    with late_bar("each search on an empty cluster") as on_progress:
        found = experiment.figures(workload, on_progress)
    text = json_text(summary(experiment, found)) + "\n"
    if out:
        with writing.together(out):
            workload.trace.write_csv(out / "trace.csv")
            workload.trace.write_parquet(out / "trace.parquet")
            if len(workload.trace.spells):
                workload.trace.spells.write_csv(out / "spells.csv")
            writing.write_text(out / "summary.json", text)
    if as_json:
        typer.echo(text, nl=False)
    else:
        _print(loaded, found)


def summary(experiment: SharedExperiment, found: Queueing) -> dict[str, object]:
    """The content of summary.json: the run as a whole, and every search in order of arrival."""
    from dataclasses import asdict

    settings = experiment.loaded.settings
    return {
        **experiment.meta,
        **({"set": settings} if settings else {}),
        "workload": dict(found.about),
        "searches": [{"search": number, **asdict(stay)} for number, stay in enumerate(found.stays)],
    }


def _print(loaded: Loaded, found: Queueing) -> None:
    from rich.console import Console
    from rich.text import Text

    from simulator.cli.scenario_file import what_was_set
    from simulator.cli.table import print_table
    from simulator.trace import queueing_words

    console, unit = Console(), loaded.scenario.time_unit
    console.print(Text(printable(loaded.title), style="bold"), soft_wrap=True)
    if said := what_was_set(loaded):
        console.print(Text(said), soft_wrap=True)
    print_table(console, queueing_words.HEAD, queueing_words.table(found, unit))
    for sentence in queueing_words.sentences(found, unit):
        console.print(Text(printable(sentence)), soft_wrap=True)


def plot_shared(
    loaded: Loaded,
    seed: int | None,
    out: Path,
    kinds: Sequence[SharedPlotKind],
    formats: Sequence[PlotFormat],
    *,
    seeds: int,
    size: PlotSize,
) -> None:
    """Draw which search was served when, how long searches stayed, and how stays grow with load; in both themes."""
    from simulator.cli.notes import tell_boxes
    from simulator.experiment.sharing import SharedExperiment
    from simulator.io import writing
    from simulator.render import kept, pictures
    from simulator.render.options import current

    experiment = SharedExperiment(loaded, seed)
    tell_boxes([loaded.title, *experiment.labels])
    writing.check_folder(out)
    asked = {
        "shared plots": kinds, "formats": formats, "seeds": seeds, "size": size, "options": current().described(),
    }  # fmt: skip

    def draw() -> list[Path]:
        return _drawn(experiment, out, kinds, formats, seeds, size)

    for path in pictures.draw_once(kept.user_store(), kept.digest([experiment], asked), out, draw).files:
        typer.echo(path)


def _drawn(
    experiment: SharedExperiment,
    out: Path,
    kinds: Sequence[SharedPlotKind],
    formats: Sequence[PlotFormat],
    seeds: int,
    size: PlotSize,
) -> list[Path]:
    from simulator.experiment import loads
    from simulator.io import writing
    from simulator.render.options import current
    from simulator.render.plots.sharing_files import Loads, write_shared_plots

    loaded = experiment.loaded
    workload = experiment.run()
    found = experiment.figures(workload, slowdown=False)
    ways = None
    if "load" in kinds:
        with late_bar("simulating other loads") as on_progress:
            points = loads.by_load(experiment, seeds, on_progress=on_progress)
        if points is None:
            raise InputError(
                loaded.problem(("searches",), "give no rate of arrivals, and a plot over loads changes that rate")
            )
        ways = Loads(
            [one.load for one in points],
            [one.wait_s for one in points],
            [one.stay_s for one in points],
            loads.knee(points),
        )
    with writing.together(out):
        return write_shared_plots(
            workload, found, ways, out, kinds=kinds, formats=formats,
            title=current().titled(loaded.title), time_unit=loaded.scenario.time_unit, size=size,
        )  # fmt: skip
