import numpy as np

from simulator.trace.promotions import promotions
from tests.support.scenes import docs_scene, timeline_scene, tiny, troubled


def test_each_result_leads_to_the_next_job_of_its_trial_or_to_none():
    for trace in (*docs_scene(), *timeline_scene(), troubled()):
        up = promotions(trace).up
        rows = np.flatnonzero(up >= 0)
        assert (trace.trial[rows] == trace.trial[up[rows]]).all()
        assert (trace.rung[rows] + 1 == trace.rung[up[rows]]).all()
        assert (
            len(rows)
            == len(set(up[rows].tolist()))
            == len(np.unique(trace.trial[trace.rung > 0]))
            + np.sum([len(np.unique(trace.trial[trace.rung == rung])) for rung in range(2, trace.rung.max() + 1)])
        )


def test_at_a_barrier_it_is_the_place_among_the_whole_rung():
    sha = docs_scene()[0]
    way = promotions(sha)
    climbed = way.up >= 0
    assert [
        (rung, rank, results)
        for rung, rank, results in zip(sha.rung[climbed], way.rank[climbed], way.results[climbed], strict=True)
    ] == [(0, rank, 27) for rank in range(1, 10)] + [(1, rank, 9) for rank in (1, 2, 3)] + [(2, 1, 3)]
    assert sorted(way.rank[(sha.rung == 0) & ~climbed]) == list(range(10, 28))


def test_asynchronously_it_is_the_place_at_that_moment_and_always_among_the_best_third():
    for trace in (docs_scene()[1], timeline_scene()[1]):
        way = promotions(trace)
        climbed = way.up >= 0
        assert (way.rank[climbed] <= way.results[climbed] // 3).all()
        assert (way.rank[trace.end <= trace.makespan] <= way.results).all()


def test_a_result_of_no_job_has_no_place_and_a_retry_is_one_job():
    trace = troubled()
    way = promotions(trace)
    assert way.rank.tolist() == [4, 0, 1, 2, 3, 0, 1, 0]
    assert way.results.tolist() == [4, 0, 2, 4, 4, 0, 1, 0]
    assert way.up.tolist() == [-1, -1, 5, -1, -1, -1, -1, -1]


def test_equal_losses_share_a_place_and_an_empty_trace_has_none():
    trace = tiny([(0, 5, 0, 1, 0, 1), (1, 5, 0, 1, 0, 1)])
    assert promotions(trace).rank.tolist() == [1, 1]
    assert promotions(tiny([])).up.tolist() == []
