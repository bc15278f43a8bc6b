"""Checks of a plan before it runs: too many runs, missing prices, a deadline that can't be met."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf

from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.core.formatting import counted
from simulator.experiment.replicates import replicates
from simulator.planning.grid import Cell, Grid
from simulator.planning.previewing.search import preview
from simulator.planning.runs import candidates_of
from simulator.scenario import cluster as models
from simulator.searchers.geometry import exact

#: Greatest number of cells of a plan, whatever its limit of runs: each cell is a scenario that is checked on its own.
MOST_CELLS = 20_000
#: Smallest number of pilots of a plan.
FEWEST_PILOTS = 3
#: Number of replicates in which the fastest possible run is searched, and greatest number of trials in each.
SEEDS, TRIALS = 20, 1000
#: Number of runs on made-up results that show whether a search may end without a trial trained in full.
TRIED = 8


def runs_of(grid: Grid, searchers: int) -> int:
    """The greatest number of runs of a plan."""
    wanted = grid.plan.replicates
    return len(grid) * searchers * max(wanted.max, wanted.settle or 0)


def too_many(grid: Grid, searchers: int, seconds: float, jobs: int) -> Problem:
    """The problem of a plan with more runs than its limit, else None; it needs the seconds of a cell's replicate."""
    runs, plan = runs_of(grid, searchers), grid.plan
    whole = len(grid) * plan.replicates.max * seconds / jobs
    unit = next(
        unit for unit in ("d", "h", "min", "s") if whole >= ticks.UNITS[unit] / ticks.PER_SECOND or unit == "s"
    )
    time = ticks.show(ticks.from_seconds(whole), unit)
    factors = f"{counted(len(grid), 'cell')} × {counted(searchers, 'searcher')} × {plan.replicates.max:,} replicates"
    message = (
        f"{runs:,} runs ({factors}) are more than the limit of {plan.limit:,}, and would take about {time} with "
        f"{jobs} at a time; vary less, lower replicates.max, or raise plan.limit"
    )
    return grid.loaded.problem(("plan", "vary"), message)


def check_prices(grid: Grid, cells: Sequence[Cell]) -> None:
    """Raise InputError if only some machines have a price, or a budget is given without any price."""
    plan, problems = grid.plan, {}
    groups = {
        (cell.index, name): group
        for cell in cells
        for name, group in (cell.loaded.scenario.cluster.groups or {}).items()
    }
    some = plan.budget is not None or any("price" in group.model_fields_set for group in groups.values())
    if not some:
        return
    for cell in cells:
        cluster = cell.loaded.scenario.cluster
        if cluster.workers is not None:
            message = "gives workers no price; say what one costs an hour: `plan: {price: …}`"
            problems[message] = grid.loaded.problem(("plan",), message)
        for name, group in (cluster.groups or {}).items():
            if "price" not in group.model_fields_set:
                message = f"has no price, and {'a budget is given' if plan.budget else 'others have one'}"
                problem = cell.loaded.problem(("cluster", "groups", name), message)
                problems.setdefault(str(problem), problem)
    if problems:
        raise InputError(list(problems.values()))


def check_pilots(grid: Grid, cells: Sequence[Cell], seed: int) -> None:
    """Raise InputError if trials are drawn from too few pilots, or from pilots of another metric."""
    for cell in _of_each_kind(grid, cells):
        known = replicates(cell.loaded, 1, seed)
        _check_metric(cell, known.metric)
        pilots = known.pilots
        if pilots is not None and pilots < FEWEST_PILOTS:
            message = (
                f"{counted(pilots, 'pilot')} can't tell how trials differ; train {FEWEST_PILOTS} or more, better "
                "a few dozen"
            )
            raise InputError(cell.loaded.problem(("curves",), message))
        length = max(int(spec.max_length) for spec in cell.loaded.scenario.searchers.values())
        whole = known.survivors(length)
        if whole is not None and whole < FEWEST_PILOTS:
            message = (
                f"{whole:,} of {counted(known.pilots or 0, 'pilot')} came to {counted(length, 'unit')} and had a "
                f"loss there; train {FEWEST_PILOTS} or more to the end, or search to fewer units"
            )
            raise InputError(cell.loaded.problem(("curves",), message))


