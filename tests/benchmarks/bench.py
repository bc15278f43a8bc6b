"""The time and memory that the simulator takes, as ratios measured in one run: against minimal loops and other
projects, by size, by stage, and of whole processes.

Speeds are jobs per CPU second. The two parts of a ratio took turns in one process; seconds are those of this machine.
`--quick` leaves out a million trials and the peers.
"""

from __future__ import annotations

import argparse
import os
import platform
from importlib.metadata import version
from itertools import count

from simulator.curves.synthetic import Synthetic
from tests.benchmarks import floors, peers, processes, stages
from tests.benchmarks.measure import Task, exponent, least, table, without_gc
from tests.benchmarks.memory import added
from tests.benchmarks.workload import LAW, LIBRARIES, TROUBLES, run

SIZES = (1_000, 10_000, 100_000, 1_000_000)
WORKERS = (25, 500, 10_000)
#: Smallest number of trials from which growth is computed; with fewer, constant costs matter too much.
GROWN = 10_000
#: Sizes of Hyperband: the trials of its first bracket, which is its length; all brackets have 1.4 times as many.
LENGTHS = (4**6, 4**7, 4**8, 4**9)


#: Seeds that were not used before, whose curves are not drawn yet.
UNSEEN = count(1)


def turns(trials: int) -> int:
    """The number of turns of a case; short cases have more turns."""
    return max(2, min(7, 200_000 // trials))


def against_floors(sizes: tuple[int, ...], workers: tuple[int, ...]) -> str:
    """ASHA against a plain heap loop and bare SimPy, with Python's garbage collector as it is and without."""
    rows, exponents = [], []
    for pool in workers:
        points = []
        for trials in sizes:
            jobs, spent = _floors(trials, pool)
            memory = added("asha", trials, pool)
            points.append((jobs, spent["ours"]))
            rows.append([
                f"{trials:,}", f"{pool:,}", f"{jobs:,}",
                *(f"{jobs / spent[name] / 1e3:,.0f}" for name in ("ours", "simpy", "heap")),
                *(f"{spent[floor] / spent['ours']:.2f}" for floor in ("simpy", "simpy, no gc", "heap")),
                f"{spent['simpy'] / spent['ours, curves too']:.2f}",
                f"{memory.run:,.0f}", f"{memory.curves:,.0f}",
            ])  # fmt: skip
        grown = [point for point in points if point[0] >= GROWN]
        if len(grown) > 1:
            exponents.append(f"{exponent(*zip(*grown, strict=True)):.3f} on {pool:,} workers")
    head = [
        "trials", "workers", "jobs", "k jobs/s", "SimPy", "heap loop", "of SimPy", "no gc", "of heap", "curves too",
        "MB run", "MB curves",
    ]  # fmt: skip
    return f"{table(head, rows)}\n\nGrowth from {GROWN:,} trials on: {', '.join(exponents)}"


def _floors(trials: int, workers: int) -> tuple[int, dict[str, float]]:
    """The jobs of a run, and the CPU seconds of the run and of its minimal loops."""
    curves = Synthetic(LAW, 0)
    trace = run("asha", trials, workers, curves)  # draws the curves
    work = floors.lengths(trace)
    tasks: dict[str, Task] = {
        "ours": lambda: run("asha", trials, workers, curves),
        "ours, curves too": lambda: run("asha", trials, workers, Synthetic(LAW, next(UNSEEN))),
        "simpy": lambda: floors.bare_simpy(work),
        "simpy, no gc": without_gc(lambda: floors.bare_simpy(work)),
        "heap": lambda: floors.heap_loop(work),
    }
    return len(trace), least(tasks, turns(trials))


def in_trouble(sizes: tuple[int, ...], workers: int) -> str:
    """Clusters in trouble; the minimal loop has as many timeouts as there were attempts."""
    rows = []
    for name in TROUBLES:
        for trials in sizes:
            attempts, spent = _floor_in_trouble(name, trials, workers)
            rows.append([
                name, f"{trials:,}", f"{attempts:,}", f"{attempts / spent['ours'] / 1e3:,.0f}",
                f"{spent['simpy'] / spent['ours']:.2f}",
            ])  # fmt: skip
    return table(["", "trials", "attempts", "k attempts/s", "of SimPy"], rows)


def _floor_in_trouble(trouble: str, trials: int, workers: int) -> tuple[int, dict[str, float]]:
    curves = Synthetic(LAW, 0)
    trace = run("asha", trials, workers, curves, trouble)
    work = floors.lengths(trace)
    tasks: dict[str, Task] = {
        "ours": lambda: run("asha", trials, workers, curves, trouble),
        "simpy": lambda: floors.bare_simpy(work),
    }
    return len(trace), least(tasks, turns(trials))


def growth(sizes: tuple[int, ...], lengths: tuple[int, ...], workers: int) -> str:
    """How CPU time grows with jobs, for every kind of searcher; curves drawn before."""
    rows = []
    for search in ("asha", "sha", "adaptive_asha", "async_hyperband", "hyperband"):
        points = [_size(search, size, workers) for size in (lengths if search == "hyperband" else sizes)]
        (least_jobs, first), *_, (most_jobs, last) = points
        rows.append([
            search, f"{least_jobs:,}–{most_jobs:,}", f"{least_jobs / first / 1e3:,.0f}",
            f"{most_jobs / last / 1e3:,.0f}", f"{exponent(*zip(*points, strict=True)):.3f}",
        ])  # fmt: skip
    return table(["", "jobs", "k jobs/s, least", "most", "exponent"], rows)


def _size(search: str, trials: int, workers: int) -> tuple[int, float]:
    """Jobs and CPU seconds."""
    curves = Synthetic(LAW, 0)
    jobs = len(run(search, trials, workers, curves))
    return jobs, least({"": lambda: run(search, trials, workers, curves)}, turns(trials))[""]


def libraries(trials: int, workers: int, turns: int = 5) -> str:
    """The libraries' rules beside `asha`, all on the same trials, whose curves were drawn before."""
    curves = Synthetic(LAW, 0)
    jobs = {name: len(run(name, trials, workers, curves)) for name in ("asha", *LIBRARIES)}
    tasks: dict[str, Task] = {name: (lambda name=name: run(name, trials, workers, curves)) for name in jobs}  # type: ignore[misc]
    spent = least(tasks, turns)
    speed = {name: jobs[name] / spent[name] for name in jobs}
    rows = [
        [name, f"{jobs[name]:,}", f"{speed[name] / 1e3:,.0f}", f"{speed[name] / speed['asha']:.2f}",
         f"{spent['asha'] / spent[name]:.2f}"]
        for name in jobs
    ]  # fmt: skip
    return table(["", "jobs", "k jobs/s", "of asha, by jobs", "by searches"], rows)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute's worth")
    quick = parser.parse_args().quick
    sizes = SIZES[:-1] if quick else SIZES
    print(
        f"Python {platform.python_version()}, SimPy {version('simpy')}, NumPy {version('numpy')}, "
        f"{os.cpu_count()} cores. Speeds are thousands of jobs a CPU second."
    )
    print(f"\nAgainst floors\n\n{against_floors(sizes, WORKERS[: 2 if quick else 3])}", flush=True)
    print(f"\nIn trouble, 500 workers\n\n{in_trouble(sizes[1:3], 500)}", flush=True)
    print(f"\nGrowth, 500 workers\n\n{growth(sizes[1:], LENGTHS[: len(sizes)], 500)}", flush=True)
    print(f"\nThe libraries' rules, 500 workers\n\n{libraries(10_000, 500)}", flush=True)
    print(f"\nStages, 500 workers\n\n{stages.compare(sizes, 3 if quick else 5)}", flush=True)
    print(f"\nWhole processes\n\n{processes.compare(3 if quick else 7)}", flush=True)
    if not quick:
        print(f"\nPeers, 25 workers\n\n{peers.compare((1_000, 4_000))}", flush=True)


if __name__ == "__main__":
    main()
