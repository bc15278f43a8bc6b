"""The player with sliders: a page that shows another world for each position of the sliders."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.core import escaping
from simulator.core.escaping import plain
from simulator.render.player import data
from simulator.render.player.player import BASE, RUN, Player, colours, key, page, scene
from simulator.trace.levels import levels
from simulator.trace.trace import Trace

#: Scripts that run after the player's scripts.
SCRIPTS = ("explore.js",)
#: Height of a row of sliders in a notebook, in pixels.
ROW = 70


@dataclass(frozen=True)
class Slider:
    """A slider: the names of its values, and the index of the one that is shown first.

    With `numbers`, a link may name any other number.
    """

    key: str
    title: str
    names: tuple[str, ...]
    at: int
    numbers: bool = False


@dataclass(frozen=True)
class Source:
    """Where the worlds come from: `worlds` in the page itself, `address` on this machine, or a notebook's `kernel`.

    `holds` is a sentence on what there is. `deeds` are links of the page, as addresses and their texts.
    """

    holds: str
    worlds: Sequence[str] = ()
    address: str = ""
    kernel: bool = False
    deeds: Mapping[str, str] | None = None


def frame(traces: Sequence[Trace], unit: str, said: Sequence[str] = ()) -> dict[str, object]:
    """The data with which a page shows other runs in place of the present ones; `said` are sentences about them."""
    rungs = len(levels(traces))
    return {
        "scene": data.scene(traces, unit),
        "html": scene(0, traces, unit),
        "key": key(traces, rungs),
        "colours": colours(rungs),
        "said": [plain(sentence) for sentence in said],
    }


def pack(made: Mapping[str, object]) -> str:
    """A frame as a short text that browsers can unpack: JSON, deflated, in base 64."""
    text = json.dumps(made, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def explorable(
    sliders: Sequence[Slider],
    first: Sequence[Trace],
    source: Source,
    *,
    title: str,
    time_unit: str,
    said: Sequence[str] = (),
) -> Player:
    """Make the page that first shows `first` and then the worlds of `source`."""
    made = frame(first, time_unit, said)
    about = {
        "sliders": [
            {"key": slider.key, "names": slider.names, "at": slider.at, "numbers": slider.numbers}
            for slider in sliders
        ],
        "said": made["said"],
        "worlds": list(source.worlds),
        "address": source.address,
        "kernel": source.kernel,
    }
    html = page(
        {"scenes": [made["scene"]], "explore": about},
        title=title,
        colours=str(made["colours"]),
        key=str(made["key"]),
        scenes=str(made["html"]),
        panel=_panel(sliders, source),
        more=SCRIPTS,
        connect="'self'" if source.address else "'none'",
    )
    return Player(html, BASE + ROW * len(sliders) // 2 + RUN * len(first))


def _panel(sliders: Sequence[Slider], source: Source) -> str:
    moved = "".join(_slider(number, slider) for number, slider in enumerate(sliders))
    deeds = "".join(
        f'<a class="deed" href="{escaping.html(address)}" download>{escaping.html(name)}</a>'
        for address, name in (source.deeds or {}).items()
    )
    return PANEL.format(sliders=moved, deeds=deeds, holds=escaping.html(source.holds))


def _slider(number: int, slider: Slider) -> str:
    title, names = escaping.html(slider.title), [escaping.html(name) for name in slider.names]
    if not all(map(_is_number, slider.names)):
        options = "".join(
            f'<option value="{place}"{" selected" if place == slider.at else ""}>{name}</option>'
            for place, name in enumerate(names)
        )
        return (
            f'<div class="slider"><label for="slider-{number}">{title}</label>'
            f'<select id="slider-{number}" autocomplete="off">{options}</select></div>'
        )
    return (
        f'<div class="slider"><label for="slider-{number}">{title}</label>'
        f'<output id="value-{number}" for="slider-{number}">{names[slider.at]}</output>'
        f'<input id="slider-{number}" type="range" min="0" max="{len(names) - 1}" step="1" value="{slider.at}" '
        f'autocomplete="off" aria-valuetext="{names[slider.at]}"></div>'
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


PANEL = """<form class="panel" id="panel" aria-label="What if" autocomplete="off">
<div class="sliders">{sliders}</div>
<p class="deeds"><button type="button" id="reset">Reset</button>\
<button type="button" id="share">Copy link</button>{deeds}<span id="done" role="status"></span></p>
<p id="said" role="status"></p>
<p class="holds">{holds}</p>
</form>
"""
