"""A report costs O(log n) of the n results so far: counted in comparisons of losses, not in seconds."""

from __future__ import annotations

import random as random_numbers

import pytest

from simulator.searchers.determined import async_halving, sync_halving
from simulator.searchers.dialects.optuna import optuna_hyperband, optuna_successive_halving
from simulator.searchers.dialects.ray import ray_asha
from simulator.searchers.dialects.ray_hyperband import ray_hyperband
from simulator.searchers.dialects.sklearn import sklearn_halving
from simulator.searchers.dialects.syne_tune import syne_tune_promotion, syne_tune_stopping
from simulator.searchers.halving import asha, sha
from simulator.searchers.protocol import Job

pytestmark = pytest.mark.slow

GEOMETRY = {"max_length": 16, "num_rungs": 3, "divisor": 4}
SEARCHERS = {
    "sha": lambda n: sha(max_trials=n, **GEOMETRY),
    "asha": lambda n: asha(max_trials=n, **GEOMETRY),
    "asha, delayed": lambda n: asha(max_trials=n, delayed=True, **GEOMETRY),
    "sync_halving": lambda n: sync_halving(budget=3 * n, **GEOMETRY),
    "async_halving": lambda n: async_halving(max_trials=n, **GEOMETRY),
    "async_halving, stop once": lambda n: async_halving(max_trials=n, stop_once=True, **GEOMETRY),
    "ray_asha": lambda n: ray_asha(num_samples=n, max_t=16),
    "ray_hyperband": lambda n: ray_hyperband(num_samples=n, max_t=16, reduction_factor=4),
    "optuna_successive_halving": lambda n: optuna_successive_halving(n_trials=n, max_resource=16, min_resource=1),
    "optuna_hyperband": lambda n: optuna_hyperband(n_trials=n, max_resource=16, study_name="s"),
    "syne_tune_stopping, 0.13": lambda n: syne_tune_stopping(max_num_trials_started=n, version="0.13", max_t=16),
    "syne_tune_stopping, 0.16": lambda n: syne_tune_stopping(max_num_trials_started=n, version="0.16", max_t=16),
    "syne_tune_promotion": lambda n: syne_tune_promotion(max_num_trials_started=n, max_t=16),
    "sklearn_halving": lambda n: sklearn_halving(n_candidates=n, max_resources=16),
}
ORDERS = {
    "any": lambda trial, draw: draw,
    "better and better": lambda trial, draw: -trial,
    "worse and worse": lambda trial, draw: trial,
    "equal": lambda trial, draw: 0.0,
}


class Loss(float):
    """A loss that counts how often it is compared."""

    compared = 0

    def __lt__(self, other):
        Loss.compared += 1
        return float(self) < other

    def __le__(self, other):
        Loss.compared += 1
        return float(self) <= other

    def __gt__(self, other):
        Loss.compared += 1
        return float(self) > other

    def __ge__(self, other):
        Loss.compared += 1
        return float(self) >= other

    def __eq__(self, other):
        Loss.compared += 1
        return float(self) == other

    def __neg__(self):
        return Loss(-float(self))

    __hash__ = float.__hash__


def comparisons(searcher, loss):
    """The number of comparisons of losses until the search is done."""
    Loss.compared = 0
    rng = random_numbers.Random(0)
    while isinstance(job := searcher.next_job(), Job):
        searcher.report(job, Loss(loss(job.trial, rng.random())))
    return Loss.compared


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", SEARCHERS)
def test_eight_times_the_trials_are_little_more_than_eight_times_the_effort(name, order):
    """n log n of 4,000 is 10.5 times that of 500, and n squared is 64 times."""
    few, many = (comparisons(SEARCHERS[name](n), ORDERS[order]) for n in (500, 4000))

    assert few > 500, "losses are compared, or this test says nothing"
    assert many < 16 * few
