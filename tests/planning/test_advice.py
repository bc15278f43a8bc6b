"""Recommendations on made-up numbers."""

from __future__ import annotations

from math import inf

import pytest

from simulator.planning.advice import front, knee, lasting


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


def bools(text):
    return [character == "+" for character in text]
