"""The player in Chromium, as people use it. `show` also fails on any request, console message or dialog."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

import simulator
from simulator.cluster.engine import Cluster, simulate
from simulator.core.formatting import counted
from simulator.core.ticks import PER_SECOND
from simulator.curves.synthetic import Law, Synthetic
from simulator.render import style
from simulator.render.player.player import Player, play
from simulator.render.words import ENGLISH, use_words
from simulator.searchers.halving import asha, random, sha
from simulator.searchers.hyperband import hyperband
from simulator.trace import metrics
from simulator.trace.promotions import promotions
from simulator.trace.trace import Outcome, Trace
from tests.support.scenes import MINUTE, docs_scene, timeline_scene, tiny, troubled
from tests.trace.test_decisions import Nine

HOSTILE = "</script><img src=x onerror=alert(1)>"
PAIR = {"one": timeline_scene()}


def pair(title: str = "A title") -> Player:
    return play(PAIR, title=title, time_unit="h")


def seek(page: Page, share: float) -> None:
    page.evaluate("share => player.seek(share * player.T)", share)


def time(page: Page) -> float:
    return page.evaluate("player.t / player.T")


def hover(page: Page, run: int, row: int, view: str = "LanesView") -> str:
    """Move the pointer to a job, at the place that the data give; returns the story that appears."""
    kind = {"LanesView": 0, "LossView": 2}[view]
    page.locator("canvas").nth(3 * run + kind).scroll_into_view_if_needed()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # scrolled
    place = page.evaluate(
        "([run, row, kind]) => player.place(player.scene.runs[run], row, player.scene.views[kind].constructor)",
        [run, row, kind],
    )
    page.mouse.move(place["x"], place["y"])
    return told(page)


def told(page: Page) -> str:
    """The text about a job that the page shows, line by line."""
    return page.locator("#story").inner_text().replace("\n\n", "\n")


def test_the_ladder_counts_by_resource(show):
    """Hyperband's brackets start at every rung, and a random search has one rung: the ladder's top agrees with the table."""
    searchers = (hyperband(max_length=27, divisor=3), random(max_trials=16, max_length=27))
    traces = [
        simulate(searcher, Synthetic(Law(), 0), Cluster(4), label=label)
        for searcher, label in zip(searchers, ("Hyperband", "random"), strict=True)
    ]
    page = show(play({"one": traces}, title="", time_unit="h"))
    seek(page, 1)
    tops = page.evaluate("player.scene.runs.map(run => run.onRungs(run.end).at(-1)[1])")
    assert tops == [metrics.summarize(trace).full_length_trials for trace in traces]
    assert page.evaluate("player.scene.runs[0].scene.names") == ["1 unit", "3 units", "9 units", "27 units"]


def test_it_plays_to_the_end_and_stops_there(show):
    page = show(pair(), moving=True, frozen=True)
    assert page.evaluate("player.playing")
    assert time(page) < 0.1
    page.clock.run_for(8_000)
    assert 0.4 < time(page) < 0.6
    assert page.locator("#play").inner_text() == "Pause"
    page.clock.run_for(9_000)
    assert time(page) == 1
    assert not page.evaluate("player.playing")
    assert [text.split()[0] for text in page.locator(".state").all_inner_texts()] == ["finished", "finished"]
    page.click("#play")
    page.select_option("#speed", "4")
    page.clock.run_for(2_000)
    assert 0.45 < time(page) < 0.65


def test_scrubbing_by_mouse(show):
    page = show(pair())
    box = page.locator("#clock").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    assert time(page) == pytest.approx(0.25, abs=0.02)
    page.mouse.move(box["x"] + box["width"] * 0.75, middle, steps=4)
    page.mouse.up()
    assert time(page) == pytest.approx(0.75, abs=0.02)


def test_scrubbing_by_keyboard(show):
    page = show(pair())
    page.keyboard.press("Home")
    assert time(page) == 0
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert time(page) == pytest.approx(0.055)
    page.locator("#clock").focus()
    page.keyboard.press("ArrowLeft")
    assert time(page) == pytest.approx(0.05)
    assert "busy" in page.locator("#clock").get_attribute("aria-valuetext")
    page.keyboard.press("End")
    assert time(page) == 1
    page.keyboard.press(" ")
    assert page.evaluate("player.playing")


def test_stepping_goes_from_result_to_result_and_tells_each(show):
    page = show(pair())
    page.keyboard.press("Home")
    ends = np.sort(np.concatenate([trace.end for trace in PAIR["one"]]))  # ties one by one
    span = max(trace.makespan for trace in PAIR["one"])
    for end in ends[:5]:
        page.keyboard.press(".")
        assert time(page) == pytest.approx(end / span, abs=1e-6)
        assert page.locator("#story").is_visible()
    page.keyboard.press(",")
    assert time(page) == pytest.approx(ends[3] / span, abs=1e-6)
    page.keyboard.press("Escape")
    assert not page.locator("#story").is_visible()


def nine() -> Player:
    """The nine configurations on one worker, by SHA and by ASHA."""
    runs = {name: make(max_trials=9, max_length=9, divisor=3) for name, make in (("SHA", sha), ("ASHA", asha))}
    results = simulator.simulate(runs, Nine(PER_SECOND), Cluster(1), title="Nine", time_unit="s")
    return simulator.player(results)


def test_every_decision_of_the_nine_configurations_is_a_stop_with_its_reason(show):
    """There are 26 results and 26 stops; results of one moment come one after the other, SHA's first."""
    page = show(nine())
    page.keyboard.press("Home")
    stops = []
    for _ in range(26):
        page.keyboard.press(".")
        lines = told(page).split("\n")
        stops.append((lines[0], lines[1].partition(",")[0], lines[4]))
    assert stops[:6] == [
        ("Trial 0 on rung 0", "SHA", "1st of 1 result; nobody may leave before there are 9: it waits"),
        ("Trial 0 on rung 0", "ASHA", "1st of 1 result; nobody may leave before there are 3: it waits"),
        ("Trial 1 on rung 0", "SHA", "2nd of 2 results; nobody may leave before there are 9: it waits"),
        ("Trial 1 on rung 0", "ASHA", "2nd of 2 results; nobody may leave before there are 3: it waits"),
        ("Trial 2 on rung 0", "SHA", "3rd of 3 results; nobody may leave before there are 9: it waits"),
        ("Trial 2 on rung 0", "ASHA", "3rd of 3 results; the best one may leave: not promoted"),
    ]
    assert ("Trial 7 on rung 0", "ASHA", "1st of 8 results; the best 2 may leave: promoted") in stops
    assert [stop[1] for stop in stops].count("SHA") == 13
    assert "result 26 of 26" in told(page)
    page.keyboard.press(",")
    assert "result 25 of 26" in told(page)


