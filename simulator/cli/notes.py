"""What a sound scenario may mean otherwise than it was read, on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from simulator.scenario.loading import Loaded


def tell_notes(loaded: Loaded) -> None:
    """Say how entries were read that may be meant otherwise, one line each, with file, line and column."""
    for note in loaded.notes:
        typer.echo(f"note: {note}", err=True)
