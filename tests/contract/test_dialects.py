"""The libraries' searchers keep the promises of simulator/searchers/protocol.py, against the adversaries of the others.

Which trials go on is tested in tests/searchers/dialects, by recorded schedules, and by `make rivals`. Here the tests
check that jobs are well formed, are answered once, and end, whatever is reported, in any order, with deaths and
invalid trials.
"""

from __future__ import annotations

import random as random_numbers
from collections import Counter
from math import inf

import numpy as np
import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.cluster.fates import Conditions, Drop
from simulator.cluster.stragglers import LogNormal
from simulator.core.ticks import PER_SECOND
from simulator.curves.synthetic import Law, Synthetic
from simulator.searchers.dialects.optuna import optuna_hyperband, optuna_successive_halving
from simulator.searchers.dialects.ray import ray_asha
from simulator.searchers.dialects.ray_hyperband import ray_hyperband
from simulator.searchers.dialects.sklearn import sklearn_halving
from simulator.searchers.dialects.syne_tune import syne_tune_promotion, syne_tune_stopping
from simulator.searchers.protocol import Idle, Job
from simulator.trace.trace import COLUMNS
from tests.contract.test_adversaries import ASKING, DEATHS, LOSSES, ORDERS, WITHDRAWALS
from tests.support.budgets import FUZZ

STEPS = int(100_000 * FUZZ) if FUZZ else 1_500


def in_brackets(rng):
    """Arguments of a rule whose trials are put into brackets by chance."""
    brackets, shift = rng.choice([1, 1, 2, 3]), rng.randrange(9)
    return {
        "max_t": rng.choice([27, 30, 64]),
        "grace_period": rng.choice([1, 1, 2]),
        "reduction_factor": rng.choice([2, 2.5, 3, 4]),
        "brackets": brackets,
        "report_every": rng.choice([1, 1, 2, 5]),
        "bracket_of": lambda trial: (trial * 7 + shift) % brackets,
    }


def levels(rng):
    return {
        "max_t": rng.choice([27, 30, 64]),
        "grace_period": rng.choice([1, 2]),
        "reduction_factor": rng.choice([2, 3, 4]),
    }


#: By name: the searcher's function, what it calls the number of trials, and other arguments drawn from a random.Random.
DIALECTS = {
    "ray_asha": (ray_asha, "num_samples", in_brackets),
    "ray_hyperband": (ray_hyperband, "num_samples", lambda rng: {
        "pending": rng.choice([1, 4, 200]),
        **rng.choice([
            {"max_t": 9, "reduction_factor": 2}, {"max_t": 30, "reduction_factor": 2}, {"max_t": 27, "report_every": 2},
            {"max_t": 30, "reduction_factor": 3}, {"max_t": 40, "reduction_factor": 6, "report_every": 5},
        ]),
    }),
    "optuna_successive_halving": (optuna_successive_halving, "n_trials", lambda rng: {
        "max_resource": rng.choice([9, 30]), "min_resource": rng.choice(["auto", 1, 2]), "reduction_factor": rng.choice([2, 4]),
        "min_early_stopping_rate": rng.choice([0, 1]), "report_every": rng.choice([1, 2]),
    }),
    "optuna_hyperband": (optuna_hyperband, "n_trials", lambda rng: {
        "max_resource": rng.choice([9, 27, 30]), "study_name": str(rng.randrange(99)), "bootstrap_count": rng.choice([0, 0, 2]),
        "report_every": rng.choice([1, 2]),
    }),
    "syne_tune_stopping, 0.16": (syne_tune_stopping, "max_num_trials_started", in_brackets),
    "syne_tune_stopping, 0.13": (syne_tune_stopping, "max_num_trials_started", lambda rng: {
        **levels(rng), "version": "0.13", "report_every": rng.choice([1, 2]), "maximised": rng.random() < 0.3,
    }),
    "syne_tune_promotion": (syne_tune_promotion, "max_num_trials_started", levels),
    "sklearn_halving": (sklearn_halving, "n_candidates", lambda rng: {
        "max_resources": rng.choice([9, 27, 30]), "min_resources": rng.choice(["exhaust", "smallest", 2]),
        "factor": rng.choice([2, 3]), "aggressive_elimination": rng.random() < 0.3,
    }),
}  # fmt: skip


