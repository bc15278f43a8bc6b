"""When machines are let go, and what they cost: exact spells and bills on tiny worlds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from simulator.cluster.durations import Weibull
from simulator.cluster.engine import Cluster, Stop, simulate
from simulator.cluster.fates import Conditions, SlowSpells
from simulator.cluster.groups import Failures, MachineGroup, Preemption
from simulator.searchers.halving import asha, random, sha
from simulator.trace import billing, metrics
from simulator.trace.billing import Bill
from simulator.trace.trace import Spell
from tests.support.worlds import UNIT, World

HOUR, MINUTE = 3600 * UNIT, 60 * UNIT


def hours(trial, low, high):
    """Curves on which trial k takes k + 1 hours."""
    return (trial + 1) * HOUR


def ran(group, trials=3, **about):
    return simulate(random(max_trials=trials, max_length=1), World(ticks=hours), Cluster((group,)), **about)


def test_kept_machines_are_paid_to_the_end_and_drained_ones_to_their_last_work():
    kept = ran(MachineGroup(4, price=10.0))
    drained = ran(MachineGroup(4, price=10.0, release="drained"))

    assert billing.total(kept) == 4 * 3 * 10  # three hours; the fourth machine costs nothing
    assert billing.total(kept, Bill.DRAINED) == (1 + 2 + 3) * 10
    assert billing.total(drained) == (1 + 2 + 3) * 10
    assert billing.total(drained, Bill.KEPT) == 4 * 3 * 10
    assert drained.released.worker.tolist() == [0, 1, 3]
    assert (drained.released.start // HOUR).tolist() == [1, 2, 0]
    assert sum(metrics.split(drained)) == drained.workers * drained.makespan
    assert metrics.split(drained).idle == 0


def test_every_minute_or_hour_that_was_begun_is_paid():
    world = World(ticks=lambda trial, low, high: 90 * MINUTE + 1)
    bills = {}
    for name, unit in (("second", 1), ("minute", MINUTE), ("hour", HOUR)):
        cluster = Cluster((MachineGroup(2, price=60.0, billing=unit),))
        bills[name] = billing.total(simulate(random(max_trials=2, max_length=1), world, cluster))

    assert bills == {"second": pytest.approx(180), "minute": 182, "hour": 240}


def test_each_time_that_a_machine_comes_begins_an_hour():
    """The machine is there and away for half an hour each, by turns: an hour and a half of work is in three begun hours."""
    preemption = Preemption(series=((HOUR // 2, HOUR // 2),))
    group = MachineGroup(1, price=10.0, billing=HOUR, preemption=preemption)
    world = World(ticks=lambda trial, low, high: 10 * MINUTE)
    trace = simulate(random(max_trials=9, max_length=1), world, Cluster((group,)))

    assert trace.makespan == 2 * HOUR + HOUR // 2
    assert billing.total(trace) == 30
    assert billing.total(trace, Bill.KEPT) == 30


def test_a_machine_of_two_places_goes_with_its_last():
    group = MachineGroup(1, price=10.0, slots=2, release="drained")
    trace = simulate(random(max_trials=2, max_length=1), World(ticks=hours), Cluster((group,)))
    longer = simulate(
        random(max_trials=3, max_length=1),
        World(ticks=hours),
        Cluster((group, MachineGroup(1, name="b", price=99.0))),
    )

    assert len(trace.released) == 0
    assert billing.total(trace) == 20
    assert longer.released.worker.tolist() == [0, 1]
    assert (longer.released.start // HOUR).tolist() == [2, 2]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("unit", [1, MINUTE, HOUR])
def test_both_bills_by_counting_every_instant(seed, unit):
    """An independent count, on machines that fail, start up and join late, in groups of one and two places."""
    rng = np.random.default_rng(seed)
    times = rng.integers(5, 200, 60) * MINUTE
    failures = Failures(Weibull(3 * HOUR), Weibull(HOUR)) if seed % 3 else None
    release = "drained" if seed % 2 else "end"
    groups = (
        MachineGroup(3, name="a", price=2.0, start_up=3 * MINUTE, failures=failures, release=release, billing=unit),
        MachineGroup(2, name="b", price=5.0, slots=2, join=HOUR, release=release, billing=unit),
    )
    world = World(ticks=lambda trial, low, high: int(times[trial]) * (high - low))
    trace = simulate(asha(max_trials=27, max_length=9, divisor=3), world, Cluster(groups), seed=seed)
    plain = simulate(
        asha(max_trials=27, max_length=9, divisor=3), world,
        Cluster(tuple(MachineGroup(**{**vars(group), "release": "end"}) for group in groups)), seed=seed,
    )  # fmt: skip
    want = {Bill.KEPT: 0.0, Bill.DRAINED: 0.0}
    first = 0
    for group, places in zip(groups, (1, 2), strict=True):
        for machine in range(first, first + group.count * places, places):
            mine = (plain.worker >= machine) & (plain.worker < machine + places)
            last = int(plain.end[mine].max(initial=0))
            down = (plain.spells.worker == machine) & (plain.spells.kind == Spell.DOWN)
            gone = list(zip(plain.spells.start[down].tolist(), plain.spells.end[down].tolist(), strict=True))
            for bill, until in ((Bill.KEPT, plain.makespan), (Bill.DRAINED, last)):
                edges = sorted({0, until, *(min(edge, until) for span in gone for edge in span)})
                up = [
                    (begin, end)
                    for begin, end in pairwise(edges)
                    if not any(start <= begin < stop for start, stop in gone)
                ]
                want[bill] += sum(-(-(end - begin) // unit) * unit for begin, end in up) / HOUR * group.price
        first += group.count * places

    assert trace.makespan == plain.makespan
    assert {bill: billing.total(trace, bill) for bill in want} == pytest.approx(want, rel=1e-12)
    assert billing.total(trace) == pytest.approx(want[Bill.DRAINED if release == "drained" else Bill.KEPT], rel=1e-12)
    assert sum(metrics.split(trace)) == trace.workers * trace.makespan


# Machines that are let go while they are idle, and hired again.


def barrier(trial, low, high):
    """Four first jobs of 1, 2, 3 and 4 hours, and two of one hour behind the barrier."""
    return (trial + 1 if not low else 1) * HOUR


def halved(group, others=(), **conditions):
    """SHA of four trials, of which the first two go on."""
    searcher = sha(max_trials=4, max_length=2, divisor=2)
    cluster = Cluster((group, *others), conditions=Conditions(**conditions))
    return simulate(searcher, World(ticks=barrier), cluster)


def times(trace, spells):
    """(worker, start, end) of spells, in hours."""
    columns = zip(spells.worker.tolist(), spells.start.tolist(), spells.end.tolist(), strict=True)
    return [(worker, start / HOUR, end / HOUR) for worker, start, end in columns]


def test_a_machine_idle_for_so_long_is_let_go_and_hired_again_when_work_waits():
    """The barrier opens at hour 4.

    Machines 0 and 1 are let go by then, 2 and 3 are there for the two trials that go on.
    """
    trace = halved(MachineGroup(4, price=10.0, release=HOUR * 3 // 2))

    assert times(trace, trace.released) == [(0, 2.5, 5), (1, 3.5, 5)]
    assert (trace.worker[-2:].tolist(), (trace.start[-2:] / HOUR).tolist()) == ([2, 3], [4, 4])
    assert billing.total(trace) == (2.5 + 3.5 + 5 + 5) * 10
    assert billing.total(trace, Bill.KEPT) == 4 * 5 * 10
    assert billing.total(trace, Bill.DRAINED) == (1 + 2 + 5 + 5) * 10


def test_a_machine_that_is_hired_again_starts_up_first():
    """At hour 4 all machines but the last are let go.

    The last takes one job, and the first is hired for the other; it starts up in 12 minutes.
    """
    trace = halved(MachineGroup(4, price=10.0, release=MINUTE * 30, start_up=MINUTE * 12, billing=HOUR))

    assert times(trace, trace.released) == [(0, 1.7, 4.2), (1, 2.7, 5.4), (2, 3.7, 5.4)]
    boots = trace.spells.kind == Spell.BOOT
    assert trace.spells.start[boots].tolist() == [0, 252 * MINUTE, 0, 0, 0]
    assert trace.spells.end[boots].tolist() == [12 * MINUTE, 264 * MINUTE, 12 * MINUTE, 12 * MINUTE, 12 * MINUTE]
    assert list(zip(trace.worker[-2:].tolist(), (trace.start[-2:] / MINUTE).tolist(), strict=True)) == [
        (3, 252), (0, 264),
    ]  # fmt: skip
    assert billing.total(trace) == (2 + 2 + 3 + 4 + 6) * 10  # each time that a machine comes, an hour begins
    assert sum(metrics.split(trace)) == trace.workers * trace.makespan


def test_work_that_comes_at_the_tick_at_which_one_would_be_let_go_keeps_it():
    for idle, workers in ((HOUR * 3, [0, 1]), (HOUR * 3 - 1, [1, 2]), (HOUR - 1, [3, 0])):
        trace = halved(MachineGroup(4, release=idle))
        assert trace.worker[-2:].tolist() == workers
        assert trace.makespan == 5 * HOUR


def test_work_for_which_one_is_hired_goes_to_whoever_is_ready_first():
    """The first machine is hired at hour 4 and ready at hour 6. The fourth is free at hour 5, and takes both jobs."""
    trace = halved(MachineGroup(4, release=MINUTE, start_up=2 * HOUR))

    assert list(zip(trace.worker[-2:].tolist(), (trace.start[-2:] / HOUR).tolist(), strict=True)) == [(3, 6), (3, 7)]
    assert times(trace, trace.released)[0] == (0, 3 + 1 / 60, 6)
    assert trace.spells.end[(trace.spells.worker == 0) & (trace.spells.kind == Spell.BOOT)].tolist() == [
        2 * HOUR, 8 * HOUR,
    ]  # fmt: skip


def test_both_places_of_a_machine_are_let_go_and_hired_together():
    trace = halved(MachineGroup(2, slots=2, price=1.0, release=MINUTE * 30))

    assert trace.workers == 4
    assert times(trace, trace.released) == [(0, 2.5, 5), (1, 2.5, 5)]
    leaving = MachineGroup(2, name="b", price=9.0, start_up=MINUTE * 6, leave=4 * HOUR + MINUTE * 6)
    both = halved(MachineGroup(1, slots=2, price=1.0, release=MINUTE * 30, start_up=MINUTE * 6), others=(leaving,))
    assert list(zip(both.worker[-2:].tolist(), (both.start[-2:] // MINUTE).tolist(), strict=True)) == [
        (0, 252), (1, 252),
    ]  # fmt: skip
    assert times(both, both.released)[:2] == [(0, 2.6, 4.1), (1, 2.6, 4.1)]


def test_a_machine_that_is_away_is_hired_once_it_is_back():
    """The machine is there for 3 hours and away for 2, and is let go at 1:30.

    Work that waits from hour 4 on gets it at hour 5.
    """
    preemption = Preemption(series=((3 * HOUR, 2 * HOUR),))
    spot = MachineGroup(1, name="spot", price=1.0, release=MINUTE * 30, preemption=preemption)
    leaving = MachineGroup(1, name="b", price=9.0, leave=4 * HOUR)
    world = World(ticks=lambda trial, low, high: (4 if trial and not low else 1) * HOUR)
    trace = simulate(sha(max_trials=2, max_length=2, divisor=2), world, Cluster((spot, leaving)))

    assert (trace.worker[-1], trace.start[-1] / HOUR) == (0, 5)
    assert times(trace, trace.released) == [(0, 1.5, 3)]
    assert billing.costs_by_group(trace) == {"spot": 2.5, "b": 36.0}


def test_all_that_is_idle_costs_no_more_than_kept_and_no_less_than_drained():
    """This holds for longer and longer times; a machine that is never let go costs as much as a kept one."""
    rng = np.random.default_rng(5)
    spent = rng.integers(5, 200, 60) * MINUTE
    world = World(ticks=lambda trial, low, high: int(spent[trial]) * (high - low))

    def ran_with(rule):
        group = MachineGroup(12, price=2.0, release=rule)
        return simulate(sha(max_trials=27, max_length=9, divisor=3), world, Cluster((group,)))

    bills = [billing.total(ran_with(rule)) for rule in (1, MINUTE, HOUR, 5 * HOUR, 500 * HOUR)]
    kept = ran_with("end")
    assert bills == sorted(bills)
    assert len(set(bills)) > 3
    assert bills[-1] == billing.total(kept)
    assert bills[0] == pytest.approx(metrics.split(kept).busy / HOUR * 2, rel=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_a_bill_is_what_the_spells_say(seed):
    """Machines are let go while idle, go together, and are paid by the second, minute or hour.

    Every span in which a machine is there is rounded up, and every attempt is inside such a span.
    """
    rng = np.random.default_rng(seed)
    times = rng.integers(5, 200, 60) * MINUTE + rng.integers(0, UNIT, 60)
    units = rng.permutation([1, MINUTE, HOUR]).tolist()
    waves = Preemption(
        Weibull(3 * HOUR), Weibull(HOUR), notice=2 * MINUTE, together="group", first_wait=Weibull(HOUR)
    )
    groups = (
        MachineGroup(3, name="a", price=2.5, start_up=3 * MINUTE, release=7 * MINUTE, billing=units[0]),
        MachineGroup(2, name="b", price=0.9, slots=2, release=[20 * MINUTE, "drained"][seed % 2], billing=units[1]),
        MachineGroup(4, name="c", price=3.3, preemption=waves, release=[HOUR, "end"][seed % 2], billing=units[2]),
    )
    world = World(ticks=lambda trial, low, high: int(times[trial]) * (high - low))
    trace = simulate([sha, asha][seed % 2](max_trials=27, max_length=9, divisor=3), world, Cluster(groups), seed=seed)
    first, want = 0, 0.0
    for group in groups:
        for machine in range(first, first + group.count * group.slots, group.slots):
            down = (trace.spells.worker == machine) & (trace.spells.kind == Spell.DOWN)
            edges = [0, *np.sort(np.concatenate([trace.spells.start[down], trace.spells.end[down]])), trace.makespan]
            there = [(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]
            want += (
                sum(-(-(end - begin) // group.billing) * group.billing for begin, end in there) / HOUR * group.price
            )
            mine = (trace.worker >= machine) & (trace.worker < machine + group.slots) & (trace.start < trace.end)
            for start, end in zip(trace.start[mine].tolist(), trace.end[mine].tolist(), strict=True):
                assert any(begin <= start and end <= until for begin, until in there)
        first += group.count * group.slots

    assert billing.total(trace) == pytest.approx(want, rel=1e-12)


# Machines that go together, and availability as it was recorded.


def lives(group, count, *, until=200 * HOUR, seed=3, others=()):
    """The spells in which each machine of a group is down."""
    world = World(ticks=lambda trial, low, high: HOUR // 4)
    trace = simulate(random(max_trials=None, max_length=1), world, Cluster((group, *others)), stop=until, seed=seed)
    down = trace.spells.kind == Spell.DOWN
    return [
        list(zip(trace.spells.start[mine].tolist(), trace.spells.end[mine].tolist(), strict=True))
        for mine in (down & (trace.spells.worker == worker) for worker in range(count))
    ]


@pytest.mark.parametrize(
    ("together", "alike"), [(1, [1] * 8), (4, [4, 4]), (3, [3, 3, 2]), ("group", [8]), ("cluster", [8])]
)
@pytest.mark.parametrize("kind", ["preemption", "failures"])
def test_machines_together_go_at_once(kind, together, alike):
    spans = Weibull(3 * HOUR), Weibull(HOUR)
    law = Failures(*spans, together) if kind == "failures" else Preemption(*spans, together=together)
    found = lives(MachineGroup(8, **{kind: law}), 8)
    places = iter(range(8))

    for size in alike:
        rack = [found[next(places)] for _ in range(size)]
        assert all(life == rack[0] for life in rack)
        assert len(rack[0]) > 10
    assert len({str(life) for life in found}) == len(alike)


def test_a_machine_that_is_preempted_with_its_rack_fails_alone():
    preemption = Preemption(Weibull(20 * HOUR), Weibull(HOUR), together="group")
    alone = lives(MachineGroup(4, preemption=preemption), 4)
    both = lives(MachineGroup(4, preemption=preemption, failures=Failures(Weibull(10 * HOUR), Weibull(HOUR))), 4)

    for life, before in zip(both, alone, strict=True):
        assert all(any(begin <= start and end <= stop for begin, stop in life) for start, end in before)
    assert len({str(life) for life in both}) == 4


@pytest.mark.slow
def test_capacity_is_waited_for_at_the_start():
    wait = Weibull(5 * HOUR)
    preemption = Preemption(Weibull(20 * HOUR), Weibull(HOUR), together="group", first_wait=wait)
    found = [lives(MachineGroup(3, preemption=preemption), 3, seed=seed) for seed in range(30)]

    assert all(life[0][0] == (0, life[0][0][1]) and life[0] == life[2] for life in found)
    assert np.mean([life[0][0][1] for life in found]) == pytest.approx(5 * HOUR, rel=0.5)


def test_recorded_availability_is_played_to_the_tick():
    """At each time, as many of four machines are there as the recording says; its hundred hours are played twice."""
    counts = ((0, 4), (10 * HOUR, 0), (13 * HOUR, 2), (50 * HOUR, 3), (80 * HOUR, 1), (100 * HOUR, 0))
    found = lives(MachineGroup(4, preemption=Preemption(availability=counts, from_start=True)), 4)
    up = [200 * HOUR - sum(end - start for start, end in life) for life in found]

    assert up == [2 * hours * HOUR for hours in (97, 77, 40, 10)]
    assert found[0] == [(10 * HOUR, 13 * HOUR), (110 * HOUR, 113 * HOUR)]
    drawn = lives(MachineGroup(4, preemption=Preemption(availability=counts)), 4)
    assert drawn != found
    assert [200 * HOUR - sum(end - start for start, end in life) for life in drawn] == up  # two whole turns


# Slow for a while.


def test_a_job_pays_for_the_part_that_falls_into_a_spell():
    """The machine is slow by a factor of 4 from hour 2 to 3, from 5 to 6, and so on: of three hours of work, two are
    done before the spell and a quarter in it.
    """

    class Every:
        def __init__(self, span):
            self.mean = self.span = span

        def quantile(self, share):
            return np.full(len(share), float(self.span))

    conditions = Conditions(slow=SlowSpells(Every(2 * HOUR), Every(HOUR), 4.0, since=0))
    world = World(ticks=lambda trial, low, high: 3 * HOUR)
    trace = simulate(random(max_trials=2, max_length=1), world, Cluster(1, conditions=conditions))

    # 2 h fast, 1 h slow (.25), .75 h fast; then 1.25 h fast, 1 h slow (.25), 1.5 h fast
    assert (trace.end / HOUR).tolist() == [3.75, 7.5]
    fifth = simulate(
        random(max_trials=1, max_length=1), World(ticks=lambda *_: HOUR), Cluster(1, conditions=conditions)
    )
    assert fifth.makespan == HOUR


def test_the_mean_over_a_long_time_is_that_of_the_share():
    """Machines are slow by a factor of 3 for a quarter of the time: an hour of work takes 1 / (.75 + .25 / 3) hours on average."""
    conditions = Conditions(slow=SlowSpells(Weibull(3 * HOUR), Weibull(HOUR), 3.0))
    world = World(ticks=lambda *_: 2000 * HOUR)
    trace = simulate(random(max_trials=20, max_length=1), world, Cluster(20, conditions=conditions))

    assert (trace.end / HOUR).mean() == pytest.approx(2000 / (0.75 + 0.25 / 3), rel=0.02)


@pytest.mark.parametrize("spans", [(Weibull(3 * HOUR), Weibull(HOUR)), (Weibull(3 * HOUR, 20), Weibull(HOUR, 20))])
def test_machines_are_as_often_slow_at_the_start_as_later_on(spans):
    """Machines are slow for a quarter of the time; the share among 800 machines has a standard error of .015."""
    conditions = Conditions(slow=SlowSpells(*spans, 3.0))
    world = World(ticks=lambda *_: UNIT)
    trace = simulate(random(max_trials=800, max_length=1), world, Cluster(800, conditions=conditions))

    assert (trace.start == 0).all()
    assert (trace.end > 2 * UNIT).mean() == pytest.approx(0.25, abs=0.06)


# Losses that count at full length.


@pytest.mark.parametrize("engine", ["fast", "model"])
@pytest.mark.parametrize("make", [sha, asha])
def test_a_stop_at_a_full_loss_passes_early_ones_over(make, engine):
    """All trials have a loss of 0 early, and their number in full."""
    world = World(loss=lambda trial, resource: 0.0 if resource < 9 else 5.0 - trial % 3)
    options = {"max_trials": 81, "max_length": 9, "divisor": 3}
    stopped = simulate(make(**options), world, Cluster(5), stop=Stop(full_loss=4.0), engine=engine)
    early = simulate(make(**options), world, Cluster(5), stop=Stop(loss=4.0), engine=engine)

    full = metrics.full_length(stopped)
    assert stopped.loss[full].min() <= 4.0
    assert stopped.end[full & (stopped.loss <= 4.0)].min() == stopped.makespan
    assert early.makespan == UNIT
