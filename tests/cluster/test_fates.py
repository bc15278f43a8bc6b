"""The fate of an attempt, from the draws that belong to (trial, rung, attempt)."""

from __future__ import annotations

from itertools import product
from math import ceil, inf

import numpy as np
import pytest

from simulator.cluster.attempts import Course, Overheads, Recovery
from simulator.cluster.durations import LogNormalSpan, Weibull
from simulator.cluster.engine import Cluster, simulate
from simulator.cluster.fates import Conditions, Drop, Fates
from simulator.cluster.stragglers import HalfNormal, LogNormal, Pareto, Quantiles, TwoPoint
from simulator.core.streams import Stream, uniforms
from simulator.searchers.halving import random
from simulator.trace.trace import Outcome
from tests.support.worlds import World

SEED = 3
COURSE = Course(
    10, 60, 6, 2, 3
)  # ten ticks to set up, six units of ten, a checkpoint of three after every second: 76
PLACES = list(product([0, 1, 2, 255, 256, 300], [0, 1, 2], [0, 1]))  # trials are drawn in blocks of 256


def uniform(stream, trial, rung, attempt):
    """The number in (0, 1) that belongs to an attempt."""
    return float(uniforms(SEED, stream, rung, attempt, n=1, first=trial)[0])


@pytest.mark.parametrize(("probability", "per"), [(0.01, 7), (0.3, 1), (0.9, 50)])
def test_a_job_is_dropped_at_the_check_that_its_draw_does_not_survive(probability, per):
    fates, survive = Fates(Conditions(drop=Drop(probability, per)), SEED), 1 - probability
    for place in PLACES:
        checks, part = divmod(fates.lost_after(76, *place), per)
        assert part == 0
        assert survive**checks < uniform(Stream.DROP, *place) <= survive ** (checks - 1)


def test_drops_that_are_certain_and_drops_that_never_come():
    for probability, after in ((1.0, 7), (0.0, inf)):
        fates = Fates(Conditions(drop=Drop(probability, 7)), SEED)
        assert {fates.lost_after(76, *place) for place in PLACES} == {after}


@pytest.mark.parametrize("crash", [0.3, 0.5, 1.0])
def test_a_crash_comes_anywhere_within_the_attempt(crash):
    fates = Fates(Conditions(crash=crash), SEED)
    expected = [
        ceil(drawn / crash * 1000) if drawn < crash else inf
        for drawn in (uniform(Stream.CRASH, *place) for place in PLACES)
    ]

    assert [fates.lost_after(1000, *place) for place in PLACES] == expected
    assert len(set(expected)) > len(PLACES) * crash / 2


def test_the_first_of_a_drop_and_a_crash_counts():
    drop, crash = Drop(0.1, 40), 0.6
    both, *each = (Fates(Conditions(drop=d, crash=c), SEED) for d, c in ((drop, crash), (drop, 0.0), (None, crash)))
    first = [[one.lost_after(1000, *place) for one in each] for place in PLACES]

    assert [both.lost_after(1000, *place) for place in PLACES] == [min(pair) for pair in first]
    assert {pair.index(min(pair)) for pair in first} == {0, 1}


def test_a_job_dropped_as_it_ends_is_lost_and_one_tick_later_it_is_safe():
    for per, fate in ((76, (76, Outcome.DROPPED, 16, 20, 4)), (77, (76, Outcome.COMPLETED, 16, 0, 6))):
        fates = Fates(Conditions(drop=Drop(1.0, per)), SEED)
        assert fates.fate(COURSE, 0, 0, 0, stay=inf, why=Outcome.FAILED, notice=0) == fate


@pytest.mark.parametrize(
    ("per", "stay", "outcome"),
    [(50, 51, Outcome.DROPPED), (50, 50, Outcome.DROPPED), (50, 49, Outcome.PREEMPTED), (80, 76, Outcome.COMPLETED)],
)
def test_an_attempt_ends_by_what_comes_first(per, stay, outcome):
    fates = Fates(Conditions(drop=Drop(1.0, per)), SEED)
    fate = fates.fate(COURSE, 0, 0, 0, stay=stay, why=Outcome.PREEMPTED, notice=0)

    assert (fate.outcome, fate.length) == (outcome, min(per, stay, 76))


def test_a_warning_that_leaves_just_enough_time_for_a_unit_and_its_checkpoint():
    assert COURSE.cut_short_with_notice(46) == (16, 30, 3)  # 33 to the first checkpoint, then ten and three
    assert COURSE.cut_short_with_notice(45) == (13, 20, 2)


@pytest.mark.parametrize("on_loss", ["restart", "exit"])
def test_nothing_is_kept_where_jobs_begin_again(on_loss):
    fates = Fates(Conditions(recovery=Recovery(on_loss)), SEED)
    for stay, overhead, lost in ((4, 4, 0), (10, 10, 0), (50, 10, 40)):
        fate = fates.fate(COURSE, 0, 0, 0, stay=stay, why=Outcome.PREEMPTED, notice=99)
        assert fate == (stay, Outcome.PREEMPTED, overhead, lost, 0)


