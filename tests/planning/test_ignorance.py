"""The uncertainty from few pilots: in the figures, in the decision, and in words."""

from __future__ import annotations

import json
import re
from math import exp, log

import numpy as np
import pytest

from simulator.core.errors import InputError
from simulator.core.streams import Stream, integers
from simulator.curves.recorded import Resampled
from simulator.experiment.replicates import replicates
from simulator.planning.backend import WorkerPool
from simulator.planning.cells import check_plan
from simulator.planning.ignorance import (
    OF_SET,
    Ignorance,
    LogError,
    between,
    ignorance,
    log_error,
    more_pilots,
    tail_of,
    widened,
)
from simulator.planning.planner import answer
from simulator.planning.report import report, sentences
from simulator.planning.runs import RUN
from simulator.planning.statistics import Interval
from tests.support.plans import loaded, planned

UNITS = (1, 4, 16)


def pilots(tmp_path, count, *, slow=2.0, name="p.csv"):
    """Pilots of which the better ones take longer, up to `slow` times as long as the worst."""
    rows = [
        f"{trial},{unit},{0.1 + trial / count + 1 / unit},{60 * unit * (1 + (slow - 1) * (1 - trial / count))}"
        for trial in range(count)
        for unit in UNITS
    ]
    (tmp_path / name).write_text("trial,resource,loss,elapsed_s\n" + "\n".join(rows) + "\n")


def question(curves="{kind: recorded, file: p.csv, resample: true}", plan="deadline: 60 min"):
    return (
        "searcher: {name: asha, max_trials: 16, max_length: 16, divisor: 4}\n"
        f"curves: {curves}\ncluster: {{workers: 4}}\n"
        f"plan: {{vary: {{cluster.workers: [2, 4]}}, replicates: 16, pilot_sets: 8, {plan}}}\n"
    )


def answered(tmp_path, **changes):
    return answer(loaded(tmp_path, question(**changes)), pool=WorkerPool(jobs=1))


# The figures.


def test_the_variance_between_sets_is_that_beyond_chance():
    rng = np.random.default_rng(0)
    table = rng.normal(0, 0.5, (4000, 1)) + rng.normal(0, 0.3, (4000, OF_SET))

    assert between(table) == pytest.approx(0.25, rel=0.1)
    assert between(rng.normal(0, 0.3, (4000, OF_SET))) < 0.005
    assert between(np.ones((5, OF_SET))) == 0.0
    assert between(rng.normal(0, 9.0, (1, OF_SET)) + rng.normal(0, 0.5, (4000, 1))) == pytest.approx(0.25, rel=0.1), (
        "what a seed makes of all sets alike is no chance between them"
    )


def test_how_far_a_quantity_may_be_off():
    sets = np.array([[10.0, 10.0], [20.0, 20.0]] * 4 + [[np.inf, 5.0]])  # a set that is not always done tells nothing
    found = log_error(sets, np.array([10.0, np.inf]))  # two seeds, of which one never reaches the target

    assert found.sd == pytest.approx(log(2) / 2 * (8 / 7) ** 0.5)
    assert found.bias == pytest.approx(log(2) / 2)
    assert log_error(np.zeros((4, 2)), np.zeros(2)) == (0.0, 0.0)  # nothing has a price


def test_student_s_t_widens_what_few_pilots_tell():
    low, high = LogError(0.2, 0.0).factors(0.9, 11)

    assert (low, high) == pytest.approx((exp(-1.796 * 0.2), exp(1.796 * 0.2)), rel=1e-3)
    assert LogError(0.0, -0.1).factors(0.9, 11) == pytest.approx((1.0, exp(0.1)))
    assert LogError(0.0, 0.1).factors(0.9, 11) == pytest.approx((exp(-0.1), 1.0))


def test_halves_of_intervals_add_in_squares():
    assert widened(Interval(10.0, 7.0, 13.0), 6.0, 14.0) == (10.0, 5.0, 15.0)
    assert widened(Interval(10.0, 7.0, float("inf")), 10.0, 14.0).high == float("inf")


def test_how_many_more_pilots_would_do():
    found = Ignorance(12, 6.0, LogError(0.2, 0.0), LogError(0.0, 0.0), 0.0)
    reach = log(found.time.factors(0.9, found.freedom)[1])
    more = more_pilots(110.0, 100.0, found, 0.9)

    assert more == int(np.ceil(12 * (reach / log(1.1)) ** 2)) - 12
    assert more_pilots(200.0, 100.0, found, 0.9) is None  # the question is settled
    assert more_pilots(100.0, 100.0, found, 0.9) is None  # no number would settle it


def test_pilots_like_the_trials_that_a_search_ends_with():
    runs = np.zeros(24, RUN)
    runs["time_s"] = 100.0
    found = ignorance(12, 1 / 9, runs)

    assert (found.top, found.too_few, found.needed) == (pytest.approx(12 / 9), True, 45)
    assert not ignorance(45, 1 / 9, runs).too_few


