"""The counts of a preview, compared with Determined's own previews, with the engine and with calculations by hand."""

from __future__ import annotations

from functools import partial
from math import sqrt
from statistics import mean

import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.planning.previewing import table
from simulator.planning.previewing.search import FIRST_TRIALS, JOBS, SEEDS, Range, preview
from simulator.searchers.determined import adaptive, adaptive_asha, async_halving, grid, sync_halving
from simulator.searchers.dialects.optuna import optuna_successive_halving
from simulator.searchers.dialects.ray import ray_asha
from simulator.searchers.dialects.ray_hyperband import ray_hyperband
from simulator.searchers.dialects.sklearn import sklearn_halving
from simulator.searchers.halving import asha, random, sha, single
from simulator.searchers.hyperband import async_hyperband, hyperband
from tests.support.determined_goldens import GOLDENS, build
from tests.support.worlds import World


def once(number):
    return Range(number, number, number)


def trials(seen):
    return [[rung.trials for rung in bracket.rungs] for bracket in seen.brackets]


def test_a_synchronous_search_does_not_vary():
    seen = preview(partial(sha, max_trials=27, max_length=27, divisor=3))

    assert seen.trials == once(27)
    assert trials(seen) == [[once(27), once(9), once(3), once(1)]]
    assert [rung.resource for rung in seen.brackets[0].rungs] == [1, 3, 9, 27]
    assert [rung.units for rung in seen.brackets[0].rungs] == [once(27), once(18), once(18), once(18)]
    assert (seen.resource_units, seen.full_length_trials, seen.max_length) == (once(81), once(1), 27)
    assert (seen.busy_at_once, seen.seeds) == (27, SEEDS)


def test_a_trial_that_does_not_resume_trains_again_from_zero():
    seen = preview(partial(sha, max_trials=27, max_length=27, divisor=3), resume=False)

    assert [rung.units for rung in seen.brackets[0].rungs] == [once(27)] * 4


def test_brackets_with_their_share_of_the_workers():
    seen = preview(partial(adaptive_asha, max_length=256, max_trials=500, max_concurrent_trials=16), seeds=8)

    assert [bracket.rungs[0].trials for bracket in seen.brackets] == [once(354), once(110), once(36)]
    assert [bracket.busy_at_once for bracket in seen.brackets] == [6, 5, 5]
    assert seen.busy_at_once == 16
    assert [row.workers for row in seen.workers] == [1, 4, 16]
    assert seen.workers[-1].bound_by == "concurrency"


def test_trials_count_on_the_rungs_that_their_resource_reaches():
    """Optuna prunes nothing before a trial is complete, and the second of two is complete as well, rung by rung."""
    auto = partial(optuna_successive_halving, n_trials=2, max_resource=16, reduction_factor=4)

    assert trials(preview(auto, seeds=8)) == [[once(2), once(2), once(2)]]


@pytest.mark.parametrize(
    "make",
    [
        partial(ray_hyperband, num_samples=16, max_t=100, report_every=2, pending=1),
        partial(optuna_successive_halving, n_trials=9, max_resource=81, reduction_factor=3, report_every=5),
        partial(ray_asha, num_samples=20, max_t=27, reduction_factor=2.5, brackets=3, report_every=4),
        partial(sklearn_halving, n_candidates=30, max_resources=9, min_resources=1, aggressive_elimination=True),
        partial(asha, max_trials=30, max_length=27, divisor=3),
    ],
)
@pytest.mark.parametrize("resume", [True, False])
def test_rungs_share_all_units_and_lose_trials_upwards(make, resume):
    seen = preview(make, resume=resume, seeds=4)
    rungs = [rung for bracket in seen.brackets for rung in bracket.rungs]

    assert sum(rung.units.mean for rung in rungs) == pytest.approx(seen.resource_units.mean)
    assert sum(bracket.rungs[0].trials.mean for bracket in seen.brackets) == pytest.approx(seen.trials.mean)
    for bracket in seen.brackets:
        reached = [rung.trials.mean for rung in bracket.rungs]
        assert reached == sorted(reached, reverse=True)


def test_rungs_that_no_trial_reaches_are_listed():
    seen = preview(partial(async_halving, num_rungs=4, max_length=64, max_trials=3))

    assert trials(seen) == [[once(3), once(0), once(0), once(0)]]
    assert seen.full_length_trials == once(0)
    assert "No trial is trained in full in any of 50 runs with made-up results." in table.sentences(seen)


def test_a_search_without_trials():
    seen = preview(partial(sync_halving, num_rungs=3, max_length=64, budget=1))

    assert seen.trials == once(0)
    assert [row.ideal_makespan for row in seen.workers] == [once(0)]


def test_every_trial_in_full():
    assert trials(preview(partial(grid, points=6, max_length=4))) == [[once(6)]]
    assert preview(partial(single, max_length=4)).workers[-1].ideal_makespan == once(4)
    seen = preview(partial(random, max_trials=12, max_length=4, max_concurrent_trials=3), workers=5)
    assert (seen.busy_at_once, [row.workers for row in seen.workers]) == (3, [1, 3, 5])
    assert [row.ideal_makespan for row in seen.workers] == [once(48), once(16), once(16)]


