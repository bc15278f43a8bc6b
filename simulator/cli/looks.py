"""Options on how pictures look, the same for every command that draws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from simulator.core.vocabulary import ThemeChoice

#: Heading in `--help` of the options on looks.
PANEL = "How it looks"


Width = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS", help="Width of the pictures, from 360 to 3840; the size of the letters follows it. "
"Default: 960.",
        show_default=False, rich_help_panel=PANEL,
    ),
]  # fmt: skip
Height = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS", help="Height of animations; default: what their parts need.", show_default=False,
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
Seconds = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", help="Length of an animation, including its last picture.", show_default=False,
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
Speed = Annotated[
    float | None,
    typer.Option(
        metavar="TIMES", help="Speed of an animation, such as 2 (twice as fast) or 0.5.", show_default=False,
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
Fps = Annotated[
    float | None,
    typer.Option(
        "--fps",
        metavar="FRAMES",
        help="Frames per second, from 0.1 to 50.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Theme = Annotated[ThemeChoice, typer.Option(help="Themes to draw.", rich_help_panel=PANEL)]
Palette = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="YAML file with colours of your own, easy to tell apart.", show_default=False,
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
Font = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="TrueType or OpenType font for the letters.", show_default=False, rich_help_panel=PANEL
    ),
]
Texts = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="YAML file with all words of a picture in another language.", show_default=False,
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
    """Print which characters of a picture the requested font lacks."""
    if font is None:
        return
    from simulator.core.escaping import plain, printable
    from simulator.render.fonts import lacking_in

    lacking = lacking_in(font, [plain(text) for text in (*texts, *words.values())])
    if lacking:
        typer.echo(printable(f"note: {font} lacks {' '.join(lacking)}; another font letters them"), err=True)
