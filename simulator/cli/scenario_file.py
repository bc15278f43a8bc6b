"""The scenario that a command takes, and the settings that may be given with it: keys, seed, workers, unit time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.notes import tell_notes
from simulator.core.escaping import printable

if TYPE_CHECKING:
    from simulator.scenario.loading import Loaded

#: Heading of the settings in `--help`.
PANEL = "What is simulated"

ScenarioFile = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO", help="A scenario's YAML file, or a whole Determined experiment file.", show_default=False
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        min=0, max=2**63 - 1, help="Override the scenario's seed.", show_default=False, rich_help_panel=PANEL
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a key of the scenario for this call, such as cluster.workers=40; may be given again.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1, max=10**6, help="Number of workers; a Determined experiment file needs it.", show_default=False,
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
UnitTime = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="How long a unit (an epoch, a batch) takes, such as 2min; an experiment file needs it.",
        show_default=False, rich_help_panel=PANEL,
    ),
]  # fmt: skip


def load_with_settings(
    path: Path, sets: list[str] | None = None, workers: int | None = None, unit_time: str | None = None
) -> Loaded:
    """Read and check the scenario with its settings, and print its notes on stderr."""
    from simulator.scenario.opening import open_scenario

    loaded = open_scenario(path, sets or (), workers=workers, unit_time=unit_time)
    tell_notes(loaded)
    return loaded


def what_was_set(loaded: Loaded) -> str:
    """A line that lists the keys set on the command line; empty if there are none."""
    from simulator.planning.grid import short

    shown = ", ".join(
        f"{key} left out" if value is None else f"{key} = {short(value)}" for key, value in loaded.settings.items()
    )
    return printable(f"set here: {shown}") if shown else ""
