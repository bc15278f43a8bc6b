"""`asha-sim animate` and `asha-sim plot`, as people type them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import simulator
from simulator.render import fonts
from tests.cli.test_commands import DOCS
from tests.support.runner import ROOT, asha_sim

TINY = """
title: <img src=x onerror=alert(1)>
time_unit: h
searchers: {A: {name: sha, max_trials: 4, max_length: 2, divisor: 2}, B: {name: asha, max_trials: 4, max_length: 2, divisor: 2}}
curves: {kind: ordered, unit_time: 6 h}
cluster: {workers: 2}
"""


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_player_and_a_trace_for_viewers(tmp_path, tiny):
    done = asha_sim(
        "animate", tiny, "--format", "perfetto,html", "--also", DOCS, "--also", tiny, "--out", tmp_path / "out"
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert names(tmp_path / "out") == ["perfetto.json", "player.html"]
    assert done.stdout.split() == [f"{tmp_path}/out/player.html", f"{tmp_path}/out/perfetto.json"]
    assert json.loads((tmp_path / "out" / "perfetto.json").read_text())["displayTimeUnit"] == "ms"
    page = (tmp_path / "out" / "player.html").read_text()
    assert "<img" not in page
    assert page.count("<option>") == 3
    assert "(2)</option>" in page
    assert "<option>Ten workers, rungs at 1, 3, 9 and 27 units</option>" in page


@pytest.mark.slow
def test_every_moving_format(tmp_path, tiny):
    done = asha_sim("animate", tiny, "--style", "docs", "--format", "gif,webp,mp4", "--out", tmp_path / "out")

    assert (done.returncode, done.stderr) == (0, "")
    made = {
        f"{label}{dark}.{kind}" for label in "ab" for dark in ("", "-dark") for kind in ("gif", "mp4", "png", "webp")
    }
    assert set(names(tmp_path / "out")) == made | {"a.txt", "b.txt"}


@pytest.mark.slow
def test_plots(tmp_path, tiny):
    done = asha_sim(
        "plot", tiny, "--kind", "split,regret", "--seeds", 3, "--format", "svg", "--out", tmp_path / "out"
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert names(tmp_path / "out") == ["regret-dark.svg", "regret.svg", "split-dark.svg", "split.svg"]
    assert "median of 3 seeds" in (tmp_path / "out" / "regret.svg").read_text()


@pytest.mark.parametrize(
    "args", [("animate", "--format", "gif,avi"), ("plot", "--kind", "pie"), ("plot", "--format", "bmp")]
)
def test_an_unknown_format_or_kind_is_refused(tmp_path, args):
    command, option, value = args
    done = asha_sim(command, DOCS, option, value, "--out", tmp_path / "out")

    assert (done.returncode, done.stdout) == (2, "")
    assert "is not one of" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_second_digits_scenario_is_the_first_with_more_workers():
    first, second = (
        [
            line.partition(" #")[0].rstrip()
            for line in (ROOT / "scenarios" / name).read_text().splitlines()
            if line.startswith(("  ", "curves"))
        ]
        for name in ("digits.yaml", "digits-40-workers.yaml")
    )
    assert first == second


def test_a_backend_that_is_not_there_is_not_asked_for(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "nosuch")
    done = asha_sim("plot", tiny, "--kind", "split", "--out", tmp_path / "out")

    assert (done.returncode, done.stderr) == (0, "")
    assert names(tmp_path / "out") == ["split-dark.png", "split.png"]


@pytest.mark.parametrize("command", ["animate", "plot"])
def test_traces_are_named_in_the_help(command):
    shown = " ".join(asha_sim(command, "--help").stdout.split())

    assert "{SCENARIO|TRACE}" in shown
    assert "A scenario's YAML file, or a saved trace: trace.csv or trace.parquet." in shown


@pytest.mark.parametrize("command", ["animate", "plot"])
def test_a_file_that_is_neither_scenario_nor_trace_is_refused(tmp_path, command):
    (tmp_path / "notes.txt").write_text("hello\n")
    (tmp_path / "curves.csv").write_text("trial,resource,loss\n0,1,0.5\n")
    neither, table = (
        asha_sim(command, tmp_path / name, "--out", tmp_path / "out") for name in ("notes.txt", "curves.csv")
    )

    assert (neither.returncode, table.returncode) == (2, 2)
    assert neither.stderr.splitlines()[-1].endswith(
        "is neither a scenario nor, by its name, a saved trace: give a YAML file, or a run's trace.csv or trace.parquet"
    )
    assert "curves.csv:1:1: lacks the column worker; a trace has worker, trial, bracket," in table.stderr
    missing = asha_sim(command, tmp_path / "missing.txt", "--out", tmp_path / "out")
    assert missing.stderr.splitlines() == [f"{tmp_path / 'missing.txt'}: cannot be read: No such file or directory"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "options", "unused"),
    [
        ("plot", ("--kind", "split"), ""),
        ("plot", ("--kind", "split", "--seed", "3"), "--seed"),
        ("plot", ("--kind", "split", "--seed", "3", "--seeds", "5"), "--seed, --seeds"),
        ("animate", ("--format", "perfetto", "--also", DOCS), "--also"),
    ],
)
def test_a_trace_is_taken_and_options_that_change_nothing_for_it_are_told(tmp_path, command, options, unused):
    simulator.simulate(TINY).traces["A"].write_csv(tmp_path / "trace.csv")
    done = asha_sim(command, tmp_path / "trace.csv", *options, "--out", tmp_path / "out")
    note = f"note: {unused} changes nothing here, because a saved trace is a run that is over\n" if unused else ""

    assert (done.returncode, done.stderr) == (0, note)
    assert names(tmp_path / "out")


@pytest.mark.parametrize("command", ["run", "compare", "plan", "check"])
def test_a_trace_in_place_of_a_scenario_is_told_where_it_is_taken(tmp_path, command):
    simulator.simulate(TINY).traces["A"].write_csv(tmp_path / "trace.csv")
    done = asha_sim(command, tmp_path / "trace.csv")

    assert done.returncode == 2
    assert done.stderr.endswith("; a run's trace is taken by `asha-sim plot` and `asha-sim animate`\n")


def test_an_address_is_named_as_it_was_typed(tmp_path):
    done = asha_sim("plot", "http://127.0.0.1/trace.csv", "--out", tmp_path / "out")

    assert done.stderr.startswith(
        "http://127.0.0.1/trace.csv: is an address, and only files on this machine are read"
    )


@pytest.mark.slow
def test_a_slide_is_sixteen_by_nine(tmp_path, tiny):
    from PIL import Image

    done = asha_sim("plot", tiny, "--kind", "gantt", "--size", "slide", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "out" / "gantt.png") as picture:
        assert picture.size == (1920, 1080)


@pytest.mark.slow
def test_check_says_which_files_differ(tmp_path, tiny):
    words = ("animate", tiny, "--style", "docs", "--theme", "light", "--seconds", 1, "--snippet", "html", "--out")
    out = tmp_path / "out"
    assert asha_sim(*words, out).returncode == 0
    assert names(out) == ["a.gif", "a.png", "a.txt", "b.gif", "b.png", "b.txt", "snippet.html"]
    assert '<img src="b.gif"' in (out / "snippet.html").read_text()

    done = asha_sim(*words, out, "--check")
    assert (done.returncode, done.stdout) == (0, f"{out}: the pictures are those that this scenario gives\n")
    (out / "a.gif").write_bytes(b"mine")
    (out / "b.txt").unlink()
    done = asha_sim(*words, out, "--check")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == f"{out}/a.gif: differs from what this scenario gives\n{out}/b.txt: is missing\n"
    assert (out / "a.gif").read_bytes() == b"mine"
    done = asha_sim(*words, tmp_path / "none", "--check")
    assert (done.returncode, (tmp_path / "none").exists()) == (1, False)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (os.mkfifo, "is a pipe; pictures are files"), (lambda path: path.symlink_to("/dev/zero"), "is a device; pictures are files"),
        (Path.mkdir, "is a folder; pictures are files"), (lambda path: path.symlink_to("nowhere"), "cannot be read: No such file or directory"),
        (lambda path: (path.touch(), os.truncate(path, 10 << 30)), "differs from what this scenario gives"),
    ],
    ids=["pipe", "device", "folder", "dead link", "sparse"],
)  # fmt: skip
def test_check_reads_nothing_without_an_end(make, said, tmp_path, tiny):
    (tmp_path / "out").mkdir()
    make(tmp_path / "out" / "perfetto.json")
    words = ("animate", tiny, "--style", "timeline", "--format", "perfetto", "--out", tmp_path / "out", "--check")
    done = asha_sim(*words)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[0] == f"{tmp_path}/out/perfetto.json: {said}"


def test_a_font_is_not_replaced(tmp_path, tiny):
    there = tmp_path / "out" / "gantt.svg"
    there.parent.mkdir()
    there.write_bytes((fonts.bundled() / "DejaVuSerif.ttf").read_bytes())
    words = ("plot", tiny, "--kind", "gantt", "--theme", "light", "--format", "svg", "--font", there, "--out")
    done = asha_sim(*words, there.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"would replace {there}, which this command reads" in done.stderr
    assert fonts.unusable(there) == ""


@pytest.mark.slow
def test_drawn_once(tmp_path, tiny, monkeypatch):
    monkeypatch.setenv("ASHA_SIM_KEPT", str(tmp_path / "kept"))
    words = (
        "animate",
        tiny,
        "--style",
        "side",
        "--theme",
        "dark",
        "--fps",
        5,
        "--seconds",
        2,
        "--out",
        tmp_path / "out",
    )
    first = asha_sim(*words)
    monkeypatch.setattr("simulator.render.pictures.draw_all", None)  # None can't be called
    again = asha_sim(*words)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert names(tmp_path / "out") == ["side-dark.gif", "side-dark.png", "side.txt"]


@pytest.mark.slow
def test_plots_are_drawn_once(tmp_path, tiny, monkeypatch):
    monkeypatch.setenv("ASHA_SIM_KEPT", str(tmp_path / "kept"))
    words = ("plot", tiny, "--kind", "split", "--theme", "light", "--format", "svg", "--out")
    first = asha_sim(*words, tmp_path / "one")
    assert (first.returncode, names(tmp_path / "one")) == (0, ["split.svg"])
    with monkeypatch.context() as patched:
        patched.setattr("simulator.render.plots.files.write_plots", None)  # None can't be called
        again = asha_sim(*words, tmp_path / "two")
    assert (again.returncode, again.stderr) == (0, "")
    assert (tmp_path / "two" / "split.svg").read_bytes() == (tmp_path / "one" / "split.svg").read_bytes()
    for change in (("--seeds", 2), ("--kind", "rungs")):
        asha_sim(*words, tmp_path / "three", *change)
    assert len(list((tmp_path / "kept").iterdir())) == 3


@pytest.mark.slow
def test_how_often_and_how_long(tmp_path, tiny):
    from PIL import Image

    for times, said in ((0, 0), (1, None), (3, 2)):
        out = tmp_path / str(times)
        asha_sim(
            "animate", tiny, "--style", "docs", "--theme", "light", "--seconds", 2, "--fps", 10, "--loop", times,
            "--width", 400, "--title", "T", "--out", out,
        )  # fmt: skip
        with Image.open(out / "a.gif") as picture:
            assert picture.info.get("loop") == said
            assert picture.size[0] == 400
            total = 0
            for frame in range(picture.n_frames):
                picture.seek(frame)
                total += picture.info["duration"]
            assert total == 2000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--width", 10), "width: should be 360 to 3,840 pixels, not 10"),
        (("--palette", "p.yaml"), "p.yaml:1: has 3 colours; a palette has"),
        (("--texts", "t.yaml"), "t.yaml:1:1: lacks the word 'thousands separator'; put it after 'decimal point'"),
        (("--font", "t.yaml"), "t.yaml: is not a font of outlines"),
        (("--style", "side", "--width", 400), "side: needs a width of 6"),
        (("--style", "pie"), "'pie' is not one of docs, timeline, side"),
    ],
)
def test_options_that_can_not_be(tmp_path, tiny, options, said):
    (tmp_path / "p.yaml").write_text("['#123', '#456', '#789']")
    (tmp_path / "t.yaml").write_text("decimal point: ','\n")
    done = asha_sim("animate", tiny, *options, "--out", "out", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_font_that_lacks_characters_is_named(tmp_path, tiny):
    from simulator.render.fonts import bundled

    done = asha_sim(
        "plot", tiny, "--kind", "split", "--theme", "light", "--width", 480, "--title", "\U0001f980", "--out",
        tmp_path / "out", "--font", bundled() / "DejaVuSansMono.ttf",
    )  # fmt: skip
    assert done.returncode == 0
    assert "DejaVuSansMono.ttf lacks \U0001f980; another font draws them" in done.stderr