def test_the_tail_of_pareto_times_is_one_over_alpha():
    shares = (np.arange(2000) + 0.5) / 2000
    assert tail_of(shares ** (-1 / 2.5)) == pytest.approx(0.4, abs=0.01)
    assert tail_of([1.0] * 12) == 0.0
    assert tail_of([1.0, 2.0]) == 0.0


def test_a_few_far_slower_pilots_are_told(tmp_path):
    """Of twelve pilots, three are some ten times as slow as the others."""
    said = {}
    for name, slow in (("even", 1), ("uneven", 10)):
        rows = [
            f"{trial},{unit},{1 / unit + trial / 100},{unit * (60 + trial) * (slow if trial in (2, 5, 7) else 1)}"
            for trial in range(12)
            for unit in (1, 3, 9)
        ]
        (tmp_path / "pilots.csv").write_text("\n".join(["trial,resource,loss,elapsed_s", *rows]) + "\n")
        head = (
            "searchers:\n  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}\n"
            "curves: {kind: recorded, file: pilots.csv, resample: true}\ncluster: {workers: 4}\n"
        )
        made = answer(
            loaded(tmp_path, planned("vary: {cluster.workers: [4]}\nreplicates: 4\ndeadline: 2 h", head)),
            pool=WorkerPool(jobs=1),
        )
        assert made.fresh.ignorance.heavy_tailed == (name == "uneven")
        said[name] = " ".join(sentences.remarks(made))
    assert "far slower than the others" in said["uneven"]
    assert "far slower than the others" not in said["even"]


def test_pilots_like_those_tell_how_far_the_answer_may_be_off():
    def freedom(count, share):
        return ignorance(count, share, np.ones(6, RUN)).freedom

    assert freedom(100, 1 / 9) == pytest.approx(100 / 9)
    assert freedom(12, 1 / 9) == 3.0
    assert freedom(12, 1.0) == 11
    assert freedom(None, 1 / 9) == float("inf")


# Other sets of pilots.


def test_good_pilots_that_are_fast_by_chance_don_t_hide_that_good_trials_may_be_slow(tmp_path):
    """Of forty pilots, every fourth is ten times as slow, but none of the best eight; the search trains trials like these."""
    rows = [
        f"{trial},{unit},{trial + 1 / unit},{unit * (600 if trial >= 8 and trial % 4 == 0 else 60 + trial % 3)}"
        for trial in range(40)
        for unit in UNITS
    ]
    (tmp_path / "p.csv").write_text("trial,resource,loss,elapsed_s\n" + "\n".join(rows) + "\n")
    found = answered(tmp_path, plan="deadline: 3 h")

    assert found.fresh.ignorance.time.sd > 0.3
    assert found.fresh.known.median_s.high > 2 * found.fresh.median_s.high


def test_a_variance_that_is_less_than_its_error_counts_as_that_error():
    alike = np.random.default_rng(0).normal(0, 0.3, (24, OF_SET))

    assert between(alike) >= 0.01
    assert between(np.tile([1.0, 2.0, 3.0], (24, 1))) == 0.0


def test_a_set_has_one_pilot_fewer_drawn_with_replacement(tmp_path):
    pilots(tmp_path, 5)
    made = replicates(loaded(tmp_path, question()), 10)
    drawn = integers(0, Stream.PILOTS, 3, below=5, n=4).tolist()
    here = made.among(3, 7).curves

    assert isinstance(here, Resampled)
    assert {here._drawn_as(trial) for trial in range(50)} == set(drawn)
    assert made.among(3, 7).seed == made[7].seed
    assert {made.among(0, 7).curves._drawn_as(trial) for trial in range(50)} == set(range(5))


