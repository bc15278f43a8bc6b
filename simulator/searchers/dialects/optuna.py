"""Optuna's pruners (optuna 5.0.0): SuccessiveHalvingPruner and HyperbandPruner.

The rules are those of `optuna/pruners/_successive_halving.py` and `_hyperband.py`. A trial trains to `max_resource`,
which is the length of the user's loop, and which the pruner does not know. The pruner decides at that last report,
too, and a trial that is pruned there counts as pruned.
"""

from __future__ import annotations

from binascii import crc32
from bisect import bisect
from collections.abc import Callable
from functools import cache
from itertools import accumulate, count
from math import ceil, floor, isnan, log
from typing import Literal

from simulator.searchers.dialects.reports import deciding_reports, every_one, report_bracket
from simulator.searchers.dialects.unpruned import UntilOneIsComplete
from simulator.searchers.gate import Judge
from simulator.searchers.multi_bracket import Allotment, allotted
from simulator.searchers.protocol import Searcher

#: `min_resource: auto` is one hundredth of the last step.
AUTO_SHARE = 100


def optuna_successive_halving(
    *,
    n_trials: int | None,
    max_resource: int,
    min_resource: int | Literal["auto"] = "auto",
    reduction_factor: int = 4,
    min_early_stopping_rate: int = 0,
    bootstrap_count: int = 0,
    report_every: int = 1,
) -> Searcher:
    """SuccessiveHalvingPruner: a trial is pruned at once or goes on where it is.

    With `min_resource: auto` nothing is pruned before a trial is complete. Trials report every `report_every` units
    and at `max_resource`.
    """
    least = max(max_resource // AUTO_SHARE, 1) if min_resource == "auto" else min_resource
    stand = steps(least, max_resource, reduction_factor, min_early_stopping_rate)
    judges = [RankJudge(reduction_factor, bootstrap_count) for _ in stand]
    if min_resource == "auto":
        return UntilOneIsComplete(stand, judges, max_resource, report_every, n_trials)
    reports = deciding_reports(stand, max_resource, report_every, every_one)
    return report_bracket(reports, judges, count(), max_trials=n_trials)


def optuna_hyperband(
    *,
    n_trials: int | None,
    max_resource: int,
    study_name: str,
    min_resource: int = 1,
    reduction_factor: int = 3,
    bootstrap_count: int = 0,
    report_every: int = 1,
) -> Searcher:
    """HyperbandPruner: brackets of successive halving; the study's name decides which bracket a trial belongs to."""
    weights = bracket_budgets(min_resource, max_resource, reduction_factor)
    bracket_of = brackets_by_name(study_name, weights)
    brackets = []
    for number in range(len(weights)):
        stand = steps(min_resource, max_resource, reduction_factor, number)
        judges = [RankJudge(reduction_factor, bootstrap_count) for _ in stand]
        reports = deciding_reports(stand, max_resource, report_every, every_one)
        brackets.append(report_bracket(reports, judges, allotted(bracket_of, number), number=number))
    return Allotment(brackets, bracket_of, max_trials=n_trials)


def steps(min_resource: int, max_resource: int, reduction_factor: int, rate: int) -> list[int]:
    """The steps at which a trial is judged, up to `max_resource`."""
    step, judged = min_resource * reduction_factor**rate, []
    while step <= max_resource:
        judged.append(step)
        step *= reduction_factor
    return judged


def bracket_budgets(min_resource: int, max_resource: int, reduction_factor: int) -> list[int]:
    """The weights of the brackets, from early-stopping rate 0 on; a bracket's probability is proportional to it."""
    brackets = floor(log(max_resource / min_resource, reduction_factor)) + 1
    return [ceil(brackets * (reduction_factor**rungs) / (rungs + 1)) for rungs in range(brackets - 1, -1, -1)]


def brackets_by_name(study_name: str, weights: list[int]) -> Callable[[int], int]:
    """A function from a trial's number to its bracket, which is a hash of the study's name and the number."""
    ends = list(accumulate(weights))

    @cache  # every bracket asks for every trial
    def bracket_of(trial: int) -> int:
        return bisect(ends, crc32(f"{study_name}_{trial}".encode()) % ends[-1])

    return bracket_of


class RankJudge(Judge):
    """Lets a trial go on if its loss is not above the k-th best of the n losses here, its own included.

    k is floor(n / reduction_factor), and at least 1. As long as there are no more than `bootstrap_count` results, all
    trials are pruned. NaN is pruned and not recorded.
    """

    __slots__ = ("_bootstrap_count", "_reduction_factor")

    def __init__(self, reduction_factor: int, bootstrap_count: int) -> None:
        super().__init__()
        self._reduction_factor = reduction_factor
        self._bootstrap_count = bootstrap_count

    def places(self, results: int) -> int:
        """The number of results that are good enough to go on."""
        return max(results // self._reduction_factor, 1)

    def goes_on(self, trial: int, loss: float) -> bool:
        """Record the loss and decide."""
        if isnan(loss):
            return False
        return self.record(trial, loss) > self._bootstrap_count and loss <= self._cutoff.inside
