"""The figures of an option, a cell with one of its searchers, over all its replicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core.ticks import to_seconds
from simulator.planning import statistics
from simulator.planning.grid import Cell
from simulator.planning.ignorance import Ignorance, widened
from simulator.planning.runs import Runs
from simulator.planning.statistics import Interval, Values
from simulator.scenario.plan import PlanSection

#: One-sided confidence with which an option is ruled out. A plan may look at an option five times as replicates are
#: added, and the truly best one should be ruled out in no more than one plan of twenty.
RULED_OUT = 0.99


class Share(NamedTuple):
    """A share of runs and its interval, and one-sided bounds.

    `at_least` has the plan's assurance, and `at_most` the confidence `RULED_OUT`.
    """

    estimate: float
    low: float
    high: float
    at_least: float
    at_most: float

    @property
    def width(self) -> float:
        """Width of the interval."""
        return self.high - self.low


class Known(NamedTuple):
    """Shares and median of an option, with intervals that include the uncertainty from few pilots."""

    met: Share
    in_time: Share
    affordable: Share
    median_s: Interval


class Spread(NamedTuple):
    """Quantiles of a quantity: 10 %, 50 % and 90 %."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, eq=False)
class Option:
    """The figures of a cell with one of its searchers; times in seconds, inf if the target was not reached.

    `met` is the share of runs that reached the target by the deadline and within the budget, `in_time` the share
    without the budget, `affordable` the share without the deadline, each with its interval. `surely_s` is the time by
    which the share of runs that the plan's confidence names was done. Arrays have a value for each replicate, in
    order.
    """

    cell: Cell
    label: str
    replicates: int
    met: Share
    in_time: Share
    affordable: Share
    known: Known
    ignorance: Ignorance | None  # None if chance is the only uncertainty
    reached: float
    time_s: Spread
    median_s: Interval
    surely_s: Interval
    mean_time_s: Interval  # over the runs that reached the target
    worker_hours: Spread
    mean_hours: Interval
    cost: Spread
    mean_cost: Interval
    kept: Interval  # mean cost if every machine were kept to the end
    drained: Interval  # mean cost if every machine were let go after its last work
    utilization: float
    best_loss: float
    units: float  # mean number of units trained
    trials: NDArray[np.int32]
    cut: bool  # whether any run ended before its work was done
    times: Values
    hours: Values
    costs: Values
    costs_kept: Values
    costs_drained: Values
    done: NDArray[np.bool_]  # whether the target was reached by the deadline and within the budget

    @property
    def count(self) -> int:
        """The number of workers."""
        return self.cell.count

    @property
    def name(self) -> str:
        """Its name in reports, such as "32 workers with ASHA", "32 workers, spot, with ASHA"."""
        return f"{self.cell.name}{',' if self.cell.setting else ''} with {self.label}"


def option(cell: Cell, searcher: int, runs: Runs, plan: PlanSection, unknown: Ignorance | None = None) -> Option:
    """Summarise the runs of a cell with one of its searchers, in order of replicates.

    `unknown` is the uncertainty from pilots, if trials are drawn from pilots.
    """
    times, costs = runs["time_s"], runs["cost"]
    in_time, affordable = _done(runs, plan, 1.0, 1.0)
    level = plan.confidence
    finite = times[np.isfinite(times)]
    losses = runs["best_loss"][np.isfinite(runs["best_loss"])]
    return Option(
        cell=cell,
        label=list(cell.loaded.scenario.searchers)[searcher],
        replicates=len(runs),
        met=_share(in_time & affordable, plan),
        in_time=_share(in_time, plan),
        affordable=_share(affordable, plan),
        known=_known(runs, plan, unknown),
        ignorance=unknown,
        reached=len(finite) / len(runs),
        time_s=_spread(times),
        median_s=statistics.quantile_interval(times, 0.5, level),
        surely_s=statistics.quantile_interval(times, level, level),
        mean_time_s=statistics.mean(finite, level),
        worker_hours=_spread(runs["worker_hours"]),
        mean_hours=statistics.mean(runs["worker_hours"], level),
        cost=_spread(costs),
        mean_cost=statistics.mean(costs, level),
        kept=statistics.mean(runs["cost_kept"], level),
        drained=statistics.mean(runs["cost_drained"], level),
        utilization=float(runs["utilization"].mean()),
        best_loss=float(np.median(losses)) if len(losses) else np.nan,
        units=float(runs["units"].mean()),
        trials=runs["trials"],
        cut=bool(runs["cut"].any()),
        times=times,
        hours=runs["worker_hours"],
        costs=costs,
        costs_kept=runs["cost_kept"],
        costs_drained=runs["cost_drained"],
        done=in_time & affordable,
    )


