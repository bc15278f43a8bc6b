"""Differences between two options of a cell, replicate by replicate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.planning import statistics
from simulator.planning.options import Option
from simulator.planning.statistics import Interval
from simulator.trace import comparison

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Difference:
    """The first searcher of a cell minus another one, replicate by replicate.

    Both have `replicates` in common. `seconds` compares the times, over the pairs in which both reached the target.
    If some pairs are missing, times can't be compared, since the missing runs are the slow ones. Without a target
    they can't be compared either if the two are not `alike` in the work they did. `share` compares the shares of runs
    that met the question, `cost` the money.
    """

    one: Option
    other: Option
    replicates: int
    seconds: Interval
    pairs: int
    share: Interval
    cost: Interval
    kept: Interval  # cost if every machine were kept to the end
    drained: Interval  # cost if every machine were let go after its last work
    alike: bool  # whether both did the same work, so that their times compare

    @property
    def whole(self) -> bool:
        """Whether both reached the target in every replicate."""
        return self.pairs == self.replicates

    @property
    def comparable(self) -> bool:
        """Whether times compare: both reached the target in every replicate, and did the same work."""
        return self.whole and self.alike

    @property
    def seen(self) -> bool:
        """Whether a difference of times is shown: they can be compared, and the interval excludes 0."""
        return self.comparable and told_apart(self.seconds)


def differences(options: Sequence[Option], level: float, *, targeted: bool) -> list[Difference]:
    """The differences between the first searcher of each cell and the others; with a target, all times compare."""
    by_cell: dict[int, list[Option]] = {}
    for option in options:
        by_cell.setdefault(option.cell.index, []).append(option)
    return [
        Difference(
            one,
            other,
            min(one.replicates, other.replicates),
            *statistics.difference(*paired(one.times, other.times), level),
            share=statistics.share_difference(*paired(one.done, other.done), level),
            cost=statistics.difference(*paired(one.costs, other.costs), level)[0],
            kept=statistics.difference(*paired(one.costs_kept, other.costs_kept), level)[0],
            drained=statistics.difference(*paired(one.costs_drained, other.costs_drained), level)[0],
            alike=targeted or _alike(one, other, level),
        )
        for one, *others in by_cell.values()
        for other in others
    ]


def told_apart(difference: Interval) -> bool:
    """Whether the interval of a difference excludes 0; False if there is no estimate."""
    return not np.isnan(difference.estimate) and not difference.low <= 0 <= difference.high


def paired(one: NDArray[Number], other: NDArray[Number]) -> tuple[NDArray[Number], NDArray[Number]]:
    """The values of the replicates that two options have in common, which are their first ones."""
    common = min(len(one), len(other))
    return one[:common], other[:common]


def _alike(one: Option, other: Option, level: float) -> bool:
    """Whether two options did the same work to its end, by the rule of `run` and `compare`.

    The sooner of the two must not have trained far fewer units; if neither is clearly sooner, this holds for both.
    """
    if one.cut or other.cut or not np.array_equal(*paired(one.trials, other.trials)):
        return False
    seconds, _ = statistics.difference(*paired(one.times, other.times), level)
    fewer_here = comparison.less_work(one.units, other.units) and not seconds.low > 0
    fewer_there = comparison.less_work(other.units, one.units) and not seconds.high < 0
    return not (fewer_here or fewer_there)
