"""The sweep: blocks of runs, each a task that runs here or in a process that joblib reaches.

A block is some replicates of some cells. Its results depend only on the scenario, the seed and its bounds, so the
figures are the same to the last bit on any number of processes and machines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, inf
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import numpy as np

from simulator.core.errors import InputError, Problem, RunError
from simulator.core.garbage import uncollected
from simulator.experiment.replicates import Replicate, Replicates, replicates
from simulator.io import inputs
from simulator.planning.grid import Cell, Grid
from simulator.planning.ignorance import OF_SET
from simulator.planning.runs import Row, Runs, simulate, with_hours
from simulator.planning.sensitivity import Variation
from simulator.scenario import uncertainty
from simulator.scenario.loading import Loaded
from simulator.scenario.plan import MOST
from simulator.scenario.plan import ReplicatesSection as Wanted

#: Rough number of attempts that a task simulates, which is at least half a second of work.
TASK = 120_000
#: Number of the first fresh replicate. The chosen option's figures are computed from the fresh replicates.
FRESH = MOST
#: Number of the first replicate with other pilots. There are `OF_SET` replicates for each set of pilots, with the
#: same seeds in all sets. The first set stands for endlessly many pilots.
SETS = 2 * MOST
#: Number of cells that are run to estimate how long the others take.
PROBES = 12


State = TypeVar("State")


class Block(NamedTuple):
    """A block: replicates and cells, each from the first up to but not including the last, maybe with a variation.

    `searcher` is the index of a searcher; None means all searchers.
    """

    cells: tuple[int, int]
    replicates: tuple[int, int]
    variation: Variation | None = None
    searcher: int | None = None

    @property
    def name(self) -> str:
        """The block's name in messages."""
        (first, last), (begin, end) = self.cells, self.replicates
        text = f"replicates {begin} to {end - 1} of cells {first} to {last - 1}"
        return text if self.variation is None else f"{text}, {self.variation.name}"

    @property
    def file(self) -> str:
        """The beginning of the name of the block's file."""
        (first, last), (begin, end) = self.cells, self.replicates
        text = f"replicates-{begin:06}-{end:06}-cells-{first:05}-{last:05}"
        if self.searcher is not None:
            text = f"{text}-searcher-{self.searcher:02}"
        if self.variation is None:
            return text
        text += f"-searcher-{self.searcher or 0:02}"
        return f"{text}-{self.variation.quantity.replace(' ', '-')}-x{self.variation.factor:g}"


class Shape(NamedTuple):
    """Cells and replicates of a block."""

    cells: int
    replicates: int


