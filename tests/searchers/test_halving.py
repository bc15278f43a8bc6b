"""The searchers by themselves, without a clock: orders of jobs, decision by decision."""

import random as random_numbers
from itertools import pairwise
from math import inf

import pytest

from simulator.searchers.halving import asha, random, sha
from simulator.searchers.protocol import Idle, Job
from tests.support.determined_goldens import asked
from tests.support.oracles.sorting_bracket import SortingBracket

#: The configurations of the paper's figures 1 and 2, the best first, from the grey of the bars (arXiv 1810.05934).
FIGURE_2_BEST_FIRST = (8, 1, 6, 5, 2, 7, 9, 3, 4)


def chronology(searcher, loss, limit=1000):
    """Jobs of one worker, as "configuration@rung"; configurations count from 1."""
    jobs = []
    while isinstance(job := searcher.next_job(), Job) and len(jobs) < limit:
        jobs.append(f"{job.trial + 1}@{job.rung}")
        searcher.report(job, loss(job))
    return " ".join(jobs)


def figure_2_loss(job):
    return FIGURE_2_BEST_FIRST.index(job.trial + 1)


def test_figure_2_synchronous():
    jobs = chronology(sha(max_trials=9, max_length=9, divisor=3), figure_2_loss)

    assert jobs == "1@0 2@0 3@0 4@0 5@0 6@0 7@0 8@0 9@0 8@1 1@1 6@1 8@2"


def test_figure_2_by_algorithm_2_to_the_letter():
    """With 8 results floor(8 / 3) is 2, and configuration 8 is the best: it is promoted at once, before 9 starts."""
    jobs = chronology(asha(max_trials=9, max_length=9, divisor=3), figure_2_loss)

    assert jobs == "1@0 2@0 3@0 1@1 4@0 5@0 6@0 6@1 7@0 8@0 8@1 8@2 9@0"


def test_figure_2_as_drawn_is_the_delayed_rule():
    jobs = chronology(asha(max_trials=9, max_length=9, divisor=3, delayed=True), figure_2_loss)

    assert jobs == "1@0 2@0 3@0 1@1 4@0 5@0 6@0 6@1 7@0 8@0 9@0 8@1 8@2"


def test_nothing_is_promoted_below_divisor_results():
    assert chronology(asha(max_trials=3, max_length=4, divisor=4), lambda job: job.trial) == "1@0 2@0 3@0"


def test_the_best_promoted_before_does_not_hide_the_next():
    """This was the mistake in NePS issue 231: with one place, which a promoted trial had, no other trial seemed promotable."""
    searcher = asha(max_trials=7, max_length=9, divisor=3)

    assert chronology(searcher, lambda job: job.trial).startswith("1@0 2@0 3@0 1@1 4@0 5@0 6@0 2@1")


def test_backfill_begins_the_next_bracket_instead_of_waiting():
    searcher = sha(max_trials=2, max_length=2, divisor=2, backfill=True)
    first = [searcher.next_job() for _ in range(4)]
    searcher.report(first[0], 1.0)
    searcher.report(first[1], 0.0)

    assert [(job.trial, job.bracket, job.rung) for job in first] == [(0, 0, 0), (1, 0, 0), (2, 1, 0), (3, 1, 0)]
    assert searcher.next_job() == Job(1, 0, 1, 1, 2)


def test_a_dead_trial_completes_the_next_rung_at_once():
    """Of nine trials one lives: only that one is promoted, and the barrier does not wait for the dead ones."""
    searcher = sha(max_trials=9, max_length=9, divisor=3)
    jobs = chronology(searcher, lambda job: 1.0 if job.trial == 4 else inf)

    assert jobs == "1@0 2@0 3@0 4@0 5@0 6@0 7@0 8@0 9@0 5@1 5@2"
    assert searcher.next_job() is Idle.DONE


def test_a_withdrawn_trial_is_replaced():
    searcher = sha(max_trials=3, max_length=3, divisor=3)
    jobs = [searcher.next_job() for _ in range(3)]
    searcher.withdraw(jobs[1])

    assert searcher.next_job() == Job(3, 0, 0, 0, 1)


@pytest.mark.parametrize("make", [asha, random])
def test_no_more_jobs_at_once_than_the_limit(make):
    searcher = make(max_trials=9, max_length=4, max_concurrent_trials=2)
    first, _ = searcher.next_job(), searcher.next_job()
    assert searcher.next_job() is Idle.WAIT
    searcher.report(first, 1.0)

    assert searcher.next_job() == Job(2, 0, 0, 0, first.to_resource)
    assert searcher.next_job() is Idle.WAIT


