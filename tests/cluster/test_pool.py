"""The places of a pool: their order, when their machines are there, and their cost."""

from __future__ import annotations

import pytest

from simulator.cluster.durations import LogNormalSpan, Weibull
from simulator.cluster.engine import Cluster, simulate
from simulator.cluster.groups import Failures, MachineGroup, Preemption
from simulator.cluster.machines import Up
from simulator.cluster.pool import MachinePool
from simulator.core import ticks
from simulator.core.streams import Stream, integers, uniforms
from simulator.searchers.halving import random
from simulator.trace.trace import Group, Outcome, Spell
from tests.support.worlds import UNIT, World

HOUR = ticks.UNITS["h"]
SEED = 5


def pool_of(*groups, slots_per_trial=1, policy="fastest"):
    return MachinePool(groups, slots_per_trial=slots_per_trial, policy=policy, seed=SEED)


def spells(pool, until):
    found = pool.spells(until)
    return list(
        zip(found.worker.tolist(), found.start.tolist(), found.end.tolist(), found.kind.tolist(), strict=True)
    )


def life(machine, n):
    """The next n spells of a machine."""
    ups = []
    for _ in range(n):
        ups.append(machine.up)
        machine.at(int(machine.up.until))
    return ups


@pytest.mark.parametrize(
    ("policy", "order"),
    [
        ("fastest", [6, 7, 8, 9, 2, 3, 4, 5, 0, 1, 10, 11]),  # of equal speed the cheaper
        ("cheapest", [10, 11, 0, 1, 6, 7, 8, 9, 2, 3, 4, 5]),  # of equal price the faster
        ("lowest", list(range(12))),
    ],
)
def test_the_order_in_which_idle_workers_are_taken(policy, order):
    """Machines of four slots have two places for trials of two slots; the fifth slot of a machine of five is not used."""
    groups = (
        MachineGroup(2, speed=1.0, price=2.0, slots=2),
        MachineGroup(2, speed=2.0, price=3.0, slots=5),
        MachineGroup(2, speed=2.0, price=2.5, slots=4),
        MachineGroup(1, speed=0.5, price=1.0, slots=4),
    )
    pool = pool_of(*groups, slots_per_trial=2, policy=policy)

    assert pool.workers == 12
    assert [pool.worker(rank) for rank in range(12)] == order
    assert [groups.index(pool.group(worker)) for worker in range(12)] == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3]
    machines = [pool.machine(worker) for worker in range(12)]
    assert [machines.index(machine) for machine in machines] == [0, 1, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10]


def test_equal_groups_are_taken_in_their_order_and_at_equal_price_the_faster_first():
    equal, fast = MachineGroup(1, price=1.0), MachineGroup(1, speed=2.0, price=1.0)

    for policy in ("fastest", "cheapest", "lowest"):
        pool = pool_of(equal, equal, equal, policy=policy)
        assert [pool.worker(rank) for rank in range(3)] == [0, 1, 2]
    pool = pool_of(equal, fast, policy="cheapest")
    assert [pool.worker(rank) for rank in range(2)] == [1, 0]


def test_a_group_costs_its_machines_shared_by_their_places():
    pool = pool_of(MachineGroup(3, "a", price=6.0, slots=4), MachineGroup(2, "b", price=5.0), slots_per_trial=1)

    assert pool.priced() == (Group("a", 12, 1.5, places=4), Group("b", 2, 5.0))
    trace = simulate(random(max_trials=1, max_length=1), World(), Cluster(pool.groups))
    assert (trace.workers, trace.groups) == (14, pool.priced())


def test_machines_join_one_after_the_other_start_up_and_leave_together():
    """There are steady workers first, between the groups and last; the second group has two places per machine."""
    late = MachineGroup(3, join=10, ramp_up=4, start_up=5, leave=20, slots=2)
    pool = pool_of(MachineGroup(1), late, MachineGroup(1), MachineGroup(1, join=2))
    expected = [
        (1 + 2 * machine + slot, *spell)
        for machine, joins in enumerate([10, 12, 14])
        for slot in range(2)
        for spell in ((0, joins, Spell.DOWN), (joins, joins + 5, Spell.BOOT), (20, 30, Spell.DOWN))
    ]

    assert spells(pool, 30) == [*expected, (8, 0, 2, Spell.DOWN)]
    assert [spell[:3] for spell in spells(pool, 13) if spell[0] in {1, 3, 5}] == [
        (1, 0, 10), (1, 10, 13), (3, 0, 12), (3, 12, 13), (5, 0, 13),
    ]  # fmt: skip
    assert spells(pool_of(MachineGroup(2, ramp_up=4)), 9) == [(1, 0, 4, Spell.DOWN)]
    assert not pool.steady
    assert spells(pool, 0) == []


def test_a_machine_that_would_join_as_it_leaves_is_never_there():
    pool = pool_of(MachineGroup(1, join=7, leave=7))

    assert pool.machine(0).up is None
    assert spells(pool, 9) == [(0, 0, 9, Spell.DOWN)]


def test_a_machine_that_goes_before_it_has_started_up():
    pool = pool_of(MachineGroup(1, start_up=5, preemption=Preemption(series=((3, 2),))))

    assert pool.machine(0).up == Up(0, 5, 3, Outcome.PREEMPTED)
    assert spells(pool, 9) == [(0, 0, 3, 1), (0, 3, 5, 0), (0, 5, 8, 1), (0, 8, 9, 0)]


