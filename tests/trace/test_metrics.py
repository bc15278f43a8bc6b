"""Metrics of traces, on worlds that are small enough to count by hand."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.engine import Cluster, simulate
from simulator.searchers.halving import asha, sha
from simulator.trace import metrics
from simulator.trace.trace import Outcome, Trace
from tests.support.budgets import budget
from tests.support.worlds import UNIT, World

DONE, EXITED, CUT, DROPPED = Outcome.COMPLETED, Outcome.EXITED, Outcome.CUT, Outcome.DROPPED
NAN = float("nan")


def trace(*rows, workers=2, max_length=4):
    """A trace from (worker, trial, rung, from, to, start, end, outcome, loss), times in units."""
    full = [
        (
            worker,
            trial,
            0,
            rung,
            low,
            high,
            start * UNIT,
            end * UNIT,
            outcome,
            loss,
            0,
            (end - start) * UNIT * (outcome == DROPPED),
        )
        for worker, trial, rung, low, high, start, end, outcome, loss in rows
    ]
    return Trace.from_rows(full, label="T", workers=workers, max_length=max_length)


#: Two workers: trial 0 goes all the way, trial 1 dies, trial 2 is dropped and tried again, trial 3 is cut.
STORY = trace(
    (0, 0, 0, 0, 1, 0, 1, DONE, 0.5),
    (1, 1, 0, 0, 1, 0, 2, EXITED, float("inf")),
    (0, 2, 0, 0, 1, 2, 3, DROPPED, NAN),
    (1, 0, 1, 1, 4, 3, 6, DONE, 0.4),
    (0, 2, 0, 0, 1, 4, 5, DONE, 0.3),
    (0, 3, 0, 0, 1, 5, 8, CUT, NAN),
)


def test_summary_of_a_story():
    summary = metrics.summarize(STORY)

    assert summary == metrics.Summary(
        makespan_s=8, utilization=10 / 16,
        trials=4, jobs=5, attempts=6, cut_jobs=1, resource_units=5, full_length_trials=1, first_full_length_s=6,
        best_loss=0.3, best_trial=2, best_loss_s=5, best_loss_in_full=None,
        busy_s=10, overhead_s=0, lost_s=1, idle_s=5, idle_promotable_s=None, down_s=0,
        cost=0, cost_by_group={}, mispromotions=None, simple_regret=None, max_length=4, stopped=True,
    )  # fmt: skip


def test_summary_of_nothing():
    summary = metrics.summarize(trace())

    assert (summary.makespan_s, summary.utilization, summary.trials, summary.best_loss) == (0, 0, 0, None)
    assert metrics.busy_workers(trace()).values.tolist() == [0]


def test_busy_workers_over_time():
    steps = metrics.busy_workers(STORY)

    assert (steps.times // UNIT).tolist() == [0, 1, 2, 3, 4, 5, 6, 8]
    assert steps.values.tolist() == [2, 1, 0, 1, 2, 2, 1, 0]


def test_the_incumbent_is_the_best_known_so_far():
    steps = metrics.incumbent(STORY)

    assert (steps.times // UNIT).tolist() == [1, 5]
    assert steps.values.tolist() == [0.5, 0.3]


def test_of_results_at_one_instant_the_best_is_the_incumbent():
    together = trace((0, 0, 0, 0, 1, 0, 1, DONE, 0.5), (1, 1, 0, 0, 1, 0, 1, DONE, 0.2))

    assert metrics.incumbent(together).values.tolist() == [0.2]


def test_lost_work_is_neither_busy_nor_idle():
    where = metrics.split(STORY)

    assert where == (10 * UNIT, 0, UNIT, 5 * UNIT, 0)
    assert sum(where) == STORY.workers * STORY.makespan


def test_idle_time_at_a_barrier_is_told_apart_from_idle_time_at_the_end():
    """Both searchers are idle at their end, when no trial can be promoted; only SHA is idle while one can."""
    spent = {}
    for make in (sha, asha):
        world = World(ticks=lambda trial, low, high: (high - low) * UNIT * (1 + trial % 5))
        run = simulate(make(max_trials=27, max_length=27, divisor=3), world, Cluster(10), meta={"divisor": 3})
        summary = metrics.summarize(run)
        spent[make] = summary.idle_promotable_s
        assert summary.idle_s > 200

    assert spent[asha] == 0 < spent[sha]


def test_idle_while_a_trial_could_climb():
    """With six trials on three workers, the third result, at 2 s, would allow a promotion; the barrier waits until 6
    s. The first worker is idle from 3 s on, the second from 4 s on: 3 + 2 worker-seconds. Idle time in the last
    second of the run does not count, since no trial could be promoted then.
    """
    run = trace(
        (0, 0, 0, 0, 1, 0, 1, DONE, 0.5), (1, 1, 0, 0, 1, 0, 2, DONE, 0.4), (2, 2, 0, 0, 1, 0, 2, DONE, 0.3),
        (0, 3, 0, 0, 1, 1, 3, DONE, 0.6), (1, 4, 0, 0, 1, 2, 4, DONE, 0.7), (2, 5, 0, 0, 1, 2, 6, DONE, 0.8),
        (0, 2, 1, 1, 3, 6, 8, DONE, 0.2), (1, 1, 1, 1, 3, 6, 7, DONE, 0.3), workers=3, max_length=3,
    )  # fmt: skip

    assert metrics.idle_promotable(run, 3) == 5 * UNIT
    assert metrics.idle_promotable(run, 7) == 0  # six results allow no promotion then


@pytest.mark.parametrize("workers", [1, 4, 25])
@pytest.mark.parametrize("make", [sha, asha])
def test_idle_while_a_trial_could_climb_agrees_with_counting_instant_by_instant(make, workers):
    rng = np.random.default_rng(workers)
    times = rng.integers(1, 9, 30) * UNIT
    world = World(ticks=lambda trial, low, high: (high - low) * int(times[trial]))
    run = simulate(make(max_trials=30, max_length=9, divisor=3), world, Cluster(workers))
    total = 0
    moments = np.unique(np.concatenate([run.start, run.end]))
    for now, then in pairwise(moments):
        busy = int(((run.start <= now) & (run.end > now)).sum())
        room = any(
            int((run.end[run.rung == rung] <= now).sum()) // 3
            > len(np.unique(run.trial[(run.rung == rung + 1) & (run.start <= now)]))
            for rung in range(2)
        )
        total += room * (workers - busy) * int(then - now)

    assert metrics.idle_promotable(run, 3) == total


def test_the_full_loss_of_the_trial_found_is_told_beside_its_best():
    """Trial 2 has the best loss of all, early; fully trained it is worse than trial 0, and regret is that of its full loss."""
    in_full = {0: 0.4, 2: 0.45}.__getitem__
    summary = metrics.summarize(STORY, 0.35, in_full)

    assert (summary.best_loss, summary.best_trial, summary.best_loss_in_full) == (0.3, 2, 0.45)
    assert summary.simple_regret == pytest.approx(0.1)
    assert metrics.summarize(STORY, 0.35).simple_regret is None  # it is unknown
    assert metrics.summarize(STORY, 0.35, lambda _: float("inf")).best_loss_in_full is None  # the trial dies before


def test_busy_within_a_span():
    assert metrics.split_within(STORY, 0).busy == 0
    assert metrics.split_within(STORY, 5 * UNIT).busy == 6 * UNIT
    assert metrics.split_within(STORY, 99 * UNIT).busy == 10 * UNIT


@pytest.mark.parametrize("workers", [1, 3, 10])
def test_utilization_is_the_mean_of_busy_workers(workers):
    run = simulate(asha(max_trials=40, max_length=16, divisor=4), World(), Cluster(workers))
    times, values = metrics.busy_workers(run)
    area = float((np.diff(times) * values[:-1]).sum())

    assert metrics.summarize(run).utilization == pytest.approx(area / (workers * run.makespan), abs=1e-12)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9), st.integers(0, 2), st.integers(0, 3), st.integers(0, 20),
            st.sampled_from([(DONE, 1.0), (DONE, 2.0), (EXITED, float("inf")), (EXITED, NAN), (DROPPED, NAN), (CUT, NAN)]),
        ),
        max_size=40,
    )
)  # fmt: skip
@budget(test=100, fuzz=5000)
def test_mispromotions_one_by_one(attempts):
    """They are counted bracket by bracket and rung by rung, by the definition."""
    results, seen = defaultdict(list), defaultdict(set)
    invalid = {trial for trial, *_, (outcome, loss) in attempts if outcome == EXITED and np.isnan(loss)}
    for row, (trial, bracket, rung, end, (outcome, loss)) in enumerate(attempts):
        seen[bracket, rung].add(trial)
        if outcome in (DONE, EXITED) and trial not in invalid:
            results[bracket, rung].append((loss, end, row, trial))
    expected = sum(
        trial
        not in invalid | {other for *_, other in sorted(results[bracket, rung])[: len(results[bracket, rung]) // 2]}
        for bracket, rung in list(seen)
        for trial in seen.get((bracket, rung + 1), ())
    )
    rows = [
        (0, trial, bracket, rung, 0, 1, 0, end, outcome, loss, 0, 0)
        for trial, bracket, rung, end, (outcome, loss) in attempts
    ]

    run = Trace.from_rows(rows, label="T", workers=1, max_length=1)

    assert metrics.mispromotions(run, 2) == expected
    assert metrics.trials_started(run) == len({trial for trial, *_ in attempts})
