import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from simulator.core.vocabulary import PLOT_KINDS
from simulator.render import style
from simulator.render.options import PictureOptions, drawn_with
from simulator.render.plots import figure, learning, plots
from simulator.render.plots.files import write_plots
from simulator.trace import metrics
from simulator.trace.levels import levels
from simulator.trace.promotions import promotions
from simulator.trace.trace import Outcome, Trace
from tests.support.scenes import MINUTE, timeline_scene, tiny, troubled

HOUR = 3600 * 10**6
EIGHT = [f"searcher {number}" for number in range(8)]
HOSTILE = "</script><img src=x onerror=alert(1)>"
ODD = "$\\frac \x00 名前"
LIGHT = {"theme": "light", "title": "Title", "time_unit": "h"}


@pytest.mark.parametrize("theme", style.THEMES)
def test_the_areas_are_the_busy_workers_and_the_rest(theme: style.ThemeName) -> None:
    traces = timeline_scene()
    figure_ = plots.utilization(traces, theme=theme, title="Title", time_unit="h")
    assert len(figure_.axes) == len(traces)
    for axes, trace in zip(figure_.axes, traces, strict=True):
        idle, busy = axes.collections
        steps = metrics.busy_workers(trace)
        corners = busy.get_paths()[0].vertices
        assert corners[:, 0].max() == pytest.approx(trace.makespan / HOUR)
        assert corners[:, 1].max() == steps.values.max()
        assert idle.get_paths()[0].vertices[:, 1].max() == trace.workers
        assert np.allclose(busy.get_facecolor()[0][:3] * 255, style.rgb(style.THEMES[theme].busy))


def test_gantt_has_a_bar_for_each_piece_of_an_attempt_and_each_spell() -> None:
    trace = troubled()
    (axes,) = plots.gantt([trace], theme="light", title="", time_unit="min").axes
    bars = {group.get_label(): group.get_paths() for group in axes.collections}
    begin, keep = metrics.useful(trace)
    widths = {
        name: sorted(path.vertices[:, 0].max() - path.vertices[:, 0].min() for path in paths)
        for name, paths in bars.items()
    }
    assert widths["overhead"] == sorted((trace.overhead / MINUTE).tolist())
    assert widths["rung 1 · 3 units"] == pytest.approx(sorted(((keep - begin) / MINUTE)[trace.rung == 1]))
    assert sum(widths["lost work"]) == trace.lost.sum() / MINUTE
    assert widths["starting up"] == [4]
    assert widths["down"] == [6, 16, 20]
    assert axes.get_ylim() == (2.5, -0.5)


def test_rung_areas_add_up_to_the_busy_workers() -> None:
    trace = timeline_scene()[1]
    (axes,) = plots.rung_occupancy([trace], **LIGHT).axes
    top = max(group.get_paths()[0].vertices[:, 1].max() for group in axes.collections)
    assert top == metrics.busy_workers(trace).values.max()
    times, busy = metrics.busy_by_level(trace, levels([trace]))
    assert np.array_equal(np.interp(times, *metrics.busy_workers(trace)), busy.sum(axis=0))


def test_the_split_is_the_metrics_split() -> None:
    trace = troubled()
    (axes,) = plots.time_split([trace, trace], theme="dark", title="", time_unit="min").axes
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == [part / MINUTE for part in metrics.split(trace) for _ in range(2)]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(metrics.Split._fields)


@pytest.mark.parametrize("drawing", [learning.curves, learning.curves_in_time])
def test_curves_show_every_result_and_who_was_promoted(drawing) -> None:
    trace = timeline_scene()[0]
    (axes,) = drawing([trace], **LIGHT).axes
    lines, *dots = axes.collections
    promoted = [group for group in dots if len(group.get_offsets()) and len(group.get_facecolors())]
    assert sum(len(group.get_offsets()) for group in dots) == len(trace)
    up = promotions(trace).up >= 0
    assert sum(len(group.get_offsets()) for group in promoted) == (up | metrics.full_length(trace)).sum()
    assert len(lines.get_paths()) == up.sum()
    losses = np.concatenate([group.get_offsets()[:, 1] for group in dots])
    assert sorted(losses) == sorted(trace.loss)


def one(*losses: float, label: str = "a") -> Trace:
    """A run with these results, an hour each."""
    rows = [
        (0, trial, 0, 0, 0, 1, trial * HOUR, (trial + 1) * HOUR, Outcome.COMPLETED, loss, 0, 0)
        for trial, loss in enumerate(losses)
    ]
    return Trace.from_rows(rows, label=label, workers=1, max_length=1)


def test_incumbent_and_regret_with_what_eight_of_ten_lie_between() -> None:
    runs = {"a": [one(5 + seed, 3, 4) for seed in range(11)], "b": [one(9, 2) for _ in range(11)]}
    band = metrics.incumbent_band(runs["a"])
    assert (band.times / HOUR).tolist() == [1, 2]
    assert (band.low.tolist(), band.middle.tolist(), band.high.tolist()) == ([6, 3], [10, 3], [14, 3])
    assert metrics.best_losses(list(runs.values())) == [2] * 11
    assert metrics.regret_band(runs["b"], [2] * 11).middle.tolist() == [7, 0]
    (axes,) = learning.incumbent(runs, **LIGHT).axes
    first, second = axes.lines
    assert first.get_ydata().tolist() == [10, 3, 3]
    assert second.get_xdata().tolist() == [1, 2, 3]
    (axes,) = learning.regret(runs, **LIGHT).axes
    assert axes.lines[1].get_ydata().tolist() == [7, 0, 0]


