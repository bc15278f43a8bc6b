"""Notes on stderr: doubtful entries of a valid scenario, characters without a font, options without effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.scenario.loading import Loaded


def tell_notes(loaded: Loaded) -> None:
    """Print how doubtful entries were read, one line each, with file, line and column."""
    for note in loaded.notes:
        typer.echo(f"note: {note}", err=True)


def tell_boxes(texts: Iterable[str]) -> None:
    """Print which characters of a picture's texts no font on this machine has."""
    from simulator.core.escaping import plain, printable
    from simulator.render.fonts import lacking

    boxes = lacking(map(plain, texts))
    if boxes:
        message = f"note: no font on this machine has {' '.join(boxes)}; pictures show a box for each of them"
        typer.echo(printable(message), err=True)


def tell_unused(options: dict[str, bool]) -> None:
    """Print which of the given options have no effect on a saved trace."""
    given = [name for name, used in options.items() if used]
    if given:
        typer.echo(
            f"note: {', '.join(given)} changes nothing here, because a saved trace is a run that is over", err=True
        )
