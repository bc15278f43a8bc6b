"""The command that compares searchers over many seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.progress import progress_bar
from simulator.cli.scenario_file import ScenarioFile, Seed, Sets, UnitTime, Workers, load_with_settings, what_was_set
from simulator.core.escaping import json_text, printable

if TYPE_CHECKING:
    from simulator.results import Comparison


def add_to(app: typer.Typer) -> None:
    """Add the command to `asha-sim`."""
    app.command()(compare)


def compare(
    scenario: ScenarioFile,
    seeds: Annotated[int, typer.Option(min=1, max=100_000, help="Number of seeds.")] = 20,
    seed: Seed = None,
    sets: Sets = None,
    workers: Workers = None,
    unit_time: UnitTime = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON and nothing else.")] = False,
) -> None:
    """Compare the searchers of a scenario over many seeds.

    The table has means over the seeds. The sentences below it compare the searchers seed by seed. Each figure has a
    95 % interval.
    """
    from simulator import api

    loaded = load_with_settings(scenario, sets, workers, unit_time)
    with progress_bar() as progress:
        task = progress.add_task("simulating", total=seeds)
        found = api.compare(loaded, seeds, seed, on_progress=lambda done: progress.update(task, completed=done))
    if as_json:
        given = {"set": loaded.settings} if loaded.settings else {}
        typer.echo(json_text({**given, **found.as_dict()}))
    else:
        _print(found, what_was_set(loaded))


def _print(found: Comparison, settings: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from simulator.cli.table import print_table

    console = Console()
    console.print(Text(printable(found.title), style="bold"), soft_wrap=True)
    if settings:
        console.print(Text(settings), soft_wrap=True)
    print_table(console, found.head, found.rows())
    for sentence in [*found.findings(), *found.for_a_plan()]:
        console.print(Text(printable(sentence)), soft_wrap=True)
