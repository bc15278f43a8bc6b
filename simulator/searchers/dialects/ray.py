"""Ray Tune's schedulers (ray 2.60.0): ASHAScheduler and HyperBandScheduler.

The rules are those of `ray/tune/schedulers/async_hyperband.py` and `hyperband.py`. The number of rungs is computed in
floats as in Ray Tune, so a rung can be missing (243 units at a factor of 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from math import e, log

from simulator.searchers.bracket import Bracket
from simulator.searchers.dialects.reports import deciding_reports, highest, report_bracket
from simulator.searchers.gate import Judge
from simulator.searchers.multi_bracket import Allotment, allotted
from simulator.searchers.protocol import Searcher

#: A function from a trial's number to its bracket.
BracketOf = Callable[[int], int]

#: Greatest number of rungs; more come from a mistyped reduction factor.
MOST_RUNGS = 10_000


def ray_asha(
    *,
    num_samples: int | None,
    max_t: int = 100,
    grace_period: int = 1,
    reduction_factor: float = 4,
    brackets: int = 1,
    report_every: int = 1,
    bracket_of: BracketOf | None = None,
) -> Searcher:
    """ASHAScheduler, which is AsyncHyperBandScheduler: a trial stops at once or goes on where it is.

    `bracket_of` gives each trial's bracket (`bracket_weights` has the probabilities); without it all trials are in
    the first bracket. Trials report every `report_every` units and at `max_t`, where they end undecided.
    """
    return stopping_brackets(
        PercentileJudge, num_samples, max_t, grace_period, reduction_factor, brackets, report_every, bracket_of
    )


def stopping_brackets(
    judge: Callable[[float], Judge],
    max_trials: int | None,
    max_t: int,
    grace_period: int,
    reduction_factor: float,
    brackets: int,
    report_every: int,
    bracket_of: BracketOf | None,
) -> Searcher:
    """Brackets in which every rung has a judge, made from the reduction factor."""

    def bracket(number: int, trials: Iterator[int], limit: int | None) -> Bracket:
        stand = milestones(max_t, grace_period, reduction_factor, number)
        reports = deciding_reports(stand, max_t, report_every, highest)
        judges = [judge(reduction_factor) for _ in stand]
        return report_bracket(reports, judges, trials, number=number, max_trials=limit, recorded_twice=True)

    if brackets == 1:
        return bracket(0, count(), max_trials)
    allot = bracket_of or (lambda trial: 0)  # noqa: ARG005
    made = [bracket(number, allotted(allot, number), None) for number in range(brackets)]
    return Allotment(made, allot, max_trials=max_trials)


def milestones(max_t: int, grace_period: int, reduction_factor: float, bracket: int) -> tuple[float, ...]:
    """The resources of a bracket's rungs, the lowest first; they may be fractions.

    Raises ValueError for more than MOST_RUNGS.
    """
    rungs = int(log(max_t / grace_period) / log(reduction_factor) - bracket + 1)
    if rungs > MOST_RUNGS:
        raise ValueError(
            f"reduction_factor {reduction_factor} makes {rungs:,} rungs up to {max_t}; take a greater one"
        )
    return tuple(grace_period * reduction_factor ** (rung + bracket) for rung in range(rungs))


def bracket_weights(max_t: int, grace_period: int, reduction_factor: float, brackets: int) -> list[float]:
    """Probability of each bracket for a trial: softmax of the numbers of rungs."""
    rungs = [len(milestones(max_t, grace_period, reduction_factor, number)) for number in range(brackets)]
    weights = [e ** (number - max(rungs)) for number in rungs]
    return [weight / sum(weights) for weight in weights]


class PercentileJudge(Judge):
    """Stops a trial that is strictly worse than a percentile of the losses recorded before it.

    It is numpy's percentile of the rewards, that is, of the negated losses; it is linear between two rewards.
    """

    __slots__ = ("_quantile",)

    def __init__(self, reduction_factor: float) -> None:
        super().__init__()
        self._quantile = (1 - 1 / reduction_factor) * 100 / 100

    def places(self, results: int) -> int:
        """The number of rewards from the best to the better of the two between which the percentile lies."""
        return results - 1 - int((results - 1) * self._quantile)

    def goes_on(self, trial: int, loss: float) -> bool:
        """Record the loss and decide; the first trial of a rung goes on, and so does one whose loss is NaN."""
        before = len(self)
        stays = not before or not -loss < self._percentile(before)
        self.record(trial, loss)
        return stays

    def _percentile(self, results: int) -> float:
        index = (results - 1) * self._quantile
        weight = index - int(index)
        low = -self._cutoff.outside
        if not weight:
            return low
        high = -self._cutoff.inside
        return low + (high - low) * weight if weight < 0.5 else high - (high - low) * (1 - weight)  # noqa: PLR2004
