"""Commands that draw a scenario: animations and plots."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar, get_args

import typer

from simulator.cli.notes import tell_boxes, tell_unused
from simulator.cli.progress import progress_bar
from simulator.cli.scenario_file import Seed, Sets, UnitTime, Workers, opened
from simulator.core.errors import InputError, Problem
from simulator.core.vocabulary import (
    PICTURE_FORMATS,
    PLOT_FORMATS,
    PLOT_KINDS,
    PLOTS_OF_REPLICATES,
    PLOTS_OF_RUNS,
    SHARED_PLOT_KINDS,
    Style,
)

if TYPE_CHECKING:
    from simulator.scenario.loading import Loaded
    from simulator.trace.trace import Trace

Name = TypeVar("Name", bound=str)

ScenarioOrTrace = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO|TRACE",
        help="A scenario's YAML file, or a saved trace: trace.csv or trace.parquet.",
        show_default=False,
    ),
]
Folder = Annotated[Path, typer.Option(help="Folder for the pictures.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `asha-sim`."""
    app.command()(animate)
    app.command()(plot)


def animate(
    scenario: ScenarioOrTrace,
    out: Folder,
    seed: Seed = None,
    sets: Sets = None,
    workers: Workers = None,
    unit_time: UnitTime = None,
    style: Annotated[
        Literal[Style, "all"],
        typer.Option(
            help="docs: configurations and workers, one file for each searcher; timeline: all searchers on one clock."
        ),
    ] = "all",
    formats: Annotated[
        str, typer.Option("--format", help="gif, mp4, webp, html (a player), perfetto; several with commas.")
    ] = "gif",
    also: Annotated[
        list[Path] | None,
        typer.Option(metavar="SCENARIO", help="A scenario that the player can switch to; may be given again."),
    ] = None,
) -> None:
    """Animate a scenario or a saved trace.

    It writes GIFs in light and dark, each with a still picture for reduced motion and an alternative text, or a
    page with a player.
    """
    from simulator.experiment.experiment import Experiment
    from simulator.io import writing
    from simulator.render import draw_all
    from simulator.scenario.loading import load
    from simulator.trace.reading import is_trace, read_trace, unit_of

    chosen = _chosen(formats, PICTURE_FORMATS, "--format")
    styles: tuple[Style, ...] = get_args(Style) if style == "all" else (style,)
    if is_trace(scenario):
        _check_no_settings(sets, workers, unit_time)
        trace = read_trace(scenario)
        tell_unused({"--seed": seed is not None, "--also": bool(also)})
        tell_boxes([trace.label])
        writing.check_folder(out)
        with writing.together(out):
            made = draw_all([trace], out, formats=chosen, styles=styles, title=trace.label, time_unit=unit_of(trace))
        typer.echo("\n".join(map(str, made)))
        return
    loaded = _loaded(scenario, sets, workers, unit_time)
    if loaded.scenario.searches is not None:
        from simulator.cli.shared import animate_shared

        if also:
            raise typer.BadParameter("is for searchers; these searches share a cluster.", param_hint="--also")
        animate_shared(loaded, seed, out, chosen, styles if style != "all" else ("timeline",))
        return
    experiment = Experiment(loaded, seed)
    tell_boxes([experiment.loaded.title, *experiment.labels])
    others = [Experiment(load(path), seed) for path in also or ()]
    writing.check_folder(out)
    with writing.together(out), progress_bar() as progress:
        task = progress.add_task("", total=None)

        def on_searcher(label: str) -> None:
            progress.update(task, description=f"simulating {label}")

        def on_frame(name: str, done: int, total: int) -> None:
            progress.update(task, description=f"drawing {name}", completed=done, total=total)

        traces = list(experiment.run_all(on_searcher, with_decisions="html" in chosen).values())
        scenes: dict[str, list[Trace]] = {}
        for other in others:
            scenes[_unlike(other.loaded.title, {loaded.title, *scenes})] = list(
                other.run_all(on_searcher, with_decisions="html" in chosen).values()
            )
        written = draw_all(
            traces, out, formats=chosen, styles=styles, title=loaded.title, time_unit=loaded.scenario.time_unit,
            others=scenes, on_frame=on_frame,
        )  # fmt: skip
    for path in written:
        typer.echo(path)