def options(
    cells: Sequence[Cell], runs: Runs, plan: PlanSection, unknown: Mapping[tuple[int, int], Ignorance] | None = None
) -> list[Option]:
    """Every option of a sweep, by cell and searcher; `runs` are in that order.

    `unknown` is the uncertainty from pilots about each option, by the numbers of its cell and searcher.
    """
    told = unknown or {}
    starts = np.flatnonzero(np.diff(runs["cell"].astype(np.int64) * 1000 + runs["searcher"], prepend=-1))
    return [
        option(
            cells[part["cell"][0]], int(part["searcher"][0]), part, plan,
            told.get((int(part["cell"][0]), int(part["searcher"][0]))),
        )
        for part in np.split(runs, starts[1:])
    ]  # fmt: skip


def _done(runs: Runs, plan: PlanSection, slower: float, dearer: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Masks of the runs in time, and of those within the budget, if times and costs were multiplied by factors."""
    times, costs = slower * runs["time_s"], dearer * runs["cost"]
    in_time = times <= (np.inf if plan.deadline is None else to_seconds(plan.deadline))
    affordable = costs <= (np.inf if plan.budget is None else plan.budget)
    return in_time & np.isfinite(times), affordable


def _asked(runs: Runs, plan: PlanSection, slower: float, dearer: float) -> list[NDArray[np.bool_]]:
    """Masks of the runs that meet the question, that are in time, and that are within the budget."""
    in_time, affordable = _done(runs, plan, slower, dearer)
    return [in_time & affordable, in_time, affordable]


def _known(runs: Runs, plan: PlanSection, unknown: Ignorance | None) -> Known:
    """Shares and the median time, with intervals that combine chance and the uncertainty from pilots."""
    chance = [_share(done, plan) for done in _asked(runs, plan, 1.0, 1.0)]
    median = statistics.quantile_interval(runs["time_s"], 0.5, plan.confidence)
    if unknown is None:
        return Known(chance[0], chance[1], chance[2], median)
    inner = [_wider(runs, plan, unknown, plan.confidence, [Interval(*share[:3]) for share in chance])]
    for bound in (plan.assurance, RULED_OUT):
        level = 2 * bound - 1  # the level of an interval whose ends are bounds with that confidence
        inner.append(_wider(runs, plan, unknown, level, [Interval(share[0], *share[3:]) for share in chance]))
    met, in_time, affordable = (
        Share(two.estimate, two.low, two.high, least.low, most.high) for two, least, most in zip(*inner, strict=True)
    )
    fast, slow = unknown.time.factors(plan.confidence, unknown.freedom)
    return Known(met, in_time, affordable, widened(median, fast * median.estimate, slow * median.estimate))


def _wider(
    runs: Runs, plan: PlanSection, unknown: Ignorance, level: float, chance: Sequence[Interval]
) -> list[Interval]:
    """The intervals of shares by chance, widened by the uncertainty from pilots, with confidence `level`."""
    few, many = unknown.time.factors(level, unknown.freedom), unknown.cost.factors(level, unknown.freedom)
    reach = unknown.reach(level)
    best, worst = (_asked(runs, plan, few[end], many[end]) for end in (0, 1))
    found = [
        widened(interval, float(low.mean()) - reach, float(high.mean()) + reach)
        for interval, low, high in zip(chance, worst, best, strict=True)
    ]
    return [Interval(one.estimate, max(one.low, 0.0), min(one.high, 1.0)) for one in found]


def _share(done: NDArray[np.bool_], plan: PlanSection) -> Share:
    """The share of runs that are `done`, with its interval and its one-sided bounds."""
    count, runs = int(done.sum()), len(done)
    return Share(
        *statistics.wilson(count, runs, plan.confidence),
        at_least=statistics.at_least(count, runs, plan.assurance),
        at_most=statistics.at_most(count, runs, RULED_OUT),
    )


def _spread(values: Values) -> Spread:
    return Spread(*(statistics.quantile(values, share) for share in (0.1, 0.5, 0.9)))
