"""The changes of a decision: by which quantity, by which factor, and to which option."""

from __future__ import annotations

import json
from math import exp, log

import numpy as np
import pytest

from simulator.planning.backend import WorkerPool
from simulator.planning.planner import answer
from simulator.planning.report import page, report, sentences
from simulator.planning.report.one_search import contents
from simulator.planning.sensitivity import QUANTITIES, Variation, quantities, variations
from simulator.planning.turning import CONTENDERS, Turn, contenders
from tests.support.plans import HEAD, loaded, planned

#: A cluster that has every quantity.
ALL = (
    "{workers: 4, stragglers: {kind: half_normal}, slow_spells: {every: 1 h, length: 5 min}, preemption: {up: 9 h}, "
    "failures: {mtbf: 99 h}, crashes: 0.01, overheads: {worker_start: 1 min, restore: 5 s}}"
)
#: All trials take equally long, so that SHA's time on any number of workers is known.
EQUAL = """\
searcher: {name: sha, max_trials: 16, max_length: 16, divisor: 4}
curves: {kind: ordered, unit_time: 1 min}
cluster: {workers: 4}
"""


def answered(tmp_path, text, **options):
    return answer(loaded(tmp_path, text), pool=WorkerPool(jobs=1), **options)


def cell_of(tmp_path, cluster):
    from simulator.planning.grid import Grid

    text = planned("vary: {cluster.workers: [4]}", HEAD.replace("{workers: 4}", cluster))
    return Grid(loaded(tmp_path, text)).cell(0)


def test_what_the_scenario_has_is_varied_and_nothing_else(tmp_path):
    assert quantities([cell_of(tmp_path, ALL)]) == list(QUANTITIES)
    assert quantities([cell_of(tmp_path, "{workers: 4}")]) == ["trial time"]
    assert [way.name for way in variations(cell_of(tmp_path, "{workers: 4, crashes: 0.1}"), priced=True)] == [
        "trial time −20 %", "trial time +20 %", "crashes −20 %", "crashes +20 %", "price −20 %", "price +20 %",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "read", "expected"),
    [
        ("trial time", lambda cluster: cluster.groups["workers"].speed, 0.5),
        ("straggler level", lambda cluster: cluster.stragglers.std, 1.0),
        ("slow spells", lambda cluster: cluster.slow_spells.every.mean, 1800 * 10**6),
        ("preemption", lambda cluster: cluster.preemption.up.mean, 4.5 * 3600 * 10**6),
        ("failures", lambda cluster: cluster.failures.mtbf.mean, 49.5 * 3600 * 10**6),
        ("crashes", lambda cluster: cluster.crashes, 0.02),
        ("start-up times", lambda cluster: cluster.overheads.worker_start, 120 * 10**6),
        ("restore times", lambda cluster: cluster.overheads.restore, 10 * 10**6),
    ],
)
def test_twice_as_much_of_a_quantity(tmp_path, quantity, read, expected):
    made = Variation(quantity, 2.0).of(cell_of(tmp_path, ALL)).loaded.scenario.cluster

    assert read(made) == pytest.approx(expected * (10**6 / 10**6))


def test_a_group_s_own_preemption_is_varied_and_a_recorded_one_is_not(tmp_path):
    own = "{groups: {a: {count: 4, preemption: {up: 9 h}}, b: {count: 1}}}"
    made = Variation("preemption", 2.0).of(cell_of_groups(tmp_path, own)).loaded.scenario.cluster.groups

    assert made["a"].preemption.up.mean == 4.5 * 3600 * 10**6
    assert made["b"].preemption is None
    (tmp_path / "a.csv").write_text("time_s,count\n0,4\n10,0\n")
    recorded = own.replace("up: 9 h", "availability: a.csv")
    assert "preemption" not in quantities([cell_of_groups(tmp_path, recorded)])


def cell_of_groups(tmp_path, cluster):
    from simulator.planning.grid import Grid

    text = planned("vary: {cluster.groups.a.count: [4]}", HEAD.replace("{workers: 4}", cluster))
    return Grid(loaded(tmp_path, text)).cell(0)


@pytest.mark.slow
def test_the_decision_changes_where_the_chosen_option_gets_too_late(tmp_path):
    """All times are known: the factor is the deadline divided by the option's time."""
    text = planned("vary: {cluster.workers: [2, 4, 8, 16]}\ndeadline: 40 min\nprice: 1\nreplicates: 16", EQUAL)
    found = answered(tmp_path, text)
    chosen = found.advice.chosen
    factor = 40 * 60 / float(chosen.times.max())
    [turn] = [turn for turn in found.turns if turn.what == "trial time" and turn.factor > 1]

    assert turn.factor == pytest.approx(factor, abs=0.011)
    assert turn.now.count > chosen.count
    off = round(100 * (turn.factor - 1))
    assert (
        f"The trial time changes the decision first: if it rises by more than {off} %, the answer is {turn.now.name}."
        in list(sentences.remarks(found))
    )
    assert {"with": "trial time", "share_of_sets": None}.items() <= json.loads(report.json_text(found))[
        "decision_changes"
    ][0].items()
    assert f"if it rises by more than {off} %" in page.page(contents(found))