def test_a_decision_says_how_the_rung_looked_and_who_was_promoted(show):
    page = show(nine())
    page.evaluate(
        "player.go(player.scene.steps.findIndex(({run, decision}) => run.label === 'SHA' && decision.at === 8))"
    )
    story = told(page)
    assert "7th of 9 results; the best 3 may leave: not promoted\ntrial 7 is promoted to rung 1\n" in story
    assert (
        "rung 0 now, best first: 7 (0, left) · 0 (1) · 5 (2) · 4 (3) · 1 (4) · 6 (5) · 8 (6) · 2 (7) · 3 (8)" in story
    )


def test_all_decisions_are_listed_for_readers_and_for_paper(show):
    page = show(nine())
    assert page.locator("#decisions li").count() == 0
    page.locator("#decisions summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#decisions li").count() == 26
    assert page.locator("#decisions li").nth(4).inner_text() == (
        "3.0 s · SHA: trial 2 on rung 0, loss 7; 3rd of 3 results; nobody may leave before there are 9: it waits; "
        "the rung waits for trial 3."
    )
    page = show(nine())
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#decisions li").count() == 26


def test_where_decisions_were_not_kept_none_are_listed(show):
    page = show(pair())
    assert not page.locator("#decisions").is_visible()


@pytest.mark.parametrize("view", ["LanesView", "LossView"])
def test_hovering_tells_the_story_of_the_right_job(show, view):
    page = show(pair())
    for run, trace in enumerate(PAIR["one"]):
        way = promotions(trace)
        long = np.flatnonzero(trace.end - trace.start > trace.makespan // 50)
        for row in (int(long[0]), int(long[len(long) // 2]), int(long[-1])):
            story = hover(page, run, row, view)
            assert story.startswith(f"Trial {trace.trial[row]} on rung {trace.rung[row]}\n")
            assert f"{trace.label}, worker {trace.worker[row]}: " in story
            assert f"loss {trace.loss[row]:.3g}" in story
            among = f"of {counted(way.results[row], 'result')} there"
            if way.up[row] >= 0:
                assert f"promoted to rung {trace.rung[row] + 1} at " in story
                assert among in story
            elif trace.rung[row] < trace.rung.max():
                assert "not promoted: " in story
                assert among in story
            else:
                assert "trained in full" in story


def test_what_is_not_known_yet_is_not_told(show):
    trace = tiny([(0, 0, 0, 1, 0, 10), (1, 1, 0, 1, 0, 20), (0, 0, 1, 3, 20, 40)])
    page = show(play({"one": [trace]}, title="", time_unit="min"))
    seek(page, 0.2)
    assert "still running" in hover(page, 0, 0)
    assert "loss" not in page.locator("#story").inner_text()
    seek(page, 0.4)
    page.mouse.move(0, 0)
    assert "not promoted yet" in hover(page, 0, 0)
    seek(page, 1)
    page.mouse.move(0, 0)
    assert "promoted to rung 1 at 20.0 min: 1st of 2 results there by then" in hover(page, 0, 0)


def test_what_went_wrong_is_told(show):
    page = show(play({"one": [troubled()]}, title="", time_unit="min"))
    failed, preempted, again, cut = (hover(page, 0, row) for row in (1, 5, 3, 7))
    assert "2.0 min of it before the training began\n6.0 min of training lost\nfailed" in failed
    assert "interrupted: the worker was taken away" in preempted
    assert again.startswith("Trial 1 on rung 0, 2nd attempt\n")
    assert "cut off: the run was stopped" in cut
    theme = style.THEMES["light"]
    assert lane_colours(page) >= {style.rgb(colour) for colour in (theme.overhead, theme.lost, theme.down)}
    assert page.locator(".key li").all_inner_texts()[3:7] == ["overhead", "lost work", "starting up", "down"]


def test_a_job_that_was_dropped_is_tried_again_and_a_run_that_was_stopped_trained_no_trial_in_full(show):
    rows = [
        (0, 0, 0, 0, 0, 1, 0, 5 * MINUTE, Outcome.DROPPED, float("nan"), 0, 5 * MINUTE),
        (0, 0, 0, 0, 0, 1, 5 * MINUTE, 9 * MINUTE, Outcome.COMPLETED, 0.5, 0, 0),
    ]
    trace = Trace.from_rows(rows, label="T", workers=1, max_length=9, stopped=True)
    page = show(play({"one": [trace]}, title="", time_unit="min"))

    assert "dropped: the job was lost" in hover(page, 0, 0)
    assert "not promoted: 1st of 1 result there in the end" in hover(page, 0, 1)
    assert page.locator(".state").inner_text() == "stopped at 9 min"


def test_where_no_worker_is_idle_no_fraction_of_time_is_negative(show):
    page = show(play({"one": timeline_scene(trials=300, workers=8)}, title="", time_unit="min"))
    shown = page.evaluate(
        """() => Array.from({length: 2000}, (_, at) => {
          player.seek(player.T * Math.sqrt(at) / 1000);
          return Array.from(document.querySelectorAll("header dd"), cell => cell.innerText);
        })"""
    )

    assert len(shown[0]) == 8
    assert {row[1] for row in shown} == {"0 worker-min"}


def test_views_are_linked(show):
    page = show(pair())

    def painted(place: int) -> bytes:
        return page.locator("canvas").nth(place).evaluate("canvas => canvas.toDataURL()")

    before = [painted(place) for place in range(3)]
    hover(page, 0, 90)
    assert all(painted(place) != before[place] for place in range(3))
    page.mouse.move(2, 2)
    assert [painted(place) for place in range(3)] == before
    ladder = page.locator("canvas").nth(1).bounding_box()
    page.mouse.move(ladder["x"] + 80, ladder["y"] + 10)
    assert all(painted(place) != before[place] for place in range(3))


def test_jobs_are_reached_by_keyboard(show):
    page = show(pair())
    page.locator("canvas").first.focus()
    stories = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
        stories.append(page.locator("#story").inner_text())
    assert "worker 0" in stories[0]
    assert "worker 0" in stories[1]
    assert "worker 2" in stories[3]
    assert "worker 1" in stories[4]
    assert stories[0] != stories[1]


def test_a_story_says_what_the_log_calls_the_trial(show):
    trace = replace(tiny([(0, 0, 0, 9, 0, 30)]), names={0: f"run {HOSTILE}"}, configs={0: {"lr": "0.1"}})
    page = show(play({"one": [trace]}, title="A title", time_unit="s"))
    seek(page, 1)
    assert f"in the log: run {HOSTILE} (lr 0.1)" in hover(page, 0, 0).splitlines()


def test_a_click_keeps_a_story_and_another_lets_it_go(show):
    page = show(pair())
    kept = hover(page, 0, 90)
    page.mouse.down()
    page.mouse.up()
    page.mouse.move(2, 2)
    assert told(page) == kept
    page.mouse.click(2, 2)
    assert not page.locator("#story").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system(show, scheme):
    page = show(pair(), color_scheme=scheme)
    theme = style.THEMES[scheme]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb({}, {}, {})".format(
        *style.rgb(theme.page)
    )
    assert lane_colours(page) >= {style.rgb(theme.idle), style.rgb(theme.rungs[0]), style.rgb(theme.rungs[3])}


def lane_colours(page: Page) -> set[tuple[int, int, int]]:
    pixels = page.locator("canvas").first.evaluate(
        "canvas => Array.from(canvas.getContext('2d').getImageData(0, 30, canvas.width, 1).data)"
    )
    return {tuple(pixels[at : at + 3]) for at in range(0, len(pixels), 4)}


def test_paper_is_white_and_has_no_buttons(show):
    page = show(pair(), color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert style.rgb(style.THEMES["light"].idle) in lane_colours(page)
    assert not page.locator(".controls").is_visible()
    assert len(page.pdf()) > 10_000


def test_readers_who_want_no_motion_see_the_last_frame(show):
    page = show(pair())
    assert time(page) == 1
    assert not page.evaluate("player.playing")


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_window(show, width):
    words = "Averyverylongtitlewithoutanyblankinit" * 4
    traces = [tiny([(0, 0, 0, 9, 0, 30)], label=words), tiny([(0, 0, 0, 9, 0, 30)], label="b")]
    page = show(play({words: traces, "b": traces}, title=words, time_unit="h"), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_barrier_is_found_by_axe(show):
    for scheme in ("light", "dark"):
        page = show(play({**PAIR, "two": PAIR["one"]}, title="A title", time_unit="h"), color_scheme=scheme)
        hover(page, 0, 90)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_a_switch_between_scenes(show):
    scenes = {"docs": docs_scene(), "one worker": [tiny([(0, 0, 0, 9, 0, 30)], workers=1, label="alone")]}
    page = show(play(scenes, title="docs", time_unit="min"))
    headings = page.locator("h2:visible")
    assert [text.split()[0] for text in headings.all_inner_texts()] == ["SHA", "ASHA"]
    page.select_option("#scene", "one worker")
    assert headings.all_inner_texts() == ["alone"]
    assert page.locator("h1").inner_text() == "one worker"
    assert page.locator("#now").inner_text() == "30.0 min"
    seek(page, 0.5)
    assert page.locator("#now").inner_text() == "15.0 min"


def test_hostile_words_are_words(show):
    bad = tiny([(0, 0, 0, 1, 0, 10), (0, 0, 1, 9, 10, 30)], label=HOSTILE)
    player = play({HOSTILE: [bad], "b": [bad]}, title=HOSTILE, time_unit="min")
    page = show(player)
    assert page.title() == HOSTILE
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.locator("h2").first.inner_text().startswith(HOSTILE)
    assert page.locator("option").first.inner_text() in {HOSTILE, "¼ ×"}
    assert HOSTILE in page.locator("th").nth(0).inner_text() + page.locator("thead").first.inner_text()
    assert HOSTILE in hover(page, 0, 1)
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 3


def test_a_notebook_shows_it_in_a_frame(browser):
    page = browser.new_page()
    page.set_content(pair(HOSTILE)._repr_html_())
    frame = page.frames[1]
    frame.wait_for_function("window.player?.ready")
    assert frame.title() == HOSTILE
    assert frame.evaluate("[player.t, player.playing]") == [1_000_000, False]
    frame.click("#play")
    assert frame.evaluate("player.playing")
    page.close()


#: Frames per second while the clock is moved to and fro.
SCRUB = """async () => {
  const began = performance.now();
  let frames = 0;
  for (; performance.now() - began < 1000; frames++) {
    player.seek(frames * 7919 % 100 / 100 * player.T);
    await new Promise(requestAnimationFrame);
  }
  return frames;
}"""


#: Milliseconds that this machine takes for work like the player's: numbers from text, and rectangles on a canvas.
YARDSTICK = """() => {
  const began = performance.now();
  const numbers = JSON.parse(JSON.stringify(Array.from({length: 100_000}, (_, at) => at * 0.37)));
  const canvas = Object.assign(document.createElement("canvas"), {width: 1000, height: 500});
  const context = canvas.getContext("2d", {willReadFrequently: true});
  numbers.forEach((number, at) => {
    context.fillStyle = ["#123", "#456", "#789"][at % 3];
    context.fillRect(number % 1000, at % 500, 3, 8);
  });
  context.getImageData(0, 0, 1, 1);
  return performance.now() - began;
}"""
#: The milliseconds on a machine for which the limits below hold; on a slower machine the limits grow in proportion.
USUAL_MS = 100


def ten_thousand() -> Trace:
    """25 workers with 400 jobs each, on four rungs; trials keep their worker."""
    rows = [
        (worker, 25 * (job - job % 4) + worker, job % 4, 3 ** (job % 4), job, job + 1)
        for job in range(400)
        for worker in range(25)
    ]
    return tiny(rows, workers=25, label="many")


def test_ten_thousand_bars_load_and_scrub_in_time(show):
    trace = ten_thousand()
    assert (len(trace), trace.makespan) == (10_000, 400 * MINUTE)
    page = show(play({"one": [trace]}, title="", time_unit="h"))
    loads, rates = [], []
    for _ in range(10):  # the best of ten, since others may be using this machine
        slower = max(1, page.evaluate(YARDSTICK) / USUAL_MS)
        page.reload()
        page.wait_for_function("window.player?.ready")
        loads.append(page.evaluate("player.loadMs") / slower)
        rates.append(page.evaluate(SCRUB) * slower)
        if loads[-1] <= 300 and rates[-1] >= 30:
            break
    load, frames = min(loads), max(rates)
    print(f"10,000 bars: loaded in {load:.0f} ms, scrubbed at {frames:.0f} frames a second ({slower:.1f})")  # noqa: T201
    assert load <= 300
    assert frames >= 30


def test_every_word_of_the_page_is_a_text_that_can_be_translated(show):
    marked = {key: f"⟦{text}⟧" if text[:1] not in ".," else text for key, text in ENGLISH.items()} | {
        "language": "de"
    }
    with use_words(marked):
        page = show(nine())
    texts = page.evaluate(
        """() => {
          const texts = [];
          const see = () => texts.push(document.querySelector("main").innerText, document.querySelector("#story").innerText);
          see();
          for (const at of player.scene.steps.keys()) { player.go(at); see(); }
          for (const row of [3, 12]) { player.pin({run: player.scene.runs[0], row, rung: null}); see(); }
          document.querySelector("#decisions").open = true;
          player.list();
          see();
          const names = ["aria-label", "title", "aria-valuetext"];
          for (const element of document.querySelectorAll("main *")) {
            texts.push(...names.map(name => element.getAttribute(name) ?? ""));
          }
          return texts;
        }"""
    )
    assert page.locator("html").get_attribute("lang") == "de"
    left = " ".join(texts)
    assert left.count("⟦") > 500
    while re.search("⟦[^⟦⟧]*⟧", left):
        left = re.sub("⟦[^⟦⟧]*⟧", "", left)
    assert set(re.findall("[A-Za-z]{2,}", left)) <= {"SHA", "ASHA", "Nine"}
