"""The player inside another page: it follows the page's theme, reports its height, and ignores all other messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from simulator.render import style
from simulator.render.player import embedding
from simulator.render.player.player import play
from tests.browser.conftest import PATIENCE
from tests.support.scenes import timeline_scene

LIGHT, DARK = (style.THEMES[name].page for name in ("light", "dark"))
#: A page with its own switch, which changes only the colours.
AROUND = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Around</title><style>
body {{ background: #fff; }} .night body {{ background: oklch(0.2 0.03 260); transition: background 50ms; }}
section {{ background: transparent; width: 700px; }}
</style></head><body><section>{frames}</section><script>{script}</script></body></html>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("embedding")
    play({"one": timeline_scene()}, title="A title", time_unit="h").write(made / "player.html")
    frames = "".join(
        embedding.frame("player.html", title=name, theme=theme)
        for name, theme in (("follows", None), ("stays", "dark"))
    )
    (made / "around.html").write_text(AROUND.format(frames=frames, script=embedding.listening()), encoding="utf-8")
    return made


#: The colour of the background of a player's ladder.
PAINTED = """() => (
  "#" + Array.from(player.scene.views[1].ground.getContext("2d").getImageData(0, 0, 1, 1).data.slice(0, 3),
    part => part.toString(16).padStart(2, "0")).join("").toUpperCase()
)"""


def painted(page: Page) -> list[str]:
    return [frame.evaluate(PAINTED) for frame in page.frames[1:]]


def test_it_follows_the_page_and_is_as_tall_as_it_asks(browser: Browser, folder: Path) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 2400}, reduced_motion="reduce", offline=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((folder / "around.html").as_uri())
    page.wait_for_function(
        "() => Array.from(document.querySelectorAll('iframe'), one => one.style.height).every(Boolean)"
    )
    first = page.frames[1]

    assert painted(page) == [LIGHT, DARK]
    assert not first.locator("h1").is_visible()
    assert first.locator("#play").is_visible()
    heights = page.evaluate("Array.from(document.querySelectorAll('iframe'), one => one.clientHeight)")
    inside = [frame.evaluate("document.documentElement.scrollHeight") for frame in page.frames[1:]]
    assert heights == inside, "nothing is cut off, and nothing scrolls"
    assert len(set(heights)) == 1
    assert heights[0] != embedding.HEIGHT

    page.evaluate("document.documentElement.classList.add('night')")
    first.wait_for_function(f"{PAINTED} === '{DARK}'")
    page.evaluate("document.documentElement.classList.remove('night')")
    first.wait_for_function(f"{PAINTED} === '{LIGHT}'")
    assert painted(page) == [LIGHT, DARK]

    # The player accepts known messages from the surrounding page only, and the page accepts messages from its own frames only.
    first.evaluate("postMessage({'asha-sim': 'theme', theme: 'dark'}, '*')")
    page.evaluate(
        """() => {
          for (const theme of ["<img>", null, {}, "auto"]) frames[0].postMessage({"asha-sim": "theme", theme}, "*");
          frames[0].postMessage("theme", "*");
          postMessage({"asha-sim": "height", height: 5}, "*");
        }"""
    )
    for height in ("'9px;color:red'", "-1", "1e9", "NaN", "null"):
        first.evaluate(f"parent.postMessage({{'asha-sim': 'height', height: {height}}}, '*')")
    page.wait_for_timeout(100)
    assert painted(page) == [LIGHT, DARK]
    assert page.evaluate("Array.from(document.querySelectorAll('iframe'), one => one.clientHeight)") == heights
    assert complaints == []
    context.close()


@pytest.mark.parametrize(
    ("address", "reader", "page_colour", "heading"),
    [
        ("", "dark", DARK, True),
        ("?theme=auto", "dark", DARK, True),
        ("?theme=light", "dark", LIGHT, True),
        ("?theme=dark&embed", "light", DARK, False),
        ("?theme=<img>&embed=1", "light", LIGHT, False),
    ],
)
def test_what_the_address_asks_for(browser: Browser, folder: Path, address, reader, page_colour, heading) -> None:
    context = browser.new_context(color_scheme=reader, reduced_motion="reduce", offline=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto((folder / "player.html").as_uri() + address)
    page.wait_for_function("window.player?.ready")
    assert page.evaluate(PAINTED) == page_colour
    assert page.locator("h1").is_visible() == heading
    page.emulate_media(media="print", color_scheme=reader)
    page.wait_for_function(f"{PAINTED} === '{LIGHT}'")  # paper is white
    context.close()
