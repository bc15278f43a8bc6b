"""The planner of searches that share a cluster: it runs all cells under more and more seeds, the same for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from simulator.core.errors import InputError
from simulator.experiment.sharing import SharedExperiment
from simulator.io import inputs
from simulator.planning import extending, sweep
from simulator.planning.backend import WorkerPool
from simulator.planning.blocks import load_blocks, run_blocks
from simulator.planning.grid import STEP, Cell, Grid
from simulator.planning.runs import Runs
from simulator.planning.sharing.options import SharedOption, shared_options
from simulator.planning.sharing.runs import RUN, run_block
from simulator.planning.sources import anywhere, digests, warn_of_changes
from simulator.planning.store import Store
from simulator.planning.sweep import Block, Shape, Work
from simulator.scenario.loading import Loaded
from simulator.scenario.plan import PlanSection

#: Keys that only a plan over one search has.
NOT_HERE = ("start", "deadline", "budget", "price", "pilots", "pilot_sets")
#: Rough number of attempts that a task simulates, which is at least a second of work.
TASK = 10_000


@dataclass(frozen=True, eq=False)
class Choice:
    """All options of a plan in the grid's order, and which of them is taken."""

    plan: PlanSection
    options: tuple[SharedOption, ...]

    def does(self, option: SharedOption) -> bool:
        """Whether an option gets the share of searches that was asked for done in time."""
        share = option.surely if self.plan.choose_by == "lower_bound" else option.in_time.estimate
        return not option.overloaded and share >= self.plan.confidence

    @property
    def chosen(self) -> SharedOption | None:
        """The option to take of those that meet the target: the cheapest per year, or without prices the smallest."""
        able = [option for option in self.options if self.does(option)]
        return min(able, key=_expense, default=None)

    @property
    def named(self) -> SharedOption:
        """The chosen option, or else the one with the greatest share of searches done in time."""
        return self.chosen or max(self.options, key=lambda one: (not one.overloaded, one.in_time.estimate))


@dataclass(frozen=True, eq=False)
class SharedAnswer(Choice):
    """The answer: a choice from `runs` runs of each option; `why` says why there are no more.

    `fresh` has the figures of the named option from as many new runs, which were not used to choose it.
    """

    loaded: Loaded
    seed: int
    runs: int
    why: str
    fresh: SharedOption

    @property
    def stay(self) -> int:
        """The ticks within which searches should be done."""
        assert self.plan.target is not None
        assert self.plan.target.stay is not None
        return self.plan.target.stay


