"""Commands that draw a scenario: animations and plots."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from simulator.cli import looks
from simulator.cli.completing import with_commas
from simulator.cli.notes import tell_boxes, tell_unused
from simulator.cli.progress import progress_bar
from simulator.cli.scenario_file import Seed, Sets, UnitTime, Workers, load_with_settings
from simulator.core.errors import InputError, Problem
from simulator.core.escaping import printable
from simulator.core.vocabulary import (
    PICTURE_FORMATS,
    PLOT_FORMATS,
    PLOT_KINDS,
    PLOTS_OF_REPLICATES,
    PLOTS_OF_RUNS,
    SHARED_PLOT_KINDS,
    STYLES,
    USUAL_STYLES,
    SnippetKind,
    Style,
)

if TYPE_CHECKING:
    from simulator.render.pictures import Pictures
    from simulator.scenario.loading import Loaded

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
        str | None,
        typer.Option(
            help="docs: configurations and workers, one file for each searcher; side: the same of all "
            "searchers side by side; timeline: all searchers on one clock. Several with commas, or all. Default: "
            "docs, timeline and a plot of the utilization.",
            show_default=False,
            autocompletion=with_commas((*STYLES, "all")),
        ),
    ] = None,
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            help="gif, mp4, webm, webp, html (a player), perfetto; several with commas.",
            autocompletion=with_commas(PICTURE_FORMATS),
        ),
    ] = "gif",
    also: Annotated[
        list[Path] | None,
        typer.Option(metavar="SCENARIO", help="A scenario that the player can switch to; may be given again."),
    ] = None,
    snippet: Annotated[
        SnippetKind | None,
        typer.Option(help="Also write what to paste into a page: rst, md or html.", show_default=False),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing, and name the files in the folder that would be written differently; the "
            "status is then 1.",
        ),
    ] = False,
    width: looks.Width = None,
    height: looks.Height = None,
    seconds: looks.Seconds = None,
    speed: looks.Speed = None,
    fps: looks.Fps = None,
    theme: looks.Theme = "both",
    palette: looks.Palette = None,
    font: looks.Font = None,
    texts: looks.Texts = None,
    title: looks.Title = None,
    loop: looks.Loop = 0,
) -> None:
    """Animate a scenario or a saved trace.

    It writes GIFs in light and dark, each with a still picture for reduced motion and an alternative text, or a
    page with a player. Pictures that were drawn before from the same scenario, options and version are not drawn
    again.
    """
    from simulator.experiment.experiment import Experiment
    from simulator.io import writing
    from simulator.render import kept
    from simulator.render.options import read_options
    from simulator.render.pictures import Pictures, draw_scenario, draw_trace, unlike
    from simulator.scenario.loading import load
    from simulator.trace.reading import is_trace

    asked = Pictures(
        formats=tuple(_chosen(formats, PICTURE_FORMATS, "--format")),
        styles=_styles(style),
        utilization=style is None,
        snippet=snippet,
        options=read_options(
            width=width, height=height, seconds=seconds, speed=speed, fps=fps, theme=theme, palette=palette,
            font=font, texts=texts, title=title, loop=loop,
        ),
    )  # fmt: skip
    store = kept.user_store()
    if is_trace(scenario):
        _check_no_settings(sets, workers, unit_time)
        tell_unused({"--seed": seed is not None, "--also": bool(also)})

        def draw(folder: Path) -> list[Path]:
            drawn = draw_trace(scenario, folder, asked, store=store, on_texts=lambda said: _tell_letters(asked, said))
            return drawn.files

        _write_or_check(draw, out, check=check)
        return
    loaded = _loaded(scenario, sets, workers, unit_time)
    if loaded.scenario.searches is not None:
        if also:
            raise typer.BadParameter("is for searchers; these searches share a cluster.", param_hint="--also")
        _animate_shared(loaded, seed, out, asked, check=check)
        return
    experiment = Experiment(loaded, seed)
    _tell_letters(asked, [experiment.loaded.title, *experiment.labels])
    others: dict[str, Experiment] = {}
    for path in also or ():
        other = Experiment(load(path), seed)
        others[unlike(other.loaded.title, {experiment.loaded.title, *others})] = other
    if not check:
        writing.check_folder(out)
    with progress_bar() as progress:
        task = progress.add_task("", total=None)

        def on_searcher(label: str) -> None:
            progress.update(task, description=f"simulating {label}")

        def on_frame(name: str, done: int, total: int) -> None:
            progress.update(task, description=f"drawing {name}", completed=done, total=total)

        def draw_it(folder: Path) -> list[Path]:
            drawn = draw_scenario(
                experiment, folder, asked, others=others, store=store, on_searcher=on_searcher, on_frame=on_frame
            )
            return drawn.files

        _write_or_check(draw_it, out, check=check)


def _animate_shared(loaded: Loaded, seed: int | None, out: Path, asked: Pictures, *, check: bool) -> None:
    """Animate searches that share a cluster: which search was served when, with the queue beneath."""
    from dataclasses import replace

    from simulator.experiment.sharing import SharedExperiment
    from simulator.io import writing
    from simulator.render import kept
    from simulator.render.pictures import draw_shared_scenario

    if asked.styles in {USUAL_STYLES, STYLES}:
        asked = replace(asked, styles=("timeline",))
    experiment = SharedExperiment(loaded, seed)
    tell_boxes([loaded.title, *experiment.labels])
    if not check:
        writing.check_folder(out)
    with progress_bar() as progress:
        task = progress.add_task("drawing", total=None)

        def draw(folder: Path) -> list[Path]:
            return draw_shared_scenario(
                experiment, folder, asked, store=kept.user_store(),
                on_frame=lambda done, total: progress.update(task, completed=done, total=total),
            ).files  # fmt: skip

        _write_or_check(draw, out, check=check)


def _styles(asked: str | None) -> tuple[Style, ...]:
    """The styles in `asked`, a text with commas, in their usual order."""
    if asked is None:
        return USUAL_STYLES
    return STYLES if asked == "all" else tuple(_chosen(asked, STYLES, "--style"))


def _write_or_check(draw: Callable[[Path], list[Path]], out: Path, *, check: bool) -> None:
    """Draw into `out` and print the files; or draw elsewhere and print which files of `out` differ, with status 1."""
    from simulator.io import reading

    if not check:
        typer.echo("\n".join(map(str, draw(out))))
        return
    with TemporaryDirectory(prefix="asha-sim-") as name:
        wrong = []
        for path in draw(Path(name)):
            there, content = out / path.name, path.read_bytes()
            if not os.path.lexists(there):
                wrong.append(f"{there}: is missing")
                continue
            try:
                same = reading.is_file_of(there, content, "pictures are files")
            except InputError as error:
                wrong += map(str, error.problems)
                continue
            if not same:
                wrong.append(f"{there}: differs from what this scenario gives")
    if wrong:
        typer.echo("\n".join(map(printable, wrong)))
        raise typer.Exit(1)
    typer.echo(f"{printable(str(out))}: the pictures are those that this scenario gives")


def _tell_letters(asked: Pictures, texts: Sequence[str]) -> None:
    """Print which characters pictures show as boxes, or in another font than the requested one."""
    from simulator.render import fonts
    from simulator.render.words import of_pictures

    shown = [asked.options.titled(texts[0]), *texts[1:]]
    said = of_pictures(asked.options.words)
    looks.tell_lacking(asked.options.font, [*shown, *said])
    with fonts.use_font(asked.options.font):
        tell_boxes([*shown, *said])


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
            f"{', '.join(SHARED_PLOT_KINDS)}; load is only drawn if it is named.",
            show_default="all",
            autocompletion=with_commas((*PLOT_KINDS, *SHARED_PLOT_KINDS)),
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, max=10_000, help="Number of seeds for incumbent, regret and load.")
    ] = 1,
    formats: Annotated[
        str, typer.Option("--format", help="png, svg; both with a comma.", autocompletion=with_commas(PLOT_FORMATS))
    ] = "png",
    size: Annotated[
        Literal["page", "slide"], typer.Option(help="page, or slide: 16:9, 1920 x 1080 pixels, large letters.")
    ] = "page",
    width: looks.Width = None,
    theme: looks.Theme = "both",
    palette: looks.Palette = None,
    font: looks.Font = None,
    texts: looks.Texts = None,
    title: looks.Title = None,
) -> None:
    """Plot a scenario or a saved trace, in light and dark.

    Pictures that were drawn before from the same scenario, options and version are not drawn again.
    """
    from simulator.experiment.experiment import Experiment
    from simulator.experiment.replicates import replicates
    from simulator.io import writing
    from simulator.render import kept
    from simulator.render.options import drawn_with, read_options
    from simulator.render.pictures import Pictures, draw_once
    from simulator.render.plots.files import write_plots
    from simulator.trace.reading import is_trace, read_trace, unit_of

    suffixes = _chosen(formats, PLOT_FORMATS, "--format")
    options = read_options(width=width, theme=theme, palette=palette, font=font, texts=texts, title=title)
    asked = Pictures(options=options)
    store = kept.user_store()
    described = {
        "plots": kinds, "seeds": seeds, "formats": suffixes, "size": size, "options": options.described(),
    }  # fmt: skip
    if is_trace(scenario):
        chosen = PLOT_KINDS if kinds is None else _chosen(kinds, PLOT_KINDS, "--kind")
        _check_no_settings(sets, workers, unit_time)
        trace = read_trace(scenario)
        tell_unused({"--seed": seed is not None, "--seeds": seeds > 1})
        _tell_letters(asked, [trace.label, trace.label])
        writing.check_folder(out)

        def draw_it() -> list[Path]:
            with writing.together(out), drawn_with(options):
                return write_plots(
                    {trace.label: [trace]}, out, kinds=chosen, formats=suffixes, title=options.titled(trace.label),
                    time_unit=unit_of(trace), size=size,
                )  # fmt: skip

        made = draw_once(store, kept.digest([], {**described, "trace": trace.label}), out, draw_it)
        typer.echo("\n".join(map(str, made.files)))
        return
    loaded = _loaded(scenario, sets, workers, unit_time)
    if loaded.scenario.searches is not None:
        from simulator.cli.shared import plot_shared

        shared = SHARED_PLOT_KINDS[:-1] if kinds is None else _chosen(kinds, SHARED_PLOT_KINDS, "--kind")
        tell_unused({"--seeds": seeds > 1 and "load" not in shared})
        with drawn_with(options):
            plot_shared(loaded, seed, out, shared, suffixes, seeds=seeds, size=size)
        return
    chosen = PLOT_KINDS if kinds is None else _chosen(kinds, PLOT_KINDS, "--kind")
    experiment = Experiment(loaded, seed)
    _tell_letters(asked, [loaded.title, *experiment.labels])
    writing.check_folder(out)

    def draw() -> list[Path]:
        with writing.together(out), progress_bar() as progress, drawn_with(options):
            task = progress.add_task("simulating", total=seeds)
            run = {label: [trace] for label, trace in experiment.run_all().items()}
            several = run
            if seeds > 1:
                several = {label: [] for label in experiment.labels}
                for number, drawn, curves in replicates(loaded, seeds, experiment.seed):
                    progress.update(task, completed=number)
                    for label, trace in experiment.under_seed(drawn, curves).run_all().items():
                        several[label].append(trace)
            return [
                path
                for runs, these in ((run, PLOTS_OF_RUNS), (several, PLOTS_OF_REPLICATES))
                for path in write_plots(
                    runs, out, kinds=[kind for kind in chosen if kind in these], formats=suffixes,
                    title=options.titled(loaded.title), time_unit=loaded.scenario.time_unit, size=size,
                )
            ]  # fmt: skip

    for path in draw_once(store, kept.digest([experiment], described), out, draw).files:
        typer.echo(path)


def _loaded(path: Path, sets: list[str] | None, workers: int | None, unit_time: str | None) -> Loaded:
    """Load the scenario of a file; for a file that is not YAML, the error says that a trace could be given too."""
    try:
        return load_with_settings(path, sets, workers, unit_time)
    except InputError as error:
        if path.suffix.lower() in {".yaml", ".yml"} or not path.exists():
            raise
        message = (
            "is neither a scenario nor, by its name, a saved trace: give a YAML file, or a run's trace.csv or "
            "trace.parquet"
        )
        raise InputError([*error.problems, Problem(str(path), message)]) from None


def _check_no_settings(sets: list[str] | None, workers: int | None, unit_time: str | None) -> None:
    """Raise BadParameter for settings that are given with a saved trace, since its run is over."""
    for option, given in (("--set", sets), ("--workers", workers), ("--unit-time", unit_time)):
        if given:
            raise typer.BadParameter("is for a scenario; a saved trace has been run.", param_hint=option)


def _chosen(asked: str, known: Sequence[Name], option: str) -> list[Name]:
    """The names in `asked`, in the order of `known`."""
    names = {name.strip() for name in asked.split(",")}
    unknown = sorted(names - set(known))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is not one of {', '.join(known)}.", param_hint=option)
    return [name for name in known if name in names]
