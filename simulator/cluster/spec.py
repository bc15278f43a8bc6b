"""The specification of a cluster, and of when a run on it stops."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from simulator.cluster.fates import Conditions
from simulator.cluster.groups import MachineGroup, Policy
from simulator.core.errors import RunError


class StarvedError(RunError):
    """Work remains, and no worker will ever do it."""


Assignment = Literal["on_demand", "queued"]


@dataclass(frozen=True)
class Cluster:
    """A pool of workers, and how it hands out work.

    `groups` are its machines, or a number of equal workers that never fail. `assignment`: on_demand asks the searcher
    when a worker is free; queued asks it after each report until it says WAIT, and jobs queue first-in first-out
    (Determined). `resume`: a promoted trial goes on from its last result, else it is trained again from zero.
    `policy` says which idle worker is taken first. `max_wait` is the number of ticks without any worker after which
    the run is given up. `decision_time` is the number of ticks that the scheduler takes to give out a job; it gives
    out one job after the other, and each job's worker waits until then.
    """

    groups: tuple[MachineGroup, ...] | int
    assignment: Assignment = "on_demand"
    resume: bool = True
    policy: Policy = "fastest"
    slots_per_trial: int = 1
    conditions: Conditions = field(default_factory=Conditions)
    max_wait: int | None = None
    decision_time: int = 0

    @property
    def constant(self) -> bool:
        """Whether the workers are equal, come all at once and stay; jobs may be lost, and are tried again at once."""
        [group, *others] = self.machines
        patient = self.max_wait is None or group.opening <= self.max_wait
        at_once = self.conditions.recovery.at_once and not self.decision_time
        return group.stays and not others and patient and at_once

    @property
    def plain(self) -> bool:
        """Whether every job takes exactly its curve's time, on any worker."""
        return self.conditions.ideal and all(group.speed == 1 for group in self.machines)

    @property
    def trouble_free(self) -> bool:
        """Whether nothing can go wrong: the cluster is constant and plain, and can work from the start."""
        return self.constant and self.plain and self.machines[0].steady

    @property
    def machines(self) -> tuple[MachineGroup, ...]:
        """The groups of machines."""
        return (MachineGroup(self.groups),) if isinstance(self.groups, int) else self.groups


@dataclass(frozen=True)
class Stop:
    """When a run stops: at tick `time`, at a result of `loss` or better, or when it has cost `cost`.

    It also stops after `full_length` fully trained trials. `full_loss` is like `loss`, but only results of fully
    trained trials count.
    """

    time: int | None = None
    loss: float | None = None
    full_length: int | None = None
    cost: float | None = None
    full_loss: float | None = None
