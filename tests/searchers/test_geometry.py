"""Rungs and sizes against the tables of the papers, in exact arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.searchers.geometry import fitting_rungs, rung_resources, rung_sizes
from tests.support.budgets import budget


@pytest.mark.parametrize(
    ("max_length", "divisor", "rungs"),
    [(243, 3, 6), (1000, 10, 4), (10**6, 10, 7), (256, 4, 5), (81, 3, 5), (50, 3, 4), (1, 2, 1), (80, 3, 4)],
)
def test_rungs_are_counted_without_logarithms(max_length, divisor, rungs):
    assert fitting_rungs(max_length, divisor) == rungs


@given(base=st.integers(2, 12), power=st.integers(0, 12))
@budget(test=100, fuzz=1000)
def test_a_power_of_the_divisor_has_a_rung_for_each_exponent(base, power):
    assert fitting_rungs(base**power, base) == power + 1
    assert rung_resources(base**power, power + 1, base) == tuple(base**rung for rung in range(power + 1))


def test_a_divisor_near_one_is_a_slip():
    assert fitting_rungs(2**63, 2) == 64
    with pytest.raises(ValueError, match=r"more than 64 rungs fit 100 units at a divisor of 1\.01; give num_rungs"):
        fitting_rungs(100, 1.01)


def test_rungs_count_down_from_the_top():
    assert rung_resources(50, 4, 3) == (1, 5, 16, 50)
    assert rung_resources(10, 3, 2.5) == (1, 4, 10)
    assert rung_resources(27, 1, 3) == (27,)


def test_each_rung_needs_its_own_unit():
    with pytest.raises(ValueError, match=r"5 rungs would stand at 0, 1, 3, 9, 27 of 27 units"):
        rung_resources(27, 5, 3)
    with pytest.raises(ValueError, match="6 rungs would stand at 7, 8, 9, 9, 10, 12 of 12 units"):
        rung_resources(12, 6, 1.1)
    with pytest.raises(ValueError, match="7 rungs would stand at 6, 7, 8, 9, 9, 10, … of 12 units"):
        rung_resources(12, 7, 1.1)


@pytest.mark.parametrize(
    ("trials", "rungs", "divisor", "sizes"),
    [
        (256, 5, 4, (256, 64, 16, 4, 1)),  # arXiv 1810.05934, appendix A.1
        (9, 3, 3, (9, 3, 1)),  # figure 1
        (81, 5, 3, (81, 27, 9, 3, 1)),  # Hyperband, table 1
        (27, 4, 3, (27, 9, 3, 1)),
        (100, 3, 3, (100, 33, 11)),
        (10, 3, 2.5, (10, 4, 1)),
    ],
)
def test_sizes_are_floors_of_the_whole(trials, rungs, divisor, sizes):
    assert rung_sizes(trials, rungs, divisor) == sizes


def test_a_trial_must_reach_the_top():
    with pytest.raises(ValueError, match="26 trials leave none for the top of 4 rungs; it takes 27 or more"):
        rung_sizes(26, 4, 3)
