"""Pages of Sphinx's themes with a figure and a player, in Chromium: light and dark by the page's own switch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from simulator.render import style
from tests.browser.conftest import PATIENCE
from tests.browser.test_embedding import PAINTED
from tests.support.sphinx_builds import build, write

pytest.importorskip("sphinx", reason="group sphinx is not installed")

INDEX = """\
Title
=====

.. asha-sim:: nine.yaml
   :style: docs
   :searchers: ASHA
   :caption: A caption

.. asha-sim:: nine.yaml
   :player:
"""


def furo(page: Page, _: str) -> None:
    page.locator(".theme-toggle:visible").first.click()


def pydata(page: Page, theme: str) -> None:
    page.locator(".theme-switch-button:visible").first.click()
    page.locator(f".theme-change-button[data-mode={theme}]:visible").first.click()


@pytest.mark.parametrize(("theme", "switch"), [("furo", furo), ("pydata_sphinx_theme", pydata)])
def test_pictures_and_player_follow_the_switch_of_the_page(
    browser: Browser, tmp_path: Path, theme: str, switch: Callable[[Page, str], None]
) -> None:
    pytest.importorskip(theme, reason="group sphinx is not installed")
    assert build(write(tmp_path / "docs", {"index.rst": INDEX}, theme=theme), tmp_path / "html", "-W") == (0, [])
    context = browser.new_context(viewport={"width": 1280, "height": 2000}, color_scheme="light", offline=True)
    context.set_default_timeout(PATIENCE)
    page, missed = context.new_page(), []
    page.on("requestfailed", lambda request: missed.append(request.url))
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else missed.append(request.url)
    )
    page.on("pageerror", lambda error: missed.append(str(error)))
    page.goto((tmp_path / "html" / "index.html").as_uri())
    page.wait_for_function("() => document.querySelector('iframe').style.height")

    def seen() -> list[str]:
        """The files of the pictures that are shown, once they are loaded."""
        shown = page.locator(".asha-sim img:visible")
        shown.evaluate_all("all => Promise.all(all.map(image => image.decode()))")
        assert set(shown.evaluate_all("all => all.map(image => image.alt.slice(0, 21))")) == {"ASHA keeps 3 workers "}
        return shown.evaluate_all("all => all.map(image => image.currentSrc.split('/').at(-1))")

    player = page.frames[1]
    assert seen() == ["asha.gif"]
    assert page.locator("figcaption").inner_text().startswith("A caption")
    assert page.locator("iframe").get_attribute("title").startswith("SHA keeps 3 workers ")
    assert not player.locator("h1").is_visible()
    for name in ("dark", "light"):
        switch(page, name)
        player.wait_for_function(f"{PAINTED} === '{style.THEMES[name].page}'")
        assert seen() == ["asha-dark.gif" if name == "dark" else "asha.gif"]
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_function("() => Array.from(document.images).some(image => image.currentSrc.endsWith('/asha.png'))")
    assert missed == []
    context.close()