def answer_shared(
    loaded: Loaded,
    *,
    seed: int | None = None,
    folder: Path | None = None,
    resume: bool = False,
    extend: bool = False,
    pool: WorkerPool | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> SharedAnswer:
    """Answer the plan of a scenario whose searches share a cluster.

    `folder` keeps each finished block of runs, and with `resume` the plan goes on from these blocks. With `extend`,
    larger or smaller numbers of workers are tried too if the answer is the largest or smallest number in the grid.
    Raises InputError for what is wrong with the plan or the folder, RunError where a run fails.
    """
    first = loaded.scenario.seed if seed is None else seed

    def answered(scenario: Loaded, part: Path | None) -> SharedAnswer:
        return _answer_grid(scenario, first, part, pool or WorkerPool(), on_progress, resume=resume)

    with inputs.noted():
        found = answered(loaded, folder)
        if extend:
            found = extending.continued(found, answered, _more, check_shared, folder)
        warn_of_changes()
    return found


def check_shared(loaded: Loaded, on_progress: Callable[[int, int], None] | None = None) -> list[Cell]:
    """Make every cell of a plan over searches; raises InputError for missing keys, or keys of other plans.

    `on_progress` is called with the steps done and their total, as by `check_plan`.
    """
    plan = loaded.scenario.plan
    if plan is None:
        raise InputError(loaded.problem(("plan",), "is missing; say what to vary: `plan: {vary: {…: […]}}`"))
    problems = [
        loaded.problem(
            ("plan", key), "is asked of one search; of searches that share a cluster ask `target: {stay: …}`"
        )
        for key in NOT_HERE
        if key in plan.model_fields_set
    ]
    if plan.target is None or plan.target.stay is None:
        problems.append(loaded.problem(("plan", "target"), "searches share the cluster: give `target: {stay: 24 h}`"))
    if plan.replicates.settle is not None:
        message = "is for a plan of one search; leave it out"
        problems.append(loaded.problem(("plan", "replicates", "settle"), message))
    if problems:
        raise InputError(problems)
    grid = Grid(loaded)
    if len(grid) * plan.replicates.max > plan.limit:
        message = (
            f"is {plan.limit:,}, and {len(grid):,} cells of {plan.replicates.max:,} runs are more; vary less, lower "
            "replicates.max, or raise it"
        )
        raise InputError(loaded.problem(("plan", "limit"), message))
    cells = grid.cells(on_progress)
    known: dict[tuple[int, ...], SharedExperiment] = {}
    for done, cell in enumerate(cells):
        if on_progress and done % STEP == 0:
            on_progress(len(grid) + done, 2 * len(grid))
        kind = grid.kind(cell.index)
        if kind in known:
            known[kind].on_cluster_of(cell.loaded)
        else:
            known[kind] = SharedExperiment(cell.loaded, loaded.scenario.seed)
    return cells


def _answer_grid(
    loaded: Loaded,
    seed: int,
    folder: Path | None,
    pool: WorkerPool,
    on_progress: Callable[[int, int], None] | None,
    *,
    resume: bool,
) -> SharedAnswer:
    cells, plan = check_shared(loaded), Grid(loaded).plan
    files = digests(cells)
    work = Work(anywhere(loaded), seed, tuple(files.items()))
    store = None if folder is None else Store(folder, work, files, resume=resume, columns=RUN)
    with closing(store) if store else nullcontext():
        shape = _shape(work, plan, store)
        parts: list[Runs] = []

        def run(blocks: Sequence[Block], total: int) -> list[Runs]:
            there, missing = load_blocks(blocks, store)
            done = [runs for _, runs in there]
            _note(on_progress, [*parts, *done], total)
            for _, runs in run_blocks(missing, partial(run_block, work), pool, store):
                done.append(runs)
                _note(on_progress, [*parts, *done], total)
            return done

        begun = 0
        for replicates in sweep.rounds(shape, plan.replicates.min, plan.replicates.max):
            blocks = sweep.blocks(shape, len(cells), (begun, replicates))
            parts += run(blocks, replicates * len(cells))
            begun = replicates
            choice = Choice(plan, shared_options(cells, sweep.joined(parts), plan.assurance))
            width = choice.named.in_time.width
            if width <= plan.replicates.width:
                break
        cell = choice.named.cell
        spans = [(at, min(at + shape.replicates, begun)) for at in range(0, begun, shape.replicates)]
        blocks = [
            Block((cell.index, cell.index + 1), (sweep.FRESH + first, sweep.FRESH + last)) for first, last in spans
        ]
        again = run(blocks, begun * (len(cells) + 1))
        [fresh] = shared_options([cell], sweep.joined(again), plan.assurance)
    most = (
        "" if width <= plan.replicates.width or plan.replicates.min == plan.replicates.max else ", the most allowed"
    )
    why = f"{begun:,} runs of each option under the same seeds{most}: the interval of the option that is named spans"
    return SharedAnswer(
        plan=plan,
        options=choice.options,
        loaded=loaded,
        seed=seed,
        runs=begun,
        why=f"{why} {100 * width:.1f} points (limit {100 * plan.replicates.width:g})",
        fresh=fresh,
    )


def _note(on_progress: Callable[[int, int], None] | None, parts: list[Runs], total: int) -> None:
    if on_progress:
        on_progress(sum(map(len, parts)), total)


def _shape(work: Work, plan: PlanSection, store: Store | None) -> Shape:
    """The shape of the blocks, from the number of attempts in a run; a folder that is resumed has it already."""
    if store is not None and store.shape is not None:
        return store.shape
    attempts = int(sweep.checked(run_block(work, Block((0, 1), (0, 1))))["attempts"][0])
    most = plan.replicates.min if plan.replicates.min == plan.replicates.max else plan.replicates.min // 2
    shape = Shape(1, max(1, min(most, round(TASK / max(attempts, 1)))))
    if store is not None:
        store.begin(shape)
    return shape


def _more(found: SharedAnswer) -> Loaded | None:
    """The scenario with further numbers of workers if the answer is the largest or smallest; else None."""
    chosen = found.named
    counts = sorted({one.cell.count for one in found.options if one.cell.setting == chosen.cell.setting})
    return extending.extended(
        found.loaded, extending.beyond(counts, chosen.cell.count, enough=found.chosen is not None)
    )


def _expense(option: SharedOption) -> tuple[float, int]:
    return (option.owning.least if option.owning is not None else 0.0, option.cell.count)
