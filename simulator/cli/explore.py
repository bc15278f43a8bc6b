"""The command with sliders: live on this machine, or one page that needs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.progress import progress_bar
from simulator.cli.scenario_file import ScenarioFile, Seed, Sets, UnitTime, Workers, opened

#: Seeds behind what is said of a world.
SEEDS = 20


def add_to(app: typer.Typer) -> None:
    """Add the command to `asha-sim`."""
    app.command()(explore)


def explore(
    scenario: ScenarioFile,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=V,V,…",
            help="A slider over these values of a key, such as cluster.workers=4,8,16; may be given again.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Write one page that holds every world of the sliders.", show_default=False),
    ] = None,
    seed: Seed = None,
    sets: Sets = None,
    workers: Workers = None,
    unit_time: UnitTime = None,
    seeds: Annotated[
        int, typer.Option(min=1, max=1000, help="Seeds behind the sentence on who ends later; 1 for none.")
    ] = SEEDS,
) -> None:
    """Move sliders over a scenario, in a browser."""
    from simulator.exploring.controls import varied
    from simulator.exploring.held import check_size, held
    from simulator.exploring.worlds import Worlds
    from simulator.io import inputs

    loaded = opened(scenario, sets, workers, unit_time)
    worlds = Worlds(loaded, varied(loaded, vary or ()), seed)
    if out is None:
        raise typer.BadParameter("is missing.", param_hint="-o")
    check_size(worlds)
    inputs.check_kept([out])
    with progress_bar() as progress:
        task = progress.add_task("simulating", total=None)
        page = held(
            worlds, seeds,
            lambda done, total: progress.update(
                task, description=f"simulating {done:,} of {total:,} worlds", completed=done, total=total
            ),
        )  # fmt: skip
    page.write(out)
    typer.echo(out)
