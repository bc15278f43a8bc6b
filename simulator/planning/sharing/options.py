"""The options of a plan over searches: their load, the share of searches done in time, and their cost.

The share of searches that stay no longer than asked is a mean over runs, since the searches of one run wait for each
other. It has the interval of that mean, but never a narrower one than if all searches were independent: a few runs
without a late search don't show that no search is ever late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.core.errors import RunError
from simulator.planning import statistics
from simulator.planning.grid import Cell
from simulator.planning.ownership import Ownership, ownership
from simulator.planning.runs import Runs
from simulator.planning.statistics import Interval

#: Confidence level of the intervals in the report.
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class SharedOption:
    """A cell and its `runs`; `assurance` is the one-sided confidence of the bound by which it is chosen."""

    cell: Cell
    runs: Runs
    assurance: float
    owning: Ownership | None

    @property
    def name(self) -> str:
        """The option's name in reports."""
        return self.cell.name

    @cached_property
    def load(self) -> float | None:
        """The mean load; None if no rate of arrivals is known."""
        loads = self.runs["load"][np.isfinite(self.runs["load"])]
        return float(loads.mean()) if len(loads) else None

    @property
    def overloaded(self) -> bool:
        """Whether more work arrives than the cluster can do, or the queue grows in most runs."""
        return (self.load is not None and self.load >= 1) or bool(2 * self.runs["grows"].sum() > len(self.runs))

    @property
    def utilization(self) -> float:
        """The mean share of their time in which workers train."""
        return float(np.nan_to_num(self.runs["utilization"]).mean())

    @cached_property
    def in_time(self) -> Interval:
        """The share of searches after the warm-up that were done within the target's stay."""
        return self._share(LEVEL)

    @cached_property
    def surely(self) -> float:
        """The lower bound of the share of searches in time, with the one-sided confidence `assurance`."""
        return self._share(2 * self.assurance - 1).low

    @cached_property
    def mean_stay_s(self) -> Interval | None:
        """The mean stay of the searches that were done; None if fewer than two runs have any."""
        means = self.runs["stay_mean_s"][np.isfinite(self.runs["stay_mean_s"])]
        return statistics.mean(means, LEVEL) if len(means) > 1 else None

    def _share(self, level: float) -> Interval:
        shares = self.runs["in_time"][self.runs["searches"] > 0]
        found = statistics.mean(shares, level)
        searches = int(self.runs["searches"].sum())
        apart = statistics.wilson(round(found.estimate * searches), searches, level)
        return Interval(found.estimate, max(min(found.low, apart.low), 0.0), min(max(found.high, apart.high), 1.0))


def shared_options(cells: Sequence[Cell], runs: Runs, assurance: float) -> tuple[SharedOption, ...]:
    """The options of all cells, in order of cells; `runs` are those of all cells.

    Raises RunError if in no run of an option a search arrives after the warm-up.
    """
    found = []
    for cell in cells:
        mine = runs[runs["cell"] == cell.index]
        if not mine["searches"].any():
            raise RunError(
                f"{cell.name}: no search arrives after the warm-up, so nothing can be said of stays; let more "
                "searches come, or shorten warm_up"
            )
        owning = ownership(
            cell.loaded,
            np.nan_to_num(mine["utilization"]),
            rented=float((3600 * mine["cost"] / mine["span_s"]).mean()),
        )
        found.append(SharedOption(cell, mine, assurance, owning))
    return tuple(found)
