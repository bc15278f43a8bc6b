"""The page that holds its worlds: its content and its texts."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path

import pytest

from simulator.core.errors import InputError, RunError
from simulator.exploring.controls import varied
from simulator.exploring.held import held
from simulator.exploring.worlds import Worlds
from simulator.render.player import data
from simulator.scenario import yaml_text
from simulator.scenario.loading import check_document
from tests.exploring.test_worlds import TEXT, nothing, scenario, worlds

HOSTILE = "</script><img src=x onerror=alert(1)>"


def about(page):
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page.html, re.DOTALL)
    return json.loads(text)["explore"]


def unpacked(world):
    return json.loads(zlib.decompress(base64.b64decode(world)))


def test_it_holds_every_world_the_last_slider_fastest():
    made = worlds("cluster.workers=2,4,8", "searchers.ASHA.divisor=2,3")
    page = held(made)
    found = [unpacked(world)["scene"] for world in about(page)["worlds"]]
    expected = [
        made.traces(made.loaded({"cluster.workers": workers, "searchers.ASHA.divisor": divisor}), nothing)
        for workers in ("2", "4", "8")
        for divisor in ("2", "3")
    ]
    assert found == [json.loads(json.dumps(data.scene(list(traces.values()), "s"))) for traces in expected]
    assert "This page holds 6 worlds with " in page.html


def test_it_is_the_same_every_time_and_asks_nobody():
    page = held(worlds("cluster.workers=2,4"), seeds=3)
    assert held(worlds("cluster.workers=2,4"), seeds=3).html == page.html
    assert "connect-src" not in page.html
    assert "http:" not in page.html
    assert "https:" not in page.html


def test_48_worlds_of_360_trials_are_small():
    """A real file has less than 1.2 MB. Here one world is measured for all, since their sizes differ little."""
    text = TEXT.replace("max_trials: 9, max_length: 9", "max_trials: 360, max_length: 81").replace(
        "workers: 4", "workers: 8"
    )
    (world,) = about(held(worlds("cluster.workers=8", text=text)))["worlds"]
    assert 48 * len(world) <= 1_500_000


def test_what_seeds_say_stands_with_each_world():
    page = held(worlds("cluster.workers=2,4"), seeds=5)
    assert all("over 5 seeds" in unpacked(world)["said"][0] for world in about(page)["worlds"])
    assert about(page)["said"] == unpacked(about(page)["worlds"][1])["said"]


def test_a_hostile_title_is_text():
    loaded = check_document(yaml_text.parse(f"title: '{HOSTILE}'\n{TEXT}".encode(), Path("s")))
    page = held(Worlds(loaded, varied(loaded, ["cluster.workers=2,3"])))
    assert "<img" not in page.html
    assert page.html.count("</script>") == 3


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ([], "--vary: is missing; say what to move"),
        (["cluster.workers=2,0"], "--vary workers 0: s:6:11: cluster.workers: 0 should be greater than or equal to 1"),
        (["cluster.worker=2"], "--vary worker 2: s:6:1: cluster.worker: unknown key; did you mean workers?"),
        ([f"seed={','.join(map(str, range(40)))}", f"cluster.workers={','.join(map(str, range(1, 41)))}"],
         "--vary: makes 1,600 worlds (40 x 40); the most in one page is 1,000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_the_first_run(vary, said):
    with pytest.raises(InputError) as caught:
        held(worlds(*vary))
    assert str(caught.value).startswith(said)


def test_a_world_that_fails_is_named():
    text = TEXT.replace("{workers: 4}", "{groups: {a: {count: 2, leave: 1 d}}}")
    with pytest.raises(RunError) as caught:
        held(worlds("cluster.groups.a.leave=1 d,30 s", text=text))
    assert str(caught.value).startswith("a leave 30 s: ")


def test_a_plan_in_the_scenario_is_ignored():
    assert scenario().scenario.plan is not None
    assert len(about(held(worlds("cluster.workers=3,5")))["worlds"]) == 2
