"""Which trials count as fully trained if rungs are equal, so that brackets end at different units."""

from __future__ import annotations

import pytest

from simulator.cluster.engine import Cluster, Stop, simulate
from simulator.searchers.determined import adaptive, async_halving, sync_halving
from simulator.searchers.halving import asha, random, sha
from simulator.searchers.hyperband import async_hyperband, hyperband
from simulator.trace import metrics
from tests.support.worlds import UNIT, World, shuffled

UNEQUAL = {"max_length": 16, "budget": 480}  # brackets of 5, 4 and 3 rungs, the lowest of which stand at one unit


@pytest.mark.parametrize(
    ("searcher", "brackets", "max_length"),
    [
        (adaptive(**UNEQUAL), ((1, 2, 3, 6, 18), (1, 2, 5, 17), (1, 4, 16)), 16),
        (sync_halving(num_rungs=5, max_length=16, budget=160), ((1, 2, 3, 6, 18),), 18),
        (async_halving(num_rungs=3, max_length=9, max_trials=12, divisor=3), ((1, 3, 9),), 9),
        (asha(max_length=9, divisor=3), ((1, 3, 9),), 9),
        (random(max_trials=5, max_length=7), ((7,),), 7),
        (sha(max_trials=9, max_length=9, divisor=3, backfill=True), ((1, 3, 9),), 9),
        (hyperband(max_length=9, divisor=3), ((1, 3, 9),), 9),
        (async_hyperband(max_length=9, divisor=3), ((1, 3, 9), (3, 9), (9,)), 9),
    ],
)
def test_rungs_and_full_length(searcher, brackets, max_length):
    assert searcher.brackets == brackets
    assert searcher.max_length == max_length


def test_backfill_tells_the_brackets_it_has_begun():
    searcher = hyperband(max_length=9, divisor=3)
    for _ in range(10):
        searcher.next_job()

    assert searcher.brackets == ((1, 3, 9), (3, 9))


@pytest.mark.parametrize("workers", [1, 5])
def test_the_top_of_every_bracket_is_full_length(workers):
    trace = simulate(adaptive(**UNEQUAL), World(shuffled), Cluster(workers, "queued"))
    tops = {0: 18, 1: 17, 2: 16}
    reached = {trial for trial, bracket, to in zip(trace.trial, trace.bracket, trace.to_resource, strict=True) if to == tops[bracket]}  # fmt: skip

    assert trace.max_length == 16
    assert {trace.bracket[trace.trial == trial][0] for trial in reached} == {0, 1, 2}
    assert metrics.summarize(trace).full_length_trials == len(reached)


def test_a_stop_after_full_length_trials_counts_every_bracket_and_each_trial_once():
    """With max_length 1 a trial of the first bracket has more than enough from its third rung on."""
    whole = simulate(adaptive(**UNEQUAL), World(shuffled), Cluster(5, "queued"))
    third = sorted(whole.end[metrics.full_length(whole)])[2]
    cut = simulate(adaptive(**UNEQUAL), World(shuffled), Cluster(5, "queued"), stop=Stop(full_length=3))
    assert cut.makespan == third

    equal = adaptive(max_length=1, budget=60)
    assert equal.brackets == ((1, 2, 3, 4, 5), (1, 2, 3, 4), (1, 2, 3))
    trace = simulate(equal, World(shuffled), Cluster(1, "queued"), stop=Stop(full_length=2))
    assert metrics.summarize(trace).full_length_trials == 2
    assert (
        trace.makespan < simulate(adaptive(max_length=1, budget=60), World(shuffled), Cluster(1, "queued")).makespan
    )
    assert trace.makespan % UNIT == 0
