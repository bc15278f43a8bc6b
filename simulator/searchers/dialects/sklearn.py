"""scikit-learn's HalvingGridSearchCV and HalvingRandomSearchCV (scikit-learn 1.9.1).

The rules are those of `sklearn/model_selection/_search_successive_halving.py`. Every round trains its candidates from
zero, so a cluster runs this searcher without resuming.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil, floor, inf, isnan, log
from typing import Literal

from simulator.searchers.bracket import Bracket
from simulator.searchers.far_results import Entry
from simulator.searchers.geometry import bracket_units
from simulator.searchers.progress import units_of
from simulator.searchers.protocol import Searcher
from simulator.searchers.rung import Standing

#: Greatest number of rounds; more come from a mistyped factor.
MOST_ROUNDS = 10_000


def sklearn_halving(
    *,
    n_candidates: int,
    max_resources: int,
    min_resources: int | Literal["exhaust", "smallest"] = "exhaust",
    factor: float = 3,
    aggressive_elimination: bool = False,
) -> Searcher:
    """Successive halving in rounds: ceil(n / factor) candidates are kept, and the worst of these starts first."""
    resources, sizes = rounds(n_candidates, max_resources, min_resources, factor, aggressive=aggressive_elimination)
    return Bracket(
        resources,
        Round(sizes),
        count(),
        max_trials=n_candidates,
        replace_invalid=False,  # a fit that fails has the score NaN, and is ranked last
        meter=units_of(bracket_units(resources, sizes)),
    )


def rounds(
    n_candidates: int,
    max_resources: int,
    min_resources: int | Literal["exhaust", "smallest"],
    factor: float,
    *,
    aggressive: bool,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The resource and the number of candidates of every round.

    Raises ValueError if min_resources is greater than max_resources.
    """
    least = 1 if isinstance(min_resources, str) else min_resources
    if least > max_resources:
        raise ValueError(f"min_resources is {least} and max_resources {max_resources}; it should not be greater")
    required = 1 + floor(log(n_candidates, factor))
    if min_resources == "exhaust":
        least = max(least, int(max_resources // factor ** (required - 1)))
    possible = 1 + floor(log(max_resources // least, factor))
    total = required if aggressive else min(possible, required)
    if total > MOST_ROUNDS:
        raise ValueError(f"factor {factor} makes {total:,} rounds; take a greater one")
    resources, sizes, size = [], [], n_candidates
    for number in range(total):
        power = max(0, number - required + possible) if aggressive else number
        resources.append(min(int(factor**power * least), max_resources))
        sizes.append(size)
        size = ceil(size / factor)
    return tuple(resources), tuple(sizes)


@dataclass(frozen=True)
class Round:
    """No trial leaves round k before all have reported; then the best `sizes[k + 1]` leave, the worst first."""

    sizes: Sequence[int]

    def rung(self, index: int) -> RoundRung:
        """An empty round `index`."""
        return RoundRung(self.sizes[index], self.sizes[index + 1])


class RoundRung:
    """A round of `size` candidates. Of equal losses the later is kept; NaN and dead trials rank last."""

    __slots__ = ("_keep", "_results", "_size", "candidates")

    def __init__(self, size: int, keep: int) -> None:
        self._size = size
        self._keep = keep
        self._results: list[tuple[float, int]] = []
        self.candidates: list[Entry] = []

    def __len__(self) -> int:
        return len(self._results)

    @property
    def standing(self) -> Standing:
        """The number of trials that may leave: none before all have reported."""
        full = len(self._results) == self._size
        return Standing(self._keep if full else 0, len(self), inf if full else self._size, later=True)

    def record(self, trial: int, loss: float) -> bool:
        """Take a result; returns whether `promote` may find a trial."""
        self._results.append((inf if isnan(loss) else loss, trial))
        if len(self._results) < self._size:
            return False
        ranked = sorted(self._results, key=lambda result: (-result[0], result[1]))
        self.candidates = [(loss, order, trial) for order, (loss, trial) in enumerate(ranked[-self._keep :])]
        self.candidates.reverse()
        return True

    def promote(self) -> Entry | None:
        """Let the next of the kept trials leave."""
        return self.candidates.pop() if self.candidates else None

    def withdraw(self, trial: int) -> bool:
        """Forget the result of `trial`; if its round was full, the next round has begun and does not change."""
        if len(self._results) == self._size:
            return False
        left = [result for result in self._results if result[1] != trial]
        known = len(left) < len(self._results)
        self._results = left
        return known
