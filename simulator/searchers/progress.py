"""A bracket's jobs counted by rung, and the progress of the search that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Ledger:
    """Jobs by rung: `started`, `completed` with a result, and `died` with a loss of inf."""

    resources: Sequence[int]
    started: Sequence[int]
    completed: Sequence[int]
    died: Sequence[int]

    @property
    def units(self) -> int:
        """Units trained by completed jobs."""
        steps = (high - low for low, high in pairwise((0, *self.resources)))
        return sum(step * jobs for step, jobs in zip(steps, self.completed, strict=True))

    @property
    def results(self) -> int:
        """Results of the lowest rung, dead trials included."""
        return self.completed[0] + self.died[0]

    def closed(self, *, lingering: bool) -> int:
        """The number of trials that will never train again, once no new trial starts.

        With `lingering`, a trial that was not promoted may still be promoted while a job is under way on its rung or
        below. Without it, the trial is closed as soon as its result did not promote it.
        """
        under_way = [
            begun - done - dead for begun, done, dead in zip(self.started, self.completed, self.died, strict=True)
        ]
        still_open = sum(under_way)
        if lingering:
            busy = next((rung for rung, jobs in enumerate(under_way) if jobs), len(under_way))
            still_open += sum(self.completed[busy:-1]) - sum(self.started[busy + 1 :])
        return self.started[0] - still_open


#: A function that computes the progress of a search, from 0 to 1, from the ledger of its bracket.
Meter = Callable[[Ledger], float]


def endless(ledger: Ledger) -> float:  # noqa: ARG001  (a meter like the others)
    """The progress of a search without an end, which is always 0."""
    return 0.0


def units_of(expected: int) -> Meter:
    """A meter of units trained divided by `expected` units; if trials die, it ends below 1 (Determined)."""
    return lambda ledger: min(1.0, ledger.units / expected) if expected else 0.0


def trials_of(max_trials: int, *, lingering: bool = True) -> Meter:
    """A meter that computes `share_of_trials` for one bracket."""
    return lambda ledger: share_of_trials([ledger], max_trials, lingering=lingering)


def share_of_trials(ledgers: Sequence[Ledger], max_trials: int, *, lingering: bool = True) -> float:
    """The number of results of the lowest rung, divided by 1.2 * `max_trials` (Determined).

    Once all these results are in, it is the share of closed trials if that is more.
    """
    results = sum(ledger.results for ledger in ledgers)
    progress = results / (1.2 * max_trials)
    if results < max_trials:
        return progress
    return max(progress, sum(ledger.closed(lingering=lingering) for ledger in ledgers) / max_trials)
