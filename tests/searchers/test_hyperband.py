"""Hyperband's brackets against the paper's tables, and asynchronous Hyperband's turns."""

from itertools import groupby

import pytest

from simulator.searchers.hyperband import async_hyperband, hyperband, hyperband_brackets
from simulator.searchers.job import Idle, Job


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
    """R = 4, divisor 2: the halving brackets are 4, 2, 1 at 1, 2, 4 (8 units), 3, 1 at 2, 4 (8) and 3 at 4 (12)."""
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


def test_a_fractional_divisor_may_leave_a_bracket_of_table_1_without_enough_trials():
    with pytest.raises(ValueError, match="table gives the bracket of 3 rungs 6 trials"):
        hyperband_brackets(7, 2.5, "table")
