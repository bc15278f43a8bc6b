"""Snippets to paste into a page for pictures: reStructuredText, Markdown or HTML, with alternative texts and sizes.

Readers who want no motion get the last frame. Light or dark follows the reader's system (HTML, GitHub) or the page's
own switch (MkDocs Material; Sphinx with Furo or PyData). A video can be paused, and so can the player.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from simulator.core import escaping
from simulator.core.vocabulary import VIDEOS, SnippetKind
from simulator.render.animation.animate import DARK
from simulator.render.player import embedding


class Picture(NamedTuple):
    """An animation: the suffixes of its files, light and dark, its alternative text, its size in pixels."""

    name: str
    light: tuple[str, ...]
    dark: tuple[str, ...]
    alt: str
    width: int
    height: int

    @property
    def moving(self) -> str:
        """The suffix of the moving file for an image element; empty if there is only a video."""
        found = self.light or self.dark
        return next((suffix for suffix in ("gif", "webp") if suffix in found), "")

    @property
    def videos(self) -> tuple[str, ...]:
        """The suffixes of its videos."""
        return tuple(suffix for suffix in VIDEOS if suffix in (self.light or self.dark))

    @property
    def both(self) -> bool:
        """Whether the picture was drawn in light and dark."""
        return bool(self.light and self.dark)

    def file(self, suffix: str, *, dark: bool = False) -> str:
        """The name of a file; if only the other theme was drawn, the name in that theme."""
        return f"{self.name}{DARK if (dark and self.dark) or not self.light else ''}.{suffix}"

    @property
    def size(self) -> str:
        """The attributes of an element for the size."""
        return f'width="{self.width}" height="{self.height}"'


def pictures(files: Sequence[Path]) -> list[Picture]:
    """The animations among files that were written, in their order."""
    there = {path.name: path for path in files}
    found = []
    for path in dict.fromkeys(files):
        if path.suffix != ".txt":
            continue
        light = tuple(sorted(suffix for suffix in _SUFFIXES if f"{path.stem}.{suffix}" in there))
        dark = tuple(sorted(suffix for suffix in _SUFFIXES if f"{path.stem}{DARK}.{suffix}" in there))
        with Image.open(there.get(f"{path.stem}.png") or there[f"{path.stem}{DARK}.png"]) as poster:
            width, height = poster.size
        found.append(Picture(path.stem, light, dark, path.read_text(encoding="utf-8").strip(), width, height))
    return found


_SUFFIXES = ("gif", "webp", *VIDEOS)


def text(kind: SnippetKind, shown: Sequence[Picture], *, title: str, player: bool) -> str:
    """The whole snippet; with a `player`, also its frame and the lines that the page needs for it."""
    parts: Iterable[str]
    if kind == "html":
        parts = [*map(_html, shown), *([_player(title)] if player else [])]
    elif kind == "md":
        parts = _markdown(shown, title, player=player)
    else:
        parts = [*map(_rst, shown), *([_raw(_player(title))] if player else [])]
    return "\n\n".join(parts) + "\n"


def _html(one: Picture) -> str:
    """A picture that follows the reader's system, and a video if there is one."""
    parts = []
    if one.moving:
        sources = [
            ("(prefers-reduced-motion: reduce) and (prefers-color-scheme: dark)", one.file("png", dark=True)),
            ("(prefers-reduced-motion: reduce)", one.file("png")),
            ("(prefers-color-scheme: dark)", one.file(one.moving, dark=True)),
        ]
        lines = [
            f'  <source media="{media}" srcset="{name}">'
            for media, name in sources
            if one.both or "dark" not in media
        ]
        image = f'  <img src="{one.file(one.moving)}" alt="{escaping.html(one.alt)}" {one.size}>'
        parts.append("\n".join(["<picture>", *lines, image, "</picture>"]))
    if one.videos:
        parts.append(_video(one))
    return "\n".join(parts)


def _video(one: Picture) -> str:
    """A video that follows the reader's system."""
    night = "(prefers-color-scheme: dark)"
    sources = [
        (one.file(kind, dark=bool(media)), media)
        for media in ((night, "") if one.both else ("",))
        for kind in one.videos
    ]
    return video(sources, one.file("png"), alt=one.alt, size=one.size)


def video(sources: Sequence[tuple[str, str]], poster: str, *, alt: str, size: str) -> str:
    """An element that shows `poster` until it is played: addresses of videos, each with a media query or "".

    A browser takes the first source that fits, and loads it when the video is played.
    """
    lines = []
    for address, media in sources:
        condition = f'media="{media}" ' if media else ""
        lines.append(f'  <source {condition}src="{address}" type="video/{address.rpartition(".")[2]}">')
    opening = (
        f'<video controls loop muted playsinline preload="none" poster="{poster}" '
        f'aria-label="{escaping.html(alt)}" {size}>'
    )
    return "\n".join([opening, *lines, "</video>"])


def _player(title: str) -> str:
    frame = embedding.frame("player.html", title=title)
    return f"{frame}\n<script>\n{embedding.listening().strip()}\n</script>"


def _markdown(shown: Sequence[Picture], title: str, *, player: bool) -> list[str]:
    """HTML, which GitHub accepts, and the images of MkDocs Material, which follow its switch."""
    parts = ["<!-- On GitHub, and wherever light and dark go by the reader's system: -->"]
    parts += map(_html, shown)
    images = [one for one in shown if one.moving]
    if images:
        parts.append("<!-- With MkDocs Material and its switch (extension attr_list), in place of the above: -->")
    for one in images:
        alt, size = _in_brackets(one.alt), f"{{ {one.size} }}"
        if one.both:
            parts.append(
                f"![{alt}]({one.file(one.moving)}#only-light){size}\n"
                f"![{alt}]({one.file(one.moving, dark=True)}#only-dark){size}"
            )
        else:
            parts.append(f"![{alt}]({one.file(one.moving)}){size}")
    if player:
        parts += ["<!-- The player; GitHub shows none: -->", _player(title)]
    return parts


def _in_brackets(alt: str) -> str:
    return escaping.html("".join(f"\\{one}" if one in "\\`*_[]{}!|~$" else one for one in escaping.one_line(alt)))


def _rst(one: Picture) -> str:
    """Images that follow the page's switch in Sphinx's themes Furo and PyData; on paper the last frame."""
    parts = []
    if one.moving:
        shown = [(one.file(one.moving), "only-light" if one.both else "")]
        if one.both:
            shown.append((one.file(one.moving, dark=True), "only-dark"))
        images = "\n\n".join(_image(one, name, class_) for name, class_ in shown)
        parts.append(f".. only:: html\n\n{_indented(images)}")
    if one.videos:
        parts.append(_raw(_video(one)))
    parts.append(f".. only:: not html\n\n{_indented(_image(one, one.file('png'), ''))}")
    return "\n\n".join(parts)


def _image(one: Picture, name: str, class_: str) -> str:
    lines = [f".. image:: {name}", f"   :alt: {escaping.one_line(one.alt)}"]
    lines += [f"   :width: {one.width}px", f"   :height: {one.height}px"]
    return "\n".join([*lines, *([f"   :class: {class_}"] if class_ else [])])


def _raw(html: str) -> str:
    return f".. raw:: html\n\n{_indented(html)}"


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" if line else "" for line in text.splitlines())
