"""A figure that a notebook shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from simulator.render.options import USUAL, PictureOptions, drawn_with
from simulator.render.plots import figure as figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure that a notebook shows as an image, whatever its settings are."""

    figure: Figure = field(repr=False)
    title: str
    options: PictureOptions = field(default=USUAL, repr=False)

    def write(self, path: Path | str) -> None:
        """Replace `path`, .png or .svg, by the picture."""
        with drawn_with(self.options):
            figures.write(self.figure, Path(path))

    def _repr_png_(self) -> bytes:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "picture.png"
            self.write(path)
            return path.read_bytes()
