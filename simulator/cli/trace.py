"""Commands on saved traces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.core.escaping import json_text, printable
from simulator.core.vocabulary import TimeUnit

trace_app = typer.Typer(help="Describe schedules, simulated or imported.", no_args_is_help=True)


@trace_app.callback()
def _trace() -> None:
    """Keep `describe` a subcommand: Typer would replace a group of one command by that command."""


@trace_app.command()
def describe(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A trace: .csv or .parquet.", show_default=False)],
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=10**6, help="Number of workers; default: as many as worked.", show_default=False),
    ] = None,
    time_unit: Annotated[
        TimeUnit | None, typer.Option(help="Unit in which times are shown.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Say in a sentence how busy a schedule kept its workers.

    With --json it prints all numbers of the schedule.
    """
    from simulator.render import alt
    from simulator.trace import metrics
    from simulator.trace.reading import read_trace, unit_of

    trace = read_trace(file, workers=workers)
    if as_json:
        about = {"label": trace.label, "workers": trace.workers, **metrics.summarize(trace).as_dict()}
        typer.echo(json_text(about))
    else:
        typer.echo(printable(alt.of_run(trace, time_unit or unit_of(trace))))
