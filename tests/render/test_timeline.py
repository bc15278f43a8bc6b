from dataclasses import replace

import numpy as np
import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.curves.ordered import Ordered
from simulator.render import style
from simulator.render.animation import gif
from simulator.render.animation.axis import Strip, TimeAxis, counting_step, round_step
from simulator.render.animation.ladder import LadderBars
from simulator.render.animation.lanes import Lanes
from simulator.render.animation.timeline import FRAME_MS, FRAMES, TimelinePicture
from simulator.render.canvas import Canvas, Rect
from simulator.render.legend import stopped_entry
from simulator.render.options import HOLD_MS
from simulator.searchers.halving import asha
from simulator.trace import replay
from simulator.trace.levels import levels
from simulator.trace.trace import Trace
from tests.support.scenes import MINUTE, timeline_scene, tiny, troubled


def test_two_searchers_fill_960_by_540_in_150_steps() -> None:
    picture = TimelinePicture(timeline_scene(), "Title", "h")
    assert picture.canvas.pixels.shape == (540, 960)
    pictures = gif.images(picture.canvas, picture.steps())
    assert sum(pictures.durations_ms) == (FRAMES - 1) * FRAME_MS + HOLD_MS
    assert min(pictures.durations_ms) >= gif.SHORTEST_MS
    assert np.array_equal(pictures.frames[-1], picture.canvas.pixels)


def endless(workers: int, stop: int) -> Trace:
    run = asha(max_length=27, divisor=3)
    return simulate(run, Ordered(MINUTE), Cluster(workers), stop=stop * MINUTE, label="endless")


@pytest.mark.parametrize(
    "traces",
    [
        [tiny([])],
        [tiny([(0, 0, 0, 9, 0, 9)])],
        [tiny([(0, 0, 0, 9, 0, 9)], workers=1, label="\x00\ud800" * 99)] * 4,
        timeline_scene(trials=27, workers=500),
        [endless(500, 25), tiny([])],  # some 10,000 jobs
        [tiny([(0, 0, rung, rung + 1, rung, rung + 1) for rung in range(30)])],
    ],
    ids=["nothing", "one job", "four", "500 workers", "10,000 jobs", "30 rungs"],
)
def test_it_draws_anything(traces: list[Trace]) -> None:
    picture = TimelinePicture(traces, "odd \n title" * 50, "h")
    steps = list(picture.steps())
    assert len(steps) == FRAMES
    assert picture.canvas.pixels.max() < style.TRANSPARENT


