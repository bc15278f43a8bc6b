"""Commands to start from: example files to run, and the list of examples."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from simulator.core.escaping import printable

#: Copy of a list in simulator.scenario.examples, which is slow to import; a test compares the two.
Kind = Literal["docs", "teach", "plan", "cluster", "ray", "optuna", "determined", "all"]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `asha-sim`."""
    app.command()(init)
    app.command()(examples)


def init(
    kind: Annotated[
        Kind | None,
        typer.Argument(metavar="KIND", help="What the example is for.", show_default=False),
    ] = None,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder to write to. It is made if it is missing.")
    ] = Path(),
) -> None:
    """Write an example with comments to start from, and say what to type next.

    Without a kind it lists the kinds; `all` writes every example. It overwrites no file.
    """
    from simulator.scenario import examples as starting

    if kind is None:
        width = max(map(len, starting.STARTS))
        for name, start in starting.STARTS.items():
            typer.echo(f"asha-sim init {name:{width}}   {start.purpose}")
        typer.echo(f"asha-sim init {'all':{width}}   every example, to look around")
        return
    for path in starting.write(kind, folder):
        typer.echo(printable(str(path)))
    typer.echo(printable(f"{folder / starting.SCHEMA} (editors check scenarios by it)"))
    steps = starting.STARTS[kind].steps if kind in starting.STARTS else ()
    if not steps:
        return
    typer.echo("Next, type:")
    if folder != Path():
        typer.echo(f"  cd {shlex.quote(printable(str(folder)))}")
    for command, shows in steps:
        typer.echo(f"  {command}")
        typer.echo(f"      {shows}")
    first = starting.STARTS[kind].files[0][1]
    if kind != "determined":
        typer.echo(f"Change {first} as you like: `asha-sim check {first}` says whether it is sound.")


def _names(incomplete: str) -> list[str]:
    from simulator.scenario import examples as starting

    return [name for name in starting.examples() if name.startswith(incomplete)]


def examples(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Print this example and nothing else.", show_default=False, autocompletion=_names
        ),
    ] = None,
) -> None:
    """List the example scenarios, or print one."""
    from simulator.scenario import examples as starting

    found = starting.examples()
    if name is not None:
        if name not in found:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(found)}.", param_hint="NAME")
        typer.echo(found[name].read_text(encoding="utf-8"), nl=False)
        return
    width = max(map(len, found))
    for label, path in found.items():
        typer.echo(f"{label:{width}}   {starting.said_by(path)}")
    typer.echo("`asha-sim examples NAME` prints one; `asha-sim init all DIR` writes them all.")
