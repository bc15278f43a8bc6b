"""A plan over searches that share a cluster: how many of them are done in time, and whether to buy or to rent.

Each cell of the grid is run under the same seeds, whole clusters of searches each. The share of searches that stay no
longer than asked is a mean over runs, since the searches of one run wait for each other; its interval is that mean's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simulator.core import formatting, ticks
from simulator.core.errors import InputError
from simulator.core.streams import Stream, words
from simulator.experiment.sharing import SharedExperiment
from simulator.planning import statistics
from simulator.planning.grid import Cell, Grid
from simulator.planning.ownership import Ownership, ownership
from simulator.planning.statistics import Interval
from simulator.scenario.loading import Loaded
from simulator.trace.queueing import Queueing

#: What a plan over one search asks, and a plan over many does not.
NOT_HERE = ("deadline", "budget", "price", "pilots")


@dataclass(frozen=True)
class SharedOption:
    """A cell: its load, the share of searches `in_time`, their mean stay, and what its machines cost a year."""

    cell: Cell
    runs: tuple[Queueing, ...]
    level: float
    stay: int
    owning: Ownership | None

    @property
    def name(self) -> str:
        """Its name in reports."""
        return self.cell.name

    @cached_property
    def load(self) -> float | None:
        """The mean load."""
        loads = [run.about["load"] for run in self.runs if run.about["load"] is not None]
        return float(np.mean(loads)) if loads else None

    @property
    def overloaded(self) -> bool:
        """Whether more comes than it can do, or the queue grows in most runs."""
        growing = sum(bool(run.about["queue_grows"]) for run in self.runs)
        return (self.load is not None and self.load >= 1) or 2 * growing > len(self.runs)

    @cached_property
    def in_time(self) -> Interval:
        """The share of searches, those after the warm-up, that were done within the stay asked for."""
        shares = []
        for run in self.runs:
            since = run.about["warm_up_s"]
            stays = [one.stay_s for one in run.stays if one.arrival_s >= since]
            limit = ticks.to_seconds(self.stay)
            shares.append(np.mean([stay is not None and stay <= limit for stay in stays]) if stays else 0.0)
        found = statistics.mean(np.array(shares, np.float64), self.level)
        return Interval(found.estimate, max(found.low, 0.0), min(found.high, 1.0))

    @cached_property
    def mean_stay_s(self) -> Interval | None:
        """The mean stay of the searches that were done; None where none was."""
        means = [run.about["stay_s"]["mean"] for run in self.runs if run.about["stay_s"] is not None]
        return statistics.mean(np.array(means), self.level) if len(means) > 1 else None


@dataclass(frozen=True)
class SharedAnswer:
    """All options of a plan over searches, in the grid's order; `chosen` is the one to take, if any does."""

    loaded: Loaded
    seed: int
    options: tuple[SharedOption, ...]
    confidence: float
    by_bound: bool

    def does(self, option: SharedOption) -> bool:
        """Whether as many searches as asked are done in time there."""
        share = option.in_time.low if self.by_bound else option.in_time.estimate
        return not option.overloaded and share >= self.confidence

    @property
    def chosen(self) -> SharedOption | None:
        """The cheapest a year of those that do, where they cost, else the one with the fewest workers."""
        able = [option for option in self.options if self.does(option)]
        return min(able, key=_expense, default=None)


def answer_shared(
    loaded: Loaded, seed: int | None = None, on_progress: Callable[[int, int], None] | None = None
) -> SharedAnswer:
    """Run every cell of a plan over searches; raises InputError for what is wrong with it, RunError as a run does."""
    check_shared(loaded)
    plan, grid = loaded.scenario.plan, Grid(loaded)
    assert plan is not None
    assert plan.target is not None
    assert plan.target.stay is not None
    cells, runs = grid.cells(), plan.replicates.min
    if len(cells) * runs > plan.limit:
        message = f"is {plan.limit:,}, and {len(cells):,} cells of {runs:,} runs are more"
        raise InputError(loaded.problem(("plan", "limit"), message))
    first = loaded.scenario.seed if seed is None else seed
    experiments = [SharedExperiment(cell.loaded, first) for cell in cells]
    seeds = [int(words(first, Stream.REPLICATE, number, n=1)[0] >> 1) for number in range(runs)]
    options = []
    for place, (cell, experiment) in enumerate(zip(cells, experiments, strict=True)):
        found = []
        for number, drawn in enumerate(seeds):
            one = experiment.under(drawn)
            found.append(one.figures(one.run(), slowdown=False))
            if on_progress:
                on_progress(place * runs + number + 1, len(cells) * runs)
        owning = ownership(cell.loaded, [run.about["utilization"] or 0.0 for run in found])
        options.append(SharedOption(cell, tuple(found), 0.95, plan.target.stay, owning))
    return SharedAnswer(loaded, first, tuple(options), plan.confidence, plan.choose_by == "lower_bound")


