import numpy as np

from simulator.render import style
from simulator.render.animation import gif
from simulator.render.animation.configurations import BOTTOM, FRAMES, TOP, Bars, DocsPicture, Scales
from simulator.render.canvas import Rect
from simulator.render.options import drawn_with, read_options
from tests.support.scenes import MINUTE, docs_scene, timeline_scene, tiny, troubled


def test_frames_and_time_of_the_published_animations() -> None:
    traces = docs_scene()
    scales = Scales(traces, "min")
    frames, times = [], []
    for trace in traces:
        steps = list(DocsPicture(trace, scales, "").steps())
        frames.append(len(steps))
        times.append(sum(step.duration_ms for step in steps))
    assert frames == [43, 53]
    assert times == [52 * 500 + 3000] * 2  # side by side they stay in step, again and again
    assert (scales.trials, scales.span, len(scales.levels)) == (159, 53 * MINUTE, 4)


def test_rungs_are_equally_high_and_straight_in_between() -> None:
    scales = Scales(docs_scene(), "min")
    whole = BOTTOM - TOP
    assert scales.height(np.array([0, 1, 3, 9, 27])).tolist() == [0, whole // 4, whole // 2, whole * 3 // 4, whole]
    assert scales.height(np.array([2]))[0] == whole * 3 // 8
    assert scales.levels.labels == (
        "rung 0 · 1 unit", "rung 1 · 3 units", "rung 2 · 9 units", "rung 3 · 27 units",
    )  # fmt: skip


def test_idle_workers_are_painted_from_top_to_bottom() -> None:
    traces = docs_scene()
    picture = DocsPicture(traces[0], Scales(traces, "min"), "")
    for number, _ in enumerate(picture.steps(), 1):
        columns = [picture.canvas.pixels[TOP:BOTTOM, x0] for x0, _ in picture._worker_columns.edges]
        if number == 9:
            assert [bool((column == style.IDLE).all()) for column in columns] == [False] * 3 + [True] * 7
            done, target = style.RUNG + 2, style.PALE + 2
            assert [int((columns[0] == colour).sum()) for colour in (done, target)] == [112, 56]
    assert not any((column == style.IDLE).any() for column in columns)  # the run is over: nobody waits


def test_a_worker_that_is_down_is_drawn_empty() -> None:
    trace = troubled()
    picture = DocsPicture(trace, Scales([trace], "min"), "")
    seen = {}
    for minute, _ in enumerate(picture.steps(), 1):
        middles = [picture.canvas.pixels[TOP + 9, (x0 + x1) // 2] for x0, x1 in picture._worker_columns.edges]
        edges = [picture.canvas.pixels[TOP + 9, x0] for x0, _ in picture._worker_columns.edges]
        seen[minute] = (middles, edges, picture.canvas.pixels[BOTTOM - 1, picture._worker_columns.edges[0][0]])
    assert (seen[15][0][1:], seen[15][1][1:]) == ([style.PAGE] * 2, [style.DOWN] * 2)
    assert (seen[18][0][2], seen[18][1][2]) == (style.PAGE, style.BOOT)
    assert seen[33][0][1] == style.IDLE
    assert [seen[minute][2] for minute in (2, 3)] == [style.OVERHEAD, style.RUNG]


def test_other_times_are_shown_in_even_parts() -> None:
    traces = timeline_scene()
    scales = Scales(traces, "d")
    longest = max(traces, key=lambda trace: trace.makespan)
    assert len(list(DocsPicture(longest, scales, "").steps())) == FRAMES


def test_more_bars_than_pixels_are_sampled_in_order() -> None:
    columns = Bars(Rect(10, 0, 110, 50), 1000, "workers shown")
    assert columns.numbers == list(range(5, 1000, 10))
    assert columns.edges[0] == (10, 11)
    few = Bars(Rect(10, 0, 110, 50), 10, "workers shown")
    assert few.edges[:2] == [(10, 19), (20, 29)]


def test_an_empty_run_is_one_still_picture() -> None:
    picture = DocsPicture(tiny([]), Scales([tiny([])], "h"), "")
    assert len(gif.images(picture.canvas, picture.steps()).frames) == 1


def test_the_clock_of_a_narrow_picture_leaves_nothing_behind() -> None:
    traces = docs_scene()
    with drawn_with(read_options(width=480)):
        picture = DocsPicture(traces[1], Scales(traces, "min"), "")
        next(iter(picture.steps()))
        clock = picture._column.places.clock
        assert clock is not None
        above = picture.canvas.pixels[: clock.y0, clock.x0 : clock.x1]
        assert (above == style.PAGE).all()
