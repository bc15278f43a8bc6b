"""Fair shares by progressive filling; the cases are those of Determined's tests of its resource pool."""

from __future__ import annotations

from math import inf

import pytest

from simulator.cluster.sharing.claims import Claim, Running
from simulator.cluster.sharing.fair_share import Demand, FairShare, offers
from simulator.cluster.sharing.room import Machines
from tests.support.sharing import asked, settled


@pytest.mark.parametrize(
    ("slots", "demands", "expected"),
    [
        (4, [Demand(1, waiting=1), Demand(4, waiting=1)], [1, 3]),
        (8, [Demand(3, 10, 1), Demand(7, 30, 1)], [2, 6]),
        (2, [Demand(2, waiting=2), Demand(2, waiting=2)], [2, 0]),
        (7, [Demand(3, waiting=3), Demand(2, waiting=1), Demand(4, waiting=4), Demand(1, waiting=1)], [3, 2, 0, 1]),
        (10, [Demand(inf, 1, 1), Demand(inf, 3, 1)], [3, 7]),
        (3, [Demand(inf, 1, 1)] * 5, [1, 1, 1, 0, 0]),
        (2, [Demand(2, waiting=2)] * 3, [2, 0, 0]),
        (5, [], []),
        (0, [Demand(2, waiting=1)], [0]),
    ],
)
def test_offers(slots, demands, expected):
    assert offers(demands, slots) == expected


def test_the_smallest_demand_is_met_first_and_a_share_is_at_least_one_slot():
    assert offers([Demand(9, 1, 1), Demand(1, 1, 1), Demand(9, 1000, 1)], 3) == [1, 1, 1]


def started(sizes, claims):
    """The number of running trials of each claim, when nothing changes any more."""
    policy = FairShare()
    settled(policy, Machines(sizes), claims)
    return [len(claim.running) for claim in claims]


def test_one_trial_and_four_share_four_slots():
    assert started([4], [Claim(0, waiting=1), Claim(1, waiting=4)]) == [1, 3]


def test_weights_of_ten_and_thirty_share_eight_slots():
    assert started([4, 4], [Claim(0, weight=10, waiting=3), Claim(1, weight=30, waiting=7)]) == [2, 6]


def test_of_two_trials_of_two_slots_on_two_slots_the_first_runs():
    assert started([2], [Claim(0, slots=2, waiting=1), Claim(1, slots=2, waiting=1)]) == [1, 0]


def test_a_trial_larger_than_the_cluster_takes_no_share():
    assert started([4], [Claim(0, slots=5, waiting=1), Claim(1, slots=4, waiting=1)]) == [0, 1]


def test_of_four_searches_on_four_and_three_slots_the_largest_waits():
    running = Claim(1, waiting=1, running={1: Running(1, ((0, 1),))})
    claims = [Claim(0, slots=3, waiting=1), running, Claim(2, slots=4, waiting=1), Claim(3, waiting=1)]

    assert started([4, 3], claims) == [1, 2, 0, 1]


def test_what_runs_above_max_slots_stops_the_first_first():
    claim = Claim(0, max_slots=2, running={n: Running(n, ((0, 1),)) for n in range(4)})
    policy = FairShare()
    for one in (claim, Claim(1)):
        policy.arrive(one)
    room = Machines([4])
    room.free = [0]

    assert [trial.started for _, trial in policy.release(room)] == [0, 1]


def test_a_search_that_comes_takes_its_share_from_one_that_runs():
    first, second = Claim(0, waiting=9), Claim(1, waiting=9)
    policy, room = FairShare(), Machines([4])
    settled(policy, room, [first])
    assert len(first.running) == 4

    settled(policy, room, [second])

    assert (len(first.running), len(second.running)) == (2, 2)
    assert list(first.running) == [3, 4]  # the first two stopped


def test_a_search_is_asked_for_no_more_than_its_share_before_another_stops_for_it():
    first, second = Claim(0, waiting=9), asked(1, [True, False])
    policy, room = FairShare(), Machines([4])
    settled(policy, room, [first])

    settled(policy, room, [second])

    assert (len(first.running), len(second.running)) == (3, 1)
    assert first.waiting == 6  # one of four was stopped, not two
