"""Documentation with the directive, built by Sphinx: what pages show, what is kept, how mistakes are reported."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sphinx_builds import SCENARIO, build, write

pytest.importorskip("sphinx", reason="group sphinx is not installed")
pytest.importorskip("myst_parser", reason="group sphinx is not installed")

PAGE = """\
Title
=====

.. asha-sim:: nine.yaml
   :style: docs
   :searchers: ASHA
   :caption: Never *waiting*
   :name: asha-figure

.. asha-sim:: /nine.yaml
   :style: docs
   :searchers: SHA
   :width: 480
   :alt: How to promote, <three> at a time
   :set: cluster.workers=2
         title=Two workers
"""
MYST = """\
# Title

```{asha-sim} nine.yaml
:style: docs
:searchers: ASHA
:caption: Never *waiting*
:name: myst-figure
```
"""
#: So many pages that two processes share them.
OTHERS = {
    f"other{number}.rst": f"Page {number}\n======\n\n.. asha-sim:: nine.yaml\n   :style: docs\n"
    for number in range(5)
}
INDEX = {"index.rst": PAGE + "\n.. toctree::\n   :glob:\n\n   *\n", "myst.md": MYST}


def files(folder: Path) -> dict[str, bytes]:
    """All files that a reader gets, by path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".doctrees" not in path.parts and path.name != ".buildinfo"
    }


def differing(one: Path, other: Path) -> list[str]:
    """Files that are not the same in both folders."""
    here, there = files(one), files(other)
    return sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))


