"""Blocks of runs: those that a folder has, and those that are still to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing

from simulator.planning import sweep
from simulator.planning.backend import WorkerPool
from simulator.planning.runs import Runs
from simulator.planning.store import Store
from simulator.planning.sweep import Block, Failure


def load_blocks(blocks: Iterable[Block], store: Store | None) -> tuple[list[tuple[Block, Runs]], list[Block]]:
    """The blocks that are in the folder, with their runs, and those that are still to be done."""
    there, missing = [], []
    for block in blocks:
        runs = store.load(block) if store else None
        if runs is None:
            missing.append(block)
        else:
            there.append((block, runs))
    return there, missing


def run_blocks(
    missing: Sequence[Block], run: Callable[[Block], Runs | Failure], pool: WorkerPool, store: Store | None
) -> Iterator[tuple[Block, Runs]]:
    """Run blocks in the processes of `pool`; yields each block with its runs as soon as the folder has them.

    Raises the error of a run that fails.
    """
    with closing(pool.run(run, missing, lambda block: block.name)) as running:
        for block, result in running:
            runs = sweep.checked(result)
            if store:
                store.save(block, runs)
            yield block, runs
