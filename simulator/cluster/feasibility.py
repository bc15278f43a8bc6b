"""Whether the longest job can be done before its worker, or the job itself, is lost."""

from __future__ import annotations

from math import inf, log1p

from simulator.cluster.durations import expected_completion
from simulator.cluster.fates import Conditions
from simulator.cluster.groups import MachineGroup

#: A job is hopeless if the probability to be done in one attempt is less than one in this number.
HOPELESS = 1e9


def loss_rate(conditions: Conditions, group: MachineGroup) -> float:
    """Losses per tick of a job running on a machine of `group`, on average."""
    rate = 0.0
    if conditions.drop is not None:
        rate -= log1p(-conditions.drop.probability) / conditions.drop.per
    return rate + absence_rate(group)


def absence_rate(group: MachineGroup) -> float:
    """How often a machine of `group` goes away, per tick that it is there."""
    rate = 0.0
    if group.failures is not None:
        rate += 1 / group.failures.uptime.mean
    preemption = group.preemption
    if preemption is not None and preemption.series:
        rate += len(preemption.series) / sum(up for up, _ in preemption.series)
    elif preemption is not None and preemption.up is not None:
        rate += 1 / preemption.up.mean
    return rate


def ticks_if_hopeless(
    conditions: Conditions, groups: tuple[MachineGroup, ...], ticks: float, units: int
) -> float | None:
    """The expected ticks until a job of `ticks` and `units` is done, if it is hopeless on every group; else None.

    Training between two checkpoints must succeed without a loss, and so must a machine's start and the overhead
    before training. The expected time is (exp(rate * t) - 1) / rate, divided by the probability that an attempt does
    not crash.
    """
    survival = 1 - conditions.crash
    stretches = _stretches(conditions, units)
    best = inf
    for group in groups:
        stretch = ticks / group.speed / stretches + _around(conditions)
        expected = expected_completion(stretch, loss_rate(conditions, group)) / survival if survival else inf
        start_up = expected_completion(group.start_up, absence_rate(group))
        if expected <= HOPELESS * stretch and start_up <= HOPELESS * group.start_up:
            return None
        best = min(best, stretches * expected + start_up)
    return best


def remedy(conditions: Conditions, groups: tuple[MachineGroup, ...], ticks: float, units: int) -> str:
    """What to change about a hopeless cluster: the part of it that takes longest, or a loss that is certain."""
    if conditions.crash * HOPELESS >= HOPELESS - 1:
        return "lower crashes: every attempt dies of one"
    if all(expected_completion(one.start_up, absence_rate(one)) > HOPELESS * one.start_up for one in groups):
        return "shorten worker_start, or let machines stay longer"
    if _around(conditions) > ticks / max(group.speed for group in groups) / _stretches(conditions, units):
        return "shorten trial_start, save and restore, or lose jobs less often"
    if _stretches(conditions, units) < units:
        return "save checkpoints more often, or lose jobs less often"
    return "lose jobs less often"


def _stretches(conditions: Conditions, units: int) -> int:
    """The number of parts of a job that end with a checkpoint."""
    recovery = conditions.recovery
    return -(-units // recovery.checkpoint_every) if recovery.on_loss == "resume" else 1


def _around(conditions: Conditions) -> int:
    """Ticks of an attempt in which nothing is trained."""
    overheads = conditions.overheads
    return overheads.save + overheads.trial_start + overheads.restore
