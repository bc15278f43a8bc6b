"""Runs a searcher on a cluster, and returns the trace.

There are two engines. The SimPy model (one_search.py) can run every cluster. fast.py makes the same trace in less
time, if all machines come at once and stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, Literal

from simulator.cluster import fast
from simulator.cluster.one_search import OneSearch
from simulator.cluster.outcomes import Outcomes
from simulator.cluster.pool import MachinePool
from simulator.cluster.recording import unpack
from simulator.cluster.spec import Cluster, StarvedError, Stop
from simulator.core.ticks import LIMIT
from simulator.curves.protocol import Curves
from simulator.searchers.protocol import Idle, Searcher
from simulator.trace.trace import Trace

__all__ = ["Cluster", "Engine", "StarvedError", "Stop", "simulate"]

Engine = Literal["model", "fast"]


def simulate(
    searcher: Searcher,
    curves: Curves,
    cluster: Cluster,
    *,
    stop: Stop | int | None = None,
    seed: int = 0,
    label: str = "",
    meta: Mapping[str, str | int | float] | None = None,
    engine: Engine | None = None,
) -> Trace:
    """Run `searcher` until it is done or until `stop`, and return the trace; a number as `stop` is a time in ticks.

    A result due exactly at the stop still counts; no job starts then, and jobs that are running are cut. `seed` is
    that of stragglers, losses and machines. `engine` chooses one of the two engines, for tests and teaching. Raises
    StarvedError if work remains that no worker will ever do, ValueError if "fast" is asked for a cluster that it
    can't run.
    """
    stop = stop if isinstance(stop, Stop) else Stop(stop)
    pool = MachinePool(cluster.machines, slots_per_trial=cluster.slots_per_trial, policy=cluster.policy, seed=seed)
    if engine == "fast" and not cluster.constant:
        raise ValueError("the fast engine runs only equal workers that come all at once and stay")
    if cluster.constant and engine != "model":
        columns = _without_simpy(searcher, curves, cluster, pool, stop, seed)
    else:
        columns = OneSearch(searcher, curves, cluster, pool, stop, seed).run()
    spells, released = pool.released(columns, pool.spells(int(columns["end"].max(initial=0))))
    return Trace(
        label=label,
        workers=pool.workers,
        max_length=searcher.max_length,
        spells=spells,
        released=released,
        groups=pool.priced(),
        meta=meta or {},
        stopped=searcher.next_job() is not Idle.DONE,  # the stop may be later than the last attempt's end
        **columns,
    )


def _without_simpy(
    searcher: Searcher, curves: Curves, cluster: Cluster, pool: MachinePool, stop: Stop, seed: int
) -> dict[str, Any]:
    """The trace's columns, from the fast engine."""
    limits = [stop.time, None if stop.cost is None else pool.spending(stop.cost).spent_by(LIMIT)]
    rows, now = fast.run(
        searcher,
        curves,
        pool.workers,
        stop,
        min((limit for limit in limits if limit is not None), default=inf),
        queued=cluster.assignment == "queued",
        resume=cluster.resume,
        opening=cluster.machines[0].opening,
        outcomes=None if cluster.plain else Outcomes(curves, cluster, pool, seed),
    )
    return unpack(rows, int(now))
