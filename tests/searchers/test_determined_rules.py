"""Cases that Determined's recorded results do not cover, compared with a plain restatement of its rules (tests/support/oracles)."""

from __future__ import annotations

import random as random_numbers
from itertools import pairwise
from math import inf

import pytest

from simulator.searchers import determined
from simulator.searchers import determined_layouts as layouts
from simulator.searchers.determined import float_share
from simulator.searchers.halving import random, single
from simulator.searchers.protocol import Idle
from simulator.searchers.rules import share
from tests.support.budgets import FUZZ
from tests.support.determined_goldens import asked
from tests.support.oracles.determined_search import PushSearch


@pytest.mark.parametrize("seed", range(1000 if FUZZ else 300))
def test_every_decision_agrees_with_determined_s_own_way_of_deciding(seed):
    """Any losses, ties, exits and invalid trials on any rung, in any order of results."""
    rng = random_numbers.Random(seed)
    kind = rng.choice(["sync_halving", "async_halving", "stop_once"])
    divisor, rungs, length = rng.choice([2, 3, 4, 2.5, 1.1]), rng.randint(1, 4), rng.choice([4, 27, 64, 100])
    common = {"num_rungs": rungs, "max_length": length, "divisor": divisor}
    if kind == "sync_halving":
        common["budget"] = rng.randint(length, 20 * length)
        searcher, layout = determined.sync_halving(**common), layouts.sync_halving_layout(**common)
    else:
        common |= {"max_trials": rng.randint(1, 40), "max_concurrent_trials": rng.choice([0, 1, 3, 9])}
        searcher = determined.async_halving(**common, stop_once=kind == "stop_once")
        layout = layouts.async_halving_layout(**common)
    oracle = PushSearch(kind, layout, divisor)
    losses = rng.choice([[0.0, 1.0, 2.0], [rng.random() for _ in range(99)], [1.0]])
    died, invalid = rng.choice([0, 0.1, 0.5]), rng.choice([0, 0.1])

    pending = asked(searcher)
    assert [job[::4] for job in pending] == oracle.start()
    progress, reopened = [], False
    while pending:
        job = pending.pop(rng.randrange(len(pending)))
        fate = rng.random()
        if fate < invalid:
            reopened |= kind == "async_halving" and len(oracle.rungs[0]) == common["max_trials"]
            searcher.withdraw(job)
            expected = oracle.invalid(job.trial)
        else:
            loss = inf if fate < invalid + died else rng.choice(losses)
            searcher.report(job, loss)
            expected = oracle.result(job.trial, loss)
        made = asked(searcher)
        assert [job[::4] for job in made] == expected
        if not reopened:  # Determined has closed trials for good that a replacement may still move up
            assert searcher.progress == pytest.approx(oracle.progress(), rel=1e-12)
        pending += made
        progress.append(searcher.progress)
    assert oracle.over
    assert all(low <= high for low, high in pairwise(progress)) or invalid


@pytest.mark.parametrize(
    ("stop_once", "losses", "go_on"),
    [(False, range(33), 29), (True, [*range(0, -32, -1), -2.5], 32)],  # the last of these has 29 better
)
def test_a_part_of_the_results_is_a_quotient_of_floats(stop_once, losses, go_on):
    """33 / 1.1 is 29.999… in floats, and exactly 30: of 33 results the thirtieth best does not go on."""
    searcher = determined.async_halving(
        num_rungs=2, max_length=99, max_trials=33, divisor=1.1, max_concurrent_trials=33, stop_once=stop_once
    )
    for job, loss in zip(asked(searcher), losses, strict=True):
        searcher.report(job, loss)

    assert [job.trial for job in asked(searcher)] == list(range(go_on))
    assert (float_share(1.1)(30), share(1.1)(30)) == (34, 33)  # results that open the thirtieth place


def test_shares_of_a_budget_are_whole():
    """Half of 7 units is 3."""
    for budget in range(200):
        halves = layouts.adaptive_layouts(max_length=2, budget=budget, bracket_rungs=(2, 1), divisor=2)

        assert halves == tuple(
            layouts.sync_halving_layout(num_rungs=rungs, max_length=2, budget=budget // 2, divisor=2)
            for rungs in (2, 1)
        )


def test_progress_of_a_tournament_is_the_mean_of_its_brackets():
    searcher = determined.adaptive(max_length=16, budget=160, max_rungs=2)
    assert searcher.progress == 0

    for job in asked(searcher):
        if job.bracket == 1:
            searcher.report(job, 1.0)
    assert searcher.progress == 0.5


def test_trials_left_behind_are_closed_at_once_where_trials_stop_once():
    """Three of twenty trials go on; the second of these is worse than the first, and the third has not reported yet."""
    searcher = determined.async_halving(
        num_rungs=3, max_length=9, max_trials=20, divisor=3, max_concurrent_trials=20, stop_once=True
    )
    for job, loss in zip(asked(searcher), (3.0, 2.0, 1.0, *range(10, 27)), strict=True):
        searcher.report(job, loss)
    first, second, _ = asked(searcher)
    searcher.report(first, 1.0)
    searcher.report(second, 2.0)

    assert [job.to_resource for job in asked(searcher)] == [9]
    assert searcher.progress == 18 / 20


def test_no_bracket_has_more_rungs_than_the_limit():
    searcher = determined.adaptive_asha(max_length=64, max_trials=100, max_rungs=2)

    assert [len(rungs) for rungs in searcher.brackets] == [2, 1]


def test_a_budget_below_one_bracket_leaves_no_trial():
    searcher = determined.sync_halving(num_rungs=3, max_length=16, budget=1)

    assert searcher.next_job() is Idle.DONE
    assert searcher.progress == 0


def test_which_searchers_replace_an_invalid_trial():
    """Asynchronous halving and random do; the synchronous family, grid and single count it as exited."""
    makers = {
        "async_halving": lambda: determined.async_halving(num_rungs=1, max_length=4, max_trials=1),
        "adaptive_asha": lambda: determined.adaptive_asha(max_length=4, max_trials=1, stop_once=True),
        "random": lambda: random(max_trials=1, max_length=4),
        "sync_halving": lambda: determined.sync_halving(num_rungs=1, max_length=4, budget=4),
        "adaptive_simple": lambda: determined.adaptive_simple(
            max_length=4, max_trials=1, mode="aggressive", max_rungs=1
        ),
        "grid": lambda: determined.grid(points=1, max_length=4),
        "single": lambda: single(max_length=4),
    }
    replaced = set()
    for name, make in makers.items():
        searcher = make()
        [job] = asked(searcher)
        searcher.withdraw(job)
        if asked(searcher):
            replaced.add(name)

    assert replaced == {"async_halving", "adaptive_asha", "random"}
