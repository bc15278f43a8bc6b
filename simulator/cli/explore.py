"""The command with sliders, served live on this machine or as a page of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.progress import progress_bar
from simulator.cli.scenario_file import ScenarioFile, Seed, Sets, UnitTime, Workers, load_with_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.exploring.controls import Control
    from simulator.exploring.worlds import Worlds
    from simulator.scenario.loading import Loaded

#: Number of seeds over which the sentences on a world compare the searchers.
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
            help="Make a slider over these values of a key, such as cluster.workers=4,8,16; may be given again.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="Write a single page that holds every position of the sliders.", show_default=False
        ),
    ] = None,
    seed: Seed = None,
    sets: Sets = None,
    workers: Workers = None,
    unit_time: UnitTime = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Port of the page; 0 for any free one.", show_default="8472, or any"),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
    seeds: Annotated[
        int,
        typer.Option(
            min=1,
            max=1000,
            help="Number of seeds over which a sentence compares when the searchers end; 1 leaves it out.",
        ),
    ] = SEEDS,
) -> None:
    """Change a scenario with sliders, in a browser.

    This machine simulates every move, and no other machine can reach the page. With --vary and -o every position is
    simulated beforehand, and a single page holds them all. That page needs neither Python nor the network.
    """
    from simulator.exploring.controls import varied

    loaded = load_with_settings(scenario, sets, workers, unit_time)
    controls = varied(loaded, vary or ())
    if out is None:
        _serve(loaded, controls, seed, seeds, port, browse=not no_open)
    else:
        if port is not None or no_open:
            raise typer.BadParameter("goes without -o, which opens nothing.", param_hint="--port and --no-open")
        from simulator.exploring.worlds import Worlds

        _write(Worlds(loaded, controls, seed), seeds, out)


def _write(worlds: Worlds, seeds: int, out: Path) -> None:
    """Write a single page that holds all its worlds."""
    from simulator.exploring.held import check_size, held
    from simulator.io import inputs

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


def _serve(
    loaded: Loaded, controls: Sequence[Control], seed: int | None, seeds: int, port: int | None, *, browse: bool
) -> None:
    """Serve a page that requests worlds from this machine."""
    from simulator.exploring import server
    from simulator.exploring.answers import LIMITS, Answers
    from simulator.exploring.offered import all_controls
    from simulator.exploring.worlds import Worlds

    server.check_installed()
    worlds = Worlds(loaded, all_controls(loaded, controls, seed), seed, limits=LIMITS)

    def on_start(address: str) -> None:
        typer.echo(f"{address}  (Ctrl-C ends it)")
        sys.stdout.flush()

    with server.bind(port) as listening:
        server.serve(Answers(worlds, seeds), listening, on_start, browse=browse)