def check_shared(loaded: Loaded) -> None:
    """Raise InputError for what a plan over searches lacks, or has of another kind of plan."""
    plan = loaded.scenario.plan
    if plan is None:
        raise InputError(loaded.problem(("plan",), "is missing; say what to vary: `plan: {vary: {…: […]}}`"))
    problems = [
        loaded.problem(
            ("plan", key), "is asked of one search; of searches that share a cluster ask `target: {stay: …}`"
        )
        for key in NOT_HERE
        if key in plan.model_fields_set
    ]
    if plan.target is None or plan.target.stay is None:
        problems.append(loaded.problem(("plan", "target"), "searches share the cluster: give `target: {stay: 24 h}`"))
    if problems:
        raise InputError(problems)


def sentence(found: SharedAnswer) -> str:
    """What to do, in one sentence."""
    asked, stay = formatting.level(found.confidence), _stay(found)
    if found.chosen is None:
        return f"No option here gets {asked} of the searches done within {stay}."
    shown = _share(found.chosen.in_time)
    return f"{found.chosen.name}: {shown} of the searches are done within {stay}; {asked} were asked."


def remarks(found: SharedAnswer) -> list[str]:
    """What else may be said: overloaded options, the edge of the grid, ownership."""
    said = []
    over = [option for option in found.options if option.overloaded]
    for option in over:
        load = "" if option.load is None else f" at {option.load:.2f}"
        said.append(f"{option.name}: overloaded{load}; searches wait longer and longer, and no stay can be promised.")
    chosen = found.chosen
    if chosen is not None and chosen.owning is not None:
        said += chosen.owning.sentences()
    if (
        chosen is not None
        and len(found.options) > 1
        and chosen.cell.count == min(o.cell.count for o in found.options)
    ):
        said.append("It is the least of the grid; fewer may do as well.")
    runs = len(found.options[0].runs)
    said.append(
        f"{runs:,} runs of each option under the same seeds; intervals are of means over runs, at 95 %, and know "
        "nothing of how wrong the curves and arrivals may be."
    )
    return said


def head(found: SharedAnswer) -> tuple[str, ...]:
    """Names of the table's columns."""
    costs = ("rent a year", "own a year") if any(option.owning for option in found.options) else ()
    return ("option", "load", "busy", f"within {_stay(found)}", "stay, mean", *costs)


def rows(found: SharedAnswer) -> list[tuple[str, ...]]:
    """A row an option; an overloaded one has no stay."""
    unit, table = found.loaded.scenario.time_unit, []
    for option in found.options:
        mean = option.mean_stay_s
        stay = "—" if mean is None else _times(mean, unit)
        used = float(np.mean([run.about["utilization"] or 0.0 for run in option.runs]))
        costs = [] if len(head(found)) == 5 else ["—", "—"] if option.owning is None else option.owning.cells()  # noqa: PLR2004
        load = "—" if option.load is None else f"{option.load:.2f}"
        figures = ("overloaded", "—") if option.overloaded else (_share(option.in_time), stay)
        table.append((option.name, load, formatting.percent(used), *figures, *costs))
    return table


def numbers(found: SharedAnswer) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "seed": found.seed,
        "stay_s": ticks.to_seconds(found.options[0].stay),
        "confidence": found.confidence,
        "recommended": None if found.chosen is None else found.chosen.name,
        "options": [
            {
                "option": option.name,
                "choice": dict(option.cell.choice),
                "workers": option.cell.count,
                "load": option.load,
                "overloaded": option.overloaded,
                "in_time": option.in_time._asdict(),
                "mean_stay_s": None if option.mean_stay_s is None else option.mean_stay_s._asdict(),
                "does": found.does(option),
                "ownership": None if option.owning is None else option.owning.as_dict(),
            }
            for option in found.options
        ],
    }


def _expense(option: SharedOption) -> tuple[float, int]:
    return (option.owning.least if option.owning is not None else 0.0, option.cell.count)


def _stay(found: SharedAnswer) -> str:
    return formatting.time(found.options[0].stay, found.loaded.scenario.time_unit)


def _share(share: Interval) -> str:
    low, high = (formatting.percent(end).removesuffix(" %") for end in (share.low, share.high))
    return f"{formatting.percent(share.estimate)} ({low}–{high} %)"


def _times(mean: Interval, unit: str) -> str:
    estimate, low, high = (formatting.time(ticks.from_seconds(max(one, 0)), unit) for one in mean)
    return f"{estimate} ({low.removesuffix(f' {unit}')}–{high.removesuffix(f' {unit}')})"
