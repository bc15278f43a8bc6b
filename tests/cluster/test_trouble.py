"""Small clusters in trouble, tick by tick."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from simulator.cluster.attempts import Overheads, Recovery
from simulator.cluster.engine import Cluster, StarvedError, Stop, simulate
from simulator.cluster.fates import Conditions, Drop
from simulator.cluster.groups import MachineGroup, Preemption
from simulator.cluster.stragglers import Quantiles
from simulator.core.errors import RunError
from simulator.core.ticks import LIMIT
from simulator.curves.protocol import Exit
from simulator.searchers.determined import adaptive
from simulator.searchers.halving import asha, random, sha
from simulator.trace.trace import COLUMNS, Outcome
from tests.support.worlds import UNIT, Mortal, World, shuffled

SECOND = UNIT


def columns(trace, *names):
    return list(zip(*(getattr(trace, name).tolist() for name in names), strict=True))


def timed(trace):
    """(worker, trial, rung, start, end, outcome) of each row, times in units."""
    rows = columns(trace, "worker", "trial", "rung", "start", "end", "outcome")
    return [(worker, trial, rung, start / UNIT, end / UNIT, outcome) for worker, trial, rung, start, end, outcome in rows]  # fmt: skip


def spot(up, down, count=1, **options):
    return MachineGroup(count, preemption=Preemption(series=((up, down),)), **options)


def test_a_job_that_ends_as_a_machine_joins_is_handled_first_if_it_started_before():
    groups = (MachineGroup(1), MachineGroup(1, join=UNIT))
    trace = simulate(random(max_trials=3, max_length=1), World(), Cluster(groups))

    assert timed(trace) == [(0, 0, 0, 0, 1, 0), (0, 1, 0, 1, 2, 0), (1, 2, 0, 1, 2, 0)]


def test_a_machine_that_joins_as_a_job_ends_is_handled_first_if_it_was_looked_at_before_that_started():
    groups = (MachineGroup(1), MachineGroup(1, join=2 * UNIT))
    trace = simulate(random(max_trials=4, max_length=1), World(), Cluster(groups))

    assert timed(trace) == [(0, 0, 0, 0, 1, 0), (0, 1, 0, 1, 2, 0), (1, 2, 0, 2, 3, 0), (0, 3, 0, 2, 3, 0)]


def test_a_lost_job_goes_before_anything_new_on_the_first_worker_that_is_idle():
    """Worker 0 goes at 3 with the second unit of its job half done; worker 1 is free at 4."""
    groups = (MachineGroup(1, leave=3 * UNIT), MachineGroup(1, speed=0.5))
    trace = simulate(random(max_trials=4, max_length=2), World(), Cluster(groups))

    assert timed(trace) == [
        (0, 0, 0, 0, 2, Outcome.COMPLETED), (1, 1, 0, 0, 4, Outcome.COMPLETED),
        (0, 2, 0, 2, 3, Outcome.PREEMPTED),
        (1, 2, 0, 4, 6, Outcome.COMPLETED),  # one unit was saved
        (1, 3, 0, 6, 10, Outcome.COMPLETED),
    ]  # fmt: skip
    assert trace.from_resource.tolist() == [0, 0, 0, 1, 0]


#: Worker 0 goes at 3, with the second unit of trial 2 half done; worker 1 is half as fast, and free at 4.
UNEVEN = (MachineGroup(1, leave=3 * UNIT), MachineGroup(1, speed=0.5))
BEFORE = [(0, 0, 0, 0, 2, Outcome.COMPLETED), (1, 1, 0, 0, 4, Outcome.COMPLETED), (0, 2, 0, 2, 3, Outcome.PREEMPTED)]


@pytest.mark.parametrize("assignment", ["on_demand", "queued"])
@pytest.mark.parametrize(
    ("recovery", "after"),
    [
        (Recovery(), [(2, 4, 6), (3, 6, 10), (4, 10, 14)]),
        (Recovery(retry="last"), [(3, 4, 8), (4, 8, 12), (2, 12, 14)]),
        (Recovery(retry_after=UNIT // 2), [(2, 4, 6), (3, 6, 10), (4, 10, 14)]),
        (Recovery(retry_after=2 * UNIT), [(3, 4, 8), (2, 8, 10), (4, 10, 14)]),
        (Recovery(retry_after=20 * UNIT), [(3, 4, 8), (4, 8, 12), (2, 23, 25)]),
        (Recovery(retry="last", retry_after=20 * UNIT), [(3, 4, 8), (4, 8, 12), (2, 23, 25)]),
    ],
    ids=str,
)
def test_when_a_lost_job_is_tried_again(assignment, recovery, after):
    """One unit of trial 2 was saved, and trials 3 and 4 are new."""
    cluster = Cluster(UNEVEN, assignment, conditions=Conditions(recovery=recovery))
    trace = simulate(random(max_trials=5, max_length=2), World(), cluster)

    assert timed(trace) == BEFORE + [(1, trial, 0, start, end, Outcome.COMPLETED) for trial, start, end in after]


def test_a_job_that_is_tried_again_last_comes_after_new_trials_and_promotions():
    """Worker 1 goes at 1.5 with the promotion of trial 0. Then come trial 3, which is new, and trial 1's promotion."""
    groups = (MachineGroup(1), MachineGroup(1, leave=3 * UNIT // 2))
    cluster = Cluster(groups, conditions=Conditions(recovery=Recovery(retry="last")))
    trace = simulate(asha(max_trials=4, max_length=2, divisor=2), World(lambda trial, resource: trial), cluster)

    assert timed(trace)[3:] == [
        (1, 0, 1, 1, 1.5, Outcome.PREEMPTED), (0, 3, 0, 2, 3, Outcome.COMPLETED), (0, 1, 1, 3, 4, Outcome.COMPLETED),
        (0, 0, 1, 4, 5, Outcome.COMPLETED),
    ]  # fmt: skip


@pytest.mark.parametrize(("max_wait", "attempts"), [(4 * UNIT - 1, 3), (4 * UNIT, 4)])
def test_a_job_that_is_held_back_is_not_waited_for_in_vain(max_wait, attempts):
    """Worker 0 goes at 3, its job may go on at 13, and a worker comes at 17. Nothing waits for a worker until 13."""
    groups = (MachineGroup(1, leave=3 * UNIT), MachineGroup(1, join=17 * UNIT))
    recovery = Recovery(retry_after=10 * UNIT)
    cluster = Cluster(groups, max_wait=max_wait, conditions=Conditions(recovery=recovery))
    trace = simulate(random(max_trials=2, max_length=2), World(), cluster)

    assert len(trace) == attempts - 1


def test_every_column_of_an_attempt_with_overheads_that_is_lost():
    """It takes 3 ticks to set up, and units take 10, with a checkpoint of 1 after each but the last.

    The machine is there for 20 ticks and away for 5. It goes at 20, with a unit saved at 14. Then set-up and
    restoring take 3 and 2, and three units take 30 and 2.
    """
    conditions = Conditions(overheads=Overheads(trial_start=3, save=1, restore=2))
    world = World(ticks=lambda trial, begin, end: 10 * (end - begin))
    trace = simulate(random(max_trials=1, max_length=4), world, Cluster((spot(20, 5),), conditions=conditions))

    assert columns(trace, *COLUMNS[:8], "overhead", "lost", "outcome") == [
        (0, 0, 0, 0, 0, 4, 0, 20, 4, 6, Outcome.PREEMPTED),
        (0, 0, 0, 0, 1, 4, 25, 45, 6, 4, Outcome.PREEMPTED),
        (0, 0, 0, 0, 2, 4, 50, 70, 6, 4, Outcome.PREEMPTED),
        (0, 0, 0, 0, 3, 4, 75, 90, 5, 0, Outcome.COMPLETED),
    ]
    np.testing.assert_equal(trace.loss, [np.nan, np.nan, np.nan, 0.0])


@pytest.mark.parametrize(
    ("every", "kept", "saving", "left"), [(1, 20, 2, 21), (2, 20, 1, 20), (3, 0, 0, 41)], ids=["1", "2", "3"]
)
def test_only_what_was_saved_is_not_done_again(every, kept, saving, left):
    """Four units of 10 ticks, with a checkpoint of 1 tick after every `every` units; the machine goes at 25 and another comes at 90."""
    conditions = Conditions(overheads=Overheads(save=1), recovery=Recovery(checkpoint_every=every))
    groups = (MachineGroup(1, leave=25), MachineGroup(1, join=90))
    world = World(ticks=lambda trial, begin, end: 10 * (end - begin))
    trace = simulate(random(max_trials=1, max_length=4), world, Cluster(groups, conditions=conditions))

    assert columns(trace, "from_resource", "start", "end", "overhead", "lost") == [
        (0, 0, 25, saving, 25 - kept - saving), (kept // 10, 90, 90 + left, left - 40 + kept, 0),
    ]  # fmt: skip


def test_a_notice_saves_whole_units_where_saving_takes_no_time():
    groups = (MachineGroup(1, leave=25), MachineGroup(1, join=90))
    world = World(ticks=lambda trial, begin, end: 10 * (end - begin))
    conditions = Conditions(recovery=Recovery(checkpoint_every=9))
    trace = simulate(random(max_trials=1, max_length=4), world, Cluster(groups, conditions=conditions))

    assert columns(trace, "from_resource", "start", "end", "lost") == [(0, 0, 25, 5), (2, 90, 110, 0)]


def test_what_is_tried_again_from_zero_where_trials_do_not_resume():
    groups = (MachineGroup(1, leave=5 * UNIT), MachineGroup(1, join=9 * UNIT))
    trace = simulate(asha(max_trials=2, max_length=4, divisor=4, num_rungs=1), World(), Cluster(groups, resume=False))

    assert timed(trace) == [
        (0, 0, 0, 0, 4, Outcome.COMPLETED), (0, 1, 0, 4, 5, Outcome.PREEMPTED), (1, 1, 0, 9, 12, Outcome.COMPLETED),
    ]  # fmt: skip


@pytest.mark.parametrize(("max_restarts", "attempts"), [(0, 1), (1, 2), (3, 4)])
def test_a_trial_is_dead_after_more_losses_than_max_restarts(max_restarts, attempts):
    conditions = Conditions(drop=Drop(1.0, UNIT // 2), recovery=Recovery(max_restarts=max_restarts))
    trace = simulate(random(max_trials=2, max_length=2), World(), Cluster(1, conditions=conditions))

    one = [Outcome.DROPPED] * (attempts - 1) + [Outcome.EXITED]
    assert trace.outcome.tolist() == one * 2
    assert trace.trial.tolist() == [0] * attempts + [1] * attempts
    assert trace.loss[attempts - 1] == inf
    assert trace.end.tolist() == [UNIT // 2 * (row + 1) for row in range(2 * attempts)]


def test_preemptions_do_not_count_as_restarts_but_end_a_trial_that_exits_on_loss():
    for on_loss, outcomes in (("resume", [3, 3, 3, 0]), ("exit", [1])):
        conditions = Conditions(recovery=Recovery(on_loss, max_restarts=0))
        trace = simulate(
            random(max_trials=1, max_length=4), World(), Cluster((spot(UNIT, UNIT),), conditions=conditions)
        )
        assert trace.outcome.tolist() == outcomes


@pytest.mark.parametrize("max_trials", [1, 3])
def test_a_job_that_is_lost_for_ever_is_told_by_trial_and_resource(max_trials):
    """The last trial is never done: it takes four units, and the machine stays for three."""
    asked = []
    world = World(ticks=lambda trial, begin, end: asked.append(trial) or (4 if trial == max_trials - 1 else 1) * UNIT)
    cluster = Cluster((spot(3 * UNIT, UNIT),), conditions=Conditions(recovery=Recovery("restart")))
    with pytest.raises(StarvedError) as error:
        simulate(random(max_trials=max_trials, max_length=7), world, cluster)

    assert asked.count(max_trials - 1) == 10_000
    assert str(error.value) == (
        f"trial {max_trials - 1} was tried 10,000 times up to resource 7 and lost each time; lower crashes and drops, "
        "shorten trial_start and restore, save checkpoints more often, or give a stop"
    )


def test_the_time_at_which_the_last_machine_leaves():
    with pytest.raises(StarvedError) as error:
        simulate(random(max_trials=1, max_length=1), World(), Cluster((MachineGroup(1, join=5, leave=5),)))
    assert (
        str(error.value)
        == "no worker is left after 0 h, and the search is not over; let a group stay, or give a stop"
    )
    with pytest.raises(StarvedError, match=r"^no worker is left after 2\.5 h, and"):
        simulate(random(max_trials=None, max_length=1), World(), Cluster((MachineGroup(1, leave=9000 * SECOND),)))


def test_a_machine_that_never_stays_long_enough_is_reported():
    with pytest.raises(StarvedError) as error:
        simulate(random(max_trials=1, max_length=1), World(), Cluster((spot(2, 2, start_up=2),)))
    assert str(error.value) == "machines come and go, and none stays long enough to start up and work"


def test_stragglers_and_speeds_change_how_long_a_job_takes():
    groups = (MachineGroup(1, speed=2.0), MachineGroup(1))
    trace = simulate(
        random(max_trials=2, max_length=3), World(), Cluster(groups, conditions=Conditions(Quantiles([3.0, 3.0])))
    )

    assert timed(trace) == [(0, 0, 0, 0, 4.5, 0), (1, 1, 0, 0, 9, 0)]


@pytest.mark.parametrize("exit_", [Exit.ERRORED, Exit.INVALID])
def test_a_trial_that_dies_by_itself_does_so_as_where_nothing_can_go_wrong(exit_):
    plain, full = (
        simulate(sha(max_trials=3, max_length=3, divisor=3), Mortal(exit_), Cluster(groups))
        for groups in (3, (MachineGroup(1), MachineGroup(2)))
    )

    assert full.outcome[1] == Outcome.EXITED
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(plain, name), getattr(full, name), name)


@pytest.mark.parametrize("groups", [2, (MachineGroup(1), MachineGroup(1))], ids=["plain", "with troubles"])
def test_each_trial_counts_once_towards_a_stop_after_so_many_in_full(groups):
    """Rungs are one unit apart, and the third is full length already; the last trial takes long to reach it."""
    world = World(shuffled, lambda trial, start, end: (9 if (trial, start) == (43, 2) else 1) * UNIT)

    def run(stop):
        return simulate(adaptive(max_length=1, budget=60), world, Cluster(groups, "queued"), stop=stop)

    whole = run(None)
    ends, beyond = {}, []
    for trial, to_resource, end in columns(whole, "trial", "to_resource", "end"):
        if trial in ends:
            beyond.append(end)
        elif to_resource >= whole.max_length:
            ends[trial] = end
    assert min(beyond) < max(ends.values())
    for number, end in enumerate(sorted(ends.values()), start=1):
        assert run(Stop(full_length=number)).makespan == end


@pytest.mark.parametrize(
    "groups", [1, (MachineGroup(1, start_up=0), MachineGroup(1))], ids=["plain", "with troubles"]
)
def test_a_job_may_last_as_long_as_the_clock(groups):
    for length, makespan in ((LIMIT, LIMIT), (LIMIT + 1, None)):
        world = World(ticks=lambda *_, length=length: length)
        try:
            trace = simulate(random(max_trials=1, max_length=1), world, Cluster(groups))
        except RunError:
            assert makespan is None
        else:
            assert trace.makespan == makespan


def test_a_budget_that_outlasts_the_last_machine():
    cluster = Cluster((MachineGroup(1, price=1.0, leave=5 * UNIT),))
    with pytest.raises(StarvedError, match="no worker is left"):
        simulate(random(max_trials=9, max_length=2), World(), cluster, stop=Stop(cost=1.0))


@pytest.mark.parametrize("groups", [1, (spot(999 * UNIT, UNIT),)], ids=["plain", "with troubles"])
@pytest.mark.parametrize(
    ("stop", "makespan", "outcomes"),
    [
        (Stop(time=0), 0, []),
        (Stop(time=1), 1, [Outcome.CUT]),
        (Stop(time=5 * UNIT), 5 * UNIT, [0, 0, Outcome.CUT]),
        (Stop(time=6 * UNIT), 6 * UNIT, [0, 0, 0]),
        (Stop(loss=2.0), 6 * UNIT, [0, 0, 0]),  # trial n has a loss of 4 - n
        (Stop(full_length=2), 4 * UNIT, [0, 0]),
        (Stop(cost=3 / 3600), 3 * UNIT, [0, Outcome.CUT]),
        (Stop(time=2 * UNIT, cost=3 / 3600), 2 * UNIT, [0]),
    ],
)  # fmt: skip
def test_when_a_run_stops(groups, stop, makespan, outcomes):
    """One worker, jobs of two units, a price of 1 an hour."""
    price = {"price": 1.0}
    group = MachineGroup(1, **price) if groups == 1 else spot(999 * UNIT, UNIT, **price)
    world = World(lambda trial, resource: 4.0 - trial)
    trace = simulate(random(max_trials=9, max_length=2), world, Cluster((group,)), stop=stop)

    assert (trace.makespan, trace.outcome.tolist()) == (makespan, outcomes)


def test_a_trial_pays_nothing_only_where_it_goes_on_at_once_where_it_was():
    """Promoted on the other worker, trial 0 is saved, set up and restored; on the same worker, it goes on without overhead."""
    conditions = Conditions(
        overheads=Overheads(trial_start=100, save=7, restore=30), recovery=Recovery(checkpoint_every=9)
    )
    fast = World(ticks=lambda trial, begin, end: (1000, 3000)[trial % 2] * (end - begin))
    trace = simulate(sha(max_trials=2, max_length=2, divisor=2), fast, Cluster(2, conditions=conditions))
    assert columns(trace, "worker", "trial", "start", "end", "overhead") == [
        (0, 0, 0, 1100, 100), (1, 1, 0, 3100, 100), (0, 0, 3100, 3100 + 1137, 137),
    ]  # fmt: skip

    last = World(lambda trial, resource: -trial, fast.ticks)
    trace = simulate(sha(max_trials=2, max_length=2, divisor=2), last, Cluster(1, conditions=conditions))
    assert columns(trace, "worker", "trial", "start", "end", "overhead")[-1] == (0, 1, 4200, 7200, 0)


@pytest.mark.parametrize(("max_wait", "attempts"), [(6 * UNIT, 1), (6 * UNIT - 1, 0)])
def test_the_wait_for_the_first_machine_counts_from_the_start(max_wait, attempts):
    cluster = Cluster((MachineGroup(1, join=6 * UNIT),), max_wait=max_wait)

    assert len(simulate(random(max_trials=1, max_length=1), World(), cluster)) == attempts


def test_a_run_of_no_time_has_no_spells():
    trace = simulate(
        random(max_trials=1, max_length=1), World(), Cluster((MachineGroup(1, start_up=9),)), stop=Stop(0)
    )

    assert (len(trace), trace.makespan, len(trace.spells)) == (0, 0, 0)