def test_a_seed_draws_trials_as_good_in_every_set(tmp_path):
    rows = [(trial, unit, (7 * trial) % 40, 60 * unit) for trial in range(40) for unit in UNITS]
    (tmp_path / "p.csv").write_text(
        "trial,resource,loss,elapsed_s\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    )
    made = replicates(loaded(tmp_path, question()), 10)
    losses = np.array([[made.among(k, 7).curves.train(trial, 0, 1)[1] for trial in range(200)] for k in range(4)])

    assert np.corrcoef(losses)[np.triu_indices(4, 1)].min() > 0.9


@pytest.mark.parametrize(
    ("curves", "count"),
    [
        ("{kind: recorded, file: p.csv, resample: true}", 5),
        ("{kind: recorded, file: p.csv}", None),
        ("{kind: synthetic}", None),
        ("{kind: synthetic, trials: [[0.1, 1, 0.5, 1, 60, 0, 0], [0.2, 1, 0.5, 1, 60, 0, 0]]}", 2),
    ],
)
def test_what_stands_for_the_trials(tmp_path, curves, count):
    pilots(tmp_path, 5)

    assert replicates(loaded(tmp_path, question(curves)), 10).pilots == count


# The answer.


def test_an_answer_of_few_pilots_says_both_and_decides_by_the_second(tmp_path):
    pilots(tmp_path, 12, slow=6.0)
    found = answered(tmp_path, plan="deadline: 110 min")
    [few] = [option for option in found.advice.options if option.count == 4]

    assert few.known.met.low < few.met.low
    assert few.known.met.at_least < few.met.at_least
    assert "fresh runs if the curves are right, " in sentences.sentence(found)
    assert " given only 12 pilots" in sentences.sentence(found)
    numbers = json.loads(report.json_text(found))["options"][0]["known"]
    assert (numbers["pilots"], numbers["too_few"]) == (12, True)
    assert "known.met.low" in report.csv_text(found).splitlines()[0]


def test_pilots_that_are_all_alike_leave_chance_alone(tmp_path):
    row = "[0.1, 1, 0.5, 1, 60, 0, 0]"
    found = answered(tmp_path, curves=f"{{kind: synthetic, trials: [{', '.join([row] * 80)}]}}", plan="deadline: 3 h")

    assert found.fresh.ignorance.time.sd < 0.05
    assert found.fresh.known.met.low == pytest.approx(found.fresh.met.low, abs=0.02)
    assert not any("too few" in remark for remark in sentences.remarks(found))


def test_twelve_are_said_to_be_too_few_where_they_are(tmp_path):
    pilots(tmp_path, 12)
    said = " ".join(sentences.remarks(answered(tmp_path)))

    assert (
        "12 pilots are too few for this question: a search trains in full the best 1 in 16 of its trials, so hardly a "
        "pilot is like those, and the true share may lie outside the interval. About 80 pilots would be enough."
        in said
    )


def test_made_up_trials_and_whole_files_have_chance_alone(tmp_path):
    found = answered(tmp_path, curves="{kind: synthetic}")

    assert found.fresh.ignorance is None
    assert found.fresh.known.met == found.fresh.met
    assert "known" not in json.loads(report.json_text(found))["options"][0]


def test_a_law_without_its_trials_says_that_pilots_are_in_no_interval(tmp_path):
    said = answered(tmp_path, curves="{kind: synthetic}", plan="pilots: 12").origin

    assert "fitted to 12 recorded trials" in said
    assert "The intervals don't say how uncertain so few trials leave the fit" in said


# What is wrong with pilots.


def test_fewer_than_three_are_refused(tmp_path):
    pilots(tmp_path, 2)

    with pytest.raises(
        InputError, match=r"s.yaml:2:1: curves: 2 pilots can't tell how trials differ; train 3 or more"
    ):
        check_plan(loaded(tmp_path, question()))


def test_pilots_that_never_reach_the_end_are_named(tmp_path):
    pilots(tmp_path, 4)
    text = question().replace("max_length: 16", "max_length: 64")

    with pytest.raises(
        InputError, match=r"a rung stands at 64, where trial 0 of .* has no row; its rows go from 1 to 16"
    ):
        check_plan(loaded(tmp_path, text))


def test_pilots_that_died_before_the_end_tell_nothing_of_it(tmp_path):
    pilots(tmp_path, 5)
    text = (tmp_path / "p.csv").read_text()
    (tmp_path / "p.csv").write_text(
        "".join(re.sub(r"^([012],16),[^,]*", r"\1,", line) + "\n" for line in text.splitlines())  # no loss: diverged
    )

    with pytest.raises(
        InputError, match=r"curves: 2 of 5 pilots came to 16 units and had a loss there; train 3 or more to the end"
    ):
        check_plan(loaded(tmp_path, question()))


def test_if_no_option_is_enough_the_budget_and_deadline_that_it_would_take_are_told(tmp_path):
    pilots(tmp_path, 12)
    found = answered(tmp_path, plan="budget: 0.1\n  price: 2\n  deadline: 20 min".replace("\n ", ","))
    said = " ".join(sentences.remarks(found))

    assert found.advice.chosen is None
    assert re.search(r"A budget of \$[\d.]+ is what 95 % of the runs of \d workers with asha cost at most\.", said), (
        said
    )
    assert re.search(r"Within [\d,.]+ s, 95 % of the runs of 4 workers with asha are done\.", said), said


def with_metric(tmp_path, metric):
    (tmp_path / "p.csv").write_text(
        "trial,resource,loss,elapsed_s,metric\n"
        + "".join(f"{trial},{unit},{trial},{unit},{metric}\n" for trial in range(4) for unit in UNITS)
    )


def block(more):
    return question().replace("name: asha,", f"name: async_halving, num_rungs: 3, {more},")


def test_pilots_of_another_metric_are_named(tmp_path):
    with_metric(tmp_path, "error")

    with pytest.raises(
        InputError, match="metric: is perplexity, and the curves hold error; import them with --metric"
    ):
        check_plan(loaded(tmp_path, block("metric: perplexity")))


def test_pilots_of_another_direction_are_named(tmp_path):
    with_metric(tmp_path, "-accuracy")
    text = block("metric: accuracy, smaller_is_better: true")

    with pytest.raises(InputError, match="accuracy was to be maximised when it was imported"):
        check_plan(loaded(tmp_path, text))
