"""Priorities as in Determined, and first in, first out."""

from __future__ import annotations

from simulator.cluster.sharing.claims import Claim
from simulator.cluster.sharing.fifo import Fifo
from simulator.cluster.sharing.priority import Priority
from simulator.cluster.sharing.room import Machines
from tests.support.sharing import settled


def running(policy, sizes, *turns):
    """The running trials of each claim, after searches arrived in several turns."""
    room, claims = Machines(sizes), []
    for turn in turns:
        settled(policy, room, turn)
        claims += turn
    return [len(claim.running) for claim in claims]


def test_fifo_serves_the_first_and_a_later_one_gets_what_is_left():
    assert running(Fifo(), [4], [Claim(0, waiting=3), Claim(1, waiting=3)]) == [3, 1]


def test_fifo_lets_a_later_search_by_whose_trials_have_room():
    assert running(
        Fifo(), [2], [Claim(0, slots=1, waiting=1), Claim(1, slots=2, waiting=1), Claim(2, waiting=1)]
    ) == [
        1,
        0,
        1,
    ]


def test_fifo_holds_a_search_to_its_max_slots():
    assert running(Fifo(), [4], [Claim(0, max_slots=1, waiting=3), Claim(1, waiting=9)]) == [1, 3]


def test_the_most_urgent_search_comes_first():
    claims = [Claim(0, priority=50, waiting=3), Claim(1, priority=1, waiting=3)]

    assert running(Priority(), [4], claims) == [1, 3]


def test_without_preemption_what_runs_goes_on():
    assert running(Priority(), [4], [Claim(0, waiting=4)], [Claim(1, priority=1, waiting=4)]) == [4, 0]


def test_with_preemption_less_urgent_trials_stop():
    policy = Priority(preemption=True)

    assert running(policy, [4], [Claim(0, waiting=4)], [Claim(1, priority=1, waiting=3)]) == [1, 3]


def test_the_least_urgent_stop_first_and_of_them_the_youngest():
    first, second, urgent = Claim(0, priority=50, waiting=2), Claim(1, priority=60, waiting=2), Claim(2, waiting=1)
    policy, room = Priority(preemption=True), Machines([4])
    settled(policy, room, [first, second])

    settled(policy, room, [urgent])

    assert (list(first.running), list(second.running)) == ([1, 2], [3])


def test_trials_of_the_same_priority_do_not_stop_each_other():
    assert running(Priority(preemption=True), [2], [Claim(0, waiting=2)], [Claim(1, waiting=2)]) == [2, 0]


def test_no_trial_stops_if_that_makes_no_room():
    policy = Priority(preemption=True)
    claims = [Claim(0, priority=50, waiting=1)], [Claim(1, slots=5, priority=1, waiting=1)]

    assert running(policy, [4], *claims) == [1, 0]


def test_a_less_urgent_search_fills_the_gap_only_where_it_can_be_stopped():
    def claims():
        return [Claim(0, slots=1, waiting=1)], [
            Claim(1, slots=2, priority=1, waiting=1),
            Claim(2, priority=60, waiting=1),
        ]

    assert running(Priority(), [2], *claims()) == [1, 0, 0]
    assert running(Priority(preemption=True), [2], *claims()) == [0, 1, 0]
    urgent = (
        [Claim(0, priority=1, waiting=1)],
        [Claim(1, slots=2, priority=2, waiting=1), Claim(2, priority=60, waiting=1)],
    )
    assert running(Priority(preemption=True), [2], *urgent) == [1, 0, 1]
