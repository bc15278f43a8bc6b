"""Pools that grow and shrink with the work: the decisions, and what the machines do."""

from __future__ import annotations

from random import Random

import pytest

from simulator.cluster.durations import Weibull
from simulator.cluster.groups import MachineGroup, Preemption, Scaling
from simulator.cluster.sharing.engine import Arrival, share
from simulator.cluster.sharing.fair_share import FairShare
from simulator.cluster.sharing.fifo import Fifo
from simulator.cluster.sharing.scaling import Scaler
from simulator.cluster.spec import Cluster, StarvedError
from simulator.searchers.halving import random
from simulator.trace.trace import Spell
from tests.cluster.sharing.test_against_naive import POLICIES, make_curves, make_searcher
from tests.support.worlds import UNIT, World


@pytest.mark.parametrize(
    ("needed", "target", "wanted"),
    [(0, 1, 1), (0.5, 1, 1), (2, 1, 2), (2.01, 1, 3), (4, 0.8, 5), (9, 1, 8), (3 * (1 / 3), 1, 1)],
)
def test_so_many_machines_are_wanted_between_the_least_and_the_most(needed, target, wanted):
    assert Scaler(Scaling(least=1, target=target), 8).wanted(needed) == wanted


def test_machines_are_hired_once_too_few_have_been_there_for_a_while():
    scaler = Scaler(Scaling(up_delay=5), 8)

    assert scaler.decide(10, 3, 1) == (0, 15)
    assert scaler.decide(12, 2, 1) == (0, 15)
    assert scaler.decide(13, 1, 1) == (0, None)  # there were enough for a moment
    assert scaler.decide(14, 3, 1) == (0, 19)
    assert scaler.decide(19, 4, 1) == (3, None)


def test_machines_are_let_go_once_too_many_have_been_there_for_a_while():
    scaler = Scaler(Scaling(down_delay=5), 8)

    assert scaler.decide(10, 1, 4) == (0, 15)
    assert scaler.decide(15, 2, 4) == (-2, None)
    assert scaler.decide(16, 2, 3) == (-1, None)  # a machine that had work at that time goes when its work is done


def there(trace, worker):
    """(start, end, kind) of the spells in which a worker can't work, in units."""
    rows = trace.spells.worker == worker
    return [
        (start / UNIT, end / UNIT, Spell(kind).name)
        for start, end, kind in zip(
            trace.spells.start[rows], trace.spells.end[rows], trace.spells.kind[rows], strict=True
        )
    ]


def bursts(trials=4, gap=10, many=2):
    """Searches of single trials of a unit each, each search all at one time."""
    return (
        Arrival(gap * UNIT * number, "a", number, lambda: (random(max_trials=trials, max_length=1), World()))
        for number in range(many)
    )


def grown(slots=(1,), policy=Fifo, arrivals=None, count=4, size=1, **scaling):
    group = MachineGroup(count, slots=size, start_up=UNIT, release=Scaling(**scaling))
    return share(arrivals or bursts(), Cluster((group,)), policy(), slots=slots).trace


@pytest.mark.parametrize("policy", [Fifo, FairShare])
def test_a_pool_grows_with_a_burst_and_shrinks_after_it(policy):
    """One machine is never let go.

    Three are hired at 0 for the other three of four trials, are ready at 1, and go at 2 + 3.
    """
    trace = grown(policy=policy, least=1, down_delay=3 * UNIT)

    assert there(trace, 0) == [(0, 1, "BOOT")]
    assert there(trace, 3) == [(0, 1, "BOOT"), (5, 10, "DOWN"), (10, 11, "BOOT")]
    assert sorted((trace.start / UNIT).tolist()) == [1, 1, 1, 1, 10, 11, 11, 11]


def test_machines_are_hired_after_their_delay():
    trace = grown(least=1, up_delay=2 * UNIT, down_delay=UNIT, arrivals=bursts(many=1))

    assert there(trace, 1) == [(0, 2, "DOWN"), (2, 3, "BOOT")]
    assert sorted((trace.start / UNIT).tolist()) == [1, 2, 3, 3]


def test_a_target_below_one_keeps_machines_in_reserve():
    trace = grown(least=0, target=0.5, arrivals=bursts(trials=2, many=1), count=8)

    assert [there(trace, worker)[0] for worker in (3, 4)] == [(0, 1, "BOOT"), (0, 2, "DOWN")]


def test_every_pool_grows_for_a_search_that_is_asked_trial_by_trial():
    """Six trials of a unit each on pools of two and of four machines, all of which start up by 1."""
    pools = tuple(MachineGroup(count, name=str(count), start_up=UNIT, release=Scaling()) for count in (2, 4))
    trace = share(bursts(trials=6, many=1), Cluster(pools), Fifo(), slots=(1,)).trace

    assert sorted(trace.worker.tolist()) == [0, 1, 2, 3, 4, 5]
    assert set(trace.start.tolist()) == {UNIT}


