"""Hyperband's brackets against the paper's tables, and asynchronous Hyperband's turns."""

from collections import deque
from itertools import count, groupby, islice

import pytest

from simulator.searchers.hyperband import async_hyperband, hyperband, hyperband_brackets
from simulator.searchers.protocol import Idle, Job


@pytest.mark.parametrize(
    ("max_length", "divisor", "rounding", "sizes", "budgets"),
    [
        (81, 3, "algorithm", (81, 34, 15, 8, 5), (405, 363, 351, 378, 405)),
        (81, 3, "table", (81, 27, 9, 6, 5), (405, 324, 243, 324, 405)),  # Table 1
        (256, 4, "algorithm", (256, 80, 27, 10, 5), (1280, 1216, 1072, 1152, 1280)),
        (256, 4, "table", (256, 64, 16, 8, 5), (1280, 1024, 768, 1024, 1280)),
    ],
)
def test_brackets_of_both_roundings(max_length, divisor, rounding, sizes, budgets):
    brackets = hyperband_brackets(max_length, divisor, rounding)

    assert tuple(trials[0] for _, trials in brackets) == sizes
    assert tuple(units[0] for units, _ in brackets) == tuple(divisor**power for power in range(5))
    assert tuple(sum(map(int.__mul__, units, trials)) for units, trials in brackets) == budgets
    totals = {("algorithm", 3): (143, 1902), ("table", 3): (128, 1701), ("algorithm", 4): (378, 6000), ("table", 4): (349, 5376)}  # fmt: skip
    assert (sum(sizes), sum(budgets)) == totals[rounding, divisor]


def test_table_1_in_full():
    assert hyperband_brackets(81, 3, "table") == (
        ((1, 3, 9, 27, 81), (81, 27, 9, 3, 1)),
        ((3, 9, 27, 81), (27, 9, 3, 1)),
        ((9, 27, 81), (9, 3, 1)),
        ((27, 81), (6, 2)),
        ((81,), (5,)),
    )


def finish(searcher):
    """Every job, each reported before the next is asked for."""
    jobs = []
    while isinstance(job := searcher.next_job(), Job):
        jobs.append(job)
        searcher.report(job, (job.trial * 7919 + 17) % 10007)
    return jobs


@pytest.mark.parametrize(("rounding", "trials", "units"), [("algorithm", 143, 1902), ("table", 128, 1701)])
def test_one_pass_trains_what_the_table_says(rounding, trials, units):
    jobs = finish(hyperband(max_length=81, divisor=3, rounding=rounding))

    assert len({job.trial for job in jobs}) == trials
    assert sum(job.to_resource for job in jobs) == units  # the paper trains every rung from zero


def test_brackets_come_one_after_the_other_with_one_worker():
    jobs = finish(hyperband(max_length=9, divisor=3))

    assert [bracket for bracket, _ in groupby(job.bracket for job in jobs)] == [0, 1, 2]


def test_the_next_bracket_begins_when_the_earlier_ones_have_no_job():
    searcher = hyperband(max_length=2, divisor=2)  # 2 trials from 1 unit, then 2 in full
    jobs = [searcher.next_job() for _ in range(4)]

    assert [(job.trial, job.bracket, job.to_resource) for job in jobs] == [(0, 0, 1), (1, 0, 1), (2, 1, 2), (3, 1, 2)]
    assert searcher.next_job() is Idle.WAIT
    searcher.report(jobs[0], 1.0)
    searcher.report(jobs[1], 0.0)
    assert searcher.next_job() == Job(1, 0, 1, 1, 2)


def test_asynchronous_brackets_take_turns_by_budget():
    """With R = 4 and divisor 2, the synchronous brackets are 4, 2, 1 trials at 1, 2, 4 units (8 units), 3, 1 at 2, 4 (8) and 3 at 4 (12)."""
    searcher = async_hyperband(max_length=4, divisor=2)
    jobs = []
    for _ in range(400):
        jobs.append(searcher.next_job())
        searcher.report(jobs[-1], (jobs[-1].trial * 7919 + 17) % 10007)
    turns = [(bracket, [job.to_resource - job.from_resource for job in turn])
             for bracket, turn in groupby(jobs, key=lambda job: job.bracket)]  # fmt: skip

    assert [bracket for bracket, _ in turns[:7]] == [0, 1, 2, 0, 1, 2, 0]
    for bracket, units in turns[:-1]:
        budget = (8, 8, 12)[bracket]
        assert sum(units[:-1]) < budget <= sum(units)
    assert searcher.progress == 0


