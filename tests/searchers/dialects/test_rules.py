"""The libraries' rules on tiny worlds: who goes on, in the order in which results arrive."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from simulator.searchers.dialects import ray, ray_hyperband, sklearn, syne_tune
from simulator.searchers.dialects.optuna import (
    RankJudge,
    bracket_budgets,
    optuna_hyperband,
    optuna_successive_halving,
)
from simulator.searchers.dialects.ray import PercentileJudge, milestones, ray_asha
from simulator.searchers.dialects.reports import deciding_reports, every_one, highest
from simulator.searchers.dialects.syne_tune import QuantileJudge, ShareJudge, level_quantiles
from simulator.searchers.protocol import Idle, Job


def verdicts(judge, losses):
    """Who goes on, for losses in order of arrival."""
    return [judge.goes_on(trial, loss) for trial, loss in enumerate(losses)]


def test_ray_stops_what_is_worse_than_the_percentile_of_those_before():
    # the 2/3 percentile of the rewards -5, -4 is -4.33
    assert verdicts(PercentileJudge(3), [5, 4, 4.3, 4.5]) == [True, True, True, False]


def test_ray_lets_ties_and_nan_go_on_and_ignores_nan_afterwards():
    assert verdicts(PercentileJudge(3), [1, 1, nan, 1, 2]) == [True, True, True, True, False]


def test_rays_percentile_is_numpys():
    rng = np.random.default_rng(5)
    for factor in (2, 2.5, 3, 4, 1.1):
        judge, recorded = PercentileJudge(factor), []
        for trial, loss in enumerate(rng.integers(0, 40, 300).tolist()):
            expected = not recorded or not -loss < np.nanpercentile(recorded, (1 - 1 / factor) * 100)
            assert judge.goes_on(trial, loss) is expected
            recorded.append(-loss)


def test_rays_rungs_are_counted_in_floats_and_may_be_fractions():
    assert milestones(243, 1, 3, 0) == (1, 3, 9, 27, 81)
    assert milestones(50, 2, 2.5, 0) == (2, 5, 12.5, 31.25)
    assert milestones(81, 1, 3, 2) == (9, 27, 81)


def test_with_reports_every_five_units_a_low_rung_is_decided_late():
    reports = deciding_reports((1, 3, 9, 27, 81), 81, 5, highest)
    assert [(units, rungs) for units, rungs, _ in reports] == [
        (5, (1,)), (10, (2,)), (15, (0,)), (30, (3,)), (81, (4,)),
    ]  # fmt: skip
    assert reports[0].undecided == (0,)  # where a trial that stops after 5 units is recorded once more


def test_optuna_decides_all_rungs_that_a_report_has_reached():
    reports = deciding_reports((1, 3, 9, 27, 81), 81, 5, every_one)
    assert [(units, rungs) for units, rungs, _ in reports] == [(5, (0, 1)), (10, (2,)), (30, (3,)), (81, (4,))]


def test_a_trial_that_rays_asha_stops_late_is_recorded_once_more():
    searcher = ray_asha(num_samples=3, max_t=20, grace_period=1, reduction_factor=3, report_every=5)
    first = searcher.next_job()
    assert first == Job(0, 0, 0, 0, 5)
    searcher.report(first, 1.0)
    assert searcher.next_job() == Job(0, 0, 1, 5, 10)
    second = searcher.next_job()
    searcher.report(second, 2.0)  # worse than the first: stopped at rung 3, recorded at rung 1 too
    third = searcher.next_job()
    assert third.trial == 2


def test_optuna_prunes_below_the_best_share_its_own_value_included():
    assert verdicts(RankJudge(2, 0), [5, 4, 4, 3.5, 4.5]) == [True, True, True, True, False]
    assert verdicts(RankJudge(2, 0), [5, nan, 6]) == [True, False, False]
    assert verdicts(RankJudge(2, 2), [5, 4, 3]) == [False, False, True]


def test_optunas_auto_prunes_nothing_before_a_trial_is_complete():
    searcher = optuna_successive_halving(n_trials=3, max_resource=3, reduction_factor=2)
    good, bad = searcher.next_job(), searcher.next_job()
    assert (good, bad) == (Job(0, 0, 0, 0, 1), Job(1, 0, 0, 0, 1))
    searcher.report(bad, 9.0)
    assert searcher.next_job() == Job(1, 0, 0, 1, 2)
    for units in (1, 2, 3):
        searcher.report(Job(0, 0, 0, units - 1, units), 1.0)
        job = searcher.next_job()
    assert job == Job(2, 0, 0, 0, 1)  # trial 0 is complete, at 3 units
    searcher.report(Job(1, 0, 0, 1, 2), 9.0)  # decides rung 1 and rung 2, the first there: goes on
    assert searcher.next_job() == Job(1, 0, 2, 2, 3)
    searcher.report(job, 10.0)
    assert searcher.next_job() is Idle.WAIT  # trial 2 was pruned at rung 1
    searcher.report(Job(1, 0, 2, 2, 3), 9.0)
    assert searcher.next_job() is Idle.DONE


def test_optunas_brackets_follow_from_the_studys_name():
    assert bracket_budgets(1, 81, 3) == [81, 34, 15, 8, 5]
    one, other = (optuna_hyperband(n_trials=20, max_resource=81, study_name=name) for name in ("a", "b"))
    assert [one.next_job().bracket for _ in range(20)] != [other.next_job().bracket for _ in range(20)]


def test_syne_tunes_quantile_is_the_ratio_of_two_levels():
    assert level_quantiles(100, 1, 4) == [(1, 1 / 4), (4, 1 / 4), (16, 1 / 4), (64, 64 / 100)]
    assert verdicts(QuantileJudge(1 / 3), [5, 4, 4, 4.2]) == [True, True, True, False]


def test_syne_tunes_quantile_is_numpys():
    rng = np.random.default_rng(7)
    for share in (0.25, 1 / 3, 0.5, 0.64):
        judge, recorded = QuantileJudge(share), []
        for trial, loss in enumerate(rng.random(300).tolist()):
            recorded.append(loss)
            cutoff = np.quantile(recorded, share)
            assert judge.goes_on(trial, loss) is bool(len(recorded) < 2 or loss <= cutoff + 1e-15)


def test_syne_tune_0_16_lets_one_more_than_the_share_pass():
    # of three, one may be strictly better
    assert verdicts(ShareJudge(3), [1, 2, 2, 2, 2]) == [True, False, True, True, True]


def test_syne_tunes_promotion_takes_the_best_that_is_paused():
    searcher = syne_tune.syne_tune_promotion(max_num_trials_started=3, max_t=4, reduction_factor=2)
    jobs = [searcher.next_job() for _ in range(3)]
    for job, loss in zip(jobs, (2.0, 1.0, 3.0), strict=True):
        searcher.report(job, loss)
    assert [searcher.next_job(), searcher.next_job()] == [Job(1, 0, 1, 1, 2), Job(0, 0, 1, 1, 2)]
    assert searcher.next_job() is Idle.WAIT


def test_scikit_learns_rounds():
    assert sklearn.rounds(40, 81, "exhaust", 3, aggressive=False) == ((3, 9, 27, 81), (40, 14, 5, 2))
    assert sklearn.rounds(40, 81, "smallest", 3, aggressive=False) == ((1, 3, 9, 27), (40, 14, 5, 2))
    assert sklearn.rounds(40, 81, 9, 3, aggressive=True) == ((9, 9, 27, 81), (40, 14, 5, 2))


def test_scikit_learn_keeps_the_best_and_starts_the_worst_of_them_first():
    searcher = sklearn.sklearn_halving(n_candidates=4, max_resources=4, min_resources=1, factor=2)
    for job, loss in [(searcher.next_job(), loss) for loss in (3.0, 1.0, nan, 2.0)]:
        searcher.report(job, loss)
    assert [searcher.next_job(), searcher.next_job()] == [Job(3, 0, 1, 1, 2), Job(1, 0, 1, 1, 2)]


def test_ray_hyperband_fills_the_bracket_of_full_length_first():
    assert ray_hyperband.bracket_plan(81, 3) == [
        (5, (81,)), (8, (27, 81)), (15, (9, 27, 81)), (34, (3, 9, 27, 81)), (81, (1, 3, 9, 27, 81)),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="moves a milestone from 4 to 4 units"):
        ray_hyperband.bracket_plan(10, 1.2)


def test_ray_hyperband_pauses_a_trial_at_its_first_report_past_the_milestone():
    searcher = ray_hyperband.ray_hyperband(num_samples=5, max_t=81, report_every=2)
    jobs = [searcher.next_job() for _ in range(5)]  # the bracket of full length
    assert {job.to_resource for job in jobs} == {2}
    for units in range(2, 80, 2):
        searcher.report(jobs[0]._replace(from_resource=units - 2, to_resource=units), 1.0)
        job = searcher.next_job()
    assert (job.from_resource, job.to_resource) == (78, 80)
    searcher.report(job, 1.0)
    assert searcher.next_job().to_resource == 81  # the last unit
    with pytest.raises(ValueError, match="a report at 5 units jumps over the milestones 1 and 3, and Ray Tune never"):
        ray_hyperband.ray_hyperband(num_samples=5, max_t=81, report_every=5)


def test_a_dead_trial_is_recorded_nowhere_but_counts_as_done():
    searcher = ray_asha(num_samples=2, max_t=9, reduction_factor=3)
    for job, loss in [(searcher.next_job(), loss) for loss in (inf, 5.0)]:
        searcher.report(job, loss)
    assert searcher.next_job() == Job(1, 0, 1, 1, 3)  # the first that is recorded


def test_rays_brackets_are_weighted_by_their_rungs():
    assert [round(weight, 2) for weight in ray.bracket_weights(81, 1, 3, 3)] == [0.67, 0.24, 0.09]
