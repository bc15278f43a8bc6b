"""Pictures of searches that share a cluster."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.cluster.sharing.engine import Arrival, share
from simulator.cluster.sharing.fifo import Fifo
from simulator.cluster.spec import Cluster
from simulator.render.plots import sharing
from simulator.searchers.halving import random
from simulator.trace.queueing import presence, queueing, waiting
from tests.support.worlds import UNIT, World


@pytest.fixture(scope="module")
def workload():
    """Two workers; the first search has four trials of a second, the second comes with one and waits a second."""
    arrivals = [
        Arrival(at, label, 0, lambda trials=trials: (random(max_trials=trials, max_length=1), World()))
        for at, label, trials in ((0, "first", 4), (UNIT, "second", 1))
    ]
    return share(iter(arrivals), Cluster(2), Fifo())


def test_who_is_there_and_who_waits(workload):
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
