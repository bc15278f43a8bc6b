"""A real browser, without a network, for every test here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from simulator.render.player.player import Player

Opener = Callable[..., Page]
#: Milliseconds after which a test fails instead of hanging; nothing else depends on them, since a machine may be busy.
PATIENCE = 300_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Where there is none, CI fails, and elsewhere the test is skipped with the reason."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        reason = "no Chromium found: `make browser` as root installs one"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"], timeout=PATIENCE
        )
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: Browser, tmp_path) -> Iterator[Opener]:
    """Open a player. At the end of the test, the page must have requested nothing and logged no error."""
    contexts, complaints, requests = [], [], []

    def note(message) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def opened(player: Player, *, width: int = 1280, moving: bool = False, frozen: bool = False, **media) -> Page:
        path = tmp_path / "player.html"
        player.write(path)
        motion = "no-preference" if moving else "reduce"
        context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True, reduced_motion=motion, **media
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: requests.append(request.url))
        if frozen:
            page.clock.install(time=0)
            page.clock.pause_at(1)  # the player would go on by itself
        page.goto(path.as_uri())
        page.wait_for_function("window.player?.ready")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url for url in requests if not url.startswith("file://") or not url.endswith("/player.html")} == set()
