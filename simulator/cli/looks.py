"""Options on how pictures look, the same for every command that draws."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.models import OptionInfo

from simulator.core.vocabulary import ThemeChoice

#: Heading of these options in `--help`.
PANEL = "How it looks"


def _option(metavar: str, help_: str) -> OptionInfo:
    """An option on looks; its default is None, with which a picture chooses for itself."""
    option: OptionInfo = typer.Option(metavar=metavar, help=help_, show_default=False, rich_help_panel=PANEL)
    return option


Width = Annotated[
    int | None,
    _option("PIXELS", "Width of the pictures, from 360 to 3840; the size of the letters follows it. Default: 960."),
]
Height = Annotated[int | None, _option("PIXELS", "Height of animations; default: what their parts need.")]
Seconds = Annotated[float | None, _option("SECONDS", "Length of an animation, including its last picture.")]
Speed = Annotated[float | None, _option("TIMES", "Speed of an animation, such as 2 (twice as fast) or 0.5.")]
Fps = Annotated[float | None, _option("FRAMES", "Frames per second, from 0.1 to 50.")]
Theme = Annotated[ThemeChoice, typer.Option(help="Themes to draw.", rich_help_panel=PANEL)]
Palette = Annotated[
    Path | None, _option("FILE", "YAML file with your own colours, which must be easy to tell apart.")
]
Font = Annotated[Path | None, _option("FILE", "TrueType or OpenType font for the letters.")]
Texts = Annotated[
    Path | None, _option("FILE", "YAML file with all words of pictures and of the player in another language.")
]
Title = Annotated[str | None, _option("TEXT", "Title in place of the scenario's.")]
Loop = Annotated[
    int, typer.Option(metavar="TIMES", help="How often an animation plays; 0 for ever.", rich_help_panel=PANEL)
]


def tell_lacking(font: Path | None, texts: list[str]) -> None:
    """Print which characters of a picture the requested font lacks."""
    if font is None:
        return
    from simulator.core.escaping import plain, printable
    from simulator.render.fonts import lacking_in

    lacking = lacking_in(font, [plain(text) for text in texts])
    if lacking:
        typer.echo(printable(f"note: {font} lacks {' '.join(lacking)}; another font draws them"), err=True)
