"""Runs many searches on a cluster that they share, and returns the workload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from simulator.cluster.sharing.claims import Scheduler
from simulator.cluster.sharing.model import SharedModel
from simulator.cluster.sharing.searches import Arrival
from simulator.cluster.spec import Cluster
from simulator.trace.trace import Trace
from simulator.trace.workload import Workload

__all__ = ["Arrival", "share"]


def share(
    arrivals: Iterator[Arrival],
    cluster: Cluster,
    scheduler: Scheduler,
    *,
    slots: Sequence[int] = (1,),
    stop: int | None = None,
    seed: int = 0,
    label: str = "",
    meta: Mapping[str, str | int | float] | None = None,
) -> Workload:
    """Run the searches in `arrivals`, which come in order of time, until all are done or until tick `stop`.

    `slots` are the numbers of slots that their trials take; `seed` is the machines' seed. A result due exactly at the
    stop still counts; no trial starts then, no search arrives, and running jobs are cut. Raises StarvedError if work
    remains that no worker will ever do.
    """
    model = SharedModel(arrivals, slots, cluster, scheduler, stop, seed)
    columns = model.run()
    pool, end = model.pool, model.now
    held = np.array(model.holdings, np.int64).reshape(-1, 2)
    spells = pool.spells(int(columns["end"].max(initial=0)))
    used = {
        "worker": np.concatenate([columns["worker"], held[:, 1]]),
        "end": np.concatenate([columns["end"], columns["end"][held[:, 0]]]),
    }
    spells, released = pool.released(used, spells)
    trace = Trace(
        label=label,
        workers=pool.workers,
        max_length=max((visit.max_length for visit in model.visits), default=1),
        spells=spells,
        released=released,
        groups=pool.priced(),
        meta=meta or {},
        stopped=any(visit.done is None for visit in model.visits),
        search=np.frombuffer(model.search_of, np.int32).astype(np.int64),
        **columns,
    )
    return Workload(trace, tuple(model.visits), model.unit, held, end)
