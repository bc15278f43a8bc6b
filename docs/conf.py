"""The documentation as a site: `make site`. Pages are those that code hosts show; their pictures are drawn here."""

from __future__ import annotations

import re
from html import unescape
from importlib.metadata import version as version_of
from pathlib import Path

project = "asha-simulator"
copyright = "the authors of asha-simulator, Apache-2.0"  # noqa: A001
version = release = version_of("asha-simulator")
extensions = ["myst_parser", "simulator.sphinx"]
exclude_patterns = ["package.md"]  # the README, for package indexes
html_theme = "furo"
html_title = "asha-simulator"
html_copy_source = False
html_show_sphinx = False
myst_heading_anchors = 4

HERE = Path(__file__).parent
#: Pictures of the gallery that the directive draws: the scenario and its options. Others are copied.
DRAWN = {
    "docs/sha": ("docs.yaml", ":style: docs\n:searchers: SHA"),
    "docs/asha": ("docs.yaml", ":style: docs\n:searchers: ASHA"),
}
#: Pages in the order of the list at the side; the others follow.
FIRST = ("quick-start", "explain", "embedding", "teach", "teaching", "plan", "sharing", "import")
PICTURE = re.compile(
    r"<picture>\n(?:(?!</picture>).)*outputs/gallery/([\w/-]+)\.gif(?:(?!</picture>).)*</picture>", re.S
)
LINK = re.compile(r"\[([^\]]*)\]\((\.\./[^)#\s]*)[^)\s]*\)")


def as_directive(found: re.Match[str]) -> str:
    """The directive in place of a picture of the gallery, or two images that follow the switch of Furo."""
    if found[1] not in DRAWN:
        alt = re.search(r'alt="([^"]*)"', found[0])
        lines = (f":alt: {unescape(alt[1])}" if alt else ":alt:", ":width: 960px")
        return "\n\n".join(
            "\n".join(
                [f"```{{image}} ../outputs/gallery/{found[1]}{dark}.gif", f":class: only-{name}", *lines, "```"]
            )
            for name, dark in (("light", ""), ("dark", "-dark"))
        )
    scenario, options = DRAWN[found[1]]
    return f"```{{asha-sim}} ../scenarios/{scenario}\n{options}\n```"


def as_text(found: re.Match[str]) -> str:
    """Text in place of a link to a folder or page outside the site; links to other files stay."""
    path = HERE / found[2]
    return f"{found[1]} (`{found[2].removeprefix('../')}`)" if path.is_dir() or path.suffix == ".md" else found[0]


def read(_, name: str, source: list[str]) -> None:
    """Make a page of the site from a page that is written for a code host."""
    text = LINK.sub(as_text, PICTURE.sub(as_directive, source[0]))
    if name == "index":  # all pages, for the list at the side
        text += "\n\n```{toctree}\n:hidden:\n:glob:\n\n" + "\n".join([*FIRST, "*"]) + "\n```\n"
    source[0] = text


def setup(app) -> None:
    """Sphinx calls this."""
    app.connect("source-read", read)
