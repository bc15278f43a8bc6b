"""The player inside another page: a frame, and the script that gives it the page's look and its height."""

from __future__ import annotations

from simulator.core import escaping
from simulator.core.vocabulary import ThemeName
from simulator.render.player.player import asset

#: Height of a frame in pixels, until the player reports its own height.
HEIGHT = 820


def frame(address: str, *, title: str, theme: ThemeName | None = None, height: int = HEIGHT) -> str:
    """The HTML of a player at `address`; without a `theme` it follows the page, which must have `listening()`."""
    return (
        f'<iframe class="asha-sim-player" src="{escaping.html(address)}?embed&amp;theme={theme or "auto"}" '
        f'title="{escaping.html(title)}" sandbox="allow-scripts" loading="lazy" width="100%" height="{height}" '
        'style="border:0"></iframe>'
    )


def listening() -> str:
    """The script that a page with such frames needs once, after them or deferred."""
    return asset("listening.js")