@pytest.mark.parametrize("speed", [1.0, 0.5, 3.0])
def test_work_takes_its_factor_over_the_speed(speed):
    model = LogNormal(0.5)
    per_job, per_worker = (Fates(Conditions(model, straggler_per=per), SEED) for per in ("job", "worker"))
    for trial, rung, attempt in PLACES:
        drawn = [uniforms(SEED, Stream.STRAGGLER, *key, n=1, first=trial) for key in ((rung, attempt), ())]
        mine, workers = (round(float(model.quantile(number)[0]), 9) for number in drawn)

        assert per_job.training_ticks(1000, trial, rung, attempt, 5, speed) == round(1000 * mine / speed)
        assert per_worker.training_ticks(1000, 7, rung, attempt, trial, speed) == round(1000 * workers / speed)


def test_work_without_stragglers_takes_at_least_a_tick_where_it_is_not_even():
    even, twice = Fates(Conditions(), SEED), Fates(Conditions(Quantiles([2.0, 2.0])), SEED)

    assert [even.training_ticks(ticks, 0, 0, 0, 0, 1.0) for ticks in (0, 1, 100)] == [0, 1, 100]
    assert [even.training_ticks(ticks, 0, 0, 0, 0, 4.0) for ticks in (0, 1, 100)] == [1, 1, 25]
    assert [twice.training_ticks(ticks, 0, 0, 0, 0, 1.0) for ticks in (0, 1, 100)] == [1, 2, 200]
    assert [twice.training_ticks(ticks, 0, 0, 0, 0, 2.0) for ticks in (0, 1, 101)] == [0, 1, 101]


@pytest.mark.parametrize("alpha", [1.5, 3.0])
def test_the_tail_of_pareto_stragglers(alpha):
    """A factor exceeds x times the least factor with probability x**-alpha; the least factor is (alpha - 1) / alpha."""
    factors = Pareto(alpha).quantile(uniforms(SEED, Stream.STRAGGLER, n=100_000)) * alpha / (alpha - 1)

    assert factors.min() == pytest.approx(1, abs=1e-3)
    for times in (1.2, 2, 5):
        assert (factors > times).mean() == pytest.approx(times**-alpha, abs=0.01)


def test_half_normal_stragglers_are_as_far_above_1_as_a_normal_is_from_0():
    factors = HalfNormal(0.5).quantile(uniforms(SEED, Stream.STRAGGLER, n=100_000))

    assert factors.min() == pytest.approx(1, abs=1e-3)
    for deviations, beyond in ((1, 0.3173), (2, 0.0455)):
        assert (factors > 1 + 0.5 * deviations).mean() == pytest.approx(beyond, abs=0.01)


@pytest.mark.parametrize(
    ("distribution", "drawn"),
    [
        (Weibull(100.0, 0.5), [161.641030512, 17.370515848, 25.305414672]),
        (LogNormalSpan(60.0, 150.0), [223.543095164, 49.81479005, 61.871294998]),
        (HalfNormal(1.0), [2.386386057, 1.590804332, 1.688798546]),
        (LogNormal(0.5), [1.434464257, 0.823895816, 0.892564412]),
        (Pareto(2.5), [1.231676468, 0.759526907, 0.797510347]),
        (TwoPoint(0.5, 4.0), [4.0, 1.0, 4.0]),
        (Quantiles((1.0, 1.5, 4.0)), [3.171854741, 1.445348468, 1.545249745]),
    ],
)
def test_what_a_seed_draws_never_changes(distribution, drawn):
    """The values are those that version 2 of the draws drew at first, so that an old plan gives the same figures again."""
    numbers = distribution.quantile(uniforms(0, Stream.STRAGGLER, 1, n=3))

    assert numbers.tolist() == pytest.approx(drawn, abs=1e-8)


def test_a_cluster_is_ideal_where_nothing_takes_longer_or_is_lost():
    assert Conditions(recovery=Recovery("exit")).ideal
    for conditions in (
        Conditions(LogNormal(0.1)), Conditions(drop=Drop(0.1, 9)), Conditions(crash=0.1),
        Conditions(overheads=Overheads(save=1)),
    ):  # fmt: skip
        assert not conditions.ideal


def test_a_seed_that_is_not_given_is_0_and_a_label_is_empty():
    cluster = Cluster(2, conditions=Conditions(LogNormal(0.5)))
    traces = [
        simulate(random(max_trials=9, max_length=2), World(), cluster, **seed)
        for seed in ({}, {"seed": 0}, {"seed": 1})
    ]
    ends = [trace.end.tolist() for trace in traces]

    assert ends[0] == ends[1] != ends[2]
    assert (traces[0].label, dict(traces[0].meta)) == ("", {})
    named = simulate(random(max_trials=1, max_length=2), World(), cluster, label="a", meta={"divisor": 4})
    assert (named.label, dict(named.meta)) == ("a", {"divisor": 4})
    assert np.all(traces[0].lost == 0)