def lanes(trace: Trace, *looks: int) -> list[list[int]]:
    """A picture with one pixel per minute and three per worker: the first line of pixels of each worker."""
    canvas = Canvas(trace.makespan // MINUTE, 4 * trace.workers)
    axis = TimeAxis(0, canvas.all.x1, trace.makespan, "min")
    panel = Lanes(canvas, 0, canvas.all.y1, axis, trace, levels([trace]))
    for look in looks:
        panel.grow(axis.x(look * MINUTE))
    return canvas.pixels[::4].tolist()


TWO = tiny([(0, 0, 0, 1, 0, 4), (1, 1, 0, 1, 0, 2), (0, 0, 1, 3, 4, 9), (1, 2, 1, 3, 7, 8)])


def test_lanes_show_jobs_notched_where_they_begin_and_idle_time() -> None:
    page, idle, low, high = style.PAGE, style.IDLE, style.RUNG, style.RUNG + 1
    whole = [
        [page, low, low, low, page, high, high, high, high],
        [low, low, idle, idle, idle, idle, idle, high, idle],
    ]
    assert lanes(TWO, 9) == whole
    assert lanes(TWO, *range(1, 10)) == whole  # whatever the steps
    assert lanes(TWO, 3) == [line[:3] + [style.PANEL] * 6 for line in whole]


def test_jobs_of_less_than_a_pixel_still_keep_a_worker_busy() -> None:
    trace = tiny([(0, job, 0, 1, job, job + 1) for job in range(100)], workers=1)
    canvas = Canvas(10, 4)
    Lanes(canvas, 0, 4, TimeAxis(0, 10, trace.makespan, "min"), trace, levels([trace])).grow(10)
    assert (canvas.pixels[:2] == style.RUNG).all()


def test_workers_beyond_the_pixels_are_sampled() -> None:
    trace = tiny([(worker, worker, 0, 1, 0, 10 * (worker % 2) + 1) for worker in range(400)], workers=400)
    canvas = Canvas(11, 100)
    Lanes(canvas, 0, 100, TimeAxis(0, 11, trace.makespan, "min"), trace, levels([trace])).grow(11)
    assert (canvas.pixels[:, 0] == style.RUNG).all()


def test_the_strip_and_the_lanes_show_what_is_no_work() -> None:
    trace = troubled()
    canvas = Canvas(60, 12)
    axis = TimeAxis(0, 60, trace.makespan, "min")
    Lanes(canvas, 0, 9, axis, trace, levels([trace])).grow(60)
    Strip(canvas, 9, 12, axis, trace).grow(60)
    page, over, low, high = style.PAGE, style.OVERHEAD, style.RUNG, style.RUNG + 1
    assert canvas.pixels[0].tolist() == [
        page, over, *[low] * 8, page, over, *[low] * 10, page, over, *[high] * 8, *[style.LOST] * 8, *[style.DOWN] * 20,
    ]  # fmt: skip
    assert canvas.pixels[6, :22].tolist() == [*[style.DOWN] * 16, *[style.BOOT] * 4, page, over]
    counts = {kind: int((canvas.pixels[9:] == kind).sum()) for kind in (style.BUSY, over, style.LOST, style.BOOT)}
    assert counts == {style.BUSY: 80, over: 16, style.LOST: 14, style.BOOT: 4}


def test_the_strip_adds_up() -> None:
    canvas = Canvas(9, 10)
    strip = Strip(canvas, 0, 10, TimeAxis(0, 9, 12 * MINUTE, "min"), tiny([(0, 0, 0, 1, 0, 8), (1, 1, 0, 1, 0, 4)]))
    strip.grow(9)
    busy = (canvas.pixels == style.BUSY).sum(axis=0).tolist()
    assert busy == [10, 10, 10, 5, 5, 5, 0, 0, 0]
    assert (canvas.pixels == style.PANEL).sum(axis=0).tolist() == [0] * 6 + [10] * 3


def test_ladder_bars_are_as_long_as_their_share() -> None:
    canvas = Canvas(300, 60)
    ladder = LadderBars(canvas, Rect(0, 0, 300, 60), ["rung 0", "rung 1"], 100)
    ladder.draw([100, 40], [50, 0])
    low, high = canvas.pixels[50], canvas.pixels[20]
    width = int(np.isin(low, [style.RUNG, style.PALE]).sum())
    assert (low == style.RUNG).sum() == pytest.approx(width / 2, abs=1)
    assert (high == style.PALE + 1).sum() == pytest.approx(width * 0.4, abs=1)


@pytest.mark.parametrize(("limit", "most", "step"), [(53, 10, 10), (0.9, 5, 0.2), (1000, 1, 1000), (0, 3, 1e-9)])
def test_steps_are_round(limit: float, most: int, step: float) -> None:
    assert round_step(limit, most) == pytest.approx(step, rel=1)
    assert counting_step(3, 10) == 1


def test_the_end_of_a_trial_that_a_rule_stopped_is_marked_and_told_in_the_legend() -> None:
    jobs = [
        (0, 0, 0, 1, 0, 6),
        (0, 1, 0, 1, 6, 12),
        (0, 1, 1, 9, 12, 18),
    ]  # trial 0 ends below the top, trial 1 at it
    trace = tiny(jobs)
    stops = replace(trace, meta={**trace.meta, "advance": "stops"})
    assert replay.stopped(stops).tolist() == [0]
    [worker] = lanes(stops, 18)[:1]
    assert [x for x, colour in enumerate(worker) if colour == style.STOPPED] == [4, 5]
    assert [text for _, text in stopped_entry([stops])] == ["stopped"]
    for advance in ("pauses", "halves"):
        other = replace(trace, meta={**trace.meta, "advance": advance})
        assert style.STOPPED not in lanes(other, 18)[0]
        assert stopped_entry([other]) == []
