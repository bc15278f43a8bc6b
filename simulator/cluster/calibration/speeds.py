"""Differences between workers: groups of equal speed, or a factor for each worker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.calibration.estimate import Estimate, mean
from simulator.cluster.calibration.families import ALIKE

#: Workers count as different if equal workers would differ as much with less than this probability.
DIFFER = 0.001
#: The differences inside a group of equal speed must have at least this probability by chance.
TOGETHER = 0.01
MOST_GROUPS = 3

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Speeds:
    """Groups of workers (`members`: their numbers) with each group's factor; with `apart` each worker is a group."""

    members: tuple[tuple[int, ...], ...]
    factors: tuple[Estimate, ...]
    apart: bool


def speeds(worker: NDArray[np.int64], factor: Values) -> Speeds:
    """Find groups from the attempts' workers and factors, both of shape (n,); one group unless more are evident."""
    logs = np.log(factor)
    numbers = np.unique(worker)
    everybody = (tuple(numbers.tolist()),)
    if _chance(worker, logs) >= DIFFER:
        return Speeds(everybody, (mean(factor, "attempt"),), apart=False)
    means = np.array([logs[worker == number].mean() for number in numbers])
    order = np.argsort(means)
    for count in range(2, MOST_GROUPS + 1):
        cuts = np.sort(np.argsort(np.diff(means[order]))[-(count - 1) :] + 1)
        parts = [numbers[part] for part in np.split(order, cuts)]
        if all(_chance(worker[np.isin(worker, part)], logs[np.isin(worker, part)]) >= TOGETHER for part in parts):
            members = tuple(tuple(sorted(part.tolist())) for part in parts)
            found = tuple(mean(factor[np.isin(worker, part)], "attempt") for part in parts)
            return Speeds(members, found, apart=False)
    each = tuple((int(number),) for number in numbers)
    return Speeds(each, tuple(mean(factor[worker == number], "attempt") for number in numbers), apart=True)


def _chance(worker: NDArray[np.int64], logs: Values) -> float:
    """The probability that equal workers differ as much: one-way analysis of variance of the logarithms."""
    from scipy.stats import f

    numbers, place = np.unique(worker, return_inverse=True)
    count = np.bincount(place)
    if len(numbers) < 2 or len(logs) <= len(numbers):  # noqa: PLR2004
        return 1.0
    means = np.bincount(place, logs) / count
    between = float((count * (means - logs.mean()) ** 2).sum()) / (len(numbers) - 1)
    within = float(((logs - means[place]) ** 2).sum()) / (len(logs) - len(numbers))
    if np.ptp(means) < 2 * ALIKE:
        return 1.0
    return float(f.sf(between / max(within, 1e-12), len(numbers) - 1, len(logs) - len(numbers)))
