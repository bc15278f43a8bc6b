"""What a searcher does if an option is left out: Determined's defaults, and our own."""

from __future__ import annotations

import pytest

from simulator.searchers import determined
from simulator.searchers import determined_layouts as layouts
from simulator.searchers.halving import asha, random, sha
from simulator.searchers.hyperband import async_hyperband, hyperband, hyperband_brackets
from tests.support.determined_goldens import asked

LENGTH = {"max_length": 4096}
TRIALS = LENGTH | {"max_trials": 70}
BUDGET = LENGTH | {"budget": 200_000}


def jobs(searcher):
    """Every job of a search whose queue is answered first in, first out."""
    queue = asked(searcher)
    done = []
    while queue:
        job = queue.pop(0)
        done.append((job, len(queue)))
        searcher.report(job, (job.trial * 7919 + 17) % 10007)
        queue += asked(searcher)
    return done


@pytest.mark.parametrize(
    ("make", "given", "left_out"),
    [
        (sha, LENGTH | {"max_trials": 4096}, {"divisor": 4, "num_rungs": 7, "backfill": False}),
        (asha, TRIALS, {"divisor": 4, "num_rungs": 7, "delayed": False, "max_concurrent_trials": None}),
        (random, TRIALS, {"max_concurrent_trials": None}),
        (random, TRIALS, {"max_concurrent_trials": 0}),
        (hyperband, {"max_length": 64}, {"divisor": 4, "rounding": "algorithm"}),
        (
            async_hyperband,
            {"max_length": 64, "max_trials": 70},
            {"divisor": 4, "rounding": "algorithm", "max_concurrent_trials": None},
        ),
        (determined.grid, LENGTH | {"points": 7}, {"max_concurrent_trials": 0}),
        (determined.sync_halving, BUDGET | {"num_rungs": 3}, {"divisor": 4}),
        (determined.adaptive, BUDGET, {"divisor": 4, "mode": "standard", "max_rungs": 5, "bracket_rungs": ()}),
        (determined.adaptive_simple, TRIALS, {"divisor": 4, "mode": "standard", "max_rungs": 5}),
        (
            determined.async_halving,
            TRIALS | {"num_rungs": 3},
            {"divisor": 4, "max_concurrent_trials": 0, "stop_once": False},
        ),
        (
            determined.adaptive_asha,
            TRIALS,
            {
                "divisor": 4,
                "mode": "standard",
                "max_rungs": 5,
                "bracket_rungs": (),
                "max_concurrent_trials": 0,
                "stop_once": False,
            },
        ),
    ],
)
def test_searchers(make, given, left_out):
    assert jobs(make(**given)) == jobs(make(**given, **left_out))


@pytest.mark.parametrize(
    ("make", "given", "left_out"),
    [
        (hyperband_brackets, LENGTH, {"divisor": 4, "rounding": "algorithm"}),
        (layouts.sync_halving_layout, BUDGET | {"num_rungs": 3}, {"divisor": 4}),
        (layouts.adaptive_layouts, BUDGET, {"divisor": 4, "mode": "standard", "max_rungs": 5, "bracket_rungs": ()}),
        (layouts.adaptive_simple_layouts, TRIALS, {"divisor": 4, "mode": "standard", "max_rungs": 5}),
        (layouts.async_halving_layout, TRIALS | {"num_rungs": 3}, {"divisor": 4, "max_concurrent_trials": 0}),
        (
            layouts.adaptive_asha_layouts,
            TRIALS,
            {"divisor": 4, "mode": "standard", "max_rungs": 5, "bracket_rungs": (), "max_concurrent_trials": 0},
        ),
    ],
)
def test_layouts(make, given, left_out):
    assert make(**given) == make(**given, **left_out)
