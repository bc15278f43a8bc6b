"""Options on how pictures look, the same for every command that draws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from simulator.core.vocabulary import ThemeChoice

#: Heading of these options in `--help`.
PANEL = "How it looks"


Width = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS", help="Width of the pictures, 360 to 3840; letters are chosen for it. Usually 960.",
        show_default=False, rich_help_panel=PANEL,
    ),
]  # fmt: skip
Height = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS", help="Height of the animations; usually what their parts take.", show_default=False,
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
Seconds = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", help="How long an animation lasts, its last picture included.", show_default=False,
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
Speed = Annotated[
    float | None,
    typer.Option(
        metavar="TIMES", help="How many times as fast as usual, such as 2 or 0.5.", show_default=False,
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
Fps = Annotated[
    float | None,
    typer.Option(
        "--fps", metavar="FRAMES", help="Frames a second, 0.1 to 50.", show_default=False, rich_help_panel=PANEL
    ),
]
Theme = Annotated[ThemeChoice, typer.Option(help="Which themes are drawn.", rich_help_panel=PANEL)]
Palette = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Colours of your own (YAML), if they can be told apart.", show_default=False,
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
Font = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="A TrueType or OpenType font for the letters.", show_default=False, rich_help_panel=PANEL
    ),
]
Texts = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="All words of a picture in another language (YAML).", show_default=False,
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
Title = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Title in place of the scenario's.", show_default=False, rich_help_panel=PANEL),
]
Loop = Annotated[
    int, typer.Option(metavar="TIMES", help="How often an animation plays; 0 for ever.", rich_help_panel=PANEL)
]


def tell_lacking(font: Path | None, texts: list[str], words: Mapping[str, str]) -> None:
    """Say which characters of a picture the font that was asked for lacks."""
    if font is None:
        return
    from simulator.core.escaping import plain, printable
    from simulator.render.fonts import lacking_in

    lacking = lacking_in(font, [plain(text) for text in (*texts, *words.values())])
    if lacking:
        typer.echo(printable(f"note: {font} lacks {' '.join(lacking)}; another font letters them"), err=True)
