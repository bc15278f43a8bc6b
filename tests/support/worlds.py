"""Tiny worlds that tests build in a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from simulator.cluster.engine import Cluster, simulate
from simulator.core import ticks

#: Ticks of one unit in the papers' worlds.
UNIT = ticks.PER_SECOND


@dataclass(frozen=True)
class World:
    """Curves by formula: ticks of a job and loss of a trial at a resource."""

    loss: Callable[[int, int], float] = lambda trial, resource: float(trial)
    ticks: Callable[[int, int, int], int] = lambda trial, start, end: (end - start) * UNIT
    trials: None = None

    def reach(self, resources):
        return None

    def train(self, trial, from_resource, to_resource):
        return self.ticks(trial, from_resource, to_resource), self.loss(trial, to_resource), None


class Mortal(World):
    """Trial 1 dies half way through its first job, by `exit`."""

    def __init__(self, exit_):
        super().__init__()
        object.__setattr__(self, "exit", exit_)

    def train(self, trial, from_resource, to_resource):
        if trial == 1:
            return UNIT // 2, inf, self.exit
        return super().train(trial, from_resource, to_resource)


def shuffled(trial: int, resource: int = 0) -> float:
    """Losses in no order of trials, the same at every resource."""
    return ((trial * 7919 + 17) % 10007) / 10007


def makespan(searcher, workers, *, resume=True, loss=shuffled, ticks=None):
    """Length of a run, in units."""
    world = World(loss) if ticks is None else World(loss, ticks)
    return simulate(searcher, world, Cluster(workers, resume=resume)).makespan / UNIT
