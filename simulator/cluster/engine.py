"""The cluster: a pool of workers on SimPy's clock, asking a searcher for work.

Where nothing can go wrong plain.py runs it, else trouble.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from simulator.cluster.machines import Pool
from simulator.cluster.plain import PlainRun
from simulator.cluster.spec import Cluster, StarvedError, Stop
from simulator.cluster.trouble import TroubledRun
from simulator.core.ticks import LIMIT
from simulator.curves.protocol import Curves
from simulator.searchers.protocol import Idle, Searcher
from simulator.trace.trace import Trace

__all__ = ["Cluster", "StarvedError", "Stop", "simulate"]


def simulate(
    searcher: Searcher,
    curves: Curves,
    cluster: Cluster,
    *,
    stop: Stop | int | None = None,
    seed: int = 0,
    label: str = "",
    meta: Mapping[str, str | int | float] | None = None,
) -> Trace:
    """Run `searcher` until it is done, or until `stop` (a number is its time, in ticks).

    A result due exactly at the stop still counts; no job starts then, and what is running is cut. `seed` is
    that of stragglers, losses and machines. Raises StarvedError where work remains that nobody will ever do.
    """
    stop = stop if isinstance(stop, Stop) else Stop(stop)
    pool = Pool(cluster.machines, slots_per_trial=cluster.slots_per_trial, policy=cluster.policy, seed=seed)
    run: PlainRun | TroubledRun
    if cluster.trouble_free:
        limits = [stop.time, None if stop.cost is None else pool.spending(stop.cost).by(LIMIT)]
        deadline = min((limit for limit in limits if limit is not None), default=inf)
        queued = cluster.assignment == "queued"
        run = PlainRun(searcher, curves, pool.workers, stop, deadline, queued=queued, resume=cluster.resume)
    else:
        run = TroubledRun(searcher, curves, cluster, pool, stop, seed)
    columns = run.go()
    return Trace(
        label=label,
        workers=pool.workers,
        max_length=searcher.max_length,
        spells=pool.spells(int(columns["end"].max(initial=0))),
        groups=pool.priced(),
        meta=meta or {},
        stopped=searcher.next_job() is not Idle.DONE,  # a stop may come when nothing runs that it could cut
        **columns,
    )
