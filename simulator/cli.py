"""The command line: parse, call, print. Results go to stdout, progress and problems to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from simulator.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress

    from simulator.metrics import Summary

app = typer.Typer(
    help="What does asynchronous promotion buy? Simulate SHA and ASHA on the same trials and the same workers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
curves_app = typer.Typer(help="Learning curves in and out.", no_args_is_help=True)
app.add_typer(curves_app, name="curves")

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario's YAML file.", show_default=False)]
Seed = Annotated[
    int | None, typer.Option(min=0, max=2**63 - 1, help="Override the scenario's seed.", show_default=False)
]


def main() -> None:
    """Run the command line; exit status 0, 1 (the run failed), 2 (bad input) or 130 (interrupted)."""
    try:
        app()
    except InputError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        sys.exit(0)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"asha-simulator {version('asha-simulator')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    scenario: ScenarioFile,
    out: Annotated[Path | None, typer.Option(help="Write summary.json and LABEL/trace.csv here.")] = None,
    seed: Seed = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json and nothing else.")] = False,
) -> None:
    """Simulate every searcher of a scenario on the same trials."""
    from simulator import files, metrics  # noqa: PLC0415
    from simulator.experiment import Experiment  # noqa: PLC0415
    from simulator.scenario.loading import load  # noqa: PLC0415

    experiment = Experiment(load(scenario), seed)
    if out:
        files.make_folder(out)
    with _progress() as progress:
        task = progress.add_task("", total=len(experiment.labels))
        traces = experiment.run_all(lambda label: progress.update(task, description=f"simulating {label}"))
    summaries = {label: metrics.summarize(trace) for label, trace in traces.items()}
    about = {**experiment.meta, "searchers": {label: asdict(summary) for label, summary in summaries.items()}}
    text = json.dumps(about, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    if out:
        for label, trace in traces.items():
            trace.write_csv(out / label / "trace.csv")
            trace.write_parquet(out / label / "trace.parquet")
        files.write_text(out / "summary.json", text)
    if as_json:
        typer.echo(text, nl=False)
    else:
        _print_comparison(experiment.loaded.title, summaries, experiment.loaded.scenario.time_unit)


@app.command()
def animate(
    scenario: ScenarioFile,
    out: Annotated[Path, typer.Option(help="Folder for the pictures.", show_default=False)],
    seed: Seed = None,
    style: Annotated[
        Literal["docs", "timeline", "all"],
        typer.Option(help="docs: configurations and workers, one file a searcher; timeline: all on one clock."),
    ] = "all",
) -> None:
    """Animate a scenario: GIFs in light and dark, with posters and alt texts, and a utilization plot."""
    from simulator import files  # noqa: PLC0415
    from simulator.experiment import Experiment  # noqa: PLC0415
    from simulator.render import draw_all  # noqa: PLC0415
    from simulator.scenario.loading import load  # noqa: PLC0415

    experiment = Experiment(load(scenario), seed)
    files.make_folder(out)
    loaded = experiment.loaded
    with _progress() as progress:
        task = progress.add_task("", total=None)
        traces = experiment.run_all(lambda label: progress.update(task, description=f"simulating {label}"))

        def on_frame(name: str, done: int, total: int) -> None:
            progress.update(task, description=f"drawing {name}", completed=done, total=total)

        styles: tuple[Literal["docs", "timeline"], ...] = ("docs", "timeline") if style == "all" else (style,)
        written = draw_all(
            list(traces.values()), out,
            styles=styles, title=loaded.title, time_unit=loaded.scenario.time_unit, on_frame=on_frame,
        )  # fmt: skip
    for path in written:
        typer.echo(path)


@app.command()
def check(scenario: ScenarioFile) -> None:
    """Say whether a scenario is sound, and what is wrong with it if not."""
    from simulator.experiment import Experiment  # noqa: PLC0415
    from simulator.scenario.loading import load  # noqa: PLC0415

    experiment = Experiment(load(scenario))
    typer.echo(f"{scenario}: sound; searchers {', '.join(experiment.labels)}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from simulator.scenario.schema import schema_text  # noqa: PLC0415

    typer.echo(schema_text(), nl=False)


@curves_app.command("record")
def curves_record(
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write, .csv or .csv.gz.", show_default=False)],
    configurations: Annotated[int, typer.Option(min=1, max=100_000, help="Trials to train.")] = 360,
    epochs: Annotated[int, typer.Option(min=1, max=100_000, help="Epochs of each.")] = 81,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of configurations and training.")] = 0,
) -> None:
    """Train real models on scikit-learn's digits and record their learning curves; goes on where it was stopped."""
    from simulator.curves.recorder import record  # noqa: PLC0415

    with _progress() as progress:
        task = progress.add_task("training", total=configurations)
        try:
            record(
                out, configurations=configurations, epochs=epochs, seed=seed,
                on_progress=lambda done, total: progress.update(task, completed=done, total=total),
            )  # fmt: skip
        except KeyboardInterrupt:
            typer.echo("interrupted; the same command goes on from here", err=True)
            raise
    typer.echo(out)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A progress bar on stderr that vanishes when done, and shows only on a terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress


def _print_comparison(title: str, summaries: dict[str, Summary], unit: str) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from simulator import comparison  # noqa: PLC0415

    grid = Table()
    grid.add_column("", no_wrap=True)
    for label in summaries:
        grid.add_column(Text(label), justify="right")
    for row in comparison.table(summaries, unit):
        grid.add_row(*(Text(cell) for cell in row))
    console = Console()
    console.print(Text(title, style="bold"))
    console.print(grid)
    for sentence in comparison.findings(summaries, unit):
        console.print(Text(sentence), soft_wrap=True)