@dataclass(frozen=True)
class Probe:
    """Figures of a few trial runs: attempts and seconds of one replicate of one cell with all its searchers."""

    attempts: float
    seconds: float

    def shape(self, cells: int, wanted: Wanted | None = None) -> Shape:
        """Blocks of about `TASK` attempts; cells of one replicate come first, since they share its trials.

        If the number of replicates is not fixed, a block has at most half of the least number.
        """
        width = min(cells, max(1, int(TASK / max(self.attempts, 1))))
        most = inf if wanted is None or wanted.min == wanted.max else max(1, wanted.min // 2)
        return Shape(width, int(min(most, max(1, round(TASK / max(self.attempts * width, 1))))))


@dataclass(frozen=True)
class Work:
    """The data that every task needs: the scenario, the seed, and the digests of the files that it reads."""

    loaded: Loaded
    seed: int
    tables: tuple[tuple[str, str], ...] = ()

    @property
    def expected(self) -> dict[str, str]:
        """The absolute paths of these files, and their SHA-256."""
        return {os.path.abspath(self.loaded.folder / name): digest for name, digest in self.tables}  # noqa: PTH100


class Failure(NamedTuple):
    """Returned by a task instead of an exception, since not every backend passes exceptions on intact."""

    text: str
    problems: tuple[Problem, ...] = ()  # problems of the input; empty if the run failed


class _ProcessState:
    """What a process keeps between tasks of the same work: its cells, and the tables that it has read."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.grid = Grid(work.loaded)
        self._cells: dict[int, Cell] = {}
        self._kinds: dict[int, str] = {}
        self._replicates: dict[str, Replicates] = {}

    def cell(self, index: int) -> Cell:
        if index not in self._cells:
            self._cells[index] = self.grid.cell(index)
        return self._cells[index]

    def kind(self, cell: Cell) -> str:
        """The kind of a cell; cells of one kind meet the same trials."""
        if cell.index not in self._kinds:
            scenario = cell.loaded.scenario
            self._kinds[cell.index] = f"{scenario.curves!r} {scenario.smaller_is_better}"
        return self._kinds[cell.index]

    def replicates(self, cell: Cell) -> Replicates:
        kind = self.kind(cell)
        if kind not in self._replicates:
            self._replicates[kind] = replicates(cell.loaded, SETS, self.work.seed)
        return self._replicates[kind]


_states: dict[tuple[object, ...], Any] = {}


def state_of(work: Work, make: Callable[[Work], State]) -> State:
    """What this process keeps between tasks of the same work; `make` makes it anew for other work."""
    key = make, str(work.loaded.document.path), work.loaded.digest, work.seed, work.tables
    if key not in _states:
        _states.clear()
        _states[key] = make(work)
    state: State = _states[key]
    return state


def guarded(work: Work, simulated: Callable[[], Runs]) -> Runs | Failure:
    """Run a task on the files of `work`, none of which may have been replaced since the plan began."""
    try:
        with inputs.noted(work.expected):
            return simulated()
    except InputError as error:
        return Failure(str(error), error.problems)
    except RunError as error:
        return Failure(str(error))


def run_block(work: Work, block: Block) -> Runs | Failure:
    """Run a block; returns an array of `with_hours`, in order of replicate, cell and searcher."""
    with uncollected():
        return guarded(work, lambda: _kept(list(_rows(state_of(work, _ProcessState), block))))


def _kept(rows: Sequence[Row]) -> Runs:
    """Rows as an array; a cell with fewer groups than another cell has 0 paid hours for the missing groups."""
    most = max((len(row[-1][0]) for row in rows), default=1)
    filled = [(*row[:-1], [(*paid, *[0.0] * (most - len(paid))) for paid in row[-1]]) for row in rows]
    return np.array(filled, with_hours(most))


def _rows(state: _ProcessState, block: Block) -> Iterator[Row]:
    cells = [state.cell(index) for index in range(*block.cells)]
    if block.variation is not None:
        cells = [block.variation.of(cell) for cell in cells]
    for number in range(*block.replicates):
        several = {state.kind(cell): state.replicates(cell) for cell in cells}
        here = {kind: _replicate(replicates, number) for kind, replicates in several.items()}
        for cell in map(partial(_drawn, state.work.seed, number), cells):
            searchers = range(len(cell.loaded.scenario.searchers)) if block.searcher is None else (block.searcher,)
            for searcher in searchers:
                yield simulate(cell, searcher, here[state.kind(cell)], state.grid.plan.target)


def _drawn(seed: int, number: int, cell: Cell) -> Cell:
    """The cell of replicate `number`; in replicates with other pilots, its cluster is drawn from its uncertainty."""
    cluster = cell.loaded.scenario.cluster
    if number < SETS + OF_SET or not cluster.uncertainty:  # the first set has the cluster as calibrated
        return cell
    cluster = uncertainty.drawn(cluster, seed, (number - SETS) // OF_SET)
    scenario = cell.loaded.scenario.model_copy(update={"cluster": cluster})
    return replace(cell, loaded=replace(cell.loaded, scenario=scenario))


def _replicate(replicates: Replicates, number: int) -> Replicate:
    """A replicate by its number in blocks; if there are no pilots to draw from, it is an ordinary one."""
    if number < SETS:
        return replicates[number]
    drawn, within = divmod(number - SETS, OF_SET)
    return replicates[within] if replicates.pilots is None else replicates.among(drawn, within)


def probe(work: Work) -> Probe:
    """Run one replicate of a few cells from all over the grid; raises the errors of these runs."""
    state = state_of(work, _ProcessState)
    indices = sorted({round(place) for place in np.linspace(0, len(state.grid) - 1, PROBES)})
    began, attempts = perf_counter(), 0
    for index in indices:
        attempts += int(_kept(list(_rows(state, Block((index, index + 1), (0, 1)))))["attempts"].sum())
    return Probe(attempts / len(indices), (perf_counter() - began) / len(indices))


def blocks(shape: Shape, cells: int, replicates: tuple[int, int]) -> list[Block]:
    """Divide the replicates between two numbers into blocks; both are multiples of the shape's replicates."""
    return [
        Block((first, min(first + shape.cells, cells)), (begin, min(begin + shape.replicates, replicates[1])))
        for begin in range(replicates[0], replicates[1], shape.replicates)
        for first in range(0, cells, shape.cells)
    ]


def rounds(shape: Shape, least: int, most: int) -> Iterator[int]:
    """Numbers of replicates at which to check whether they are enough: each 1.5 times the last, in whole blocks."""
    wanted = least
    while wanted < most:
        whole = min(ceil(wanted / shape.replicates) * shape.replicates, most)
        yield whole
        if whole == most:
            return
        wanted = max(ceil(1.5 * whole), whole + 1)
    yield most


def checked(done: Runs | Failure) -> Runs:
    """The runs of a task; raises the task's error."""
    if not isinstance(done, Failure):
        return done
    raise InputError(done.problems) if done.problems else RunError(done.text)


def joined(parts: Sequence[Runs]) -> Runs:
    """All runs in order of cell, searcher and replicate."""
    runs = np.concatenate(parts)
    return runs[np.lexsort((runs["replicate"], runs["searcher"], runs["cell"]))]
