"""The cells of a plan, made and checked before anything is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import joblib

from simulator.core.errors import InputError, Problem
from simulator.core.garbage import uncollected
from simulator.experiment.experiment import Experiment
from simulator.planning import limits, sweep
from simulator.planning.backend import WorkerPool
from simulator.planning.grid import STEP, Cell, Grid
from simulator.planning.sweep import Work
from simulator.scenario.loading import Loaded

#: Called with the number of steps done and their total.
Progress = Callable[[int, int], None]


def check_plan(loaded: Loaded, on_progress: Progress | None = None) -> list[Cell]:
    """Make and check every cell of a plan; raises InputError for every problem before anything is run."""
    return sound_cells(Grid(loaded), Work(loaded, loaded.scenario.seed), WorkerPool(), on_progress)


def sound_cells(grid: Grid, work: Work, pool: WorkerPool, on_progress: Progress | None = None) -> list[Cell]:
    """Make and check every cell; raises InputError for every problem."""
    searchers = len(grid.loaded.scenario.searchers)
    if limits.runs_of(grid, searchers) > grid.plan.limit:
        problem = limits.too_many(grid, searchers, sweep.probe(work).seconds, pool.jobs or joblib.cpu_count())
        raise InputError(problem)
    if len(grid) > limits.MOST_CELLS:
        message = f"{len(grid):,} cells are more than {limits.MOST_CELLS:,}; vary less"
        raise InputError(grid.loaded.problem(("plan", "vary"), message))
    with uncollected():  # all cells stay in memory
        cells = grid.cells(on_progress)
        _check_parts(grid, cells, work.seed, on_progress)
    limits.check_prices(grid, cells)
    limits.check_pilots(grid, cells, work.seed)
    limits.check_quantile(grid, cells, work.seed)
    limits.check_deadline(grid, cells, work.seed)
    return cells


def _check_parts(grid: Grid, cells: Sequence[Cell], seed: int, on_progress: Progress | None) -> None:
    """Raise InputError if the parts of a cell don't fit; cells of one kind share searchers and curves."""
    problems: dict[str, Problem] = {}
    known: dict[tuple[int, ...], Experiment] = {}
    for done, cell in enumerate(cells):
        if on_progress and done % STEP == 0:
            on_progress(len(grid) + done, 2 * len(grid))
        kind = grid.kind(cell.index)
        try:
            if kind in known:
                known[kind].on_cluster_of(cell.loaded)
            else:
                known[kind] = Experiment(cell.loaded, seed)
        except InputError as error:
            for problem in error.problems:
                where = replace(problem, message=f"{problem.message} (in the cell {cell.name})")
                problems.setdefault(str(problem), where)
    if problems:
        raise InputError(list(problems.values())[:20])
