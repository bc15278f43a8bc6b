"""Whether the longest job has a chance to be done before its worker, or the job itself, is lost."""

from __future__ import annotations

from math import log1p

from simulator.cluster.conditions import Conditions
from simulator.cluster.pool import MachineGroup
from simulator.cluster.spans import expected_completion

#: With less chance than one in so many no job will be done in any run.
HOPELESS = 1e9


def loss_rate(conditions: Conditions, group: MachineGroup) -> float:
    """Losses per tick of a job running on a machine of `group`, on average."""
    rate = 0.0
    if conditions.drop is not None:
        rate -= log1p(-conditions.drop.probability) / conditions.drop.per
    return rate + absence_rate(group)


def absence_rate(group: MachineGroup) -> float:
    """How often a machine of `group` goes, per tick that it is there."""
    rate = 0.0
    if group.failures is not None:
        rate += 1 / group.failures.uptime.mean
    preemption = group.preemption
    if preemption is not None and preemption.series:
        rate += len(preemption.series) / sum(up for up, _ in preemption.series)
    elif preemption is not None and preemption.up is not None:
        rate += 1 / preemption.up.mean
    return rate


def hopeless(conditions: Conditions, groups: tuple[MachineGroup, ...], ticks: float, units: int) -> float | None:
    """The expected ticks of a job of `ticks` and `units` where it is hopeless on every group; None where it is not.

    A stretch without a checkpoint must be done in one go, and so must a machine's start and what comes before the
    training: the expected time is (exp(rate * t) - 1) / rate.
    """
    recovery, overheads = conditions.recovery, conditions.overheads
    stretches = -(-units // recovery.checkpoint_every) if recovery.on_loss == "resume" else 1
    best = float("inf")
    for group in groups:
        stretch = ticks / group.speed / stretches + overheads.save + overheads.trial_start + overheads.restore
        expected = expected_completion(stretch, loss_rate(conditions, group))
        start_up = expected_completion(group.start_up, absence_rate(group))
        if expected <= HOPELESS * stretch and start_up <= HOPELESS * group.start_up:
            return None
        best = min(best, stretches * expected + start_up)
    return best
