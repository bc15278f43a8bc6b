"""Promotion rules: they say which trials may leave a rung. Synchronous and asynchronous halving differ only in these.

=============  ==========================================================================================
barrier        no trial before the rung is full, then the best (Li et al., arXiv 1810.05934, Algorithm 1)
certain        a trial, as soon as it is sure to be among the final best (Determined's sync_halving)
asynchronous   the best floor(n / divisor) of the n results so far (Algorithm 2, lines 15-17)
delayed        the same, but never more than floor(n / divisor) in all (D-ASHA: Li et al., VLDB 2022)
stopping a newcomer among the best max(floor(n / divisor), 1), at once or never (Determined's stop_once)
=============  ==========================================================================================

Of equal losses the earlier result is the better one, under the stopping rule the later one. floor(n / divisor) is
exact here and a quotient of floats in Determined; so it is a parameter of the rules, `share`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol

from simulator.searchers.geometry import exact
from simulator.searchers.rung import AnyRung, Opens, Rung, StoppingRung

#: A function from a divisor to the function that says how many results open each place.
Share = Callable[[float], Opens]


def share(divisor: float) -> Opens:
    """The share floor(n / divisor) of n results: place k opens with ceil(k * divisor) results, computed exactly."""
    ratio = exact(divisor)
    top, bottom = ratio.numerator, ratio.denominator
    return lambda k: -(-k * top // bottom)


class Rule(Protocol):
    """Makes the rungs of a bracket."""

    def rung(self, index: int) -> AnyRung:
        """Make an empty rung `index`; the top rung needs no rule, since no trial leaves it."""
        ...


@dataclass(frozen=True)
class Barrier:
    """No trial leaves rung k before all `sizes[k]` trials have reported; then the best `sizes[k + 1]` do."""

    sizes: Sequence[int]

    def rung(self, index: int) -> Rung:
        """An empty rung `index`."""
        size, survivors = self.sizes[index], self.sizes[index + 1]
        return Rung(lambda k: size if k <= survivors else inf)


@dataclass(frozen=True)
class Certain:
    """Like `Barrier`, but a trial leaves as soon as it is certain to be among the best `sizes[k + 1]`.

    If `missing` results are still to come, these are the best `sizes[k + 1] - missing` of the results so far.
    """

    sizes: Sequence[int]

    def rung(self, index: int) -> Rung:
        """An empty rung `index`."""
        losers = self.sizes[index] - self.sizes[index + 1]
        return Rung(lambda k: k + losers)


@dataclass(frozen=True)
class Asynchronous:
    """A trial may leave as soon as it is among the best floor(n / divisor) of the n results so far.

    `Rung` explains `reopens`.
    """

    divisor: float
    share: Share = share
    reopens: bool = True

    def rung(self, index: int) -> Rung:  # noqa: ARG002  (every rung is alike)
        """An empty rung."""
        return Rung(self.share(self.divisor), reopens=self.reopens)


@dataclass(frozen=True)
class Delayed:
    """Like `Asynchronous`, but at most floor(n / divisor) trials leave in all."""

    divisor: float

    def rung(self, index: int) -> Rung:  # noqa: ARG002  (every rung is alike)
        """An empty rung."""
        return Rung(share(self.divisor), capped=True)


@dataclass(frozen=True)
class Stopping:
    """A trial goes on if its result is among the best max(floor(n / divisor), 1) when it arrives, or never."""

    divisor: float
    share: Share = share

    def rung(self, index: int) -> Rung:  # noqa: ARG002  (every rung is alike)
        """An empty rung."""
        opens = self.share(self.divisor)
        return StoppingRung(lambda k: opens(k) if k > 1 else 1)
