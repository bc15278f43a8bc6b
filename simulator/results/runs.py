"""Runs of a scenario: of each of its searchers, or of all searches that share its cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from simulator.core import ticks
from simulator.core.vocabulary import TimeUnit
from simulator.results.shown import Shown
from simulator.scenario.loading import Loaded
from simulator.trace import comparison, queueing_words
from simulator.trace.metrics import Summary
from simulator.trace.queueing import Queueing
from simulator.trace.trace import Outcome, Trace
from simulator.trace.workload import Workload


class Attempt(NamedTuple):
    """One attempt at a job: times in seconds, resources in cumulative units, `outcome` as in trace.csv.

    `loss` is NaN where there is no result, inf for a trial that died.
    """

    worker: int
    trial: int
    bracket: int
    rung: int
    from_resource: int
    to_resource: int
    start_s: float
    end_s: float
    outcome: str
    loss: float


@dataclass(frozen=True, eq=False, repr=False)
class Results(Shown):
    """One run of every searcher of a scenario under one seed; `results["ASHA"]` are that searcher's numbers.

    `traces` and `summaries` map labels to traces and numbers. Numbers have the names of summary.json, and times are
    in seconds. `scenario` is None for searchers that were run without one. `time_unit` is the unit in which times are
    shown: s, min, h or d.
    """

    scenario: Loaded | None
    seed: int
    traces: Mapping[str, Trace]
    summaries: Mapping[str, Summary]
    name: str
    time_unit: TimeUnit

    def __getitem__(self, label: str) -> Summary:
        return self.summaries[label]

    @property
    def title(self) -> str:
        """The scenario's title."""
        return self.name

    @property
    def head(self) -> tuple[str, ...]:
        """An empty name, then the labels."""
        return ("", *self.summaries)

    def rows(self) -> list[tuple[str, ...]]:
        """A number's name, then its value for each searcher."""
        return comparison.table(self.summaries, self.time_unit)

    def findings(self) -> list[str]:
        """Findings on the first searcher compared with each other one."""
        return list(comparison.findings(self.summaries, self.time_unit))

    def attempts(self, label: str) -> list[Attempt]:
        """The attempts of one searcher, in order of start."""
        trace = self.traces[label]
        return [
            Attempt(worker, trial, bracket, rung, low, high, begun / ticks.PER_SECOND, ended / ticks.PER_SECOND,
                    Outcome(outcome).name.lower(), loss)
            for worker, trial, bracket, rung, low, high, begun, ended, outcome, loss in zip(
                *(getattr(trace, name).tolist() for name in (
                    "worker", "trial", "bracket", "rung", "from_resource", "to_resource", "start", "end", "outcome",
                    "loss")),
                strict=True)
        ]  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Shared(Shown):
    """One run of searches that share a cluster; `shared["vision"]` are the numbers of a label, times in seconds.

    `figures` has every search and all numbers as summary.json has them, `workload` the trace.
    """

    scenario: Loaded
    seed: int
    workload: Workload
    figures: Queueing

    def __getitem__(self, label: str) -> Mapping[str, object]:
        found: Mapping[str, object] = self.figures.about["labels"][label]
        return found

    @property
    def about(self) -> Mapping[str, Any]:
        """Numbers of the run as a whole, such as load, utilization, wait_s and stay_s."""
        return self.figures.about

    @property
    def title(self) -> str:
        """The scenario's title."""
        return self.scenario.title

    @property
    def head(self) -> tuple[str, ...]:
        """Names of the columns."""
        return queueing_words.HEAD

    def rows(self) -> list[tuple[str, ...]]:
        """A row for each label."""
        return queueing_words.table(self.figures, self.scenario.scenario.time_unit)

    def findings(self) -> list[str]:
        """Sentences on the run."""
        return queueing_words.sentences(self.figures, self.scenario.scenario.time_unit)
