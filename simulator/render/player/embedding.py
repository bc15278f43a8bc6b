"""The player in somebody's page: a frame, and the lines that dress it as the page is and give it its height."""

from __future__ import annotations

from simulator.core import escaping
from simulator.core.vocabulary import ThemeName
from simulator.render.player.player import asset

#: Height of a frame until the player says how tall it is, in pixels.
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
