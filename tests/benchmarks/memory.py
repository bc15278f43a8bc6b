"""A run in a process of its own, which tells what the run adds to the process's peak memory."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from simulator.curves.synthetic import Synthetic
from tests.benchmarks.workload import LAW, draw, run

#: The kernel's own mark. That of getrusage starts where the process that started this one stood.
STATUS = Path("/proc/self/status")


class Added(NamedTuple):
    """Megabytes: of the curves, and on top of them of a run with its trace, at its peak. NaN but on Linux."""

    curves: float
    run: float


def added(search: str, trials: int, workers: int) -> Added:
    """What a run adds to a process that only imports."""
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