def plot(
    scenario: ScenarioOrTrace,
    out: Folder,
    seed: Seed = None,
    sets: Sets = None,
    workers: Workers = None,
    unit_time: UnitTime = None,
    kinds: Annotated[
        str | None,
        typer.Option(
            "--kind",
            help=f"{', '.join(PLOT_KINDS)}; several with commas. Of searches that share a cluster: "
            f"{', '.join(SHARED_PLOT_KINDS)}, the last where it is asked for.",
            show_default="all",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, max=10_000, help="Number of seeds for incumbent, regret and load.")
    ] = 1,
    formats: Annotated[str, typer.Option("--format", help="png, svg; both with a comma.")] = "png",
    size: Annotated[
        Literal["page", "slide"], typer.Option(help="page, or slide: 16:9, 1920 x 1080 pixels, large letters.")
    ] = "page",
) -> None:
    """Plot a scenario or a saved trace, in light and dark."""
    from simulator.experiment.experiment import Experiment
    from simulator.experiment.replicates import replicates
    from simulator.io import writing
    from simulator.render.plots.files import write_plots
    from simulator.trace.reading import is_trace, read_trace, unit_of

    suffixes = _chosen(formats, PLOT_FORMATS, "--format")
    if is_trace(scenario):
        chosen = PLOT_KINDS if kinds is None else _chosen(kinds, PLOT_KINDS, "--kind")
        _check_no_settings(sets, workers, unit_time)
        trace = read_trace(scenario)
        tell_unused({"--seed": seed is not None, "--seeds": seeds > 1})
        tell_boxes([trace.label])
        writing.check_folder(out)
        with writing.together(out):
            made = write_plots(
                {trace.label: [trace]}, out, kinds=chosen, formats=suffixes, title=trace.label,
                time_unit=unit_of(trace), size=size,
            )  # fmt: skip
        typer.echo("\n".join(map(str, made)))
        return
    loaded = _loaded(scenario, sets, workers, unit_time)
    if loaded.scenario.searches is not None:
        from simulator.cli.shared import plot_shared

        shared = SHARED_PLOT_KINDS[:-1] if kinds is None else _chosen(kinds, SHARED_PLOT_KINDS, "--kind")
        tell_unused({"--seeds": seeds > 1 and "load" not in shared})
        plot_shared(loaded, seed, out, shared, suffixes, seeds=seeds, size=size)
        return
    chosen = PLOT_KINDS if kinds is None else _chosen(kinds, PLOT_KINDS, "--kind")
    experiment = Experiment(loaded, seed)
    tell_boxes([loaded.title, *experiment.labels])
    writing.check_folder(out)
    with writing.together(out), progress_bar() as progress:
        task = progress.add_task("simulating", total=seeds)
        run = {label: [trace] for label, trace in experiment.run_all().items()}
        several = run
        if seeds > 1:
            several = {label: [] for label in experiment.labels}
            for number, drawn, curves in replicates(loaded, seeds, experiment.seed):
                progress.update(task, completed=number)
                for label, trace in experiment.under(drawn, curves).run_all().items():
                    several[label].append(trace)
        written = [
            path
            for runs, these in ((run, PLOTS_OF_RUNS), (several, PLOTS_OF_REPLICATES))
            for path in write_plots(
                runs, out, kinds=[kind for kind in chosen if kind in these], formats=suffixes, title=loaded.title,
                time_unit=loaded.scenario.time_unit, size=size,
            )
        ]  # fmt: skip
    for path in written:
        typer.echo(path)


def _loaded(path: Path, sets: list[str] | None, workers: int | None, unit_time: str | None) -> Loaded:
    """The scenario of a file; for a name that is not YAML's, the error says that a trace may be meant."""
    try:
        return opened(path, sets, workers, unit_time)
    except InputError as error:
        if path.suffix.lower() in {".yaml", ".yml"}:
            raise
        message = (
            "is no scenario, and by its name no saved trace: give a YAML file, or a run's trace.csv or trace.parquet"
        )
        raise InputError([*error.problems, Problem(str(path), message)]) from None


def _check_no_settings(sets: list[str] | None, workers: int | None, unit_time: str | None) -> None:
    """Raise InputError for settings given with a saved trace, whose run is over."""
    for option, given in (("--set", sets), ("--workers", workers), ("--unit-time", unit_time)):
        if given:
            raise typer.BadParameter("is for a scenario; a saved trace has been run.", param_hint=option)


def _unlike(title: str, taken: set[str]) -> str:
    """The title, with a number if another has it already."""
    numbered = (title if number == 1 else f"{title} ({number})" for number in count(1))
    return next(name for name in numbered if name not in taken)


def _chosen(asked: str, known: Sequence[Name], option: str) -> list[Name]:
    """The names in `asked`, in the order of `known`."""
    names = {name.strip() for name in asked.split(",")}
    unknown = sorted(names - set(known))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(known)}.", param_hint=option)
    return [name for name in known if name in names]
