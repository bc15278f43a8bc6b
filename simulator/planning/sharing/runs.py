"""One run of a cluster with all its searches, and the figures of it that a plan keeps."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

import numpy as np

from simulator.core import ticks
from simulator.core.errors import RunError
from simulator.core.streams import Stream, words
from simulator.experiment.sharing import SharedExperiment
from simulator.planning.grid import Cell, Grid
from simulator.planning.runs import Runs
from simulator.planning.sweep import Block, Failure, Work, guarded, state_of
from simulator.trace.queueing import Queueing

#: A run. All counts are after the warm-up; `load` is NaN if no rate of arrivals is known, `in_time` if no search
#: arrives after the warm-up, and means are NaN if nothing is done. `cost` is that of all machines until the run ended
#: after `span_s`.
RUN = np.dtype(
    [
        ("cell", "<i4"), ("searcher", "<i4"), ("replicate", "<i4"), ("load", "<f8"), ("utilization", "<f8"),
        ("grows", "<i4"), ("searches", "<i4"), ("in_time", "<f8"), ("stay_mean_s", "<f8"), ("stay_p90_s", "<f8"),
        ("wait_mean_s", "<f8"), ("cost", "<f8"), ("span_s", "<f8"), ("attempts", "<i4"),
    ]
)  # fmt: skip

Row = tuple[int, int, int, float, float, int, int, float, float, float, float, float, float, int]


class _ProcessState:
    """What a process keeps between tasks of the same work: the experiments of its cells, whose files were read."""

    def __init__(self, work: Work) -> None:
        self.seed = work.seed
        self._grid = Grid(work.loaded)
        target = self._grid.plan.target
        assert target is not None  # `check_shared` has checked it
        assert target.stay is not None
        self.stay = target.stay
        self._cells: dict[int, tuple[Cell, SharedExperiment]] = {}
        self._kinds: dict[tuple[int, ...], SharedExperiment] = {}  # files are read once for all cells

    def cell(self, index: int) -> tuple[Cell, SharedExperiment]:
        if index not in self._cells:
            cell = self._grid.cell(index)
            kind = self._grid.kind(index)
            if kind not in self._kinds:
                self._kinds[kind] = SharedExperiment(cell.loaded, self.seed)
            self._cells[index] = cell, self._kinds[kind].on_cluster_of(cell.loaded)
        return self._cells[index]


def run_block(work: Work, block: Block) -> Runs | Failure:
    """Run a block; returns an array of `RUN`, in order of replicate and cell."""
    return guarded(work, lambda: np.array(list(_rows(state_of(work, _ProcessState), block)), RUN))


def _rows(state: _ProcessState, block: Block) -> Iterator[Row]:
    for replicate in range(*block.replicates):
        for index in range(*block.cells):
            cell, experiment = state.cell(index)
            one = experiment.under_seed(int(words(state.seed, Stream.REPLICATE, replicate, n=1)[0] >> 1))
            try:
                workload = one.run()
            except RunError as error:
                raise RunError(f"{cell.name}, replicate {replicate}: {error}") from None
            found = one.figures(workload, slowdown=False)
            yield _row((index, 0, replicate), found, state.stay, len(workload.trace))


def _row(place: tuple[int, int, int], found: Queueing, stay: int, attempts: int) -> Row:
    about = found.about
    stays = [one.stay_s for one in found.stays if one.arrival_s >= about["warm_up_s"]]
    limit = ticks.to_seconds(stay)
    return (
        *place,
        _known(about["load"]),
        _known(about["utilization"]),
        int(about["queue_grows"]),
        len(stays),
        float(np.mean([one is not None and one <= limit for one in stays])) if stays else nan,
        *(_known((about["stay_s"] or {}).get(key)) for key in ("mean", "p90")),
        _known((about["wait_s"] or {}).get("mean")),
        about["cost"],
        about["end_s"],
        attempts,
    )


def _known(value: float | None) -> float:
    return nan if value is None else float(value)
