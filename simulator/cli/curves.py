"""Commands on learning curves, except recording: import, describe, fit."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from simulator.core.errors import InputError, Problem
from simulator.core.escaping import json_text, printable
from simulator.core.vocabulary import Censored, Family, ImporterKind, ThemeName

Table = Annotated[
    Path, typer.Argument(metavar="FILE", help="Learning curves: .csv, .csv.gz or .parquet.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
#: Greatest number of units that one step of a log may stand for.
MOST = 10**15 - 1
#: Smallest number of resampled laws from which a plan can tell how uncertain a fit is.
FEWEST_LAWS = 8
#: Length in seconds of each unit that a table's times may be in.
UNITS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}


def add_to(app: typer.Typer) -> None:
    """Add the commands to `asha-sim curves`."""
    app.command("import")(import_)
    app.command()(describe)
    app.command()(fit)


def import_(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A file, a folder or sqlite:///FILE.", show_default=False)
    ],
    kind: Annotated[ImporterKind, typer.Option("--from", help="Program that wrote the log.", show_default=False)],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="File to write: .csv, .csv.gz or .parquet.", show_default=False)
    ],
    censored: Annotated[
        Censored | None,
        typer.Option(
            help="Trials that were stopped early: drop them, hold their last loss, or extrapolate. Default: refuse "
            "the log.",
            show_default=False,
        ),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="Metric, tag or column that is the loss.", show_default=False)
    ] = None,
    mode: Annotated[
        Literal["min", "max"] | None,
        typer.Option(help="Whether smaller values (min) or greater ones (max) are better.", show_default=False),
    ] = None,
    study: Annotated[
        str | None, typer.Option(help="Study, experiment or data set to take.", show_default=False)
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(help="Take only trials whose names match, such as '*/validation'.", show_default=False),
    ] = None,
    trial_column: Annotated[
        str | None,
        typer.Option(help="For tables: column with the trial's name; several as config,seed.", show_default=False),
    ] = None,
    step_column: Annotated[
        str | None, typer.Option(help="Column, metric or tag that has the units trained.", show_default=False)
    ] = None,
    step_scale: Annotated[
        float | None,
        typer.Option(help="Factor for every step, such as 100 where steps are 0.25, 0.5 …", show_default=False),
    ] = None,
    time_column: Annotated[
        str | None,
        typer.Option(
            help="For tables: column with the time since the start, or the time of day.", show_default=False
        ),
    ] = None,
    time_is: Annotated[
        Literal["elapsed", "per-step", "clock"] | None,
        typer.Option(help="For tables: what the times are; default: found out from the values.", show_default=False),
    ] = None,
    no_times: Annotated[bool, typer.Option("--no-times", help="Ignore the times in the log.")] = False,
    max_gap: Annotated[
        float | None,
        typer.Option(help="A longer time between two reports counts as a pause, in seconds.", show_default=False),
    ] = None,
    start_column: Annotated[
        str | None, typer.Option(help="For tables: column with the trial's start.", show_default=False)
    ] = None,
    end_column: Annotated[
        str | None, typer.Option(help="For tables: column with the trial's end.", show_default=False)
    ] = None,
    worker_column: Annotated[
        str | None, typer.Option(help="For tables: column with the worker that trained it.", show_default=False)
    ] = None,
    time_unit: Annotated[
        Literal["ms", "s", "min", "h"] | None,
        typer.Option(help="For tables: unit of the times; default: s.", show_default=False),
    ] = None,
    offset: Annotated[
        int | None,
        typer.Option(
            min=-MOST,
            max=MOST,
            help="Number that is added to every step; default: 1 if the steps start at 0.",
            show_default=False,
        ),
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(
            help="Write the curves only at these resources, such as 1,3,9,27. Between two reports the loss is read "
            "off a straight line.",
            show_default=False,
        ),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(help="File for the schedule of the real run, as a trace: .csv or .parquet.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Turn another program's logs into learning curves.

    It says what was kept, what was dropped and why. A second file, NAME.trials.csv, has the log's own name of each
    trial and its hyperparameters.
    """
    from simulator.curves import importers
    from simulator.curves.files import trials as names
    from simulator.curves.files.writing import check_name, write_curves
    from simulator.io import writing

    check_name(out)
    if trace is not None and trace.suffix not in {".csv", ".parquet"}:
        raise InputError(Problem(str(trace), "must end in .csv or .parquet"))
    place = importers.place_of(source, kind)
    beside = names.path_of(out)
    _check_apart(place, out, trace, beside)
    for option, value in (("--step-scale", step_scale), ("--max-gap", max_gap)):
        if value is not None and not 0 < value < math.inf:
            raise InputError(Problem(str(source), f"{option} {value:g} should be greater than 0"))
    options = importers.Options(
        metric, mode, study, trial_column, step_column, time_column, start_column, end_column, worker_column,
        None if time_unit is None else UNITS[time_unit], run, step_scale, no_times, max_gap, time_is,
    )  # fmt: skip
    made = importers.import_curves(place, kind, options, censored=censored, offset=offset, grid=_resources(grid))
    if trace is not None and made.trace is None:
        raise InputError(Problem(str(source), "has no trial with a start and an end; leave out --trace"))
    with writing.together(out.parent):
        write_curves(out, made.curves, metric=made.report.held)
        names.write(beside, made.report.trials[: made.report.kept])
        if trace is not None and made.trace is not None:
            (made.trace.write_parquet if trace.suffix == ".parquet" else made.trace.write_csv)(trace)
    if as_json:
        typer.echo(json_text(made.report.as_dict()))
    else:
        for line in made.report.lines():
            typer.echo(printable(line))


