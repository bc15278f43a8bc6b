"""The planner: answers the plan of a scenario, replicate by replicate until the answer is sure enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

from simulator.experiment.replicates import Replicates
from simulator.io import inputs
from simulator.planning import extending, sweep, turning
from simulator.planning.advice import Advice, advise, settled
from simulator.planning.backend import WorkerPool
from simulator.planning.blocks import load_blocks, run_blocks
from simulator.planning.cells import check_plan, sound_cells
from simulator.planning.grid import Cell, Grid
from simulator.planning.ignorance import OF_SET, Ignorance, ignorance
from simulator.planning.options import Option, option, options
from simulator.planning.origin import origin
from simulator.planning.runs import BILLS, Runs, at_prices
from simulator.planning.sensitivity import LEAST, MOST, Variation, quantities, variations
from simulator.planning.sources import anywhere, digests, warn_of_changes
from simulator.planning.store import Store
from simulator.planning.sweep import Block, Probe, Shape, Work
from simulator.planning.turning import Turn, Turning, growth
from simulator.scenario import curves as curve_models
from simulator.scenario.loading import Loaded
from simulator.scenario.plan import PlanSection

#: Called with the number of runs done and their total.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer of a plan.

    `why` says why there are no more replicates, and `origin` says where the trials come from. `fresh` has the figures
    of the recommended option, or of the nearest one, under as many new seeds: an option that was chosen for good
    figures is usually worse than these figures. The sensitivity is computed under the same new seeds. `turns` are the
    changes that turn the decision, the nearest first; None if the plan has no deadline and no budget.
    """

    loaded: Loaded
    plan: PlanSection
    seed: int
    replicates: int
    why: str
    origin: str
    advice: Advice
    fresh: Option
    sensitivity: tuple[tuple[Variation, Option], ...]
    turns: tuple[Turn, ...] | None


def answer(
    loaded: Loaded,
    *,
    seed: int | None = None,
    folder: Path | None = None,
    resume: bool = False,
    extend: bool = False,
    pool: WorkerPool | None = None,
    on_progress: Progress | None = None,
) -> Answer:
    """Answer the plan of a scenario.

    `folder` keeps each finished block, and with `resume` the plan goes on from these blocks. With `extend`, larger or
    smaller numbers of workers are tried too if the answer is the largest or smallest number in the grid. Raises
    InputError for what is wrong with the plan or the folder, RunError where a run fails.
    """
    pool = pool or WorkerPool()

    def answered(scenario: Loaded, part: Path | None) -> Answer:
        return _answer_grid(scenario, seed, part, pool, on_progress, resume=resume)

    def more(found: Answer) -> Loaded | None:
        return extending.extended(found.loaded, extending.beyond_advice(found.advice))

    with inputs.noted():  # every process reads each file anew
        found = answered(loaded, folder)
        if extend:
            found = extending.continued(found, answered, more, check_plan, folder)
        warn_of_changes()
    return found


def _answer_grid(
    loaded: Loaded,
    seed: int | None,
    folder: Path | None,
    pool: WorkerPool,
    on_progress: Progress | None,
    *,
    resume: bool,
) -> Answer:
    seed = loaded.scenario.seed if seed is None else seed
    grid, work = Grid(loaded), Work(anywhere(loaded), seed)
    cells = sound_cells(grid, work, pool)
    tables = digests(cells)
    work = replace(work, tables=tuple(tables.items()))  # processes that go on must forget what they read
    store = None if folder is None else Store(folder, work, tables, resume=resume)
    with closing(store) if store else nullcontext():
        return _Planner(grid, cells, work, pool, store, on_progress).answer()


