"""Schedules that the libraries' own classes made, and their scenarios.

The figures are in tests/data/dialect_goldens.json.gz: ray 2.60.0, optuna 5.0.0, syne-tune 0.13.0 and 0.16.0 and
scikit-learn 1.9.1 driven by a plain heap clock on curves of scenarios/curves/digits.csv.gz. `trials` are rows of that
file in the order met, `jobs` rows of trial, from, to, start and end in microseconds, training without a pause in one.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOLDENS = json.loads(gzip.decompress((ROOT / "tests" / "data" / "dialect_goldens.json.gz").read_bytes()))

#: Each library's name for the number of trials.
COUNTS = {
    "ray_asha": "num_samples",
    "ray_hyperband": "num_samples",
    "optuna_successive_halving": "n_trials",
    "optuna_hyperband": "n_trials",
    "syne_tune_stopping": "max_num_trials_started",
    "syne_tune_promotion": "max_num_trials_started",
    "sklearn_halving": "n_candidates",
}


@cache
def _digits():
    rows = defaultdict(list)
    with gzip.open(ROOT / "scenarios" / "curves" / "digits.csv.gz", "rt") as lines:
        for trial, *rest in csv.reader(lines):
            rows[trial].append(",".join(rest))
    return rows


def write_scenario(golden, folder):
    """Write a golden's scenario and its curves to `folder`; returns the scenario's path."""
    rows = _digits()
    curves = ["trial,resource,loss,elapsed_s"]
    curves += [f"{number},{row}" for number, trial in enumerate(golden["trials"]) for row in rows[str(trial)]]
    (folder / "curves.csv").write_text("\n".join(curves) + "\n")
    searcher = {"name": golden["rule"], COUNTS[golden["rule"]]: len(golden["trials"]), **golden["params"]}
    scenario = {
        "searcher": searcher,
        "curves": {"kind": "recorded", "file": "curves.csv"},
        "cluster": {"workers": golden["workers"]},
    }
    path = folder / "scenario.yaml"
    path.write_text(json.dumps(scenario))
    return path


def by_trial(rows):
    """Units and end of each trial, from rows of trial, from, to, start, end."""
    units, ends = defaultdict(int), defaultdict(int)
    for trial, low, high, _, end in rows:
        units[trial] += high - low
        ends[trial] = max(ends[trial], end)
    return {trial: (units[trial], ends[trial]) for trial in units}