def figures(page: Path) -> list[str]:
    return re.findall(r"<figure.*?</figure>", page.read_text(encoding="utf-8"), re.S)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the sources `docs` and their pages `html`."""
    folder = tmp_path_factory.mktemp("built")
    assert build(write(folder / "docs", INDEX | OTHERS), folder / "html", "-W") == (0, [])
    return folder


def test_a_page_has_the_pictures_with_their_alternative_texts(built):
    one, two = figures(built / "html" / "index.html")
    assert one.count("<picture") == two.count("<picture") == 2
    assert 'id="asha-figure"' in one
    assert "Never <em>waiting</em>" in one
    assert len(set(re.findall('alt="(.*?)"', one))) == 1
    assert 'alt="ASHA keeps 3 workers ' in one
    assert "/asha-dark.gif" in one
    assert "/sha.gif" not in one
    assert 'alt="How to promote, &lt;three&gt; at a time"' in two
    assert two.count('width="480" height="') == 2
    for address in re.findall(r'(?:src|srcset)="(.*?)"', one + two):
        assert (built / "html" / address).stat().st_size > 1000
    assert {"asha-sim.css", "asha-sim.js"} <= {path.name for path in (built / "html" / "_static").iterdir()}
    assert "asha-sim.css" not in (built / "html" / "search.html").read_text(encoding="utf-8")


def test_myst_has_the_same_figure(built):
    [figure] = figures(built / "html" / "myst.html")
    assert figure.replace("myst-", "asha-") == figures(built / "html" / "index.html")[0]


def test_what_is_kept_is_not_drawn_again(built, monkeypatch, tmp_path):
    monkeypatch.setattr("simulator.render.pictures.draw_all", None)  # drawing now would fail
    options = ("-E", "-a", "-d", str(built / "html" / ".doctrees"))
    assert build(built / "docs", tmp_path / "again", *options) == (0, [])
    assert differing(tmp_path / "again", built / "html") == []


def test_elsewhere_and_on_two_processes_the_bytes_are_the_same(built, tmp_path):
    """Pages are compared with those of another process, since themes that this process has used leave traces in Sphinx."""
    for name, options in (
        ("two", ("-j", "2")),
        ("one", ("-D", "asha_sim_kept=../../two/html/.doctrees/asha-sim/kept")),
    ):
        shutil.copytree(built / "docs", tmp_path / name / "docs")
        command = [sys.executable, "-m", "sphinx", "-q", "-W", *options, "docs", "html"]
        done = subprocess.run(command, cwd=tmp_path / name, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert differing(tmp_path / "one" / "html", tmp_path / "two" / "html") == []
    assert differing(tmp_path / "two" / "html" / "_images", built / "html" / "_images") == []
    kept = tmp_path / "two" / "html" / ".doctrees" / "asha-sim" / "kept"
    assert len(list(kept.iterdir())) == 2, "none twice, no half ones"


def test_a_page_is_made_anew_when_its_scenario_has_changed_or_its_pictures_are_gone(tmp_path):
    page = "Title\n=====\n\n.. asha-sim:: nine.yaml\n   :style: docs\n   :theme: dark\n"
    docs, kept = write(tmp_path / "docs", {"index.rst": page}), tmp_path / "kept"

    def built() -> str:
        assert build(docs, tmp_path / "text", "-D", "asha_sim_kept=../kept", builder="text") == (0, [])
        return (tmp_path / "text" / "index.txt").read_text(encoding="utf-8")

    assert "3 workers" in built()
    (docs / "nine.yaml").write_text(SCENARIO.replace("workers: 3", "workers: 4"))
    os.utime(docs / "nine.yaml", (2e9, 2e9))
    assert "4 workers" in built()
    assert len(list(kept.iterdir())) == 2
    pictures = tmp_path / "text" / ".doctrees" / "asha-sim"
    shutil.rmtree(pictures)
    assert "4 workers" in built()
    assert [sorted(path.name for path in folder.iterdir()) for folder in pictures.iterdir()] == [
        ["asha-dark.gif", "asha-dark.png", "asha.txt", "sha-dark.gif", "sha-dark.png", "sha.txt"]
    ]


def test_outputs_that_are_no_pages_show_the_last_frame(built, tmp_path):
    shared = ("-d", str(built / "html" / ".doctrees"))
    assert build(built / "docs", tmp_path / "latex", *shared, "-W", builder="latex") == (0, [])
    text = (tmp_path / "latex" / "tried.tex").read_text(encoding="utf-8")
    shown = set(re.findall(r"\\sphinxincludegraphics(?:\[.*?\])?\{\{(.*?)\}\.png\}", text))
    assert len(shown) == 3, "three searchers of two scenarios"
    assert all((tmp_path / "latex" / f"{name}.png").read_bytes()[:4] == b"\x89PNG" for name in shown)
    assert r"Never \sphinxstyleemphasis{waiting}" in text
    assert build(built / "docs", tmp_path / "text", *shared, "-W", builder="text") == (0, [])
    assert "How to promote, <three> at a time" in (tmp_path / "text" / "index.txt").read_text(encoding="utf-8")


def test_a_video_stands_still_until_it_is_played_and_stays_a_still_picture_elsewhere(tmp_path):
    pytest.importorskip("imageio_ffmpeg", reason="extra video is not installed")
    directive = ".. asha-sim:: nine.yaml\n   :searchers: ASHA\n   :video:\n   :width: 360\n   :speed: 20\n"
    docs = write(tmp_path / "docs", {"index.rst": f"Title\n=====\n\n{directive}"})
    assert build(docs, tmp_path / "html", "-W") == (0, [])
    [figure] = figures(tmp_path / "html" / "index.html")
    assert re.findall(r"/(timeline[^/\"]*)\"", figure) == [
        "timeline.png", "timeline.mp4", "timeline.webm", "timeline-dark.png", "timeline-dark.mp4", "timeline-dark.webm",
    ]  # fmt: skip
    assert figure.count('<video controls loop muted playsinline preload="none" poster="') == 2
    assert figure.count('aria-label="ASHA keeps 3 workers ') == 2
    for address in re.findall(r'(?:src|poster)="(.*?)"', figure):
        assert (tmp_path / "html" / address).stat().st_size > 1000
    shared = ("-W", "-d", str(tmp_path / "html" / ".doctrees"))
    assert build(docs, tmp_path / "epub", *shared, "-D", "version=1", "-D", "copyright=2026", builder="epub") == (
        0,
        [],
    )
    book = (tmp_path / "epub" / "index.xhtml").read_text(encoding="utf-8")
    assert "<video" not in book
    assert book.count("timeline.png") == 2


SHARED = """\
searches:
  teams: {arrivals: {kind: at, times: [0 min, 1 min]}, searcher: {name: sha, max_trials: 4, max_length: 2, divisor: 2}}
