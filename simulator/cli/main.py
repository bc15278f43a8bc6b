"""The command line: parse, call, print. Results go to stdout, progress and problems to stderr."""

from __future__ import annotations

import io
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from simulator.cli import compare, curves, explore, guidance, pictures, plan, preview, reality, starting, surroundings
from simulator.cli.progress import late_bar, progress_bar, simulate_with_bar
from simulator.cli.scenario_file import ScenarioFile, Seed, Sets, UnitTime, Workers, load_with_settings, what_was_set
from simulator.cli.trace import trace_app
from simulator.core.errors import InputError, MachineError, RunError
from simulator.core.escaping import json_text, printable
from simulator.io import inputs, signals

if TYPE_CHECKING:
    from simulator.experiment.experiment import Experiment
    from simulator.scenario.loading import Loaded
    from simulator.trace.metrics import Summary

#: Number of orders of the trials over which `run` compares searchers. It compares none if all orders together would
#: take more than this number of attempts, which is about a second. In up to a fifth of cases a single order shows the
#: slower searcher as the faster one.
ORDERS, AFFORDABLE = 20, 60_000

app = typer.Typer(
    cls=guidance.Grouped,
    help="Simulate successive halving, synchronous (SHA) and asynchronous (ASHA), on the same trials and "
    "the same workers.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
curves_app = typer.Typer(help="Import, record, describe and fit learning curves.", no_args_is_help=True)
curves.add_to(curves_app)
app.add_typer(curves_app, name="curves")
app.add_typer(trace_app, name="trace")


def main() -> None:
    """Run the command line; exit status 0, 1 (the run failed) or 2 (bad input)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # for characters that a terminal can't show
    try:
        surroundings.prepare()
        _run()
    except (InputError, RunError, MemoryError, OSError) as error:
        if signals.asked:  # a library has turned the signal's exception into this one
            raise
        _tell(error)


def _tell(error: InputError | RunError | MemoryError | OSError) -> NoReturn:
    match error:
        case InputError():
            _fail(2, str(error))
        case RunError() | MemoryError():
            _fail(1, f"the run failed: {_failure(error)}")
        case BrokenPipeError():  # the program that reads the output has closed it
            signals.drop(1)
            sys.exit(0)
        case _:
            where = "output" if error.filename is None else error.filename
            signals.drop(1)
            _fail(1, f"the run failed: {where}: {error.strerror or error}")


def _run() -> None:
    try:
        with inputs.noted():
            app()
    except SystemExit as done:
        if isinstance(done.__context__, BrokenPipeError):
            raise done.__context__ from None
        raise
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()  # a full disk under the output may fail only here


def _failure(error: RunError | MemoryError) -> str:
    """The text of a failure, and what to do about it."""
    if isinstance(error, MemoryError):
        return f"out of memory; end other programs, then {signals.goes_on(error)}"
    if not isinstance(error, MachineError):
        return str(error)
    remedy = f"{error.remedy}, then " if error.remedy else ""
    return f"{error}; {remedy}{signals.goes_on(error)}"


def _fail(status: int, message: str) -> NoReturn:
    signals.say(message)
    sys.exit(status)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"asha-simulator {version('asha-simulator')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(guidance.USES)


@app.command()
def run(
    scenario: ScenarioFile,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for summary.json and the schedule of each searcher: LABEL/trace.csv and trace.parquet, "
            "and spells.csv where workers come and go. Searches that share a cluster have one schedule."
        ),
    ] = None,
    seed: Seed = None,
    sets: Sets = None,
    workers: Workers = None,
    unit_time: UnitTime = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json and nothing else.")] = False,
) -> None:
    """Simulate every searcher of a scenario on the same trials."""
    from simulator.experiment.experiment import Experiment
    from simulator.io import writing
    from simulator.trace import metrics

    loaded = load_with_settings(scenario, sets, workers, unit_time)
    if loaded.scenario.searches is not None:
        from simulator.cli.shared import run_shared

        run_shared(loaded, seed, out, as_json=as_json)
        return
    experiment = Experiment(loaded, seed)
    if out:
        writing.check_folder(out)
        inputs.check_kept([out / "summary.json", *(out / label / "trace.csv" for label in experiment.labels)])
    traces = simulate_with_bar(experiment)
    best = experiment.best_loss(max(metrics.trials_started(trace) for trace in traces.values()))
    summaries = {label: metrics.summarize(trace, best, experiment.in_full) for label, trace in traces.items()}
    given = {"set": experiment.loaded.settings} if experiment.loaded.settings else {}
    about = {
        **experiment.meta,
        **given,
        "searchers": {label: summary.as_dict() for label, summary in summaries.items()},
    }
    text = json_text(about) + "\n"
    if out:
        with writing.together(out):
            for label, trace in traces.items():
                trace.write_csv(out / label / "trace.csv")
                trace.write_parquet(out / label / "trace.parquet")
                if len(trace.spells):
                    trace.spells.write_csv(out / label / "spells.csv")
            writing.write_text(out / "summary.json", text)
    if as_json:
        typer.echo(text, nl=False)
    else:
        _print_comparison(experiment.loaded, summaries)
        attempts = sum(len(trace) for trace in traces.values())
        if len(traces) > 1 and ORDERS * attempts <= AFFORDABLE:
            _print_orders(experiment)


starting.add_to(app)
pictures.add_to(app)
explore.add_to(app)
preview.add_to(app)
compare.add_to(app)
plan.add_to(app)
reality.add_to(app)


@app.command()
def check(
    scenario: ScenarioFile,
    sets: Sets = None,
    workers: Workers = None,
    unit_time: UnitTime = None,
) -> None:
    """Say whether a scenario is sound, or what is wrong in it."""
    from simulator.experiment.experiment import Experiment

    loaded = load_with_settings(scenario, sets, workers, unit_time)
    if loaded.scenario.searches is not None:
        from simulator.experiment.sharing import SharedExperiment

        labels = ", ".join(SharedExperiment(loaded).labels)
        if loaded.scenario.plan is not None:
            from simulator.planning.sharing.planner import check_shared

            with late_bar("looking at every cell") as on_progress:
                check_shared(loaded, on_progress)
        typer.echo(printable(f"{scenario}: sound; on one cluster that they share: searches of {labels}"))
        return
    experiment = Experiment(loaded)
    if experiment.loaded.scenario.plan is not None:
        from simulator.planning.cells import check_plan

        with late_bar("looking at every cell") as on_progress:
            check_plan(experiment.loaded, on_progress)
    typer.echo(printable(f"{scenario}: sound; searchers {', '.join(experiment.labels)}"))


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from simulator.scenario.schema import schema_text

    typer.echo(schema_text(), nl=False)


@curves_app.command("record")
def curves_record(
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write, .csv or .csv.gz.", show_default=False)],
    configurations: Annotated[int, typer.Option(min=1, max=100_000, help="Number of trials to train.")] = 360,
    epochs: Annotated[int, typer.Option(min=1, max=100_000, help="Number of epochs that each of them trains.")] = 81,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="Seed of the configurations and of the training.")
    ] = 0,
) -> None:
    """Record the learning curves of real models.

    It trains networks on scikit-learn's digits. A recording that was stopped goes on where it stopped.
    """
    from simulator.curves.recorder import record

    with signals.going_on("run it again: it goes on from here"), progress_bar() as progress:
        task = progress.add_task("training", total=configurations)
        record(
            out, configurations=configurations, epochs=epochs, seed=seed,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
    typer.echo(out)


guidance.add_examples(app)


def _print_comparison(loaded: Loaded, summaries: dict[str, Summary]) -> None:
    from rich.console import Console
    from rich.text import Text

    from simulator.cli.table import print_table
    from simulator.trace import comparison

    console, unit = Console(), loaded.scenario.time_unit
    console.print(Text(printable(loaded.title), style="bold"), soft_wrap=True)
    if said := what_was_set(loaded):
        console.print(Text(said), soft_wrap=True)
    print_table(console, ("", *summaries), comparison.table(summaries, unit))
    for sentence in comparison.findings(summaries, unit):
        console.print(Text(sentence), soft_wrap=True)


def _print_orders(experiment: Experiment) -> None:
    from simulator.api import compare

    try:
        with late_bar(f"simulating {ORDERS} orders of the trials") as tell:
            compared = compare(
                experiment.loaded, ORDERS, experiment.seed, on_progress=lambda done: tell(done, ORDERS)
            )
    except RunError as error:  # no worker process may still be inside another run
        typer.echo(printable(f"Other orders of the trials are not compared, because one of them fails: {error}"))
        return
    for sentence in compared.times():
        typer.echo(printable(f"Over {ORDERS} orders of the trials, {sentence}"))
