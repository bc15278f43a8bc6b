from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from simulator.core.errors import InputError
from simulator.render.animation.animate import animate, slugs
from simulator.render.options import drawn_with, read_options
from tests.support.scenes import docs_scene, timeline_scene, tiny

KB = 1000


def draw(out: Path, style: str, theme: str = "light") -> dict[str, bytes]:
    traces, unit = (docs_scene(), "min") if style == "docs" else (timeline_scene(), "h")
    files = animate(traces, out, style=style, theme=theme, title="Title", time_unit=unit)
    return {path.name: path.read_bytes() for path in files}


def test_the_published_pair_again_in_as_many_bytes(tmp_path: Path) -> None:
    light = draw(tmp_path, "docs")
    assert list(light) == ["sha.gif", "sha.png", "sha.txt", "asha.gif", "asha.png", "asha.txt"]
    assert len(light["sha.gif"]) <= 60 * KB
    assert len(light["asha.gif"]) <= 150 * KB
    assert light["sha.txt"].decode() == (
        "SHA keeps 10 workers 26 % busy (312 worker-min idle): 27 trials started, 1 of them trained in full, "
        "the first after 42 min; finished at 42 min.\n"
    )
    last = iio.imread(tmp_path / "asha.gif", mode="RGB")[-1]
    assert np.array_equal(iio.imread(tmp_path / "asha.png", mode="RGB"), last)


def test_the_pair_for_a_column_of_740_takes_no_more_bytes(tmp_path: Path) -> None:
    with drawn_with(read_options(width=960)):
        light = draw(tmp_path, "docs")
    assert len(light["sha.gif"]) <= 60 * KB
    assert len(light["asha.gif"]) <= 150 * KB


def test_a_timeline_in_both_themes_and_twice_the_same(tmp_path: Path) -> None:
    light = draw(tmp_path / "light", "timeline")
    dark = draw(tmp_path / "dark", "timeline", "dark")
    assert list(light) == ["timeline.gif", "timeline.png", "timeline.txt"]
    assert list(dark) == ["timeline-dark.gif", "timeline-dark.png", "timeline.txt"]
    assert len(light["timeline.gif"]) == len(dark["timeline-dark.gif"]) <= 250 * KB
    assert light["timeline.txt"] == dark["timeline.txt"]
    assert draw(tmp_path / "again", "timeline") == light


def test_progress_counts_files(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    traces = [tiny([(0, 0, 0, 9, 0, 30)])] * 2
    files = animate(
        traces, tmp_path, style="docs", theme="light", title="", time_unit="min",
        on_progress=lambda *done: told.append(done),
    )  # fmt: skip
    assert told == [(number, 6) for number in range(1, 7)]
    assert sorted(tmp_path.iterdir()) == sorted(files)


@pytest.mark.parametrize("count", [0, 5])
def test_a_timeline_shows_one_to_four_searchers(tmp_path: Path, count: int) -> None:
    with pytest.raises(InputError, match="1 to 4"):
        animate([tiny([])] * count, tmp_path, style="timeline", theme="light", title="", time_unit="h")
    assert list(tmp_path.iterdir()) == []


def test_names_are_plain_and_no_two_alike() -> None:
    assert slugs(["SHA", "Sha!", "../../etc/passwd", "名前", "", "é b", "sha-2", "x" * 500]) == [
        "sha", "sha-2", "etc-passwd", "searcher", "searcher-2", "e-b", "sha-2-2", "x" * 60,
    ]  # fmt: skip


def test_no_dark_picture_replaces_a_light_one() -> None:
    assert slugs(["SHA", "SHA dark"]) == ["sha", "sha-dark-2"]
    assert slugs(["SHA dark", "SHA"]) == ["sha-dark", "sha-2"]