curves: {kind: ordered, unit_time: 6 min}
cluster: {workers: 2}
time_unit: min
"""


def test_searches_that_share_a_cluster_have_their_timeline(tmp_path):
    directive = ".. asha-sim:: shared.yaml\n   :width: 360\n   :speed: 20\n"
    page = f"Title\n=====\n\n{directive}\n{directive}   :player:\n\n{directive}   :style: side\n"
    page += "\n.. asha-sim:: shared.yaml\n   :searchers: teams\n"
    docs = write(tmp_path / "docs", {"index.rst": page, "shared.yaml": SHARED})
    assert build(docs, tmp_path / "html") == (
        0,
        [
            "index.rst:13: WARNING: style: docs and side draw single searches; searches that share a cluster have a "
            "timeline [asha-sim]",
            "index.rst:18: WARNING: searchers: can't be chosen where searches share a cluster; the timeline shows "
            "all of them [asha-sim]",
        ],
    )
    one, two = figures(tmp_path / "html" / "index.html")
    assert 'alt="2 searches that share a cluster keep its workers' in one
    assert "timeline-dark.gif" in one
    assert "/player.html?embed" in two


MISTAKES = """\
Title
=====

.. asha-sim:: nine.yaml
   :style: docs
   :colour: red

.. asha-sim:: wrong.yaml

.. asha-sim:: nine.yaml
   :searchers: BOHB

.. asha-sim:: nowhere.yaml

.. asha-sim:: nine.yaml
   :set: cluster.wrokers=4

.. asha-sim:: nine.yaml
   :width: 10

.. asha-sim:: nine.yaml
   :style: wide

.. asha-sim:: nine.yaml
   :player:
   :video:
"""


def test_what_is_wrong_is_told_by_file_and_line_and_the_build_goes_on(tmp_path):
    wrong = SCENARIO.replace("workers: 3", "workers: 0")
    docs = write(tmp_path / "docs", {"index.rst": MISTAKES, "wrong.yaml": wrong})
    status, told = build(docs, tmp_path / "pseudoxml", builder="pseudoxml")
    assert status == 0
    assert [line.partition("; it has align, ")[0] for line in told[:7]] == [
        "index.rst:4: WARNING: asha-sim has no option 'colour'",
        "index.rst:8: WARNING: wrong.yaml:7:11: cluster.workers: 0 should be greater than or equal to 1 [asha-sim]",
        "index.rst:10: WARNING: searchers: the scenario has no searcher 'BOHB'; it has SHA, ASHA [asha-sim]",
        "index.rst:13: WARNING: nowhere.yaml: cannot be read: No such file or directory [asha-sim]",
        "index.rst:15: WARNING: set: cluster.wrokers: unknown key; did you mean workers? [asha-sim]",
        "index.rst:18: WARNING: width: should be 360 to 3,840 pixels, not 10 [asha-sim]",
        'index.rst:21: ERROR: Error in "asha-sim" directive:',
    ]
    assert '"wide" unknown; choose from "docs", "timeline", or "side".' in told
    assert told[-1] == (
        "index.rst:24: WARNING: video is for an animation, and player stands in its place; the player is shown [asha-sim]"
    )
    assert (tmp_path / "pseudoxml" / "index.pseudoxml").read_text(encoding="utf-8").count("<figure") == 2
    assert (
        build(
            docs, tmp_path / "strict", "-E", "-W", "-d", str(tmp_path / "pseudoxml" / ".doctrees"), builder="dummy"
        )[0]
        == 1
    )
