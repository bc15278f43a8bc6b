"""The order of the losses of a level of Syne Tune 0.13 once one of them is NaN.

Syne Tune keeps a level's losses in a SortedKeyList of sortedcontainers, which finds the place of each new loss by
comparisons. Every comparison with NaN is false, so from the first NaN on the list is no longer sorted, and the order
in which results arrive matters, too. This module behaves like that list for up to 2,000 losses.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping


class Order:
    """Losses and their trials, in the list's order."""

    __slots__ = ("losses", "trials")

    def __init__(self, recorded: Mapping[int, float]) -> None:
        """Begin with the losses by trial that were `recorded` before the first NaN, in order of arrival."""
        self.trials = sorted(recorded, key=recorded.__getitem__)
        self.losses = [recorded[trial] for trial in self.trials]

    def add(self, trial: int, loss: float) -> None:
        """Put a loss at the end if it is not below the last one, else at the place that a binary search finds."""
        below = bool(self.losses) and loss < self.losses[-1]
        place = bisect_right(self.losses, loss) if below else len(self.losses)
        self.losses.insert(place, loss)
        self.trials.insert(place, trial)

    def take_out(self, trial: int) -> float:
        """Remove the loss of `trial`, and return it."""
        place = self.trials.index(trial)
        del self.trials[place]
        return self.losses.pop(place)

    def first(self, trials: Collection[int]) -> tuple[int, float]:
        """The first of the trials in this list that is in `trials`, and its loss."""
        return next(pair for pair in zip(self.trials, self.losses, strict=True) if pair[0] in trials)
