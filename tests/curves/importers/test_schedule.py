"""Schedules of real runs: which worker worked when, with the fewest workers that were possible."""

import numpy as np

from simulator.curves.importers.schedule import trace
from simulator.curves.importers.source import End, Trial
from simulator.trace import metrics
from simulator.trace.trace import Outcome


def ran(start, end, worker=None, how=End.FINISHED, losses=(2.0, 1.0)):
    return Trial.of("t", (range(len(losses)), losses, None), end=how, span=(start, end), worker=worker)


def made(*trials, maximise=False):
    return trace(trials, label="sweep", maximise=maximise, offset=1)


def test_the_fewest_workers_that_can_have_run_it():
    run = made(ran(100, 110), ran(100, 105), ran(105, 120), ran(110.5, 112))

    assert run.workers == 2
    assert run.worker.tolist() == [1, 0, 1, 0] or run.worker.tolist() == [0, 1, 0, 1]
    assert (run.start / 1e6).tolist() == [0, 0, 5, 10.5]
    assert metrics.summarize(run).utilization == (10 + 5 + 15 + 1.5) / 40


def test_workers_of_the_source_and_their_slots():
    run = made(ran(0, 10, "a"), ran(0, 10, "a"), ran(2, 9, "b"), ran(10, 12, "b"))

    assert run.workers == 3
    assert run.worker.tolist() == [0, 1, 2, 2]


def test_ends_and_losses():
    run = made(
        ran(0, 1), ran(0, 1, how=End.STOPPED), ran(0, 1, how=End.FAILED), ran(0, 1, how=End.RUNNING),
        ran(0, 1, losses=(1.0, np.nan)), maximise=True,
    )  # fmt: skip

    assert run.outcome.tolist() == [
        Outcome.COMPLETED, Outcome.COMPLETED, Outcome.EXITED, Outcome.CUT, Outcome.COMPLETED,
    ]  # fmt: skip
    assert np.array_equal(run.loss, [-1, -1, np.inf, np.nan, np.inf], equal_nan=True)
    assert run.to_resource.tolist() == [2] * 5


def test_a_trial_longer_than_any_of_a_trace():
    far = Trial.of("t", ([2**63 - 1], [1.0], None), span=(0, 9))
    assert made(far) is None
    assert made(ran(0, 1), far).workers == 1


def test_nothing_with_a_start_and_an_end():
    assert made(Trial.of("t", ([1], [1.0], None))) is None
    assert made(ran(5, 5)) is None
