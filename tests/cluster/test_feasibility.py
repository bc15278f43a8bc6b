"""Which clusters count as hopeless, with the limits of that, and what would help them."""

from __future__ import annotations

from math import exp, inf

import pytest

from simulator.cluster.attempts import Overheads, Recovery
from simulator.cluster.durations import Weibull, expected_completion
from simulator.cluster.fates import Conditions, Drop
from simulator.cluster.feasibility import absence_rate, remedy, ticks_if_hopeless
from simulator.cluster.groups import Failures, MachineGroup, Preemption
from simulator.core import ticks

HOUR = ticks.UNITS["h"]
HOURLY = Failures(Weibull(HOUR), Weibull(HOUR))
GROUP = MachineGroup(1, failures=HOURLY)
RESTART = Recovery("restart")

CRASHES = "lower crashes: every attempt dies of one"
START_UP = "shorten worker_start, or let machines stay longer"
OVERHEADS = "shorten trial_start, save and restore, or lose jobs less often"
CHECKPOINTS = "save checkpoints more often, or lose jobs less often"
LOSSES = "lose jobs less often"


def test_the_longest_time_that_is_told_is_that_of_700_losses():
    assert expected_completion(700.0, 1.0) == exp(700) - 1
    assert expected_completion(700.5, 1.0) == inf


def test_losses_by_a_series_come_on_top_of_failures():
    spot = Preemption(series=((2 * HOUR, HOUR), (6 * HOUR, HOUR)))

    assert absence_rate(MachineGroup(1, failures=HOURLY, preemption=spot)) == pytest.approx(1.25 / HOUR)


def test_crashes_make_as_many_attempts_as_it_takes():
    """A job of 30 hours is hopeless on machines that stay an hour; if three of four attempts crash, it takes four times as long."""
    expected = ticks_if_hopeless(Conditions(crash=0.75, recovery=RESTART), (GROUP,), 30 * HOUR, 1)

    assert expected == pytest.approx(4 * (exp(30) - 1) * HOUR)
    assert ticks_if_hopeless(Conditions(crash=0.5), (GROUP,), HOUR, 1) is None
    assert ticks_if_hopeless(Conditions(crash=1.0), (MachineGroup(1),), HOUR, 1) == inf


def test_a_job_that_takes_no_time_is_not_hopeless():
    assert ticks_if_hopeless(Conditions(), (GROUP,), 0, 1) is None


@pytest.mark.parametrize(
    ("conditions", "groups", "hours", "units", "said"),
    [
        (Conditions(crash=1.0), (GROUP,), 30, 1, CRASHES),
        (Conditions(crash=1 - 1e-10), (GROUP,), 30, 1, CRASHES),
        (Conditions(crash=0.999), (GROUP,), 30, 1, LOSSES),
        (Conditions(), (MachineGroup(1, start_up=30 * HOUR, failures=HOURLY),), 30, 1, START_UP),
        (Conditions(), (MachineGroup(1, start_up=30 * HOUR, failures=HOURLY), GROUP), 30, 1, LOSSES),
        (Conditions(), (MachineGroup(1, start_up=5 * HOUR, failures=HOURLY),), 30, 1, LOSSES),
        (Conditions(drop=Drop(0.9, HOUR)), (MachineGroup(1, start_up=30 * HOUR),), 30, 1, LOSSES),
    ],
)
def test_what_happens_always_is_to_change_first(conditions, groups, hours, units, said):
    assert remedy(conditions, groups, hours * HOUR, units) == said


@pytest.mark.parametrize(
    ("hours", "units", "said"),
    [(23, 1, OVERHEADS), (24, 1, LOSSES), (47, 2, OVERHEADS), (48, 2, LOSSES), (25, 1, LOSSES)],
)
def test_overheads_are_to_change_where_they_take_longer_than_the_training(hours, units, said):
    """There are 12 hours of overheads before each unit, which takes at most 12 hours on the faster machines."""
    overheads = Overheads(trial_start=5 * HOUR, save=4 * HOUR, restore=3 * HOUR)
    groups = (GROUP, MachineGroup(1, speed=2, failures=HOURLY))

    assert remedy(Conditions(overheads=overheads), groups, hours * HOUR, units) == said


@pytest.mark.parametrize(
    ("recovery", "units", "said"),
    [
        (Recovery(checkpoint_every=2), 4, CHECKPOINTS),
        (Recovery(checkpoint_every=1), 4, LOSSES),
        (RESTART, 4, CHECKPOINTS),
        (RESTART, 1, LOSSES),
    ],
)
def test_checkpoints_help_where_a_unit_is_not_one_already(recovery, units, said):
    assert remedy(Conditions(recovery=recovery), (GROUP,), 400 * HOUR, units) == said