def _check_metric(cell: Cell, held: str | None) -> None:
    """Raise InputError if a searcher's block and the file of curves name different metrics."""
    for label, block in cell.loaded.scenario.searchers.items():
        metric = getattr(block, "metric", None)
        if held is not None and metric is not None and metric != held.removeprefix("-"):
            message = (
                f"is {metric}, and the curves hold {held.removeprefix('-')}; import them with --metric {metric}, or "
                "name that metric here"
            )
            raise InputError(cell.loaded.problem(("searchers", label, "metric"), message))


def check_quantile(grid: Grid, cells: Sequence[Cell], seed: int) -> None:
    """Raise InputError if a quantile of the candidates is smaller than one candidate."""
    target = grid.plan.target
    if target is None or target.quantile is None:
        return
    for cell in _of_each_kind(grid, cells):
        [(_, _, curves)] = replicates(cell.loaded, 1, seed)
        candidates = candidates_of(cell, curves)
        if exact(target.quantile) * candidates < 1:
            message = (
                f"{target.quantile:g} of {counted(candidates, 'candidate')} is less than one candidate; give "
                f"{ceil(1e4 / candidates) / 1e4:g} or more, or start more trials"
            )
            raise InputError(grid.loaded.problem(("plan", "target", "quantile"), message))


def check_deadline(grid: Grid, cells: Sequence[Cell], seed: int) -> None:
    """Raise InputError if the deadline is before the end of the fastest possible run."""
    plan = grid.plan
    if plan.deadline is None:
        return
    seeds = min(SEEDS, plan.replicates.max)
    bound, result = inf, ""
    early = plan.target is not None and plan.target.at == "any"
    for cell in _of_each_kind(grid, cells):
        found, first = _bound(cell, seeds, seed, early=early), early
        if found > plan.deadline and plan.target is None and _may_be_done_without_a_full_trial(cell):
            found, first = _bound(cell, seeds, seed, early=True), True
        if found <= plan.deadline:  # one cell that can meet the deadline is enough
            return
        if found < bound:
            bound, result = found, "its first result" if first else "be trained in full"
    unit = grid.loaded.scenario.time_unit
    message = (
        f"{ticks.show(plan.deadline, unit, 3)} is before the end of the fastest possible run, whatever the "
        f"number of workers: the fastest trial of {seeds} replicates takes {ticks.show(bound, unit, 3)} to "
        f"{result}"
    )
    raise InputError(grid.loaded.problem(("plan", "deadline"), message))


def _of_each_kind(grid: Grid, cells: Sequence[Cell]) -> list[Cell]:
    """One cell of each kind that may have another bound; the number of workers does not change the bound."""
    kinds: dict[tuple[object, ...], Cell] = {}
    for cell in cells:
        cluster = cell.loaded.scenario.cluster
        kinds.setdefault((grid.kind(cell.index), repr(cluster.stragglers), _fastest(cluster)), cell)
    return list(kinds.values())


def _may_be_done_without_a_full_trial(cell: Cell) -> bool:
    """Whether a search may end before any trial is trained in full, as one of few trials may.

    It is seen on made-up results. A search of TRIALS trials or more is taken to train one in full.
    """
    return any(
        spec.trials is None or (spec.trials < TRIALS and not preview(spec.build, seeds=TRIED).full_length_trials.min)
        for spec in cell.loaded.scenario.searchers.values()
    )


def _bound(cell: Cell, seeds: int, seed: int, *, early: bool) -> float:
    """A lower bound of the ticks of a cell's runs: those of the fastest trial, with `early` to its first result."""
    scenario = cell.loaded.scenario
    if scenario.stop is not None:
        return 0.0
    built = [spec.build() for spec in scenario.searchers.values()]
    length = min(searcher.resources[0] if early else searcher.max_length for searcher in built)
    most = max(min(spec.trials or TRIALS, TRIALS) for spec in scenario.searchers.values())
    least = inf
    for _, _, curves in replicates(cell.loaded, seeds, seed):
        trained = [curves.train(trial, 0, length) for trial in range(min(most, curves.trials or most))]
        least = min(least, min((spent for spent, _, exit_ in trained if exit_ is None), default=0))
    stragglers = scenario.cluster.stragglers
    return least / _fastest(scenario.cluster) * (1.0 if stragglers is None else stragglers.least)


def _fastest(cluster: models.ClusterSection) -> float:
    return max((group.speed for group in (cluster.groups or {}).values()), default=1.0)