def test_full_length_where_brackets_end_at_different_units():
    """Equal rungs cost a unit each, so that brackets end at 18, 17 and 16 units."""
    seen = preview(partial(adaptive, max_length=16, budget=160), seeds=3)
    tops = [bracket.rungs[-1].resource for bracket in seen.brackets]

    assert tops == [18, 17, 16]
    assert seen.max_length == 16
    assert seen.full_length_trials.mean == sum(bracket.rungs[-1].trials.mean for bracket in seen.brackets)


@pytest.mark.slow
@pytest.mark.parametrize("golden", GOLDENS["preview_spread"], ids=lambda golden: golden["config"]["name"])
def test_means_are_those_of_determined_s_previews(golden):
    """As in tests/searchers/test_determined.py, they agree within 4.5 standard errors, if our spread is also Determined's."""
    seen = preview(partial(build, golden["config"]), seeds=25)
    units, expected = seen.resource_units, golden["total_units"]
    spread = (expected["max"] - expected["min"]) / 4  # of 20 to 200 draws of a normal: 3.7 to 5.5 sd

    assert abs(units.mean - expected["mean"]) <= 4.5 * spread * sqrt(1 / seen.seeds + 1 / golden["seeds"]) + 1e-9
    assert expected["min"] <= units.mean <= expected["max"]


SEARCHES = {
    "sha": partial(sha, max_trials=27, max_length=27, divisor=3),
    "adaptive": partial(adaptive, max_length=64, budget=900),
    "grid": partial(grid, points=23, max_length=5),
    "hyperband": partial(hyperband, max_length=27, divisor=3),
}


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("queued", [True, False])
def test_ideal_makespans_are_the_engine_s(name, queued):
    """Only synchronous searches are compared, whose makespan varies little with the losses."""
    seen = preview(SEARCHES[name], workers=7, queued=queued, seeds=6)
    world = World(ticks=lambda trial, start, end: end - start)
    for row in seen.workers:
        trace = simulate(SEARCHES[name](), world, Cluster(row.workers, "queued" if queued else "on_demand"))
        assert row.ideal_makespan.min <= trace.makespan <= row.ideal_makespan.max


@pytest.mark.parametrize(
    "make",
    [
        *SEARCHES.values(),
        partial(asha, max_trials=81, max_length=27, divisor=3),
        partial(adaptive_asha, max_length=64, max_trials=100, max_concurrent_trials=9),
        partial(adaptive_asha, max_length=64, max_trials=100, stop_once=True),
        partial(async_hyperband, max_length=27, divisor=3, max_trials=60),
    ],
)
def test_no_run_is_shorter_than_its_bounds(make):
    seen = preview(make, workers=6, seeds=8)
    for row in seen.workers:
        bounds = row.work_bound, row.critical_path_bound, row.concurrency_bound
        assert row.lower_bound == max(bounds) <= row.ideal_makespan.mean + 1e-9
        assert 0 < row.utilization <= 1 + 1e-9
    alone = seen.workers[0]
    assert (alone.workers, alone.bound_by, alone.speedup) == (1, "work", 1)
    assert alone.ideal_makespan.mean == pytest.approx(alone.work_bound)


def test_the_toy_bracket_of_the_paper():
    """Nine configurations on nine machines take 9 units, which is the time of the longest trial over three rungs."""
    seen = preview(partial(sha, max_trials=9, max_length=9, divisor=3))

    assert seen.workers[-1].workers == 9
    assert seen.workers[-1].ideal_makespan == once(9)
    assert seen.workers[-1].bound_by == "critical path"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "brackets"),
    [
        (partial(asha, max_length=27, divisor=3), 1),
        (partial(random, max_trials=None, max_length=9), 1),
        (partial(async_hyperband, max_length=9, divisor=3), 3),
        (partial(sha, max_trials=27, max_length=27, divisor=3, backfill=True), FIRST_TRIALS // 27 + 1),
    ],
)
def test_of_a_search_without_end_the_first_trials(make, brackets):
    seen = preview(make, endless=True, workers=10)

    assert seen.trials == once(FIRST_TRIALS)
    assert (seen.busy_at_once, seen.workers, len(seen.brackets)) == (None, (), brackets)
    assert "never ends; its first 1,000 trials" in table.heading("x", seen)
    assert "The search can keep any number of workers busy." in table.sentences(seen)
    assert len({row[0] for row in table.rungs(seen) if row[0]}) == min(brackets, table.MOST_BRACKETS)


@pytest.mark.parametrize("workers", [1, 4, 10])
def test_a_search_without_end_may_still_be_bounded(workers):
    """Four jobs may be under way, even where no more than four workers are there to show it."""
    make = partial(asha, max_length=27, divisor=3, max_concurrent_trials=4)

    assert preview(make, endless=True, max_concurrent=4, workers=workers).busy_at_once == 4


@pytest.mark.slow
def test_large_searches_get_fewer_seeds():
    assert preview(partial(random, max_trials=JOBS // 4, max_length=9, max_concurrent_trials=1)).seeds == 4


def test_a_search_too_large_to_preview(monkeypatch):
    monkeypatch.setattr("simulator.planning.previewing.search.MOST_TRIALS", 50)
    with pytest.raises(ValueError, match="has 50 trials or more, too many to preview"):
        preview(partial(random, max_trials=51, max_length=9))


@pytest.mark.slow
def test_a_preview_is_the_same_every_time():
    make = partial(adaptive_asha, max_length=64, max_trials=60)

    assert preview(make) == preview(make)


def test_a_range():
    numbers = Range.of([1, 2, 6])

    assert numbers == Range(1, 3, 6)
    assert numbers.mean == mean([1, 2, 6])