class _Planner:
    """The state of one plan."""

    def __init__(
        self,
        grid: Grid,
        cells: Sequence[Cell],
        work: Work,
        pool: WorkerPool,
        store: Store | None,
        on_progress: Progress | None,
    ) -> None:
        self._grid, self._cells, self._work, self._pool, self._store = grid, cells, work, pool, store
        self._on_progress = on_progress
        self._searchers = sum(len(cell.loaded.scenario.searchers) for cell in cells)  # the searchers of all cells
        self._parts: list[Runs] = []
        self._unknown: dict[tuple[int, int], Ignorance] = {}
        self._sets: Runs | None = None  # runs with drawn sets of pilots and drawn clusters
        self._done = 0

    def answer(self) -> Answer:
        plan, shape = self._grid.plan, self._shape()
        begun = 0
        for replicates in sweep.rounds(shape, plan.replicates.min, plan.replicates.max):
            blocks = sweep.blocks(shape, len(self._cells), (begun, replicates))
            self._run(blocks, self._done + (replicates - begun) * self._searchers)
            begun = replicates
            advice = self._advice()
            enough, why = _enough(advice, plan, replicates)
            if enough:
                break
        advice, most = settled(advice, begun, plan.replicates.settle or begun, self._more)
        if most > begun:
            why += f"; the options that may be the answer had up to {most:,}, to settle which of them are as good"
        self._unknown = self._not_known()
        if self._unknown:
            advice = self._advice()
        fresh, sensitivity = self._again(advice, begun)
        return Answer(
            loaded=self._grid.loaded,
            plan=plan,
            seed=self._work.seed,
            replicates=begun,
            why=why,
            origin=self._origin((advice.chosen or advice.nearest).cell),
            advice=advice,
            fresh=fresh,
            sensitivity=tuple(sensitivity),
            turns=self._turns(advice, begun),
        )

    def _advice(self) -> Advice:
        """The advice from all runs so far, and from what is unknown about the options."""
        plan = self._grid.plan
        return advise(options(self._cells, sweep.joined(self._parts), plan, self._unknown), plan)

    def _more(self, these: Sequence[Option], replicates: int) -> Advice:
        """The advice after some options have been run up to so many replicates."""
        blocks = [block for one in these for block in self._blocks_of(one, one.replicates, replicates)]
        self._run(blocks, self._done + sum(replicates - one.replicates for one in these))
        return self._advice()

    def _blocks_of(
        self, one: Option, begin: int, end: int, under: Sequence[Variation | None] = (None,)
    ) -> list[Block]:
        """Blocks of the replicates of an option from one number up to (not with) another, under each variation."""
        index, searcher = one.cell.index, _searcher(one)
        seen = _runs_of(sweep.joined(self._parts), one.cell, searcher)
        step = Probe(float(seen["attempts"].mean()), 0.0).shape(1).replicates
        return [
            Block((index, index + 1), (at, min(at + step, end)), variation, searcher)
            for variation in under
            for at in range(begin, end, step)
        ]

    def _not_known(self) -> dict[tuple[int, int], Ignorance]:
        """The uncertainty from pilots and calibrated clusters about each option, by cell and searcher.

        It is estimated from runs with drawn sets of pilots and drawn clusters.
        """
        pilots = _pilots_of(self._cells, self._work.seed)
        uncertain = {cell.index: bool(cell.loaded.scenario.cluster.uncertainty) for cell in self._cells}
        if not any(count for count, _ in pilots.values()) and not any(uncertain.values()):
            return {}
        numbers = (sweep.SETS, sweep.SETS + (1 + _sets_of(self._cells, self._grid.plan)) * OF_SET)
        blocks = sweep.blocks(self._shape(), len(self._cells), numbers)
        pairs = self._run(blocks, self._done + (numbers[1] - numbers[0]) * self._searchers)
        self._sets, found = sweep.joined([runs for _, runs in pairs]), {}
        for cell in self._cells:
            (count, times), calibrated = pilots[cell.index], uncertain[cell.index]
            if count is None and not calibrated:
                continue
            for searcher, spec in enumerate(cell.loaded.scenario.searchers.values()):
                sets = _runs_of(self._sets, cell, searcher)
                rungs = len(spec.build().resources)
                share = float(spec.promotes_one_in or 1) ** (1 - rungs)
                found[cell.index, searcher] = ignorance(count, share, sets, cluster=calibrated, unit_times=times)
        return found

    def _turns(self, advice: Advice, replicates: int) -> tuple[Turn, ...] | None:
        """The changes that turn the decision, nearest first; None if the plan has no deadline and no budget."""
        plan = self._grid.plan
        if plan.deadline is None and plan.budget is None:
            return None
        there = turning.contenders(advice)
        places = [(one.cell, _searcher(one)) for one in there]
        seen = sweep.joined(self._parts)
        own = [_runs_of(seen, *place) for place in places]
        looks = min(turning.LOOKS, replicates)
        varied = [
            Variation(quantity, end) for quantity in quantities([cell for cell, _ in places]) for end in (LEAST, MOST)
        ]
        blocks = {
            (variation, place): Block((cell.index, cell.index + 1), (0, looks), variation, searcher)
            for variation in varied
            for place, (cell, searcher) in enumerate(places)
            if variation.changes(cell)
        }
        runs = dict(self._run(list(blocks.values()), self._done + looks * len(blocks)))
        decision = Turning(there, own, [self._unknown.get((cell.index, at)) for cell, at in places], plan)
        found: list[Turn] = []
        for quantity in dict.fromkeys(variation.quantity for variation in varied):
            ends = [
                [
                    growth(own[place][:looks], runs[blocks[variation, place]])
                    if (variation, place) in blocks
                    else turning.Growth()
                    for place in range(len(there))
                ]
                for variation in (Variation(quantity, LEAST), Variation(quantity, MOST))
            ]
            found += decision.turns(quantity, *ends)
        if advice.priced:
            found += decision.priced(list(dict.fromkeys(one.cell.setting for one in there)))
        if self._sets is not None:
            sets = [
                _runs_of(self._sets, cell, at) if (cell.index, at) in self._unknown else None for cell, at in places
            ]
            found += decision.not_known(sets)
        return tuple(sorted(found, key=lambda turn: turn.far))

    def _origin(self, cell: Cell) -> str:
        """A sentence on the origin of a cell's trials, and on whether other cells have other curves."""
        recorded = Replicates(cell.loaded, 1, self._work.seed).recorded
        told = origin(cell.loaded, recorded, self._grid.plan.pilots)
        alike = all(other.loaded.scenario.curves == cell.loaded.scenario.curves for other in self._cells)
        return told if alike else f"{told} Other options have other curves."

    def _shape(self) -> Shape:
        """The shape of the blocks; a folder that is resumed has it already."""
        shape = self._store.shape if self._store else None
        if shape is None:
            shape = sweep.probe(self._work).shape(len(self._cells), self._grid.plan.replicates)
            if self._store:
                self._store.begin(shape)
        return shape

    def _run(self, blocks: Sequence[Block], total: int) -> list[tuple[Block, Runs]]:
        """Run the blocks that are not in the folder yet; returns the runs of each block.

        Runs are noted unless they are of a variation.
        """
        found = []
        there, missing = load_blocks(blocks, self._store)
        run = partial(sweep.run_block, self._work)
        for block, in_hours in chain(there, run_blocks(missing, run, self._pool, self._store)):
            runs = at_prices(in_hours, self._cells)
            found.append((block, runs))
            self._note(block, runs, total)
        return found

    def _note(self, block: Block, runs: Runs, total: int) -> None:
        if block.variation is None and block.replicates[0] < sweep.FRESH:
            self._parts.append(runs)
        self._done += len(runs)
        if self._on_progress:
            self._on_progress(self._done, total)

    def _again(self, advice: Advice, replicates: int) -> tuple[Option, list[tuple[Variation, Option]]]:
        """The chosen option, or the nearest, on fresh replicates; and the same under variations."""
        plan = self._grid.plan
        chosen = advice.chosen or advice.nearest
        cell, searcher = chosen.cell, _searcher(chosen)
        varied = list(variations(cell, priced=advice.priced))
        simulated = [None, *(variation for variation in varied if variation.simulated)]
        blocks = self._blocks_of(chosen, sweep.FRESH, sweep.FRESH + replicates, simulated)
        pairs = self._run(blocks, self._done + len(simulated) * replicates)

        def runs_of(variation: Variation | None) -> Runs:
            return sweep.joined([part for block, part in pairs if block.variation == variation])

        own, found = runs_of(None), []
        unknown = self._unknown.get((cell.index, searcher))
        for variation in varied:
            if not variation.simulated:
                runs = own.copy()
                for name in BILLS:
                    runs[name] *= variation.factor
            else:
                runs = runs_of(variation)
            found.append((variation, option(cell, searcher, runs, plan, unknown)))
        return option(cell, searcher, own, plan, unknown), found


