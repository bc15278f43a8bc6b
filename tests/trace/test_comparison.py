"""The sentences below the table claim only what the numbers show."""

from dataclasses import replace

import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.render import alt
from simulator.render.phrases import ending
from simulator.searchers.determined import adaptive_asha
from simulator.searchers.halving import asha, random, sha
from simulator.trace import comparison, metrics
from tests.support.worlds import UNIT, World

OPTIONS = {"max_trials": 27, "max_length": 27, "divisor": 3}


def findings(world, *, cluster=Cluster(10), stop=None, **searchers):  # noqa: B008
    runs = {
        label: metrics.summarize(simulate(searcher, world, cluster, stop=stop))
        for label, searcher in searchers.items()
    }
    return list(comparison.findings(runs, "s"))


def test_equal_times_leave_nothing_to_claim():
    assert findings(World(), SHA=sha(**OPTIONS), ASHA=asha(**OPTIONS)) == [
        "In this order of the trials, there is no difference worth mentioning in when SHA and ASHA end (SHA 29 s, ASHA 30 s).",
        "In this order of the trials, there is no difference worth mentioning in when SHA and ASHA "
        "train their first trial in full (SHA 29 s, ASHA 30 s).",
    ]


def test_unequal_times_make_a_difference():
    """The last trial of the base rung takes 20 times as long: the barrier waits for it, ASHA does not."""
    world = World(ticks=lambda trial, low, high: (high - low) * UNIT * (20 if trial == 35 else 1))
    options = OPTIONS | {"max_trials": 36}
    said = findings(world, SHA=sha(**options), ASHA=asha(**options))

    assert said == [
        "In this order of the trials, ASHA ends 35% sooner than SHA (33 s against 51 s).",
        "In this order of the trials, ASHA trains its first trial in full 41% sooner than SHA (30 s against 51 s).",
    ]


def test_unequal_work_is_not_compared():
    said = findings(World(), stop=53 * UNIT, SHA=sha(**OPTIONS), ASHA=asha(max_length=27, divisor=3))

    assert said[0] == (
        "SHA and ASHA did not do the same work (27 and 198 trials, cut at the stop), so their makespans can't be compared."
    )


def test_fewer_units_are_no_sooner_end():
    """The same number of trials, all in full or halved: SHA ends first because it trained less."""
    said = findings(World(), SHA=sha(**OPTIONS), random=random(max_trials=27, max_length=27))
    assert (
        said[0] == "SHA and random did not do the same work (81 and 729 units), so their makespans can't be compared."
    )

    brackets = adaptive_asha(max_length=27, max_trials=27, max_rungs=4, divisor=3)
    said = findings(World(), cluster=Cluster(2), SHA=sha(**OPTIONS), adaptive=brackets)
    units = metrics.summarize(
        simulate(adaptive_asha(max_length=27, max_trials=27, max_rungs=4, divisor=3), World(), Cluster(2))
    ).resource_units
    assert units > 81
    assert (
        said[0]
        == f"SHA and adaptive did not do the same work (81 and {units} units), so their makespans can't be compared."
    )


def test_more_units_in_less_time_are_sooner():
    """A searcher that trained more and ended sooner is sooner; the sentence says both."""
    run = metrics.summarize(simulate(sha(**OPTIONS), World(), Cluster(10)))
    runs = {"SHA": run, "ASHA": replace(run, makespan_s=20.0, resource_units=100)}
    assert next(comparison.findings(runs, "s")) == (
        "In this order of the trials, ASHA ends 31% sooner than SHA (20 s against 29 s), although it trained 23% more units."
    )


@pytest.mark.parametrize(
    ("units", "said"), [(95, "no difference worth mentioning in when"), (94, "did not do the same work")]
)
def test_the_tolerance_of_units(units, said):
    """With the same makespan, 5 % fewer units count as the same work, and 6 % do not."""
    run = metrics.summarize(simulate(sha(**OPTIONS), World(), Cluster(10)))
    runs = {"one": replace(run, resource_units=units), "other": replace(run, resource_units=100)}
    assert comparison.LESS_WORK == 0.05
    assert said in next(comparison.findings(runs, "s"))
    assert said in next(comparison.findings(dict(reversed(runs.items())), "s"))