def test_with_no_option_left_the_decision_is_none(tmp_path):
    text = planned("vary: {cluster.workers: [16]}\ndeadline: 24 min\nreplicates: 16", EQUAL)
    found = answered(tmp_path, text)
    [turn] = [turn for turn in found.turns if turn.factor > 1]

    assert turn.now is None
    assert sentences.turn(turn).endswith("%, no option that was looked at does what is asked")


def test_if_no_option_is_enough_less_of_a_quantity_may_change_that(tmp_path):
    text = planned("vary: {cluster.workers: [2, 4]}\ndeadline: 18 min\nreplicates: 16", EQUAL)
    found = answered(tmp_path, text)
    [turn] = [turn for turn in found.turns if turn.factor < 1]

    assert found.advice.chosen is None
    assert turn.now is not None
    assert turn.factor == pytest.approx(18 * 60 / float(found.advice.nearest.times.max()), abs=0.011)


def test_nothing_changes_a_decision_that_has_room_enough(tmp_path):
    text = planned("vary: {cluster.workers: [1, 2]}\ndeadline: 100 h\nreplicates: 16", EQUAL)
    found = answered(tmp_path, text)

    assert found.turns == ()
    assert any(
        said.startswith("The decision stays the same if any of these is halved or doubled: ")
        for said in sentences.remarks(found)
    )


def test_a_budget_turns_with_the_price(tmp_path):
    text = planned("vary: {cluster.workers: [4]}\nbudget: 2\nprice: 1\nreplicates: 16", EQUAL)
    found = answered(tmp_path, text)
    [turn] = [turn for turn in found.turns if turn.what == "price" and turn.factor > 1]

    assert turn.factor == pytest.approx(2 / float(found.advice.chosen.costs.max()), abs=0.011)


def test_the_price_of_one_setting_turns_to_the_other(tmp_path):
    text = planned(
        "vary:\n  cluster.workers: [4]\n  cluster.groups: {dear: {a: {count: 4, price: 3}}, "
        "cheap: {a: {count: 4, price: 2}}}\ndeadline: 10 h\nreplicates: 16",
        EQUAL.replace("cluster: {workers: 4}", "cluster: {groups: {a: {count: 4}}}"),
    ).replace("  cluster.workers: [4]\n  ", "")
    found = answered(tmp_path, text)
    [turn] = [turn for turn in found.turns if turn.what == "price of cheap" and turn.factor > 1]

    assert turn.factor == pytest.approx(1.05 * 1.5, abs=0.011)  # costs within 5 % count as alike
    assert turn.now.cell.setting == "dear"


def test_nothing_is_decided_without_a_deadline_or_a_budget(tmp_path):
    found = answered(tmp_path, planned("vary: {cluster.workers: [1, 2, 4]}\nreplicates: 8", EQUAL))

    assert found.turns is None
    assert json.loads(report.json_text(found))["decision_changes"] is None


@pytest.mark.slow
def test_few_options_are_looked_at_the_chosen_first(tmp_path):
    text = planned(
        "vary: {cluster.workers: [1, 2, 3, 4, 6, 8, 12, 16, 24]}\ndeadline: 2 h\nconfidence: 0.8\nreplicates: 8"
    )
    advice = answered(tmp_path, text).advice
    looked = contenders(advice)

    assert looked[0] is advice.chosen
    assert len(looked) == CONTENDERS == len(set(map(id, looked)))


def test_how_far_a_change_of_the_decision_is():
    assert Turn("trial time", 0.5, None).far == pytest.approx(log(2))
    assert Turn("fit", 1.0, None, 0.4).far == 0.0
    assert sentences.turn(Turn("fit", 1.0, None, 0.4)).startswith(
        "in 40 % of the sets that were drawn the option is not enough, and "
    )


@pytest.mark.slow
def test_pilots_that_may_mislead_come_first(tmp_path):
    """One pilot of five is good and fast; without it the chosen option is too late."""
    rows = [
        (trial, unit, 0.1 + trial + 1 / unit, 60 * unit * (1 if trial == 0 else 8))
        for trial in range(5)
        for unit in (1, 4, 16)
    ]
    (tmp_path / "p.csv").write_text(
        "trial,resource,loss,elapsed_s\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    )
    text = planned(
        "vary: {cluster.workers: [2, 4]}\nreplicates: 16\npilot_sets: 16\ndeadline: 110 min\nconfidence: 0.8\nchoose_by: estimate",
        EQUAL.replace("{kind: ordered, unit_time: 1 min}", "{kind: recorded, file: p.csv, resample: true}"),
    )
    found = answered(tmp_path, text)
    [turn] = [turn for turn in found.turns if turn.share is not None]

    assert found.turns[0] is turn
    assert turn.share >= 0.25
    assert any(
        said.startswith("What is not known may well change the decision: in ") for said in sentences.remarks(found)
    )


def test_logs_are_means_over_pairs():
    from simulator.planning.runs import RUN
    from simulator.planning.turning import growth

    own, varied = np.zeros(3, RUN), np.zeros(3, RUN)
    own["time_s"], varied["time_s"] = [1.0, 2.0, np.inf], [2.0, 8.0, 5.0]
    own["cost"], varied["cost"] = [1.0, 1.0, 1.0], [exp(1), exp(1), exp(1)]

    assert growth(own, varied) == pytest.approx((log(8) / 2, 0.0, 1.0))
