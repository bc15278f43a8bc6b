"""Pictures of searches that share a cluster."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from simulator.cluster.groups import MachineGroup
from simulator.cluster.sharing.engine import Arrival, share
from simulator.cluster.sharing.fifo import Fifo
from simulator.cluster.spec import Cluster
from simulator.experiment import loads
from simulator.experiment.loads import AtLoad
from simulator.experiment.sharing import SharedExperiment
from simulator.render import alt, style
from simulator.render.animation.shared_timeline import SharedPicture
from simulator.render.plots import sharing
from simulator.render.sharing import draw_shared, play_shared
from simulator.scenario.loading import load
from simulator.searchers.halving import random
from simulator.trace.queueing import presence, queueing, waiting
from tests.support.runner import asha_sim
from tests.support.worlds import UNIT, World


@pytest.fixture(scope="module")
def workload():
    """Two workers; the first search has four trials of a second, the second comes with one and waits a second."""
    arrivals = [
        Arrival(at, label, 0, lambda trials=trials: (random(max_trials=trials, max_length=1), World()))
        for at, label, trials in ((0, "first", 4), (UNIT, "second", 1))
    ]
    return share(iter(arrivals), Cluster(2), Fifo())


def test_which_searches_are_there_and_which_wait(workload):
    times, there = presence(workload)

    assert (times / UNIT).tolist() == [0, 1, 2, 3]
    assert there.tolist() == [1, 2, 1, 0]
    assert waiting(workload, times).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_timeline_shows_each_label_and_the_queue(workload, theme):
    lanes, queue = sharing.timeline(workload, theme=theme, title="t", time_unit="s").axes

    assert sum(len(bars.get_paths()) for bars in lanes.collections) == len(workload.trace) == 5
    assert len({tuple(bars.get_facecolor()[0]) for bars in lanes.collections}) == 2
    (step,) = queue.lines
    assert step.get_ydata().tolist() == [1, 2, 1, 0]


def test_the_stays_are_shares_of_the_searches_that_are_done(workload):
    found = queueing(workload, warm_up=0)
    (axes,) = sharing.stays(found, theme="light", title="t", time_unit="s").axes

    assert [line.get_xdata().tolist() for line in axes.lines] == [[0, 2], [0, 2]]
    assert all(np.array_equal(line.get_ydata(), [0, 100]) for line in axes.lines)


def test_alternative_texts_tell_the_numbers(workload):
    found = queueing(workload, warm_up=0)

    assert alt.of_workload(found, "s") == (
        "2 searches that share a cluster keep its workers 83 % busy: 2 are done by 3 s. On average 1.3 are there at "
        "once, and at most 2."
    )
    assert alt.of_stays(found, "s") == (
        "Of searches that share a cluster, half of first stay 2 s or less, 90 % 2 s; half of second stay 2 s or less, "
        "90 % 2 s."
    )
    assert alt.of_loads([0.1, 0.9], [0, 3], [1, 4], 0.5, "s") == (
        "At a load of 0.1 a search waits 0 s and stays 1 s on average, at 0.9 it waits 3 s and stays 4 s; stays have "
        "doubled at a load of 0.50."
    )


def test_the_knee_is_where_stays_have_doubled():
    points = [AtLoad(load, (0.0,), (stay,)) for load, stay in ((0.1, 10), (0.5, 15), (0.9, 25), (0.95, 60))]

    assert loads.knee(points) == pytest.approx(0.7)
    assert loads.knee(points[:2]) is None


def test_searches_come_as_often_as_makes_a_load(tmp_path):
    """Searches with four hours of work on two workers: at a load of 0.5 one comes every four hours, and no search waits."""
    path = tmp_path / "s.yaml"
    path.write_text(
        "searches: {a: {searcher: {name: random, max_trials: 4, max_length: 1}, arrivals: {kind: every, gap: 3 h}, "
        "count: 4}}\ncurves: {kind: ordered, unit_time: 1 h}\ncluster: {workers: 2}\n"
    )
    half, twice = loads.by_load(SharedExperiment(load(path)), 1, [0.5, 2.0])

    assert (half.load, half.wait_s, half.stay_s) == (0.5, 0, 7200)
    assert twice.stay_s == 3.5 * 3600  # a search comes every hour, and they stay 2, 3, 4 and 5 hours
    drawn = sharing.load([0.5, 2], [0, 1], [2, 4], 0.7, theme="dark", title="t", time_unit="s")
    assert [line.get_ydata().tolist() for line in drawn.axes[0].lines[:2]] == [[2, 4], [0, 1]]


def test_the_animation_colours_jobs_by_label_and_shows_the_queue(workload):
    """In the last frame, the second search has the first of two workers at 2, and one of two searches waited from 1 to 2."""
    picture = SharedPicture(workload, "t", "s")
    for _ in picture.steps():
        pass
    pixels = picture.canvas.pixels
    x = [picture._axis.x(round(at * UNIT)) for at in (0.5, 1.5, 2.5)]
    lane = 60  # of the first worker

    assert [int(pixels[lane, at]) - style.RUNG for at in x] == [0, 0, 2]
    bottom = picture._top + 82
    assert [int(pixels[bottom, at]) for at in x] == [style.BUSY, style.LOST, style.BUSY]


def test_all_formats_are_written(workload, tmp_path):
    found = queueing(workload, warm_up=0)
    written = draw_shared(
        workload, found, tmp_path, formats=["gif", "html", "perfetto"], title="two searches", time_unit="s"
    )

    assert [path.name for path in written] == [
        "timeline.gif", "timeline.png", "timeline-dark.gif", "timeline-dark.png", "timeline.txt", "player.html",
        "perfetto.json",
    ]  # fmt: skip
    with Image.open(tmp_path / "timeline.gif") as picture:
        assert picture.n_frames >= 150
    assert "2 searches that share a cluster" in (tmp_path / "timeline.txt").read_text()


def test_the_player_colours_jobs_by_search_or_by_rung(workload):
    html = play_shared(workload, title="t", time_unit="s").html
    data = json.loads(html.split('id="data">')[1].split("</script>")[0])
    by_search, by_rung = data["scenes"]

    assert "<option>coloured by search</option><option>coloured by rung</option>" in html
    assert by_search["names"] == [
        "first, 1st, 3rd, … searches", "first, 2nd, 4th, … searches",
        "second, 1st, 3rd, … searches", "second, 2nd, 4th, … searches",
    ]  # fmt: skip
    assert by_rung["names"] == ["rung 0 · 1 unit"]
    [run] = by_search["runs"]
    assert sorted(run["jobs"][job][4] for job in run["columns"]["job"]) == [0, 0, 0, 0, 2]
    assert len(set(run["columns"]["trial"])) == 5  # trial 0 of one search is not that of the other


def test_a_trial_on_several_workers_has_a_bar_on_each():
    arrivals = [Arrival(0, "a", 0, lambda: (random(max_trials=1, max_length=1), World()), slots=2)]
    arrivals.append(Arrival(0, "b", 0, lambda: (random(max_trials=1, max_length=1), World())))
    workload = share(iter(arrivals), Cluster((MachineGroup(1, slots=4),)), Fifo(), slots=(1, 2))

    assert sorted(workload.spread().worker.tolist()) == [0, 1, 2]


def test_the_commands_write_pictures_and_refuse_what_they_have_no_use_for(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "searches: {a: {searcher: {name: sha, max_trials: 9, max_length: 9, divisor: 3}, arrivals: {kind: every, gap: "
        "1 h}, count: 4}}\ncurves: {kind: ordered, unit_time: 5 min}\ncluster: {workers: 2}\n"
    )
    shown = asha_sim("plot", path, "--out", tmp_path / "plots", "--kind", "load,stays").stdout
    assert [line.rsplit("/")[-1] for line in shown.split()] == [
        "stays.png", "stays-dark.png", "stays.txt", "load.png", "load-dark.png", "load.txt",
    ]  # fmt: skip
    for args, problem in (
        (["plot", path, "--kind", "rungs"], "'rungs' is not one of timeline, stays, load"),
        (["animate", path, "--style", "docs"], "docs and side draw single searches"),
        (["animate", path, "--also", path], "is for searchers; these searches share a cluster"),
    ):
        refused = asha_sim(*args, "--out", tmp_path / "no")
        assert (refused.returncode, problem in refused.stderr) == (2, True), refused.stderr
    for args in (["compare", path], ["explore", path, "--vary", "cluster.workers=2,4", "-o", tmp_path / "page.html"]):
        refused = asha_sim(*args)
        assert refused.returncode == 2
        assert "these searches share a cluster" in refused.stderr