def test_only_one_reached_full_length():
    said = findings(
        World(), stop=28 * UNIT, SHA=sha(**OPTIONS), one=asha(max_trials=1, max_length=27, divisor=27, num_rungs=1)
    )

    assert said[-1] == "Only one trained a trial in full."


def test_times_of_different_lengths_are_not_compared():
    said = findings(World(), SHA=sha(**OPTIONS), short=asha(max_trials=27, max_length=9, divisor=3))

    assert said == ["SHA and short train trials to 27 and 9 units, so their times can't be compared."]


def test_a_stop_that_cuts_nothing_is_a_stop_all_the_same():
    """All ten trials under way end at the very instant of the stop."""
    stopped = simulate(sha(**OPTIONS), World(), Cluster(10), stop=UNIT)
    said = findings(World(), stop=UNIT, SHA=sha(**OPTIONS), ASHA=asha(**OPTIONS))

    assert (metrics.summarize(stopped).cut_jobs, metrics.summarize(stopped).stopped) == (0, True)
    assert ending(stopped, "s") == "stopped at 1 s"
    assert said == [
        "SHA and ASHA did not do the same work (10 and 10 trials, cut at the stop), so their makespans can't be compared."
    ]


def test_a_stop_after_the_end_does_not_count():
    finished = simulate(sha(**OPTIONS), World(), Cluster(10), stop=29 * UNIT)

    assert not metrics.summarize(finished).stopped
    assert ending(finished, "s") == "finished at 29 s"


def test_a_span_of_no_time_has_no_share():
    """With a worker for each trial, the last new trial starts at once."""
    trace = simulate(sha(**OPTIONS), World(), Cluster(27), stop=0)
    rows = comparison.table({"SHA": metrics.summarize(trace)}, "s")

    assert ("utilization", "0.0%") in rows
    assert "0 % busy" in alt.of_comparison([trace], "s")


def test_without_a_divisor_no_waiting_promotion_is_reported():
    trace = simulate(sha(**OPTIONS), World(), Cluster(10))
    told = simulate(sha(**OPTIONS), World(), Cluster(10), meta={"divisor": 3})

    assert "a promotion waits" not in alt.of_comparison([trace], "s")
    assert "(3 worker-s idle while a promotion waits)" in alt.of_comparison([told], "s")
    assert comparison.WAITED not in {row[0] for row in comparison.table({"SHA": metrics.summarize(trace)}, "s")}


def test_nearly_all_is_not_called_all():
    """One worker of 2,000 waits in the last second of the longest trial."""
    world = World(ticks=lambda trial, low, high: (high - low) * UNIT * (2000 if trial else 1999))
    options = {"max_trials": 2, "max_length": 1, "divisor": 2, "num_rungs": 1}
    run = {"A": metrics.summarize(simulate(asha(**options), world, Cluster(2)))}

    assert ("utilization", "99.98%") in comparison.table(run, "s")
    assert "99.98 % busy (1 worker-s idle)" in alt.of_run(simulate(asha(**options), world, Cluster(2)), "s")


def test_much_sooner_is_not_called_100_percent_sooner():
    """The last of 36 trials takes 10,000 times as long, and the barrier waits for it."""
    world = World(ticks=lambda trial, low, high: (high - low) * UNIT * (10_000 if trial == 35 else 1))
    options = OPTIONS | {"max_trials": 36}
    said = findings(world, SHA=sha(**options), ASHA=asha(**options))

    assert said[-1].startswith(
        "In this order of the trials, ASHA trains its first trial in full 99.7% sooner than SHA"
    )


def test_the_table_has_a_column_for_each_searcher():
    runs = {"A": metrics.summarize(simulate(sha(**OPTIONS), World(), Cluster(10)))}
    rows = comparison.table(runs, "min")

    assert ("makespan", "0.5 min") in rows
    assert ("trials started", "27") in rows
    assert ("idle, worker-min", "3.5") in rows


def test_short_times_in_long_units_keep_two_digits():
    runs = {"A": metrics.summarize(simulate(sha(**OPTIONS), World(), Cluster(10)))}
    rows = dict(row for row in comparison.table(runs, "h") if len(row) == 2)

    assert rows["makespan"] == "0.0081 h"
    assert rows["idle, worker-h"] == "0.058"
