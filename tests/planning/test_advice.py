"""Recommendations on made-up numbers: every term that planning/choice.py defines, and the cases for which it was defined."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from simulator.planning.advice import advise, settled
from simulator.planning.extending import beyond_advice
from simulator.planning.grid import Cell
from simulator.planning.options import option as summed
from simulator.planning.runs import RUN
from simulator.planning.tradeoff import front, knee
from simulator.scenario.plan import PlanSection

HOUR = 3600.0
COUNTS = [4, 8, 16, 32]


class _Named:
    """The part of a cell's scenario that an option uses: the labels of its searchers."""

    def __init__(self, *labels):
        self.scenario = self
        self.searchers = dict.fromkeys(labels)


def plan(**asked):
    given = {"vary": {"cluster.workers": COUNTS}, "replicates": 100, **asked}
    return PlanSection.model_validate(given)


def option(question, count, times, costs=0.0, *, setting="", labels=("A",), searcher=0, index=None, replicates=100):
    """An option of 100 runs: `times` in hours and `costs`, each a number or one for each run."""
    runs = np.zeros(replicates, RUN)
    runs["time_s"] = HOUR * np.broadcast_to(times, replicates)
    runs["cost"] = costs
    runs["worker_hours"] = np.where(np.isfinite(runs["time_s"]), runs["time_s"] / HOUR, 10.0) * count
    cell = Cell(count if index is None else index, {}, setting, count, _Named(*labels))
    return summed(cell, searcher, runs, question)


def share(good, bad, part):
    """A hundred values, of which `part` are the good value, spread evenly."""
    places = np.argsort((np.arange(100) * 37) % 100)
    return np.where(places < part, good, bad)


def noise(seed, spread=1.0):
    return spread * np.random.default_rng(seed).standard_normal(100)


def test_the_front_and_its_knee():
    points = [(10, 1), (5, 2), (4, 3), (3.9, 9), (6, 5), (inf, 0), (5, 2)]

    assert front(points) == [3, 2, 1, 0]
    assert knee(points) == 2
    assert knee([(1, 2), (2, 1)]) is None
    assert knee([(1, 3), (2, 2), (3, 1)]) is None  # straight


def test_the_knee_of_all_need_not_be_that_of_its_series():
    """Together the series have no knee. `a` alone has one, which is neither its cheapest option nor as good as `b`."""
    question = plan()
    options = [
        option(question, 8, 1, setting="a", index=0), option(question, 4, 2, setting="a", index=1),
        option(question, 2, 10, setting="a", index=2), option(question, 8, 1, setting="b", index=3),
    ]  # fmt: skip
    hours = [100, 20, 10, 20]
    options = [
        replace(one, mean_hours=one.mean_hours._replace(estimate=float(spent)))
        for one, spent in zip(options, hours, strict=True)
    ]
    advice = advise(options, question)

    assert advice.knee is None
    assert advice.chosen is options[2]
    assert advice.by_knee


# The share counts by its lower bound, or as estimated.


@pytest.mark.parametrize(
    ("by", "part", "does"),
    [("lower_bound", 92, False), ("lower_bound", 93, True), ("estimate", 90, True), ("estimate", 89, False)],
)
def test_an_option_does_what_is_shown(by, part, does):
    question = plan(deadline="16 h", confidence=0.9, choose_by=by)
    advice = advise([option(question, 8, share(10, 20, part), 5.0)], question)

    assert (advice.chosen is not None) == does


def test_with_a_deadline_the_least_mean_cost():
    question = plan(deadline="16 h", confidence=0.9)
    dear, cheap = option(question, 8, 10, 300.0 + noise(1)), option(question, 16, 5, 200.0 + noise(2))
    advice = advise([dear, cheap], question)

    assert advice.chosen is cheap
    assert advice.tied == ()


def test_options_that_are_tied_are_named_cheapest_first():
    question = plan(deadline="16 h", confidence=0.9)
    taken = option(question, 16, share(10, 20, 95), 104.0 + noise(1, 20))
    may_do = option(question, 12, share(10, 20, 90), 101.0 + noise(2, 20))  # and costs less
    as_cheap = option(question, 24, share(10, 20, 97), 106.0 + noise(3, 20))
    too_late = option(question, 8, share(10, 20, 80), 90.0)
    too_dear = option(question, 32, 5, 150.0 + noise(4, 20))
    advice = advise([too_late, may_do, taken, as_cheap, too_dear], question)

    assert advice.chosen is taken
    assert advice.tied == (may_do, as_cheap)


def test_of_options_that_cost_alike_the_soonest_is_taken():
    question = plan(deadline="16 h", confidence=0.9)
    cheapest, sooner = option(question, 8, 12, 100.0), option(question, 12, 11, 102.0)
    soonest = option(question, 16, 10, 104.9 + noise(1))
    dearer = option(question, 24, 5, 106.0 + noise(2))
    advice = advise([cheapest, sooner, soonest, dearer], question)

    assert advice.base is cheapest
    assert advice.chosen is soonest
    assert advice.tied == (cheapest, sooner)
    assert advice.open == ()