@pytest.mark.parametrize("make", [asha, random])
def test_without_an_end_there_is_no_progress(make):
    searcher = make(max_trials=None, max_length=4)
    searcher.report(searcher.next_job(), 1.0)

    assert searcher.progress == 0


def test_progress_of_a_plain_search_is_its_share_of_trials():
    searcher = random(max_trials=4, max_length=6)
    progress = []
    while isinstance(job := searcher.next_job(), Job):
        searcher.report(job, 1.0)
        progress.append(searcher.progress)

    assert progress == [0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("at_once", [False, True], ids=["reported", "exchanged"])
def test_units_that_the_dead_would_have_trained_are_missing_from_the_progress(at_once):
    """Nine trials, three rungs: 9 + 3 x 2 + 1 x 6 units; three of them die on the lowest rung, one on the next."""
    searcher = sha(max_trials=9, max_length=9, divisor=3)
    dead = {(6, 0), (7, 0), (8, 0), (2, 1)}
    job = searcher.next_job()
    while isinstance(job, tuple):
        loss = inf if (job[0], job[2]) in dead else float(job[0])
        if at_once:
            job = searcher.report_and_next(job, loss)
        else:
            searcher.report(job, loss)
            job = searcher.next_job()

    assert job is Idle.DONE
    assert searcher.progress == (6 + 2 * 2 + 6) / 21


def test_progress_of_asha_leaves_open_who_may_yet_be_promoted():
    """Of 64 trials eight are promoted, and one of these again: until the last of the eight reports, any of them may be that one."""
    searcher = asha(max_trials=64, max_length=64, divisor=8)
    queue, progress = asked(searcher), []
    while queue:
        job = queue.pop(0)
        searcher.report(job, float(job.trial))
        queue += asked(searcher)
        progress.append(searcher.progress)

    assert progress[:63] == pytest.approx([results / (1.2 * 64) for results in range(1, 64)])
    assert progress[63:] == [56 / 64] * 8 + [63 / 64, 1]


def test_who_trains_on_the_top_is_not_open_on_the_rung_below_too():
    """Of 128 trials sixteen are promoted.

    Eight of them report, and the best of these is promoted again: it and fifteen more are open.
    """
    searcher = asha(max_trials=128, max_length=64, divisor=8)
    for job in asked(searcher):
        searcher.report(job, float(job.trial))
    climbing = asked(searcher)
    for job in climbing[:8]:
        searcher.report(job, float(job.trial))

    assert [job.to_resource for job in (*climbing, *asked(searcher))] == [8] * 16 + [64]
    assert searcher.progress == 112 / 128


@pytest.mark.parametrize("seed", range(200))
def test_every_decision_agrees_with_sorting(seed):
    rng = random_numbers.Random(seed)
    divisor, rungs, trials = rng.choice([2, 3, 4]), rng.randint(1, 4), rng.choice([None, rng.randint(30, 80)])
    kind = rng.choice(["sha", "asha", "d-asha"])
    concurrent = rng.choice([None, None, rng.randint(1, 9)])
    resources = tuple(divisor**rung for rung in range(rungs))
    if kind == "sha":
        trials = max(trials or 0, divisor ** (rungs - 1))
        sizes = [trials // divisor**rung for rung in range(rungs)]
        searcher = sha(max_trials=trials, max_length=resources[-1], divisor=divisor)
        oracle = SortingBracket(
            resources, lambda rung, n: sizes[rung + 1] if n >= sizes[rung] else 0, max_trials=trials
        )
    else:
        options = {"max_trials": trials, "delayed": kind == "d-asha", "max_concurrent_trials": concurrent}
        searcher = asha(max_length=resources[-1], divisor=divisor, **options)
        oracle = SortingBracket(
            resources,
            lambda _, n: n // divisor,
            capped=kind == "d-asha",
            max_trials=trials,
            max_concurrent=concurrent,
        )
    losses = rng.choice([[0.0, 1.0, 2.0], [rng.random() for _ in range(99)], [1.0, 2.0, inf]])
    outstanding = []

    for _ in range(400):
        if outstanding and rng.random() < 0.5:
            job, loss = outstanding.pop(rng.randrange(len(outstanding))), rng.choice(losses)
            searcher.report(job, loss)
            oracle.report(job, loss)
        answer = searcher.next_job()
        assert answer == oracle.next_job()
        if isinstance(answer, Job):
            outstanding.append(answer)


def test_rungs_climb_in_order():
    searcher = asha(max_trials=81, max_length=81, divisor=3)
    path = {}
    while isinstance(job := searcher.next_job(), Job):
        path.setdefault(job.trial, []).append(job)
        searcher.report(job, job.trial)

    for jobs in path.values():
        assert [job.rung for job in jobs] == list(range(len(jobs)))
        assert all(low.to_resource == high.from_resource for low, high in pairwise(jobs))
