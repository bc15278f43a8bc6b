"""If work remains that no worker will ever do, the run reports it instead of going on for ever."""

from __future__ import annotations

from math import exp, inf

import pytest

from simulator.cluster.attempts import Overheads, Recovery
from simulator.cluster.durations import Weibull, expected_completion
from simulator.cluster.engine import Cluster, StarvedError, Stop, simulate
from simulator.cluster.fates import Conditions, Drop
from simulator.cluster.feasibility import absence_rate, loss_rate, ticks_if_hopeless
from simulator.cluster.groups import Failures, MachineGroup, Preemption
from simulator.cluster.pool import MachinePool
from simulator.core import ticks
from simulator.core.errors import RunError
from simulator.searchers.halving import random
from simulator.trace.trace import Outcome
from tests.support.worlds import UNIT, World

HOUR = ticks.UNITS["h"]


def run(groups, **cluster):
    return simulate(random(max_trials=2, max_length=4), World(), Cluster(groups, **cluster))


def spot(up, down, **group):
    return (MachineGroup(1, preemption=Preemption(series=((up, down),)), **group),)


@pytest.mark.slow
def test_machines_that_never_stay_long_enough_to_start_up():
    with pytest.raises(StarvedError, match="machines come and go, and none stays long enough to start up"):
        run(spot(UNIT, UNIT, start_up=UNIT))


@pytest.mark.slow
def test_machines_come_and_go_in_vain_a_hundred_thousand_times_and_no_more():
    def start(after):
        groups = (*spot(1, 1, start_up=1), MachineGroup(1, join=2 * after))  # it comes every two ticks
        world = World(ticks=lambda *_: 1)
        return simulate(random(max_trials=1, max_length=1), world, Cluster(groups)).start[0]

    assert start(99_998) == 199_996  # each machine is checked once before it first comes, too
    with pytest.raises(
        StarvedError, match=r"^machines come and go, and none stays long enough to start up and work$"
    ):
        start(99_999)


def test_a_job_that_is_lost_every_time():
    never_saved = Conditions(recovery=Recovery("restart"))
    with pytest.raises(StarvedError, match=r"trial 0 was tried 10,000 times up to resource 4 and lost each time"):
        run(spot(3 * UNIT, UNIT), conditions=never_saved)

    trace = run(spot(3 * UNIT, UNIT), conditions=Conditions(recovery=Recovery("resume")))
    assert trace.where(Outcome.COMPLETED).sum() == 2


def test_the_last_worker_has_left():
    with pytest.raises(StarvedError, match=r"no worker is left after 0\.00139 h, and the search is not over"):
        run((MachineGroup(1, leave=5 * UNIT),))

    trace = simulate(
        random(max_trials=2, max_length=4), World(), Cluster((MachineGroup(1, leave=5 * UNIT),)), stop=9 * UNIT
    )
    assert trace.outcome.tolist() == [Outcome.COMPLETED, Outcome.PREEMPTED]
    assert trace.makespan == 5 * UNIT


@pytest.mark.parametrize("groups", [1, (MachineGroup(1, speed=0.5),)], ids=["plain", "with troubles"])
def test_a_job_that_outlasts_the_clock(groups):
    world = World(ticks=lambda *_: ticks.LIMIT + 1)
    with pytest.raises(RunError, match="more than 285 years"):
        simulate(random(max_trials=1, max_length=1), world, Cluster(groups))


def test_money_that_outlasts_the_clock_is_no_stop():
    group = MachineGroup(2, price=1.0, failures=Failures(Weibull(ticks.LIMIT / 9), Weibull(HOUR)))
    pool = MachinePool([group], slots_per_trial=1, policy="fastest", seed=0)

    assert pool.spending(1e9).spent_by(ticks.LIMIT) is None
    assert pool.spending(6.0).spent_by(ticks.LIMIT) == 3 * HOUR


def test_free_machines_never_spend_the_money():
    pool = MachinePool([MachineGroup(3)], slots_per_trial=1, policy="fastest", seed=0)
    assert pool.spending(1.0).spent_by(ticks.LIMIT) is None
    trace = simulate(random(max_trials=2, max_length=4), World(), Cluster((MachineGroup(3),)), stop=Stop(cost=0.1))
    assert len(trace) == 2


def test_expected_time_of_work_that_must_be_done_in_one_go():
    assert expected_completion(5.0, 0) == 5
    assert expected_completion(10.0, 0.1) == pytest.approx((exp(1) - 1) * 10)
    assert expected_completion(1e6, 1.0) == inf


