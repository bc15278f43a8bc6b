"""Determined's searchers on our cluster do at every tick what Determined's own code does under the same clock."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import inf

import numpy as np
import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.curves.protocol import Exit
from simulator.searchers.protocol import Job, OneByOne
from simulator.trace import metrics
from simulator.trace.trace import Outcome
from tests.support.determined_goldens import GOLDENS, build

METRICS = {
    "const": lambda trial, step: ((trial * 7919 + 17) % 10007) / 10007,
    "varying": lambda trial, step: ((trial * 7919 + step * 104729 + 17) % 10007) / 10007,
    "increasing": lambda trial, step: trial + 1,
    "decreasing": lambda trial, step: -(trial + 1),
    "equal": lambda trial, step: 1,
}
#: Ticks a unit takes; a golden's time unit is 8 ticks.
SPEEDS = {"uniform": lambda trial: 8, "straggler": lambda trial: 8 + (trial * 31 + 7) % 13}
EXITS = {
    "none": lambda trial, step: None,
    "errored7": lambda trial, step: Exit.ERRORED if step == (0 if trial % 7 == 3 else 1 if trial % 11 == 5 else -1) else None,
    "invalid7": lambda trial, step: Exit.INVALID if trial % 7 == 3 and step == 0 else None,
}  # fmt: skip


class Witness(OneByOne):
    """A searcher and its curves in one, which records what is asked, trained and reported."""

    trials = None

    def __init__(self, golden):
        self.inner = build(golden["config"])
        self.max_length = self.inner.max_length
        self.metric, self.pace, self.exit = METRICS[golden["metric"]], SPEEDS[golden["speed"]], EXITS[golden["exit"]]
        self.steps = Counter()  # jobs begun of each trial
        self.outstanding = 0
        self.most_outstanding = 0
        self.first_asked = None
        self.log = []

    def next_job(self):
        job = self.inner.next_job()
        if isinstance(job, Job):
            self.outstanding += 1
            if job.rung == 0:
                self.log.append(("create", job.trial, job.bracket))
        else:
            self.most_outstanding = max(self.most_outstanding, self.outstanding)
            self.first_asked = self.outstanding if self.first_asked is None else self.first_asked
        return job

    def report(self, job, loss):
        self.outstanding -= 1
        self.log.append(("val", job.trial, loss) if loss < inf else ("exit", job.trial, "ERRORED"))
        self.inner.report(job, loss)

    def withdraw(self, job):
        self.outstanding -= 1
        self.log.append(("exit", job.trial, "INVALID_HP"))
        self.inner.withdraw(job)

    def train(self, trial, from_resource, to_resource):
        step = self.steps[trial]
        self.steps[trial] += 1
        self.log.append(("start", trial, to_resource - from_resource))
        exit_ = self.exit(trial, step)
        loss = inf if exit_ else self.metric(trial, step)
        return (to_resource - from_resource) * self.pace(trial), loss, exit_


def run(golden):
    witness = Witness(golden)
    return witness, simulate(witness, witness, Cluster(golden["workers"], "queued"))


def train_ops(trace):
    """Trial -> its jobs' units as the goldens write them, with " x" for an exit."""
    ops = defaultdict(list)
    for trial, low, high, outcome in zip(
        trace.trial.tolist(), trace.from_resource.tolist(), trace.to_resource.tolist(), trace.outcome.tolist(), strict=True
    ):  # fmt: skip
        ops[trial].append("x" if outcome == Outcome.EXITED else str(high - low))
    return {trial: " x" if units == ["x"] else " ".join(units) for trial, units in ops.items()}


@pytest.mark.parametrize(
    "golden", GOLDENS["timed"], ids=lambda golden: f"{golden['config']['name']} {golden['workers']} {golden['exit']}"
)
def test_timed_runs(golden):
    witness, trace = run(golden)
    workers, ops = golden["workers"], train_ops(trace)
    bracket = dict(zip(trace.trial.tolist(), trace.bracket.tolist(), strict=True))
    by_bracket = defaultdict(Counter)
    for trial, units in ops.items():
        by_bracket[str(bracket[trial])][units] += 1
    completed, full = trace.where(Outcome.COMPLETED), metrics.full_length(trace)

    assert trace.makespan / 8 == golden["makespan"]
    assert metrics.split(trace).busy / 8 == golden["busy_time"]
    assert metrics.split(trace).busy / (workers * trace.makespan) == pytest.approx(golden["utilization"], rel=1e-12)
    assert (trace.to_resource - trace.from_resource)[completed].sum() == golden["total_units"]
    assert len(ops) == golden["total_trials"]
    assert trace.where(Outcome.EXITED).sum() == golden["exited_early"]
    assert (trace.end[full].min() / 8 if full.any() else None) == golden["first_full_length_time"]
    assert witness.first_asked == golden["initial_trials"]
    assert min(witness.most_outstanding, workers) == golden["max_running"] == metrics.busy_workers(trace).values.max()
    assert max(witness.most_outstanding - workers, 0) == golden["max_queue"]
    assert Counter(ops.values()) == golden["trials_by_train_ops"]
    assert by_bracket == golden["by_bracket"]
    assert witness.inner.progress == pytest.approx(golden["final_progress"], rel=1e-12)
    if "per_trial_train_ops" in golden:
        assert [ops[trial] for trial in range(len(ops))] == golden["per_trial_train_ops"]


@pytest.mark.parametrize(
    "golden",
    [golden for golden in GOLDENS["timed"] if "events" in golden],
    ids=lambda golden: f"{golden['config']['name']} {golden['workers']} {golden['exit']}",
)
def test_every_event_of_timed_runs(golden):
    """Creations, starts, results and exits agree in order and tick; a trace does not have the closing of trials."""
    witness, trace = run(golden)
    starts = iter(trace.start.tolist())
    ends = iter(np.sort(trace.end).tolist())
    now, events = 0, []
    for kind, trial, detail in witness.log:
        now = next(starts) if kind == "start" else next(ends) if kind in {"val", "exit"} else now
        events.append([now / 8, kind, trial, detail])

    assert events == [event for event in golden["events"] if event[1] != "close"]
