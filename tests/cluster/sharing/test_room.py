"""Which machines a trial is on."""

from __future__ import annotations

from simulator.cluster.sharing.claims import Running
from simulator.cluster.sharing.room import Machines


def test_a_trial_goes_where_the_fewest_slots_are_left_over():
    room = Machines([8, 8, 4])
    assert room.place(3) == ((2, 3),)
    room.take(((0, 4),))

    assert room.place(2) == ((0, 2),)
    assert room.place(6) == ((1, 6),)


def test_a_machine_that_is_preferred_comes_before_one_with_less_left_over():
    assert Machines([8, 2], ranks=[0, 1]).place(2) == ((0, 2),)


def test_a_trial_that_fits_on_one_machine_runs_on_one():
    room = Machines([2, 2, 8])
    room.take(((2, 6),))

    assert room.place(4) is None


def test_a_larger_trial_takes_whole_idle_machines_of_equal_size():
    room = Machines([4, 8, 4, 8, 8])
    assert room.place(16) == ((1, 8), (3, 8))
    room.take(((1, 1),))
    assert room.place(16) == ((3, 8), (4, 8))
    room.take(((3, 1),))
    assert room.place(16) is None
    assert room.place(12) is None  # there are two machines of 4, not three


def test_sizes_that_do_not_divide_the_need_are_of_no_use():
    assert Machines([3, 3, 3]).place(4) is None
    assert Machines([2, 2, 3]).place(4) == ((0, 2), (1, 2))


def test_a_machine_that_is_away_has_no_room_and_no_capacity():
    room = Machines([4, 2])
    room.there[0] = False

    assert (room.capacity, room.place(2), room.place(3)) == (2, ((1, 2),), None)


def test_room_after_some_trials_have_stopped():
    room = Machines([4])
    room.take(((0, 3),))

    assert not room.fits_after(4, [Running(1, ((0, 2),))])
    assert room.fits_after(4, [Running(1, ((0, 2),)), Running(2, ((0, 1),))])
    assert room.free == [1]


def test_a_machine_serves_what_fits_on_it_and_what_whole_machines_of_its_size_hold():
    machines = Machines([8, 2, 2, 2, 3, 1])

    assert [machines.serves(0, slots) for slots in (1, 8, 16)] == [True, True, False]  # there is one of that size
    # Trials of four and six slots fit on the larger machine.
    assert [machines.serves(1, slots) for slots in (2, 4, 6)] == [True, False, False]
    assert [Machines([2, 2, 2, 3]).serves(0, slots) for slots in (4, 5, 6, 8)] == [True, False, True, False]
