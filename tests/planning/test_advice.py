"""Recommendations on made-up numbers."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from simulator.planning.advice import advise, front, knee, lasting
from simulator.planning.grid import Cell
from simulator.planning.options import Option, Spread
from simulator.planning.statistics import Interval
from simulator.scenario.plan import Plan


@pytest.mark.parametrize(
    ("meets", "also", "place", "failing"),
    [
        ("....++", None, 4, ()),
        ("++++++", None, 0, ()),
        ("..+.++", None, 4, ()),  # not the third: the fourth fails
        (".+++.+", None, 5, ()),
        (".++..", None, 1, (3, 4)),  # the largest fails, so it says so
        ("+....", None, 0, (1, 2, 3, 4)),
        ("..+++", "+++..", 2, ()),
        ("..+++", "++..+", 4, ()),  # affordable again
        (".+.++", "++...", 1, (2,)),
    ],
)
def test_the_smallest_count_from_which_all_larger_ones_do(meets, also, place, failing):
    found = lasting(bools(meets), None if also is None else bools(also))

    assert found == (place, failing)


def test_nothing_meets():
    assert lasting(bools("....")) is None
    assert lasting(bools("..++"), bools("++..")) is None
    assert lasting([]) is None


def test_the_front_and_its_knee():
    points = [(10, 1), (5, 2), (4, 3), (3.9, 9), (6, 5), (inf, 0), (5, 2)]

    assert front(points) == [3, 2, 1, 0]
    assert knee(points) == 2
    assert knee([(1, 2), (2, 1)]) is None
    assert knee([(1, 3), (2, 2), (3, 1)]) is None  # straight


def option(index, setting, count, time, hours):
    """An option whose runs are all alike."""
    sure = Interval(1.0, 0.9, 1.0)
    return Option(
        cell=Cell(index, {}, setting, count, None), label="A", replicates=2, met=sure, in_time=sure, affordable=sure,
        reached=1.0, time_s=Spread(time, time, time), surely_s=time, mean_time_s=Interval(time, time, time),
        worker_hours=Spread(hours, hours, hours), cost=Spread(0, 0, 0), utilization=0.5, best_loss=0.1,
        times=np.array([time, time]),
    )  # fmt: skip


def test_what_is_said_to_cost_least_does():
    """Together they have no knee; `a` by itself has one, that is neither its cheapest nor as good as `b`."""
    options = [
        option(0, "a", 8, 1, 100), option(1, "a", 4, 2, 20), option(2, "a", 2, 10, 10), option(3, "b", 8, 1, 20),
    ]  # fmt: skip
    advice = advise(options, Plan(vary={"cluster.workers": [2, 4, 8]}), 0)

    assert advice.knee is None
    assert advice.chosen is options[2]
    assert advice.by_knee


def bools(text):
    return [character == "+" for character in text]