def test_a_limit_on_trials_holds_for_all_brackets_together():
    searcher = async_hyperband(max_length=4, divisor=2, max_trials=20)
    jobs = finish(searcher)

    assert {job.trial for job in jobs} == set(range(20))
    assert {job.bracket for job in jobs} == {0, 1, 2}
    assert searcher.progress == 1
    assert searcher.next_job() is Idle.DONE


def test_an_invalid_trial_is_replaced_within_the_limit():
    searcher = async_hyperband(max_length=4, divisor=2, max_trials=3)
    first = searcher.next_job()
    searcher.withdraw(first)
    jobs = finish(searcher)

    assert {job.trial for job in jobs} == {1, 2, 3}
    assert searcher.progress == 1


def test_an_invalid_last_trial_is_replaced_too():
    searcher = async_hyperband(max_length=4, divisor=2, max_trials=3, max_concurrent_trials=3)
    jobs = [searcher.next_job() for _ in range(3)]
    assert searcher.next_job() is Idle.WAIT
    searcher.withdraw(jobs[-1])

    assert searcher.next_job().trial == 3
    assert searcher.next_job() is Idle.WAIT


def test_a_limit_on_jobs_at_once_holds_for_all_brackets_together_and_invalid_ones_are_replaced_in_each():
    searcher = async_hyperband(max_length=4, divisor=2, max_trials=60, max_concurrent_trials=3)
    running, withdrawn, results, at_once = deque(), set(), 0, []
    for number in count():
        running += islice(iter(searcher.next_job, Idle.WAIT), 3 - len(running)) if len(running) < 3 else ()
        if Idle.DONE in running:
            break
        at_once.append(len(running))
        if len(running) == 3:
            assert searcher.next_job() is Idle.WAIT
        job = running.popleft()
        if number % 4 == 3:
            searcher.withdraw(job)
            withdrawn.add((job.bracket, job.rung))
            results -= job.rung > 0  # its result on the lowest rung goes with it
        else:
            searcher.report(job, (job.trial * 7919 + 17) % 10007)
            results += job.rung == 0

    assert withdrawn >= {(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)}
    assert at_once[:40] == [3] * 40
    assert results == 60


@pytest.mark.parametrize("make", [hyperband, async_hyperband])
def test_brackets_differ_in_their_rungs_and_share_the_top(make):
    searcher = make(max_length=9, divisor=3)
    if make is hyperband:
        finish(searcher)  # they are made as they begin

    assert searcher.brackets == ((1, 3, 9), (3, 9), (9,))
    assert searcher.resources == (1, 3, 9)
    assert searcher.max_length == 9


def test_the_rounding_makes_the_budgets_of_asynchronous_brackets_too():
    def turns(rounding):
        searcher = async_hyperband(max_length=9, divisor=3, rounding=rounding)
        found = []
        while len(found) < 200:
            found.append(searcher.next_job())
            searcher.report(found[-1], (found[-1].trial * 7919 + 17) % 10007)
        units = [(bracket, sum(job.to_resource - job.from_resource for job in turn))
                 for bracket, turn in groupby(found, key=lambda job: job.bracket)]  # fmt: skip
        return next(total for bracket, total in units if bracket == 1)

    assert 21 <= turns("algorithm") < 27  # five trials of three units, and one of six more
    assert 15 <= turns("table") < 21  # three and one


def test_progress_is_the_mean_of_the_brackets_those_to_come_included():
    searcher = hyperband(max_length=9, divisor=3)
    progress = {}
    while isinstance(job := searcher.next_job(), Job):
        searcher.report(job, job.trial)
        progress[job.bracket] = searcher.progress  # as its last job is done
    assert searcher.next_job() is Idle.DONE
    assert progress == pytest.approx({0: 1 / 3, 1: 2 / 3, 2: 1})


def test_an_invalid_trial_of_a_later_bracket_is_replaced_there():
    searcher = hyperband(max_length=2, divisor=2)
    jobs = [searcher.next_job() for _ in range(4)]
    searcher.withdraw(jobs[3])

    assert searcher.next_job() == Job(4, 1, 0, 0, 2)


def test_a_fractional_divisor_may_leave_a_bracket_of_table_1_without_enough_trials():
    with pytest.raises(ValueError, match="table gives the bracket of 3 rungs 6 trials"):
        hyperband_brackets(7, 2.5, "table")
