"""Searchers compared over many seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core import formatting, ticks
from simulator.planning import statistics
from simulator.planning.statistics import Interval
from simulator.results.shown import Shown
from simulator.scenario.loading import Loaded
from simulator.trace import comparison
from simulator.trace.metrics import Summary

#: Confidence level of the intervals.
LEVEL = 0.95


class _Measure(NamedTuple):
    """A number that seeds are compared by, and how a value of it is written."""

    name: str
    field: str
    kind: Literal["time", "share", "points", "count", "loss", "money"]


#: Measures that a comparison over seeds shows.
MEASURES = (
    _Measure("makespan", "makespan_s", "time"),
    _Measure("first full-length trial at", "first_full_length_s", "time"),
    _Measure("utilization", "utilization", "share"),
    _Measure("trials started", "trials", "count"),
    _Measure("full-length trials", "full_length_trials", "count"),
    _Measure("mispromotions", "mispromotions", "count"),
    _Measure("best loss, at any length", "best_loss", "loss"),
)


#: Sentences on a measure: its name, the text if the second searcher has a smaller value, and that for a greater one.
_SAID = {
    "makespan_s": (
        "makespan",
        "the makespan of {label} is {size} shorter than that of {first}.",
        "the makespan of {label} is {size} longer than that of {first}.",
    ),
    "first_full_length_s": (
        "first full-length trial",
        "{label} trains its first trial in full {size} sooner than {first}.",
        "{label} trains its first trial in full {size} later than {first}.",
    ),
    "utilization": (
        "utilization",
        "the utilization of {label} is {size} lower than that of {first}.",
        "the utilization of {label} is {size} higher than that of {first}.",
    ),
}


#: Measures on which a plan depends: the cost, or without prices the training time, and then the outcomes.
_COST = _Measure("cost", "cost", "money")


_AT_WORK = _Measure("training time", "busy_s", "time")


_OUTCOMES = (MEASURES[1], MEASURES[6])


#: Sentences on these measures: the name, and the texts for less and for more of it.
_MATTERS = {
    "cost": ("cost", "costs {size} less", "costs {size} more"),
    "busy_s": (
        "training time",
        "trains {size} less, all workers together",
        "trains {size} more, all workers together",
    ),
    "first_full_length_s": (
        "first full-length trial",
        "has its first full-length trial {size} sooner",
        "has its first full-length trial {size} later",
    ),
    "best_loss": ("best loss", "finds a best loss {size} lower", "finds a best loss {size} higher"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Shown):
    """The same scenario under many seeds: means, and differences seed by seed, each with its 95 % interval.

    `summaries` has a list for each label, with an entry per seed, in order of the seeds.
    """

    scenario: Loaded
    seed: int
    summaries: Mapping[str, Sequence[Summary]]

    @property
    def seeds(self) -> int:
        """The number of seeds."""
        return len(next(iter(self.summaries.values())))

    def values(self, name: str, label: str) -> NDArray[np.float64]:
        """A field of Summary for each seed, shape (seeds,); NaN where it has no value."""
        given = (getattr(summary, name) for summary in self.summaries[label])
        return np.array([np.nan if value is None else value for value in given], np.float64)

    def mean(self, name: str, label: str) -> Interval:
        """Mean of a field of Summary over the seeds that have it, with its interval."""
        values = self.values(name, label)
        return statistics.mean(values[np.isfinite(values)], LEVEL)

    def difference(self, name: str, one: str, other: str) -> Interval:
        """Mean of `one` minus `other`, seed by seed, with its interval; NaN if no seed has both."""
        return statistics.difference(self.values(name, one), self.values(name, other), LEVEL)[0]

    def as_dict(self) -> dict[str, object]:
        """All means, and differences from the first searcher, with intervals; times in seconds, None if unknown."""
        first, *others = self.summaries
        return {
            "seed": self.seed,
            "seeds": self.seeds,
            "searchers": {
                label: {measure.field: _bounds(self.mean(measure.field, label)) for measure in MEASURES}
                for label in self.summaries
            },
            "differences": {
                label: {
                    "from": first,
                    **{measure.field: _bounds(self.difference(measure.field, label, first)) for measure in MEASURES},
                }
                for label in others
            },
            "findings": self.findings(),
            "for_a_plan": self.for_a_plan(),
        }

    @property
    def title(self) -> str:
        """The scenario's title, and the number of seeds."""
        return f"{self.scenario.title}: means of {formatting.counted(self.seeds, 'seed')}, with 95 % intervals"

    @property
    def head(self) -> tuple[str, ...]:
        """An empty name, then the labels."""
        return ("", *self.summaries)

    def rows(self) -> list[tuple[str, ...]]:
        """A number's name, then its mean and interval for each searcher."""
        return [
            (measure.name, *(self._shown(measure, self.mean(measure.field, label)) for label in self.summaries))
            for measure in MEASURES
        ]

    def findings(self) -> list[str]:
        """How the first searcher differs from each other one, for differences whose interval excludes 0."""
        first, *others = self.summaries
        said = [self._finding(measure, first, label) for label in others for measure in MEASURES[:3]]
        return [sentence[0].upper() + sentence[1:] for sentence in said]

    def for_a_plan(self) -> list[str]:
        """How the others differ from the first in what a plan needs: cost, first full-length trial, best loss."""
        first, *others = self.summaries
        return [self._matters(first, label) for label in others]

    def _matters(self, first: str, label: str) -> str:
        priced = any(summary.cost for label in self.summaries for summary in self.summaries[label])
        seen, unseen = [], []
        for measure in (_COST if priced else _AT_WORK, *_OUTCOMES):
            name, less, more = _MATTERS[measure.field]
            ours, theirs = (
                int(np.isfinite(self.values(measure.field, searcher)).sum()) for searcher in (label, first)
            )
            if ours != theirs:
                seen.append(f"has a {name} under {ours:,} of {self.seeds:,} seeds and {first} under {theirs:,}")
            found = self.difference(measure.field, label, first)
            if np.isnan(found.estimate) or found.low <= 0 <= found.high:
                unseen.append(name)
                continue
            low, high = sorted(abs(bound) for bound in (found.low, found.high))
            size = self._shown(measure, Interval(abs(found.estimate), low, high))
            seen.append((less if found.estimate < 0 else more).format(size=size))
        rest = f"no difference in {formatting.listed(unseen, 'or')} is seen" if unseen else ""
        said = f"beside {first}, {label} {formatting.listed(seen, 'and')}" if seen else f"beside {first}, of {label}"
        if not seen:
            return f"For a plan: {said} {rest}."
        return f"For a plan: {said}{f'; {rest}' if rest else ''}."

    def times(self) -> list[str]:
        """Findings on makespans and first full-length trials only, as sentences that can follow "over 20 seeds,"."""
        first, *others = self.summaries
        return [self._finding(measure, first, label) for label in others for measure in MEASURES[:2]]

    def _finding(self, measure: _Measure, first: str, label: str) -> str:
        alike = self._alike(first, label)
        if measure.field == "makespan_s" and alike < self.seeds:
            return (
                f"{first} and {label} did the same work in {alike:,} of "
                f"{formatting.counted(self.seeds, 'run')}, so their makespans can't be compared."
            )
        found = self.difference(measure.field, label, first)
        if measure.field == "makespan_s" and self._unequal_work(first, label, found):
            units = [f"{self.mean('resource_units', name).estimate:,.0f}" for name in (first, label)]
            trained = f"{first} and {label} trained {units[0]} and {units[1]} units on average"
            return f"{trained}, so their makespans can't be compared."
        if np.isnan(found.estimate):
            return f"under no seed do both {first} and {label} have a {_SAID[measure.field][0]}."
        if found.low <= 0 <= found.high:
            return f"no difference in {_SAID[measure.field][0]} is seen between {first} and {label}."
        low, high = sorted(abs(bound) for bound in (found.low, found.high))
        kind = measure._replace(kind="points") if measure.kind == "share" else measure
        size = self._shown(kind, Interval(abs(found.estimate), low, high))
        _, less, more = _SAID[measure.field]
        return (less if found.estimate < 0 else more).format(label=label, first=first, size=size)

    def comparable(self, one: str, other: str) -> bool:
        """Whether two searchers did the same work under every seed, so that their makespans can be compared."""
        found = self.difference("makespan_s", other, one)
        return self._alike(one, other) == self.seeds and not self._unequal_work(one, other, found)

    def _alike(self, one: str, other: str) -> int:
        """The number of seeds under which two searchers did the same work to its end."""
        return sum(
            not (a.stopped or b.stopped) and (a.trials, a.max_length) == (b.trials, b.max_length)
            for a, b in zip(self.summaries[one], self.summaries[other], strict=True)
        )

    def _unequal_work(self, one: str, other: str, found: Interval) -> bool:
        """Whether the searcher that ends sooner, or either if that is not clear, trained too few units to compare."""
        base, units = (self.mean("resource_units", name).estimate for name in (one, other))
        fewer_there, fewer_here = comparison.less_work(units, base), comparison.less_work(base, units)
        return (fewer_there and found.low <= 0) or (fewer_here and found.high >= 0)

    def _shown(self, measure: _Measure, value: Interval) -> str:
        if np.isnan(value.estimate):
            return "—"
        estimate, low, high = (self._number(measure, number) for number in value)
        unit = f" {self.scenario.scenario.time_unit}" if measure.kind == "time" else ""
        if measure.kind == "points":
            unit = " points"
        return estimate if low == high else f"{estimate} ({low.removesuffix(unit)}–{high.removesuffix(unit)})"

    def _number(self, measure: _Measure, value: float) -> str:
        match measure.kind:
            case "time":
                return formatting.time(ticks.from_seconds(value), self.scenario.scenario.time_unit)
            case "share":
                return formatting.percent(value, digits=1).replace(" ", "")
            case "points":
                return f"{100 * value:.1f} points"
            case "count":
                return f"{value:,.1f}".removesuffix(".0")
            case "money":
                return f"{value:,.2f}"
        return f"{value:,.4g}"


def _bounds(value: Interval) -> dict[str, float | None]:
    numbers = {"mean": value.estimate, "low": value.low, "high": value.high}
    return {name: float(number) if np.isfinite(number) else None for name, number in numbers.items()}
