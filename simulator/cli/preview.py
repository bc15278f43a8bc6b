"""The command that previews a search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.progress import progress_bar
from simulator.cli.scenario_file import Sets, UnitTime, Workers
from simulator.core.escaping import json_text

if TYPE_CHECKING:
    from simulator.planning.previewing.search import Preview

SearchFile = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="A scenario, or a whole Determined experiment file.", show_default=False),
]


def add_to(app: typer.Typer) -> None:
    """Add the command to `asha-sim`."""
    app.command()(preview)


def preview(
    file: SearchFile,
    sets: Sets = None,
    workers: Workers = None,
    unit_time: UnitTime = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON and nothing else.")] = False,
) -> None:
    """Show what a search will do, before it runs.

    It shows the trials and units of every bracket and rung, and how many workers the search can use. Its makespans
    assume that every unit takes the same time and that nothing is lost.
    """
    from simulator.planning.previewing import table
    from simulator.planning.previewing.file import preview_file

    with progress_bar() as progress:
        task = progress.add_task("", total=None)
        previews = preview_file(
            file, lambda label: progress.update(task, description=f"previewing {label}"), sets=sets or (),
            workers=workers, unit_time=unit_time,
        )  # fmt: skip
    if as_json:
        typer.echo(json_text(table.as_json(previews)))
    else:
        _print(previews)


def _print(previews: dict[str, Preview]) -> None:
    from rich.console import Console
    from rich.text import Text

    from simulator.cli.table import print_table
    from simulator.planning.previewing import table

    console = Console()
    for label, seen in previews.items():
        console.print(Text(table.heading(label, seen), style="bold"), soft_wrap=True)
        print_table(console, table.RUNGS, list(table.rungs(seen)), named=0)
        if seen.workers:
            print_table(console, table.WORKERS, list(table.workers(seen)), named=0)
        for sentence in table.sentences(seen):
            console.print(Text(sentence), soft_wrap=True)