def _searcher(one: Option) -> int:
    """The number of an option's searcher."""
    return list(one.cell.loaded.scenario.searchers).index(one.label)


def _runs_of(runs: Runs, cell: Cell, searcher: int) -> Runs:
    """The runs of a cell with one of its searchers."""
    found: Runs = runs[(runs["cell"] == cell.index) & (runs["searcher"] == searcher)]
    return found


def _sets_of(cells: Sequence[Cell], plan: PlanSection) -> int:
    """The number of sets of pilots: what the plan says, but not more than the number of laws that the fit kept."""
    curves = (cell.loaded.scenario.curves for cell in cells)
    kept = [len(one.others) for one in curves if isinstance(one, curve_models.SyntheticSection) and one.others]
    return min(plan.pilot_sets, *kept) if kept else plan.pilot_sets


def _pilots_of(cells: Sequence[Cell], seed: int) -> dict[int, tuple[int | None, Sequence[float]]]:
    """The number of pilots behind each cell's trials, and their times per unit; a file is read once."""
    known: dict[str, tuple[int | None, Sequence[float]]] = {}
    for cell in cells:
        kind = repr(cell.loaded.scenario.curves)
        if kind not in known:
            made = Replicates(cell.loaded, 1, seed)
            known[kind] = made.pilots, made.unit_times
    return {cell.index: known[repr(cell.loaded.scenario.curves)] for cell in cells}


def _enough(advice: Advice, plan: PlanSection, replicates: int) -> tuple[bool, str]:
    """Whether the intervals of the options in the answer are as narrow as asked for, and a text about it."""
    named = [one.chosen for one in advice.series if one.chosen is not None] or [advice.nearest]
    asked = plan.replicates.width
    if not plan.asked:
        widest = max(option.mean_time_s.width / option.mean_time_s.estimate for option in named)
        what = f"{100 * widest:.1f} % of the mean time (limit {100 * asked:g} %)"
    else:
        widest = max(option.met.width for option in named)
        what = f"{100 * widest:.1f} points (limit {100 * asked:g})"
    if widest <= asked:
        return True, f"{replicates:,} replicates: the widest interval spans {what}"
    return False, f"{replicates:,} replicates, the most allowed: the widest interval still spans {what}"