def test_the_measure_is_the_cheapest_that_may_do_it_although_only_others_are_shown_to():
    """So the answer does not hang on whether a hundred runs happen to show that of the cheapest."""
    question = plan(deadline="16 h", confidence=0.9)
    for part in (88, 91, 94):
        cheapest = option(question, 8, share(12, 20, part), 100.0)
        taken = option(question, 12, share(11, 20, 95), 103.0)
        dearer = option(question, 16, share(10, 20, 96), 107.0)  # within 5 % of the second, not of the first
        advice = advise([cheapest, taken, dearer], question)

        assert advice.base is cheapest
        assert advice.chosen is taken
        assert advice.tied == (cheapest,)
        assert advice.open == ()


def test_an_option_is_ruled_out_with_99_per_cent_confidence():
    question = plan(deadline="16 h", confidence=0.9)
    taken = option(question, 12, 11, 103.0)
    for part, base in ((83, taken), (84, None)):  # Wilson's upper bounds are .8998 and .907
        cheapest = option(question, 8, share(12, 20, part), 100.0)
        advice = advise([cheapest, taken], question)

        assert advice.base is (base or cheapest)
        assert (cheapest in advice.tied) == (base is None)


def test_a_cheaper_option_that_may_do_it_is_named_and_leaves_the_choice_open():
    question = plan(deadline="16 h", confidence=0.9)
    cheap = option(question, 8, share(12, 20, 91), 50.0)
    taken, alike = option(question, 12, 11, 103.0), option(question, 16, share(10, 20, 91), 105.0)
    dear = option(question, 32, 5, 150.0)
    advice = advise([cheap, taken, alike, dear], question)

    assert advice.base is taken
    assert advice.chosen is taken
    assert advice.tied == (cheap, alike)
    assert set(advice.open) == {taken, cheap, alike}


def test_an_option_that_is_named_only_for_lack_of_runs_leaves_the_choice_open():
    question = plan(deadline="16 h", confidence=0.9)
    taken, unsure = option(question, 12, 11, 100.0), option(question, 16, 10, 108.0 + noise(1, 30))
    advice = advise([taken, unsure], question)

    assert unsure.mean_cost.estimate > 105
    assert advice.chosen is taken
    assert advice.tied == (unsure,)
    assert set(advice.open) == {taken, unsure}


def test_where_nothing_is_shown_what_may_do_it_is_open():
    question = plan(deadline="16 h", confidence=0.9)
    may, never = option(question, 8, share(12, 20, 91), 100.0), option(question, 12, 20, 100.0)
    advice = advise([may, never], question)

    assert advice.chosen is None
    assert advice.base is None
    assert advice.open == (may,)
    assert advise([never], question).open == ()


def test_runs_are_added_to_open_options_until_the_choice_is_settled():
    question = plan(deadline="16 h", confidence=0.9)
    never = option(question, 4, 20, 1.0)
    asked = []

    def more(these, replicates):
        asked.append(([one.count for one in these], replicates))
        part = 91 if replicates < 200 else 95
        return advise([option(question, 8, share(12, 20, part), 1.0), never], question)

    found, replicates = settled(more([], 100), 100, 400, more)

    assert asked[1:] == [([8], 150), ([8], 225)]
    assert (found.chosen.count, replicates) == (8, 225)
    assert settled(found, 225, 400, more) == (found, 225)
    assert settled(more([], 100), 100, 110, more)[1] == 110  # the most that are allowed


def test_options_with_unequal_numbers_of_runs_are_compared_in_those_they_have_in_common():
    question = plan(deadline="16 h", confidence=0.9)
    rising = np.arange(200) / 100
    labels = ("SHA", "ASHA")
    one = option(question, 8, 10 + rising, 100 + rising, labels=labels, replicates=200)
    other = option(question, 8, 9 + rising[:100], 80 + rising[:100], labels=labels, searcher=1)
    advice = advise([one, other], question)
    [difference] = advice.differences

    assert (difference.replicates, difference.pairs, difference.whole) == (100, 100, True)
    assert difference.seconds == pytest.approx((HOUR, HOUR, HOUR))
    assert difference.cost == pytest.approx((20, 20, 20))
    assert advice.chosen is other


# Ten constructed cases.


def test_one_larger_number_that_fails_does_not_triple_the_price_of_the_answer():
    question = plan(deadline="16 h", confidence=0.95, choose_by="estimate")
    cheap = [
        option(question, count, share(10, 20, part), 100.0 + noise(count), setting="spot", index=count)
        for count, part in ((8, 96), (16, 97), (32, 94))
    ]
    dear = [option(question, count, 5, 300.0, setting="on demand", index=100 + count) for count in (8, 16, 32)]
    advice = advise([*cheap, *dear], question)

    assert advice.chosen in cheap[:2]
    assert advice.best.failing == (cheap[2],)


