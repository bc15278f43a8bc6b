"""Amounts in words: nothing is rounded to what it isn't."""

from __future__ import annotations

import pytest

from simulator.core.formatting import counted, decimal, level, percent, time
from simulator.core.ticks import UNITS


@pytest.mark.parametrize(
    ("amount", "digits", "text"),
    [
        (0, 1, "0"), (3, 1, "3"), (3.5, 1, "3.5"), (1234.56, 1, "1,234.6"), (0.52, 1, "0.5"), (0.14, 1, "0.14"),
        (0.05, 1, "0.05"), (0.0008, 1, "0.0008"), (-0.03, 1, "-0.03"), (1.5, 3, "1.5"), (5 / 3, 3, "1.667"), (20, 0, "20"),
    ],
)  # fmt: skip
def test_a_number_is_never_off_by_more_than_a_tenth(amount, digits, text):
    assert decimal(amount, digits) == text


def test_short_times_in_long_units():
    assert time(2 * UNITS["min"], "h") == "0.033 h"
    assert time(90 * UNITS["min"], "h", 3) == "1.5 h"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"), (1, "100 %"), (0.5, "50 %"), (0.607, "61 %"), (0.996, "99.6 %"), (0.9997, "99.97 %"),
        (0.99999, "99.999 %"), (0.003, "0.3 %"), (0.0001, "0.01 %"),
    ],
)  # fmt: skip
def test_always_and_never_are_only_said_of_all_and_none(share, text):
    assert percent(share) == text


def test_a_share_that_is_less_than_another_does_not_look_like_it():
    assert percent(0.947) == "95 %"
    assert percent(0.947, unlike=0.95) == "94.7 %"
    assert percent(0.95, unlike=0.95) == "95 %"
    assert percent(1.0, digits=1) == "100.0 %"


def test_what_was_given_is_told_as_given():
    assert [level(share) for share in (0.95, 0.955, 0.9999, 0.57)] == ["95 %", "95.5 %", "99.99 %", "57 %"]


def test_one_is_singular():
    assert (counted(1, "pair"), counted(1200, "pair")) == ("1 pair", "1,200 pairs")
