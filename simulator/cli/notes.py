"""Notes on stderr: what a sound scenario may mean otherwise than it was read, and what pictures can't letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.scenario.loading import Loaded


def tell_notes(loaded: Loaded) -> None:
    """Say how entries were read that may be meant otherwise, one line each, with file, line and column."""
    for note in loaded.notes:
        typer.echo(f"note: {note}", err=True)


def tell_boxes(texts: Iterable[str]) -> None:
    """Say which characters of a picture's texts no font on this machine has."""
    from simulator.core.escaping import plain, printable
    from simulator.render.fonts import lacking

    boxes = lacking(map(plain, texts))
    if boxes:
        message = f"note: no font on this machine has {' '.join(boxes)}; pictures show a box for each of them"
        typer.echo(printable(message), err=True)


def tell_unused(options: dict[str, bool]) -> None:
    """Say which of the options that were given change nothing for a saved trace."""
    given = [name for name, used in options.items() if used]
    if given:
        typer.echo(
            f"note: {', '.join(given)} changes nothing here, because a saved trace is a run that is over", err=True
        )