def test_the_nearest_option_reaches_the_target_most_often():
    question = plan(deadline="1 h", target={"loss": 0.1})
    never, sometimes = option(question, 4, inf, 10.0), option(question, 32, share(20, inf, 45), 10.0)
    advice = advise([never, sometimes], question)

    assert advice.chosen is None
    assert advice.nearest is sometimes


def test_times_are_not_compared_if_some_runs_missed_the_target():
    question = plan(target={"loss": 0.1})
    labels = ("SHA", "ASHA")
    one = option(question, 8, share(2, inf, 55), labels=labels)
    other = option(question, 8, 4.3, labels=labels, searcher=1)
    [difference] = advise([one, other], question).differences

    assert difference.pairs == 55
    assert not difference.whole
    assert not difference.seen
    assert difference.share.high < 0


def test_cost_is_the_mean_bill():
    question = plan(deadline="16 h", confidence=0.9)
    spot = option(question, 8, 10, share(90.0, 500.0, 55), setting="spot", index=0)
    sure = option(question, 8, 10, 100.0, setting="on demand", index=1)
    advice = advise([spot, sure], question)

    assert spot.mean_cost.estimate == pytest.approx(274.5)
    assert advice.chosen is sure


def test_more_workers_that_cost_less_are_taken():
    question = plan(deadline="16 h", confidence=0.9)
    eight, sixteen = option(question, 8, 12, 120.0 + noise(1)), option(question, 16, 6, 100.0 + noise(2))

    assert advise([eight, sixteen], question).chosen is sixteen


def test_a_budget_alone_does_not_buy_half_a_per_cent_at_four_times_the_money():
    question = plan(budget=500)
    quick = option(question, 32, 9.94 + noise(1, 0.001), 400.0)
    cheap = option(question, 8, 10 + noise(2, 0.001), 100.0)
    slow = option(question, 4, 12, 50.0)
    advice = advise([slow, cheap, quick], question)

    assert advice.chosen is cheap
    assert advice.ground == "time"


def test_the_end_of_the_grid_is_told():
    question = plan(deadline="16 h", confidence=0.9)
    rising = [option(question, count, 10, 10.0 * count) for count in COUNTS]
    falling = [option(question, count, 10, 1000.0 / count) for count in COUNTS]

    assert advise(rising, question).edges == {4: "fewest"}
    assert advise(falling, question).edges == {32: "most"}
    assert advise([rising[0], falling[1], rising[3]], question).edges == {4: "fewest"}
    assert advise(rising[:1], question).edges == {}  # nothing was varied


def test_the_cheapest_option_at_the_end_of_the_grid_is_told_though_a_sooner_one_is_taken():
    question = plan(deadline="16 h", confidence=0.9)
    options = [
        option(question, count, time, cost)
        for count, time, cost in zip(COUNTS, (12, 10, 8, 6), (100, 103, 120, 150), strict=True)
    ]
    advice = advise(options, question)

    assert advice.chosen is options[1]
    assert advice.edges == {4: "fewest"}
    assert beyond_advice(advice) == [2, 1]


@pytest.mark.parametrize(
    ("hours", "costs", "in_time", "affordable"),
    [
        ((20, 10), (50.0, 300.0), 1, 0),  # each is met, not together
        ((20, 10), (200.0, 300.0), 1, None),  # the budget fails
        ((20, 18), (50.0, 60.0), None, 1),  # the deadline fails: the soonest within budget
        ((20, 18), (200.0, 300.0), None, None),
    ],
)
def test_which_of_deadline_and_budget_fails(hours, costs, in_time, affordable):
    question = plan(deadline="16 h", budget=100, confidence=0.9)
    options = [option(question, count, time, cost) for count, time, cost in zip((8, 16), hours, costs, strict=True)]
    advice = advise(options, question)

    assert advice.chosen is None
    assert advice.conflict.in_time is (None if in_time is None else options[in_time])
    assert advice.conflict.affordable is (None if affordable is None else options[affordable])


# `int(quantile * n)` and rounds that skip `min` are in test_sweep.py.


def test_ties_in_time_and_expense_go_with_the_knee():
    question = plan()
    options = [
        option(question, 4, 10 + noise(1, 0.1)), option(question, 8, 5.2 + noise(2, 0.1)),
        option(question, 16, 5 + noise(3, 0.1)),
    ]  # fmt: skip
    alike = option(question, 8, 5.2 + noise(4, 0.1), setting="b", index=99)
    advice = advise([*options, alike], question)

    assert advice.chosen in (options[1], alike)
    assert set(advice.tied) == {options[1], alike} - {advice.chosen}
