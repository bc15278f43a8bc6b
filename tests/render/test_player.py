import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from simulator.core import ticks
from simulator.core.errors import InputError
from simulator.render.player import data
from simulator.render.player.player import play
from simulator.trace.trace import Trace
from tests.support.scenes import docs_scene, tiny, troubled

ROOT = Path(__file__).parents[2]
HOSTILE = "</script><img src=x onerror=alert(1)>"


def data_of(html: str) -> dict:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    return json.loads(text)


def test_the_page_is_small_and_knows_no_address() -> None:
    html = play({"one": [tiny([(0, 0, 0, 9, 0, 30)])]}, title="Title", time_unit="h").html
    assert len(html.encode()) <= 66_000
    assert "http:" not in html
    assert "https:" not in html
    assert not re.search(r"<(link|img|iframe)[^>]*(src|href)=(?!\"data:)", html)


def test_columns_say_what_the_trace_says() -> None:
    trace = troubled()
    (run,) = data.scene([trace], "min")["runs"]
    found = run["columns"]
    start = np.cumsum(found["wait"]) * trace.makespan / data.CLOCK
    assert start == pytest.approx(trace.start, abs=trace.makespan / data.CLOCK)
    assert found["trial"] == trace.trial.tolist()
    assert found["outcome"] == trace.outcome.tolist()
    assert found["loss"] == [0.9, None, 0.5, 0.7, 0.8, None, 0.3, None]
    jobs = [run["jobs"][job] for job in found["job"]]
    assert [(rung, to) for _, rung, _, to, _ in jobs] == list(zip(trace.rung, trace.to_resource, strict=True))
    assert sum(found["overhead"]) == pytest.approx(16 / 60 * data.CLOCK, abs=8)
    assert run["spells"]["kind"] == trace.spells.kind.tolist()


def test_what_does_not_occur_is_not_written() -> None:
    sha = docs_scene()[0]
    (run,) = data.scene([sha], "min")["runs"]
    assert not {"overhead", "lost", "outcome"} & set(run["columns"])
    page = play({"one": [sha]}, title="", time_unit="min").html
    key = re.search(r'<ul class="key".*?</ul>', page).group()
    assert "overhead" not in key
    assert "down" not in key
    assert "starting up" in play({"one": [troubled()]}, title="", time_unit="min").html


def test_hostile_words_end_no_script() -> None:
    trace = tiny([(0, 0, 0, 9, 0, 30)], label=HOSTILE)
    html = play({HOSTILE: [trace], "b": [trace]}, title=HOSTILE, time_unit="h").html
    assert html.count("</script>") == 3
    assert "<img" not in html
    assert data_of(html)["scenes"][0]["runs"][0]["label"] == HOSTILE


def test_a_notebook_gets_a_frame_that_can_do_nothing_else() -> None:
    shown = play({"one": [troubled()]}, title=HOSTILE, time_unit="h")._repr_html_()
    assert shown.startswith('<iframe title="')
    assert 'sandbox="allow-scripts"' in shown
    assert shown.count("<") == 2


@pytest.mark.parametrize("scenes", [{}, {"one": []}])
def test_nothing_to_play_is_said(scenes: dict[str, list[Trace]]) -> None:
    with pytest.raises(InputError, match="at least one searcher"):
        play(scenes, title="", time_unit="h")


@pytest.mark.parametrize("unit", ticks.UNITS)
def test_any_run_can_be_a_page(unit: str) -> None:
    for traces in (
        [tiny([])],
        [tiny([]), troubled()],
        [tiny([(0, 0, rung, rung + 1, rung, rung + 1) for rung in range(30)])],
    ):
        assert data_of(play({"one": traces}, title="\x00\ud800", time_unit=unit).html)["scenes"]


def test_the_wheel_carries_scripts_and_styles(tmp_path: Path) -> None:
    code = f"from hatchling.build import build_wheel; build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        f"simulator/render/player/assets/{path.name}" for path in (ROOT / "simulator/render/player/assets").iterdir()
    } <= names
    assert "simulator/render/player/assets/player.js" in names
