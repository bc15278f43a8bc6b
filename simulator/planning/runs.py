"""One run of a sweep, and the figures of it that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import floor, inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.cluster import engine
from simulator.core import ticks
from simulator.core.errors import RunError
from simulator.curves.protocol import Curves
from simulator.experiment.clusters import build_cluster, build_stop
from simulator.experiment.replicates import Replicate
from simulator.planning.grid import Cell
from simulator.scenario.plan import TargetSection
from simulator.searchers.geometry import exact
from simulator.trace import billing, metrics
from simulator.trace.trace import Outcome, Trace

#: Columns of a run's cost, and the way of billing behind each.
BILLS = {"cost": billing.Bill.BY_RELEASE, "cost_kept": billing.Bill.KEPT, "cost_drained": billing.Bill.DRAINED}
#: A run. `time_s` is the time until the target was reached, inf if it never was. The other figures are those at the
#: run's end. `units` and `trials` are the numbers that were trained. `cut` is true if the run ended before its work
#: was done.
RUN = np.dtype(
    [
        ("cell", "<i4"), ("searcher", "<i4"), ("replicate", "<i4"), ("time_s", "<f8"), ("worker_hours", "<f8"),
        *((name, "<f8") for name in BILLS), ("utilization", "<f8"), ("best_loss", "<f8"), ("attempts", "<i4"),
        ("units", "<f8"), ("trials", "<i4"), ("cut", "?"),
    ]
)  # fmt: skip

#: The columns that do not depend on prices.
KEPT = tuple(name for name in RUN.names or () if name not in BILLS)

#: The column of paid hours.
PAID = "paid_h"
#: Number of candidates of which a quantile is taken, if no searcher says how many trials it starts.
CANDIDATES = 1000

Runs = NDArray[np.void]
Row = tuple[Any, ...]


def with_hours(groups: int) -> np.dtype[np.void]:
    """The type of a row in which a run is kept: `RUN`, with paid hours by bill and group in place of money."""
    return np.dtype([*((name, RUN[name]) for name in KEPT), (PAID, "<f8", (len(BILLS), groups))])


def prices(cell: Cell) -> tuple[float, ...]:
    """The price per hour of a machine of each group."""
    groups = cell.loaded.scenario.cluster.groups or {}
    return tuple(group.price for group in groups.values()) or (0.0,)


def at_prices(kept: Runs, cells: Sequence[Cell]) -> Runs:
    """Turn runs of the type `with_hours` into runs of the type `RUN`, at the prices of their cells."""
    runs = np.zeros(len(kept), RUN)
    for name in KEPT:
        runs[name] = kept[name]
    for cell in np.unique(kept["cell"]).tolist():
        here = np.flatnonzero(kept["cell"] == cell)
        for bill, name in enumerate(BILLS):  # in the order of groups, so that the last bit is the same each time
            for paid, price in zip(kept[PAID][here, bill].T, prices(cells[cell]), strict=False):
                runs[name][here] += paid * price
    return runs


def simulate(cell: Cell, searcher: int, replicate: Replicate, target: TargetSection | None) -> Row:
    """Run one searcher of a cell up to its target; returns a row of `with_hours`.

    Raises RunError with the name of the cell.
    """
    scenario = cell.loaded.scenario
    label, spec = list(scenario.searchers.items())[searcher]
    number, seed, curves = replicate
    stop, loss = build_stop(scenario), -inf
    if target is not None:
        loss = wanted_loss(cell, curves, target)
        full = target.full_length_trials
        if loss > -inf and target.at == "any":
            stop = replace(stop, loss=max(loss, -inf if stop.loss is None else stop.loss))
        elif loss > -inf:
            stop = replace(stop, full_loss=loss)
        stop = replace(
            stop,
            full_length=min((limit for limit in (full, stop.full_length) if limit is not None), default=None),
        )
    try:
        with cell.loaded.blaming("searchers", label):
            trace = engine.simulate(
                spec.build(), curves, build_cluster(cell.loaded), stop=stop, seed=seed, label=label
            )
    except RunError as error:
        raise RunError(f"{cell.name}, {label}, replicate {number}: {error}") from None
    return _row(trace, (cell.index, searcher, number), loss, target)


def wanted_loss(cell: Cell, curves: Curves, target: TargetSection) -> float:
    """The loss that the target asks for; -inf if the target is not a loss."""
    if target.loss is not None:
        return target.loss if cell.loaded.scenario.smaller_is_better else -target.loss
    if target.quantile is None:
        return -inf
    searchers = cell.loaded.scenario.searchers.values()
    candidates = candidates_of(cell, curves)
    length = max(int(spec.max_length) for spec in searchers)
    losses = sorted(curves.train(trial, 0, length)[1] for trial in range(candidates))
    return losses[max(floor(exact(target.quantile) * candidates), 1) - 1]


def candidates_of(cell: Cell, curves: Curves) -> int:
    """The number of candidates of which the target's quantile is taken."""
    known = [spec.trials for spec in cell.loaded.scenario.searchers.values() if spec.trials is not None]
    return max(known, default=min(CANDIDATES, curves.trials or CANDIDATES))


def _row(trace: Trace, place: tuple[int, int, int], loss: float, target: TargetSection | None) -> Row:
    where = metrics.split(trace)
    available = trace.workers * trace.makespan - where.down
    results = trace.loss[np.isfinite(trace.loss)]
    best = float(results.min()) if len(results) else nan
    wanted = target.full_length_trials if target else None
    full = metrics.full_length(trace)
    good = trace.loss if target is None or target.at == "any" else trace.loss[full]
    reached = (wanted is None or int(full.sum()) >= wanted) and (loss == -inf or bool((good <= loss).any()))
    paid = [tuple(billing.hours_by_group(trace, bill).values()) for bill in BILLS.values()]
    return (
        *place,
        ticks.to_seconds(trace.makespan) if reached else inf,
        available / ticks.UNITS["h"],
        where.busy / available if available else 0.0,
        best,
        len(trace),
        float(metrics.units_trained(trace)),
        metrics.trials_started(trace),
        trace.stopped or bool(trace.where(Outcome.CUT).any()),
        paid,
    )