@pytest.mark.parametrize("release", [Scaling(), 1])
def test_machines_are_hired_only_for_trials_that_they_could_run(release):
    """A trial of eight slots comes when all machines were let go; forty machines of one slot are of no use to it."""
    groups = tuple(
        MachineGroup(count, name=str(slots), slots=slots, start_up=UNIT, release=release)
        for count, slots in ((40, 1), (2, 8))
    )
    arrivals = (
        Arrival(at * UNIT, "a", number, lambda: (random(max_trials=1, max_length=1), World()), slots=slots)
        for number, (at, slots) in enumerate([(0, 1), (50, 8)])
    )
    workload = share(arrivals, Cluster(groups), Fifo(), slots=(1, 8), stop=1000 * UNIT)

    assert (workload.trace.start / UNIT).tolist() == [1, 51]
    assert workload.trace.worker.tolist() == [0, 40]


def test_pools_whose_machines_have_left_for_good_end_the_run():
    """Before, each of the two pools was checked again after the other's delay, for ever."""
    pools = tuple(
        MachineGroup(2, name=str(delay), leave=3 * UNIT, release=Scaling(up_delay=delay * UNIT)) for delay in (1, 2)
    )
    with pytest.raises(StarvedError, match="no worker is left"):
        share(bursts(many=2), Cluster(pools), Fifo())


@pytest.mark.parametrize("slots", [(1,), (1, 2)])
def test_machines_that_join_later_are_hired_then(slots):
    group = MachineGroup(2, slots=max(slots), join=7 * UNIT, start_up=UNIT, release=Scaling())
    trace = share(bursts(trials=2, many=1), Cluster((group,)), Fifo(), slots=slots).trace

    assert set((trace.start / UNIT).tolist()) == {8}


@pytest.mark.slow
def test_machines_that_are_never_idle_together_end_the_run():
    """A trial of two slots needs two machines at once. Before, one started up as the other was let go, for ever."""
    group = MachineGroup(2, start_up=5 * UNIT, ramp_up=2 * UNIT, release=1)
    arrivals = (
        Arrival(at, "a", number, lambda: (random(max_trials=1, max_length=1), World()), slots=slots)
        for number, (at, slots) in enumerate([(0, 1), (0, 2)])
    )
    with pytest.raises(StarvedError, match="machines come and go"):
        share(arrivals, Cluster((group,)), Fifo(), slots=(1, 2))


def test_trials_of_several_slots_are_counted_by_machines():
    """Two trials of one slot and one of two need two machines of two slots."""
    arrivals = iter(
        Arrival(0, "a", number, lambda many=many: (random(max_trials=many, max_length=1), World()), slots=slots)
        for number, (many, slots) in enumerate([(2, 1), (1, 2)])
    )
    trace = grown(slots=(1, 2), size=2, arrivals=arrivals)

    gone = [worker for worker in range(8) if there(trace, worker) == [(0, 2, "DOWN")]]
    assert gone == [4, 5, 6, 7]
    assert (trace.start / UNIT).tolist() == [1, 1, 1]


@pytest.mark.parametrize("policy", POLICIES)
def test_every_search_gets_done_on_pools_that_grow(policy):
    """This holds for all delays, and for spot machines; and machines work only while they are there."""
    for seed in range(12):
        rng = Random(f"{policy} {seed}")
        spot = Preemption(Weibull(4000), Weibull(500)) if rng.random() < 0.3 else None
        groups = tuple(
            MachineGroup(
                rng.randint(1, 4), name=str(index), slots=rng.choice([1, 2]), start_up=rng.choice([0, 9]), preemption=spot,
                release=Scaling(rng.randint(0, 1), rng.choice([0.5, 1]), rng.choice([0, 30]), rng.choice([0, 50])),
            )
            for index in range(rng.randint(1, 2))
        )  # fmt: skip
        needs, at, arrivals = rng.choice([(1,), (1, 2)]), 0, []
        if max(group.slots for group in groups) < max(needs):
            needs = (1,)
        for number in range(rng.randint(1, 5)):
            searcher, curves = make_searcher(rng), make_curves(rng)
            at += rng.choice([0, 300])
            arrivals.append(
                Arrival(
                    at, "a", number, lambda searcher=searcher, curves=curves: (searcher(), curves), seed=number,
                    slots=rng.choice(needs),
                )
            )  # fmt: skip
        queued = rng.choice(["on_demand", "queued"])
        workload = share(iter(arrivals), Cluster(groups, queued), POLICIES[policy](), slots=needs, seed=seed)

        assert all(visit.done is not None for visit in workload.visits), seed
        trace = workload.trace
        for worker in range(trace.workers):
            mine, away = trace.worker == worker, trace.spells.worker == worker
            for start, end in zip(trace.spells.start[away], trace.spells.end[away], strict=True):
                assert not ((trace.start[mine] < end) & (trace.end[mine] > start)).any(), (seed, worker)
