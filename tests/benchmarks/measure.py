"""Measurements on a machine that others use, too: the least CPU time of several turns, all in one process."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

Task = Callable[[], object]


def cpu(task: Task) -> float:
    """CPU seconds of a call, of all threads."""
    gc.collect()
    start = time.process_time()
    task()
    return time.process_time() - start


def without_gc(task: Task) -> Task:
    """The same task with the garbage collector off."""

    def run() -> None:
        gc.disable()
        try:
            task()
        finally:
            gc.enable()

    return run


def least(tasks: Mapping[str, Task], turns: int) -> dict[str, float]:
    """CPU seconds of each task, the least of several; tasks take turns, so that a busy spell affects them all."""
    spent = [{name: cpu(task) for name, task in tasks.items()} for _ in range(turns)]
    return {name: min(turn[name] for turn in spent) for name in tasks}


def exponent(jobs: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope of log(CPU) on log(jobs), by least squares."""
    return float(np.polyfit(np.log(jobs), np.log(seconds), 1)[0])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they must be, the first to the left."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in (head, *rows)
    )