def describe(
    file: Table,
    as_json: AsJson = False,
    smaller_is_better: Annotated[
        bool, typer.Option("--minimise/--maximise", help="Whether smaller or greater losses are better.")
    ] = True,
    figure: Annotated[
        Path | None, typer.Option(help="File for a picture of these numbers: .png.", show_default=False)
    ] = None,
    theme: Annotated[ThemeName, typer.Option(help="Colours of the picture.")] = "light",
) -> None:
    """Describe learning curves.

    It says how well early losses predict final ones, how often curves cross, and how noisy losses and times are.
    """
    from simulator.curves import describe as describing
    from simulator.curves.files.tables import read_table

    if figure is not None and figure.suffix != ".png":
        raise InputError(Problem(str(figure), "must end in .png"))
    table = read_table(file, smaller_is_better=smaller_is_better, times_needed=False)
    grid = describing.grid_of(table)
    about = describing.describe(grid, points=len(table.trial))
    if figure is not None:
        from simulator.render.plots import curves
        from simulator.render.plots.figure import write

        write(curves.description(grid, about, theme=theme, title=file.name), figure)
        typer.echo(printable(curves.alternative(about, file.name)), err=True)
    if as_json:
        typer.echo(json_text(about.as_dict()))
    else:
        for line in about.lines():
            typer.echo(printable(line))


def fit(
    file: Table,
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--out", help="YAML file to write. It has a `curves:` section for a scenario.", show_default=False
        ),
    ],
    family: Annotated[
        Family,
        typer.Option(help="Shape of the curves, named as in the learning-curve database LCDB."),
    ] = "pow4",
    workers: Annotated[
        int, typer.Option(min=1, max=10_000, help="Number of workers of the searches that are compared.")
    ] = 16,
    replicates: Annotated[int, typer.Option(min=2, max=1000, help="Number of bootstrap replicates.")] = 40,
    laws: Annotated[
        int,
        typer.Option(
            min=0,
            max=1000,
            help="Also fit this many laws to other sets of these trials, so that a plan knows how uncertain the fit "
            "is; 8 or more.",
        ),
    ] = 0,
    smaller_is_better: Annotated[
        bool, typer.Option("--minimise/--maximise", help="Whether smaller or greater losses are better.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Fit synthetic curves to recorded ones.

    It says how well searches on the fitted trials agree with searches on the recorded ones.
    """
    from simulator.cli.progress import progress_bar
    from simulator.curves.files.tables import read_table
    from simulator.experiment import fitting
    from simulator.io import writing

    if out.suffix not in {".yaml", ".yml"}:
        raise InputError(Problem(str(out), "must end in .yaml or .yml"))
    if 0 < laws < FEWEST_LAWS:
        raise typer.BadParameter(f"{laws} are too few to tell anything; keep 8 or more, or 0.", param_hint="--laws")
    _check_apart(file, out)
    writing.check_folder(out.parent)
    table = read_table(file, smaller_is_better=smaller_is_better, times_needed=False)
    with progress_bar() as progress:
        task = progress.add_task("fitting", total=None)
        made = fitting.fit_and_compare(
            table,
            family=family,
            workers=workers,
            replicates=replicates,
            laws=laws,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
            on_law=lambda law, others: writing.write_text(out, fitting.yaml_of(law, file.name, others)),
        )
    if as_json:
        typer.echo(json_text(made.as_dict()))
    else:
        for line in made.lines():
            typer.echo(printable(line))


def _check_apart(*paths: Path | None) -> None:
    """Raise InputError if a command would write to the file that it reads."""
    given = [path for path in paths if path is not None]
    for place, path in enumerate(given):
        for other in given[:place]:
            if os.path.realpath(path) == os.path.realpath(other):  # Path.resolve fails for a link to itself
                raise InputError(Problem(str(path), f"would replace {other}; choose another name"))


def _resources(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    try:
        resources = tuple(int(part) for part in text.split(","))
    except ValueError:
        resources = (0,)
    if not 1 <= min(resources) <= max(resources) <= MOST:
        raise typer.BadParameter(f"{text!r} should be resources such as 1,3,9,27", param_hint="--grid")
    return resources