def test_a_series_is_played_round_and_round_from_a_place_of_its_own():
    series = ((5, 2), (3, 1), (9, 4))
    pool = pool_of(MachineGroup(2), MachineGroup(6, start_up=1, preemption=Preemption(series=series)))
    places = [int(integers(SEED, Stream.SERIES, machine, below=3, n=1)[0]) for machine in range(2, 8)]
    assert set(places) == {0, 1, 2}

    for worker, place in enumerate(places, start=2):
        now = 0
        for number, up in enumerate(life(pool.machine(worker), 7)):
            there, away = series[(place + number) % 3]
            assert up == Up(now, now + 1, now + there, Outcome.PREEMPTED)
            now += there + away


@pytest.mark.parametrize("kind", ["failures", "preemption"])
def test_spells_are_drawn_by_machine_and_number(kind):
    """Spells are rounded to at least one tick, and drawn sixteen at a time."""
    up, down = Weibull(9.0, 0.7), LogNormalSpan(3.0, 8.0)
    law = {"failures": Failures(up, down), "preemption": Preemption(up, down)}[kind]
    streams = {"failures": (Stream.FAILURE, Stream.REPAIR), "preemption": (Stream.PREEMPTION, Stream.RETURN)}[kind]
    pool = pool_of(MachineGroup(3), MachineGroup(2, **{kind: law}))
    for machine in (3, 4):
        now = 0
        for number, spell in enumerate(life(pool.machine(machine), 40)):
            there, away = (
                max(1, round(float(span.quantile(uniforms(SEED, stream, machine, n=1, first=number))[0])))
                for span, stream in zip((up, down), streams, strict=True)
            )
            assert spell[:3] == (now, now, now + there)
            assert spell.why == (Outcome.FAILED if kind == "failures" else Outcome.PREEMPTED)
            now += there + away


@pytest.mark.parametrize(
    ("up", "leave", "expected"),
    [
        (1, None, [(0, 0, 1, Outcome.FAILED), (10, 10, 11, Outcome.FAILED)]),  # repaired, and still taken away
        (1, 11, [(0, 0, 1, Outcome.FAILED), (10, 10, 11, Outcome.PREEMPTED)]),
    ],
)
def test_what_counts_where_a_machine_would_go_for_two_reasons_at_once(up, leave, expected):
    """The machine fails after one tick and is back after one, whatever the preemption does; if both come at once, the failure counts."""
    failing = Failures(Weibull(0.01), Weibull(0.01))
    group = MachineGroup(1, failures=failing, preemption=Preemption(series=((up, 9),)), leave=leave)

    assert [up[:4] for up in life(pool_of(group).machine(0), 2)] == expected


def test_the_sooner_of_a_failure_and_a_preemption_counts_with_its_own_absence():
    failing = Failures(Weibull(1e9), Weibull(1e9))
    group = MachineGroup(1, failures=failing, preemption=Preemption(series=((2, 9),)))

    assert [up[:4] for up in life(pool_of(group).machine(0), 2)] == [
        (0, 0, 2, Outcome.PREEMPTED),
        (11, 11, 13, Outcome.PREEMPTED),
    ]


def test_money_is_spent_by_the_machines_that_are_there():
    """Two machines cost 3 per hour all the time, one costs 4 in the first hour, one costs 10 from the second hour on, and one is free."""
    groups = (
        MachineGroup(2, price=3.0, slots=2), MachineGroup(1, price=4.0, leave=HOUR),
        MachineGroup(1, price=10.0, join=2 * HOUR), MachineGroup(1),
    )  # fmt: skip
    pool = pool_of(*groups)

    for budget, hours in ((5.0, 0.5), (10.0, 1), (13.0, 1.5), (16.0, 2), (24.0, 2.5), (160.0, 11)):
        assert pool.spending(budget).spent_by(ticks.LIMIT) == round(hours * HOUR)
        assert pool.spending(budget).spent_by(round(hours * HOUR)) == round(hours * HOUR)
        assert pool.spending(budget).spent_by(round(hours * HOUR) - 1) is None


def test_machines_that_leave_spend_no_more():
    leaving = MachineGroup(2, price=0.1, leave=HOUR)
    pool = pool_of(leaving, MachineGroup(1, price=0.2, leave=2 * HOUR))

    assert pool.spending(0.6).spent_by(ticks.LIMIT) in {2 * HOUR - 1, 2 * HOUR}  # to the rounding of 0.1
    assert pool.spending(0.7).spent_by(ticks.LIMIT) is None


@pytest.mark.parametrize(
    ("max_wait", "makespan", "outcomes"),
    [
        (19 * UNIT, 4 * UNIT, [Outcome.COMPLETED, Outcome.COMPLETED]),
        (20 * UNIT, 26 * UNIT, [Outcome.COMPLETED] * 3),
        (None, 26 * UNIT, [Outcome.COMPLETED] * 3),
    ],
)
def test_a_run_is_given_up_when_nobody_has_worked_for_longer_than_max_wait(max_wait, makespan, outcomes):
    """One machine is there for four units and away for twenty; there are three jobs of two units."""
    group = MachineGroup(1, preemption=Preemption(series=((4 * UNIT, 20 * UNIT),)))
    cluster = Cluster((group,), max_wait=max_wait)
    trace = simulate(random(max_trials=3, max_length=2), World(), cluster, stop=99 * UNIT)

    assert (trace.makespan, trace.outcome.tolist()) == (makespan, outcomes)
