"""The cost of a run in counts instead of seconds: counts are exact, and show a quadratic mistake at once.

The counts are per attempt at a job, in a small search on few workers and in a large one on many: operations on heaps,
comparisons of losses, lines of Python, calls that may go through a whole container, and bytes. They must not grow,
except comparisons, which may grow with the logarithm.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from math import log
from typing import NamedTuple

import pytest

from simulator.cluster.durations import Weibull
from simulator.cluster.engine import Cluster, simulate
from simulator.cluster.fates import Conditions, Drop
from simulator.cluster.groups import MachineGroup, Preemption
from simulator.cluster.recording import ROW
from simulator.cluster.stragglers import LogNormal
from simulator.curves.synthetic import Law, Synthetic
from simulator.searchers import determined, halving, hyperband
from tests.support.worlds import UNIT, World

pytestmark = pytest.mark.slow

#: Trials and workers of the two sizes.
SMALL, LARGE = (2_000, 25), (8_000, 500)

#: Searches, made for a number of trials and of workers.
SEARCHES = {
    "asha": lambda trials, workers: halving.asha(max_trials=trials, max_length=64),
    "sha": lambda trials, workers: halving.sha(max_trials=trials, max_length=64),
    "async_hyperband": lambda trials, workers: hyperband.async_hyperband(max_trials=trials, max_length=64),
    "hyperband": lambda trials, workers: hyperband.hyperband(max_length=4**5 if trials == SMALL[0] else 4**6),
    "adaptive_asha": lambda trials, workers: determined.adaptive_asha(
        max_trials=trials, max_length=64, max_concurrent_trials=workers
    ),
    "stopping": lambda trials, workers: determined.async_halving(
        num_rungs=4, max_trials=trials, max_length=64, max_concurrent_trials=workers, stop_once=True
    ),
}  # fmt: skip

#: Clusters, made for a number of workers.
CLUSTERS = {
    "plain": Cluster,
    "queued": lambda workers: Cluster(workers, "queued"),
    "jobs in trouble": lambda workers: Cluster(
        workers, conditions=Conditions(LogNormal(0.5), drop=Drop(0.01, 30 * UNIT))
    ),
    "in trouble": lambda workers: Cluster(
        (MachineGroup(workers, preemption=Preemption(up=Weibull(600 * UNIT), down=Weibull(60 * UNIT))),),
        conditions=Conditions(LogNormal(0.5), drop=Drop(0.01, 30 * UNIT)),
    ),
}

#: Greatest number of lines of Python per attempt.
LINES = {"queued": 110, "jobs in trouble": 105, "in trouble": 205}

HEAP = frozenset({"heappush", "heappop", "heapreplace", "heappushpop", "heapify"})
PUSHES = HEAP - {"heappop", "heapify"}
#: Built-in functions and methods whose cost grows with the length of their argument.
WHOLE = frozenset(
    {
        "sorted",
        "sort",
        "sum",
        "min",
        "max",
        "any",
        "all",
        "index",
        "remove",
        "insert",
        "insort_left",
        "insort_right",
        "copy",
        "reverse",
    }
)


class Loss(float):
    """A loss that counts how often it is compared."""

    comparisons = 0
    __hash__ = float.__hash__

    def __neg__(self):
        return Loss(-float(self))


def _counting(name):
    plain = getattr(float, name)

    def compare(self, other):
        Loss.comparisons += 1
        return plain(self, other)

    return compare


for _name in ("__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__"):
    setattr(Loss, _name, _counting(_name))


def scattered(trial, resource):
    """Losses in no order, which change a little from rung to rung."""
    return Loss(((trial * 7919 + 17) % 10007 + (trial * 31 + resource) % 101) / 10007)


def uneven(trial, start, end):
    """Times that differ, so that workers become free one by one."""
    return (end - start) * (UNIT + trial * 7919 % UNIT)


def ours(frame):
    """Whether code belongs to the searchers, the cluster or SimPy."""
    name = frame.f_code.co_filename
    return "/simulator/searchers/" in name or "/simulator/cluster/" in name or "/simpy/" in name


class Counts(NamedTuple):
    """The counts of one run, per attempt at a job."""

    scheduled: float  # entries put on the heaps of the cluster and of SimPy: ends of jobs, and idle workers
    clock: float  # operations on those heaps
    heaps: float  # operations on the searcher's heaps
    comparisons: float  # of losses
    whole: float  # calls that may go through a whole container
    lines: float  # of Python


def counted(search: str, cluster: str, trials: int, workers: int) -> Counts:
    """Run twice, once under a profiler that counts calls and once under a tracer that counts lines."""
    calls: Counter[str] = Counter()
    lines = 0

    def profile(frame, event, arg):
        if event == "c_call" and ours(frame):
            if arg.__name__ in HEAP:
                calls["heaps" if "/searchers/" in frame.f_code.co_filename else "clock"] += 1
                calls["scheduled"] += arg.__name__ in PUSHES and "/searchers/" not in frame.f_code.co_filename
            elif arg.__name__ in WHOLE:
                calls["whole"] += 1

    def enter(frame, event, arg):
        return line if ours(frame) else None

    def line(frame, event, arg):
        nonlocal lines
        lines += event == "line"
        return line

    def run():
        return simulate(SEARCHES[search](trials, workers), World(scattered, uneven), CLUSTERS[cluster](workers))

    before = Loss.comparisons
    with watching(sys.setprofile, profile):
        attempts = len(run())
    compared = Loss.comparisons - before
    with watching(sys.settrace, enter):
        run()
    calls.update(comparisons=compared, lines=lines)
    return Counts(*(calls[name] / attempts for name in Counts._fields))


@contextmanager
def watching(register: Callable, watcher: Callable):
    """Set a profiler or a tracer, and put the earlier one back afterwards."""
    before = sys.getprofile() if register is sys.setprofile else sys.gettrace()
    register(watcher)
    try:
        yield
    finally:
        register(before)


@pytest.mark.parametrize(
    ("search", "cluster"),
    [
        *((search, "queued" if search in ("adaptive_asha", "stopping") else "plain") for search in SEARCHES),
        ("asha", "jobs in trouble"),
        ("asha", "in trouble"),
        ("sha", "in trouble"),
    ],
)
def test_a_job_costs_the_same_however_many_there_are(search, cluster):
    small = bounded(search, cluster, counted(search, cluster, *SMALL))
    large = bounded(search, cluster, counted(search, cluster, *LARGE))

    assert large.comparisons <= 1.1 * small.comparisons * log(LARGE[0]) / log(SMALL[0])
    assert large.whole <= small.whole + 0.5
    assert large.lines <= 1.1 * small.lines


def bounded(search, cluster, counts):
    """Check that the counts are those that a run of any size may have; returns them."""
    trouble = cluster == "in trouble"
    assert counts.scheduled <= (2.35 if trouble else 1.2)  # the end of a job, an idle worker, a worker that is called
    assert counts.clock <= (4.7 if trouble else 1.5)
    assert counts.heaps <= 2
    assert counts.comparisons <= 20
    assert counts.whole <= (1 if trouble else 0.5)  # insertions into a short list, the least of two, and similar
    assert counts.lines <= LINES.get(cluster, 88)  # SimPy's own lines among them
    return counts


@pytest.mark.parametrize(("cluster", "bound"), [("plain", 450), ("in trouble", 750)])
def test_a_job_takes_so_many_bytes(cluster, bound):
    """The bytes are those at the peak, with the trace, the searcher and the curves, but without what is kept between runs."""
    for trials, workers in (SMALL, LARGE):
        simulate(halving.asha(max_trials=trials, max_length=64), Synthetic(Law(), 0), CLUSTERS[cluster](workers))
        curves = Synthetic(Law(), 0)
        searcher = halving.asha(max_trials=trials, max_length=64)
        tracemalloc.start()
        try:
            attempts = len(simulate(searcher, curves, CLUSTERS[cluster](workers)))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak / attempts <= bound


def test_a_row_takes_so_many_bytes():
    assert ROW.size <= 80