class Kept:
    """A searcher and its twin with the same reports; raises AssertionError at the first broken promise."""

    def __init__(self, name, rng):
        make, counts, draw = DIALECTS[name]
        self.trials = rng.randint(1, 40)
        # A trial that joins a bracket after a halving trains up to the new milestone.
        self.late = name == "ray_hyperband"
        options = draw(rng) | {counts: self.trials}
        self.searcher, self.twin = make(**options), make(**options)
        # There a trial pauses or ends at its first report at or past a milestone, and reports at max_t at the latest.
        self.every, self.longest = (options.get("report_every", 1), options["max_t"]) if self.late else (1, inf)
        self.replaces = name != "sklearn_halving"  # an invalid trial; there it counts as dead
        self.outstanding, self.last, self.gone = [], {}, set()
        self.withdrawn, self.over = 0, False

    def ask(self):
        return self.take(self.searcher.next_job())

    def take(self, answer):
        assert self.twin.next_job() == answer, "same reports in the same order, same jobs"
        assert answer is Idle.DONE or not self.over, "DONE is final"
        assert 0 <= self.searcher.progress <= 1
        if answer is Idle.WAIT:
            assert self.outstanding, "WAIT only while a job is outstanding"
        elif answer is Idle.DONE:
            assert not self.outstanding, "DONE only when no job is outstanding"
            self.over = True
        else:
            self.check(Job(*answer))
            self.outstanding.append(Job(*answer))
        return answer

    def check(self, job):
        before = self.last.get(job.trial)
        assert job.trial not in self.gone, "the dead and the invalid do not train"
        # scikit-learn trains from zero, and may repeat a round's units
        assert job.to_resource > (job.from_resource if self.replaces else 0)
        milestone = self.searcher.brackets[job.bracket][-1]
        assert job.to_resource <= min(-(-milestone // self.every) * self.every, self.longest)
        if before is None:
            assert job.from_resource == 0
            assert job.rung == 0 or self.late, "a new trial begins on the lowest rung"
        else:
            assert before not in self.outstanding, "one job a trial at a time"
            assert job.bracket == before.bracket
            assert job.rung >= before.rung
            assert job.from_resource == before.to_resource
        self.last[job.trial] = job
        assert len(self.last) <= self.trials + self.withdrawn, "no more trials than were asked for"

    def exchange(self, place, loss):
        """Report and ask in one call, which must give the same as the two calls."""
        job = self.outstanding.pop(place)
        answer = self.searcher.report_and_next(job, loss)
        self.twin.report(job, loss)
        return self.take(answer)

    def answer(self, place, fate, loss):
        job = self.outstanding.pop(place)
        self.withdrawn += fate == "withdrawn" and self.replaces
        if fate != "alive":
            self.gone.add(job.trial)
        for each in (self.searcher, self.twin):
            if fate == "withdrawn":
                each.withdraw(job)
            else:
                each.report(job, inf if fate == "dead" else loss)


def episode(name, seed, most=600):
    """Run one search to its end, or for a number of steps; returns the steps taken."""
    rng = random_numbers.Random(seed)
    kept = Kept(name, rng)
    order, loss = rng.choice(list(ORDERS.values())), rng.choice(list(LOSSES.values()))
    death, withdrawal, asking = rng.choice(DEATHS), rng.choice(WITHDRAWALS), rng.choice(ASKING)
    at_once, exchanges = rng.choice([1, 4, 16, 64]), rng.random() < 0.5  # number of workers; one call instead of two
    nothing = False
    for step in range(most):
        if kept.outstanding and (nothing or len(kept.outstanding) >= at_once or rng.random() >= asking):
            place = order(rng, len(kept.outstanding))
            fate = rng.choices(["withdrawn", "dead", "alive"], [withdrawal, death, max(0, 1 - withdrawal - death)])[0]
            value = loss(rng, kept.outstanding[place])
            nothing = False
            if fate != "alive" or not exchanges:
                kept.answer(place, fate, value)
                continue
            answer = kept.exchange(place, value)
        else:
            answer = kept.ask()
        if answer is Idle.DONE:
            assert [kept.ask() for _ in range(2)] == [Idle.DONE] * 2
            assert len(kept.last) == kept.trials + kept.withdrawn, "all trials were started"
            assert kept.gone or kept.searcher.progress == 1
            return step
        nothing = answer is Idle.WAIT
    return most


@pytest.mark.parametrize("name", DIALECTS)
def test_promises_hold_against_adversaries(name):
    steps = Counter()
    for seed in range(10**6):
        try:
            steps["steps"] += episode(name, f"{name} {seed}")
        except AssertionError as error:
            raise AssertionError(f"{name}, seed {seed}: {error}") from error
        steps["searches"] += 1
        if steps["steps"] >= STEPS:
            break
    print(f"{name}: {steps['steps']:,} steps in {steps['searches']:,} searches")  # noqa: T201  (shown by `make fuzz`)


@pytest.mark.parametrize("name", DIALECTS)
def test_both_engines_make_the_same_trace(name):
    make, counts, draw = DIALECTS[name]
    for seed in range(3):
        rng = random_numbers.Random(f"{name} {seed}")
        options = draw(rng) | {counts: rng.randint(1, 60)}
        cluster = Cluster(rng.randint(1, 9), conditions=Conditions(LogNormal(0.4), drop=Drop(0.02, 60 * PER_SECOND)))
        traces = [
            simulate(make(**options), Synthetic(Law(), seed), cluster, seed=seed, engine=engine)
            for engine in ("model", "fast")
        ]
        assert len(traces[0]) > 0
        for column in COLUMNS:
            assert np.array_equal(*(getattr(trace, column) for trace in traces), equal_nan=column == "loss"), column
