"""The figures of an option, a cell with one of its searchers, over all its replicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulator.core.streams import Stream, generator
from simulator.core.ticks import to_seconds
from simulator.planning import statistics
from simulator.planning.grid import Cell
from simulator.planning.statistics import Interval, Values
from simulator.planning.sweep import Runs
from simulator.scenario.plan import Plan


class Spread(NamedTuple):
    """Quantiles of a quantity: 10 %, 50 % and 90 %."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, eq=False)
class Option:
    """What a cell does with one of its searchers; times in seconds, inf where the target was not reached.

    `met` is the share of runs that reached the target by the deadline and within the budget, `in_time` that without
    the budget, `affordable` that without the deadline, each with its interval. `surely_s` is the time within which
    the plan's confidence of the runs was done.
    """

    cell: Cell
    label: str
    replicates: int
    met: Interval
    in_time: Interval
    affordable: Interval
    reached: float
    time_s: Spread
    surely_s: float
    mean_time_s: Interval
    worker_hours: Spread
    cost: Spread
    utilization: float
    best_loss: float
    times: Values  # of each replicate, in their order

    @property
    def count(self) -> int:
        """Its workers."""
        return self.cell.count

    @property
    def name(self) -> str:
        """Its name in reports, such as "32 workers with ASHA", "32 workers, spot, with ASHA"."""
        return f"{self.cell.name}{',' if self.cell.setting else ''} with {self.label}"


def option(cell: Cell, searcher: int, runs: Runs, plan: Plan, seed: int) -> Option:
    """Sum up the runs of a cell with one of its searchers, in order of replicate."""
    times, costs = runs["time_s"], runs["cost"]
    in_time = times <= (np.inf if plan.deadline is None else to_seconds(plan.deadline))
    in_time &= np.isfinite(times)
    affordable = costs <= (np.inf if plan.budget is None else plan.budget)
    level, count = plan.confidence, len(runs)
    finite = times[np.isfinite(times)]
    losses = runs["best_loss"][np.isfinite(runs["best_loss"])]
    return Option(
        cell=cell,
        label=list(cell.loaded.scenario.searchers)[searcher],
        replicates=count,
        met=statistics.wilson(int((in_time & affordable).sum()), count, level),
        in_time=statistics.wilson(int(in_time.sum()), count, level),
        affordable=statistics.wilson(int(affordable.sum()), count, level),
        reached=len(finite) / count,
        time_s=_spread(times),
        surely_s=statistics.quantile(times, level),
        mean_time_s=statistics.mean(finite, level, generator(seed, Stream.BOOTSTRAP, cell.index, searcher)),
        worker_hours=_spread(runs["worker_hours"]),
        cost=_spread(costs),
        utilization=float(runs["utilization"].mean()),
        best_loss=float(np.median(losses)) if len(losses) else np.nan,
        times=times,
    )


def options(cells: Sequence[Cell], runs: Runs, plan: Plan, seed: int) -> list[Option]:
    """Every option of a sweep, by cell and searcher; `runs` are in that order."""
    starts = np.flatnonzero(np.diff(runs["cell"].astype(np.int64) * 1000 + runs["searcher"], prepend=-1))
    return [
        option(cells[part["cell"][0]], int(part["searcher"][0]), part, plan, seed)
        for part in np.split(runs, starts[1:])
    ]


def _spread(values: Values) -> Spread:
    return Spread(*(statistics.quantile(values, share) for share in (0.1, 0.5, 0.9)))