def test_scaling_draws_the_numbers_it_is_given() -> None:
    times = {"SHA": [[1800, 900], [3600, 1800], [7200, 3600]]}
    (axes,) = learning.scaling([2, 4], times, **LIGHT).axes
    assert axes.lines[0].get_xdata().tolist() == [2, 4]
    assert axes.lines[0].get_ydata().tolist() == [1, 0.5]


@pytest.mark.parametrize("runs", [{"": [tiny([])]}, {"_a": [one(1.0)], "b": [one(0.0, -1.0)]}], ids=["empty", "odd"])
def test_anything_can_be_plotted(tmp_path: Path, runs) -> None:
    assert write_plots(runs, tmp_path, kinds=PLOT_KINDS, formats=["svg"], title=ODD, time_unit="h")


def test_the_same_bytes_twice(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        how = {"kinds": PLOT_KINDS, "formats": ["png", "svg"], "title": ODD, "time_unit": "h"}
        with drawn_with(PictureOptions(themes=("light",))):
            written.append(write_plots({ODD: [troubled()]}, tmp_path / name, **how))
    assert len(written[0]) == 2 * len(PLOT_KINDS)
    for first, second in zip(*written, strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_the_same_bytes_where_a_processor_rounds_positions_otherwise() -> None:
    drawn = []
    for shift in (0.0, 1e-15):
        made: Figure = plots.gantt([troubled()], **LIGHT)
        made.set_layout_engine("none")
        made.axes[0].set_position((0.123456789 + shift, 0.1, 0.8, 0.8))
        drawn.append(figure.svg(made))
    assert 'clip-path="url(#clip0)"' in drawn[0]
    assert drawn[0] == drawn[1]


def test_drawing_does_not_import_pyplot() -> None:
    code = "import sys; from simulator.render.plots.figure import look\nwith look(): print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_hostile_words_are_words_in_svg(tmp_path: Path) -> None:
    runs = {HOSTILE: [tiny([(0, 0, 0, 1, 0, 9), (0, 0, 1, 9, 9, 20)], label=HOSTILE)]}
    paths = write_plots(runs, tmp_path, kinds=PLOT_KINDS, formats=["svg"], title=HOSTILE, time_unit="min")
    for path in paths:
        tree = ElementTree.fromstring(path.read_text())
        words = ["".join(element.itertext()) for element in tree.iter("{http://www.w3.org/2000/svg}text")]
        assert HOSTILE in words
        assert not re.search(r"<(img|script)", path.read_text())


def test_ten_thousand_bars_are_pixels_in_an_svg(tmp_path: Path) -> None:
    rows = [(job % 50, job, 0, 1, job // 50, job // 50 + 1) for job in range(10_000)]
    drawn: Figure = plots.gantt([tiny(rows, workers=50)], **LIGHT)
    figure.write(drawn, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size < 200_000


@pytest.mark.parametrize("theme", style.THEMES)
@pytest.mark.parametrize(
    "labels",
    [
        ["SHA", "ASHA", "Hyperband", "random"],
        [f"{'a long name of one ' * 3}{n}" for n in range(4)],
        EIGHT,
        [*EIGHT, "i"],
        [f"{name}, a label of some length" for name in "abcdefghijklmnop"],
    ],
    ids=["four", "long", "eight", "nine", "sixteen"],
)
def test_searchers_are_told_apart_and_the_legend_covers_nothing(theme, labels):
    trace = timeline_scene()[0]
    runs = {label: [trace, trace] for label in labels}
    drawn = learning.incumbent(runs, theme=theme, title="A title " * 30, time_unit="h")
    (axes,) = drawn.axes
    drawn.canvas.draw()
    box = axes.get_legend().get_window_extent()
    subtitle = axes.get_title(loc="left")

    different = min(len(labels), len(learning.LINES))
    assert len({(line.get_color(), str(line._dash_pattern)) for line in axes.lines}) == different
    assert len(axes.lines) == len(axes.get_legend().get_texts()) == len(labels)
    assert subtitle.endswith("lines look alike") == (len(labels) > different)
    for other in (axes, axes.xaxis.label, axes._left_title, drawn._suptitle):
        assert not box.overlaps(other.get_window_extent())
    assert axes.get_window_extent().height > 200  # the legend takes nothing from the panel
    for whole in (box, axes._left_title.get_window_extent(), drawn._suptitle.get_window_extent()):
        assert whole.x0 >= 0
        assert whole.y0 >= 0
        assert whole.x1 <= drawn.bbox.x1


@pytest.mark.parametrize("make", [plots.utilization, plots.gantt, plots.rung_occupancy])
def test_a_long_name_leaves_room_for_the_legend(make):
    drawn = make([replace(troubled(), label="a long name " * 20)], **LIGHT)
    drawn.canvas.draw()
    (axes,) = drawn.axes

    assert axes.get_title(loc="left").startswith("a long name")
    assert not axes.get_legend().get_window_extent().overlaps(axes._left_title.get_window_extent())


def test_a_legend_shows_names_as_they_are():
    drawn = learning.incumbent({"_a": [one(1.0)], "$b$": [one(2.0)]}, **LIGHT)

    assert [text.get_text() for text in drawn.axes[0].get_legend().get_texts()] == ["_a", "$b$"]
    assert not any(text.get_parse_math() for text in drawn.axes[0].get_legend().get_texts())


@pytest.mark.parametrize(
    ("advance", "said"),
    [
        ("stops", ["went on, or in full", "stopped"]),
        ("pauses", ["promoted, or in full", "paused"]),
        ("halves", ["promoted, or in full", "stopped"]),
    ],
)
def test_a_legend_tells_trials_that_stopped_from_those_that_are_paused(advance, said) -> None:
    trace = replace(timeline_scene()[0], meta={"advance": advance})
    (axes,) = learning.curves([trace], **LIGHT).axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == said
