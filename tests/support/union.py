"""One small block of every searcher that a scenario may name; a searcher without one fails a test."""

from __future__ import annotations

from typing import get_args

from simulator.scenario.searchers import Searcher

#: Blocks by the name of the searcher; several if it makes brackets of several kinds. Rungs reach up to 27 units.
BLOCKS = {
    "sha": [{"max_trials": 27, "max_length": 27, "divisor": 3}, {"max_trials": 9, "max_length": 27, "divisor": 3,
                                                                  "num_rungs": 3, "backfill": True}],
    "asha": [{"max_trials": 40, "max_length": 27, "divisor": 3}, {"max_trials": 30, "max_length": 27, "divisor": 3,
                                                                   "delayed": True}],
    "hyperband": [{"max_length": 27, "divisor": 3}, {"max_length": 27, "divisor": 3, "rounding": "table"}],
    "async_hyperband": [{"max_length": 27, "divisor": 3, "max_trials": 60}],
    "random": [{"max_trials": 16, "max_length": 27}],
    "single": [{"max_length": 27}],
    "grid": [{"max_length": 27, "points": 8}],
    "sync_halving": [{"max_length": 27, "num_rungs": 3, "divisor": 3, "budget": 400}],
    "adaptive": [{"max_length": 27, "divisor": 3, "budget": 900, "max_rungs": 4}],
    "adaptive_simple": [{"max_length": 27, "max_trials": 20, "divisor": 3}],
    "async_halving": [{"max_length": 27, "max_trials": 30, "divisor": 3, "num_rungs": 4},
                      {"max_length": 27, "max_trials": 30, "divisor": 3, "num_rungs": 4, "stop_once": True}],
    "adaptive_asha": [{"max_length": 27, "max_trials": 40, "divisor": 3, "max_rungs": 4}],
    "ray_asha": [{"num_samples": 20, "max_t": 27, "reduction_factor": 3}],
    "ray_hyperband": [{"num_samples": 20, "max_t": 27}],
    "optuna_successive_halving": [{"n_trials": 20, "max_resource": 27, "min_resource": 1, "reduction_factor": 3}],
    "optuna_hyperband": [{"n_trials": 20, "max_resource": 27, "study_name": "study"}],
    "syne_tune_stopping": [{"max_num_trials_started": 20, "max_t": 27, "version": "0.13"}],
    "syne_tune_promotion": [{"max_num_trials_started": 20, "max_t": 27}],
    "sklearn_halving": [{"n_candidates": 20, "max_resources": 27, "min_resources": 1}],
}  # fmt: skip


def names() -> list[str]:
    """Names of all searchers of the union."""
    union, _ = get_args(Searcher)
    return [get_args(block.model_fields["name"].annotation)[0] for block in get_args(union)]
