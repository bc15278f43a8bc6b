"""A run in a separate process, which prints how much the run adds to the process's peak memory."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from simulator.curves.synthetic import Synthetic
from tests.benchmarks.workload import LAW, draw, run

#: The kernel's own peak. The one of getrusage begins at that of the parent process.
STATUS = Path("/proc/self/status")


class Added(NamedTuple):
    """Megabytes that the curves add, and that a run with its trace adds at its peak. NaN on systems other than Linux."""

    curves: float
    run: float


def added(search: str, trials: int, workers: int) -> Added:
    """The megabytes that a run adds to a process that only imports."""
    if not STATUS.exists():
        return Added(float("nan"), float("nan"))
    drawn = _peak(search, trials, 0)
    return Added((drawn - _importing()) / 1000, (_peak(search, trials, workers) - drawn) / 1000)


@cache
def _importing() -> int:
    return _peak("asha", 0, 0)


def _peak(search: str, trials: int, workers: int) -> int:
    command = [sys.executable, "-m", "tests.benchmarks.memory", search, str(trials), str(workers)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def main(search: str, trials: int, workers: int) -> None:
    """Print the peak in kB of drawing curves and, on any workers, of a run on them."""
    curves = Synthetic(LAW, 0)
    draw(curves, trials)
    trace = run(search, trials, workers, curves) if workers else None
    [peak] = re.findall(r"VmHWM:\s*(\d+) kB", STATUS.read_text())
    assert trace is None or len(trace) >= trials
    print(peak)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
