"""Output of a drawing: in an HTML page, and in formats without moving pictures."""

from __future__ import annotations

import shutil
from importlib.resources import files as resources
from pathlib import Path, PurePosixPath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from simulator.core import escaping
from simulator.io import writing
from simulator.render import snippet
from simulator.render.player import embedding
from simulator.sphinx.drawing import Picture

STYLE, SCRIPT = "asha-sim.css", "asha-sim.js"
#: The folder of drawings among the images of the pages.
FOLDER = "asha-sim"


class Drawing(nodes.General, nodes.Inline, nodes.Element):
    """A node for a scenario's picture: its `picture`, and its `alt` text."""


def visit(translator: HTML5Translator, node: nodes.Element) -> None:
    """Write a drawing as HTML, and put its files beside the page's other images."""
    picture: Picture = node["picture"]
    builder = translator.builder
    place = PurePosixPath(FOLDER, picture.mark)

    def address(name: str) -> str:
        _copy(Path(picture.folder, name), Path(builder.outdir, builder.imagedir, place, name))
        return escaping.html(f"{builder.imgpath}/{place}/{name}")

    if picture.player and builder.name != "epub":
        theme = picture.themes[0] if len(picture.themes) == 1 else None
        translator.body.append(
            embedding.frame(address(picture.player), title=node["alt"], theme=theme, height=picture.tall)
        )
        raise nodes.SkipNode
    size = f'width="{picture.width}" height="{picture.height}"'
    for theme in picture.themes:
        name = picture.stem(theme)
        follows = f' class="asha-sim-{theme}"' if len(picture.themes) > 1 else ""
        kept_bright = ' class="dark-light"' if theme == "dark" else ""  # else PyData's theme adds a white background
        last, alt = address(name + ".png"), node["alt"]
        if picture.videos and builder.name != "epub":
            sources = [(address(f"{name}.{kind}"), "") for kind in picture.videos]
            element = snippet.video(sources, last, alt=alt, size=size)
            translator.body.append(f"<div{follows}>{element}</div>")
            continue
        moving = last if picture.videos else address(name + ".gif")
        translator.body.append(
            f'<picture{follows}><source media="(prefers-reduced-motion: reduce)" srcset="{last}" />'
            f'<img src="{moving}" alt="{escaping.html(alt)}"{kept_bright} {size} loading="lazy" /></picture>'
        )
    raise nodes.SkipNode


def _copy(source: Path, target: Path) -> None:
    """Copy a file to where pages find it; its folder is named by its content, so an existing file is equal."""
    if not target.exists():
        with writing.replacing(target) as aside:
            shutil.copyfile(source, aside)


def still(app: Sphinx, page: nodes.document, name: str) -> None:
    """Replace each drawing by its last frame, in light, if the output is not HTML."""
    if app.builder.format == "html":
        return
    for node in list(page.findall(Drawing)):
        picture: Picture = node["picture"]
        last = Path(picture.folder, picture.stem(picture.themes[0]) + ".png").as_posix()
        app.env.images.add_file(name, last)
        node.replace_self(nodes.image(uri=last, alt=node["alt"], candidates={"*": last}))


def write_assets(app: Sphinx) -> None:
    """Write the styles and the script that pages with a drawing link to."""
    if app.builder.format == "html":
        folder = Path(app.outdir, "_static")
        style = (resources("simulator.sphinx") / "assets" / STYLE).read_text(encoding="utf-8")
        for name, text in ((STYLE, style), (SCRIPT, embedding.listening())):
            writing.write_text(folder / name, text)


def link_assets(app: Sphinx, name: str, template: str, context: dict[str, Any], page: nodes.document | None) -> None:
    """Link these assets from the pages that have a drawing."""
    if page is not None and next(page.findall(Drawing), None) is not None:
        app.add_css_file(STYLE)
        app.add_js_file(SCRIPT, loading_method="defer")