def test_rates_of_losses_add_up():
    failing = Failures(Weibull(4.0), Weibull(1.0))
    spot = Preemption(series=((2, 9), (6, 9)))  # up four on average
    assert absence_rate(MachineGroup(1)) == 0
    assert absence_rate(MachineGroup(1, failures=failing)) == 1 / 4
    assert absence_rate(MachineGroup(1, preemption=spot)) == 1 / 4
    assert absence_rate(MachineGroup(1, failures=failing, preemption=Preemption(Weibull(2.0), Weibull(1)))) == 3 / 4

    dropping = Conditions(drop=Drop(1 - exp(-1), per=2))  # geometric, at a rate of 1 / 2
    assert loss_rate(dropping, MachineGroup(1, failures=failing)) == pytest.approx(3 / 4)


def test_a_cluster_is_hopeless_if_every_group_is():
    """Jobs of 100 hours for 10 units on machines that stay for an hour, or for a hundred."""
    hourly, steady = (MachineGroup(1, failures=Failures(Weibull(up), Weibull(HOUR))) for up in (HOUR, 100 * HOUR))
    restart, resume = Conditions(recovery=Recovery("restart")), Conditions(recovery=Recovery("resume"))

    assert ticks_if_hopeless(restart, (hourly,), 100 * HOUR, 10) == pytest.approx((exp(100) - 1) * HOUR)
    assert ticks_if_hopeless(restart, (hourly, steady), 100 * HOUR, 10) is None
    assert ticks_if_hopeless(resume, (hourly,), 100 * HOUR, 10) is None  # ten stretches of ten hours
    rare = Conditions(recovery=Recovery("resume", checkpoint_every=4))  # three stretches
    assert ticks_if_hopeless(rare, (hourly,), 100 * HOUR, 10) == pytest.approx(3 * (exp(100 / 3) - 1) * HOUR)


def test_what_makes_a_cluster_hopeless_besides_the_training():
    group = MachineGroup(1, speed=2, failures=Failures(Weibull(HOUR), Weibull(HOUR)))
    restart = Recovery("restart")

    assert (
        ticks_if_hopeless(Conditions(recovery=restart), (group,), 40 * HOUR, 1) is None
    )  # 20 hours at twice the speed
    for overheads in (Overheads(trial_start=5 * HOUR), Overheads(save=5 * HOUR), Overheads(restore=5 * HOUR)):
        expected = ticks_if_hopeless(Conditions(overheads=overheads, recovery=restart), (group,), 40 * HOUR, 1)
        assert expected == pytest.approx((exp(25) - 1) * HOUR)
    slow_to_start = MachineGroup(1, start_up=30 * HOUR, failures=group.failures)
    expected = ticks_if_hopeless(Conditions(recovery=restart), (slow_to_start,), HOUR, 1)
    assert expected == pytest.approx((exp(30) - 1 + exp(1) - 1) * HOUR)


def test_money_is_followed_only_as_far_as_the_run_goes():
    """20 machines at a price of 1 per hour take millions of years to spend the budget."""
    group = MachineGroup(20, price=1.0, failures=Failures(Weibull(HOUR), Weibull(HOUR / 10)))
    for stop in (Stop(time=10 * HOUR, cost=1e12), Stop(cost=1e12)):
        trace = simulate(random(max_trials=3, max_length=4), World(), Cluster((group,)), stop=stop)
        assert (trace.outcome == Outcome.COMPLETED).sum() == 3


def test_a_budget_is_followed_step_by_step_as_well_as_at_once():
    group = MachineGroup(3, price=2.0, failures=Failures(Weibull(HOUR), Weibull(HOUR / 2)))
    pool = MachinePool([group], slots_per_trial=1, policy="fastest", seed=4)
    at_once = pool.spending(60.0).spent_by(ticks.LIMIT)
    in_steps = pool.spending(60.0)

    assert at_once is not None
    assert [in_steps.spent_by(at_once * part // 10) for part in range(10)] == [None] * 10
    assert in_steps.spent_by(at_once) == at_once


def test_a_probability_of_drops_next_to_nothing():
    conditions = Conditions(drop=Drop(1e-310, UNIT))
    trace = simulate(random(max_trials=2, max_length=4), World(), Cluster(1, conditions=conditions))
    assert trace.outcome.tolist() == [Outcome.COMPLETED] * 2
