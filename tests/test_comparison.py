"""The words under the table claim what the numbers show, and no more."""

from simulator import comparison, metrics
from simulator.cluster.engine import Cluster, simulate
from simulator.searchers.halving import asha, sha
from tests.worlds import UNIT, World

OPTIONS = {"max_trials": 27, "max_length": 27, "divisor": 3}


def findings(world, *, cluster=Cluster(10), stop=None, **searchers):  # noqa: B008
    runs = {
        label: metrics.summarize(simulate(searcher, world, cluster, stop=stop))
        for label, searcher in searchers.items()
    }
    return list(comparison.findings(runs, "s"))


def test_equal_times_leave_nothing_to_claim():
    assert findings(World(), SHA=sha(**OPTIONS), ASHA=asha(**OPTIONS)) == [
        "makespan: no difference to speak of (SHA 29 s, ASHA 30 s).",
        "first full-length trial: no difference to speak of (SHA 29 s, ASHA 30 s).",
    ]


def test_unequal_times_make_a_difference():
    """The last trial of the base rung takes 20 times as long: the barrier waits for it, ASHA does not."""
    world = World(ticks=lambda trial, low, high: (high - low) * UNIT * (20 if trial == 35 else 1))
    options = OPTIONS | {"max_trials": 36}
    said = findings(world, SHA=sha(**options), ASHA=asha(**options))

    assert said == [
        "makespan: ASHA is 35% sooner than SHA (33 s against 51 s).",
        "first full-length trial: ASHA is 41% sooner than SHA (30 s against 51 s).",
    ]


def test_unequal_work_is_not_compared():
    said = findings(World(), stop=53 * UNIT, SHA=sha(**OPTIONS), ASHA=asha(max_length=27, divisor=3))

    assert said[0] == (
        "SHA and ASHA did not do the same work (27 and 198 trials, cut at the stop): their makespans don't compare."
    )


def test_only_one_reached_full_length():
    said = findings(
        World(), stop=20 * UNIT, SHA=sha(**OPTIONS), one=asha(max_trials=1, max_length=9, divisor=9, num_rungs=1)
    )

    assert said[-1] == "first full-length trial: only one trained one."


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
    assert rows["idle, worker-h"] == "0.1"
