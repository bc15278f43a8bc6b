"""Sliders over worlds that the page holds, in Chromium. `show` also fails on any request, console message or dialog."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from simulator.exploring.controls import varied
from simulator.exploring.held import held
from simulator.exploring.worlds import Worlds
from simulator.render.player.player import Player
from simulator.scenario import yaml_text
from simulator.scenario.loading import check_document

TEXT = """
title: Sliders
time_unit: min
searchers:
  SHA: {name: sha, max_trials: 27, max_length: 27, divisor: 3}
  ASHA: {name: asha, max_trials: 27, max_length: 27, divisor: 3}
curves: {kind: synthetic}
cluster: {workers: 4}
"""
VARY = ("cluster.workers=2,4,8,16", "cluster.drops=null,{probability: 0.05}")


@pytest.fixture(scope="module")
def page_with_sliders() -> Player:
    loaded = check_document(yaml_text.parse(TEXT.encode(), Path("s")))
    return held(Worlds(loaded, varied(loaded, VARY)), seeds=3)


def moved(page: Page, moves: int = 1) -> None:
    """Wait until a number of worlds were shown."""
    page.wait_for_function("moves => explorer.moves >= moves && !explorer.flight", arg=moves)


def workers(page: Page) -> list[int]:
    return page.evaluate("player.scene.runs.map(run => run.workers)")


def test_a_move_shows_another_world_and_the_clock_stays(show, page_with_sliders):
    page = show(page_with_sliders)
    page.evaluate("player.seek(player.T / 4)")
    before = page.locator("#said").inner_text()
    page.locator("#slider-0").focus()
    page.keyboard.press("ArrowRight")
    moved(page)
    assert workers(page) == [8, 8]
    assert page.locator("#value-0").inner_text() == "8"
    assert page.locator("#slider-0").get_attribute("aria-valuetext") == "8"
    assert page.evaluate("player.t / player.T") == pytest.approx(0.25)
    assert page.locator(".scene").count() == 1
    assert "over 3 seeds" in before
    assert page.locator("#said").inner_text() != before


def test_it_goes_on_playing_through_a_move(show, page_with_sliders):
    page = show(page_with_sliders, moving=True, frozen=True)
    page.clock.run_for(3_000)
    page.evaluate("explorer.go([3, 0])")
    page.clock.run_for(500)
    moved(page)
    page.clock.run_for(3_000)
    assert page.evaluate("player.playing")
    assert 0.3 < page.evaluate("player.t / player.T") < 0.6


def test_a_choice_brings_its_colours_and_what_they_mean(show, page_with_sliders):
    page = show(page_with_sliders)
    assert "lost work" not in page.locator(".key").inner_text()
    page.select_option("#slider-1", "1")
    moved(page)
    assert "lost work" in page.locator(".key").inner_text()


def test_a_link_restores_what_was_moved_and_reset_takes_it_back(show, page_with_sliders):
    page = show(page_with_sliders)
    page.evaluate("explorer.go([2, 1])")
    moved(page)
    assert page.evaluate("location.hash").startswith("#cluster.workers=8&cluster.drops=")
    page.reload()
    page.wait_for_function("window.explorer?.moves === 1")
    assert workers(page) == [8, 8]
    page.click("#reset")
    moved(page, 2)
    assert (workers(page), page.evaluate("location.hash")) == ([4, 4], "")


def test_the_heading_names_what_was_moved_since_the_title_may_say_otherwise(show, page_with_sliders):
    page = show(page_with_sliders)
    title = page.inner_text("h1")
    page.evaluate("explorer.go([2, 0])")
    assert page.inner_text("h1") == f"{title} (here: workers 8)"
    page.click("#reset")
    assert page.inner_text("h1") == title


@pytest.mark.parametrize(
    "link", ["#cluster.workers=3", "#cluster.workers=<img src=x>", "#a=b&a=c", "#%", "#cluster.workers=8&x"]
)
def test_a_link_to_what_is_not_there_is_taken_for_what_it_has(show, page_with_sliders, link):
    page = show(page_with_sliders)
    page.evaluate("link => { location.hash = link; }", link)
    moved(page)
    assert workers(page) == ([8, 8] if "=8" in link else [4, 4])


def test_sixty_moves_leave_nothing_behind(show, page_with_sliders):
    page = show(page_with_sliders)
    session = page.context.new_cdp_session(page)

    def left() -> dict[str, float]:
        session.send("HeapProfiler.collectGarbage")
        counts = session.send("Memory.getDOMCounters")
        return {name: counts[name] for name in ("nodes", "jsEventListeners")}

    session.send("HeapProfiler.enable")
    page.evaluate("explorer.go([0, 0])")
    moved(page)
    before = left()
    for move in range(60):
        page.evaluate("places => explorer.go(places)", [move % 4, move % 2])
        moved(page, move + 2)
    page.evaluate("explorer.go([0, 0])")
    moved(page, 62)
    assert page.evaluate("explorer.moves") == 62
    after = left()
    assert after["jsEventListeners"] == before["jsEventListeners"]
    assert after["nodes"] <= before["nodes"] + 20


def test_no_barrier_is_found_by_axe(show, page_with_sliders):
    for scheme in ("light", "dark"):
        page = show(page_with_sliders, color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [390, 768])
def test_nothing_is_wider_than_the_window(show, page_with_sliders, width):
    page = show(page_with_sliders, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_by_keyboard_alone(show, page_with_sliders):
    """From the top of the page: the first slider, the choice, and back to the beginning by its button."""
    page = show(page_with_sliders)
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    moved(page)
    assert workers(page) == [16, 16]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "slider-1"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    moved(page, 2)
    assert workers(page) == [4, 4]
