"""The project's own searchers, put together from brackets and rules."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from simulator.searchers.bracket import Bracket
from simulator.searchers.geometry import bracket_units, fitting_rungs, rung_resources, rung_sizes
from simulator.searchers.multi_bracket import Backfill
from simulator.searchers.progress import endless, trials_of, units_of
from simulator.searchers.protocol import Searcher
from simulator.searchers.rules import Asynchronous, Barrier, Delayed


def sha(
    *, max_trials: int, max_length: int, divisor: float = 4, num_rungs: int | None = None, backfill: bool = False
) -> Searcher:
    """Synchronous successive halving (Li et al., arXiv 1810.05934, Algorithm 1): a barrier after every rung.

    By default there are as many rungs as fit. With `backfill`, another bracket of `max_trials` begins whenever no job
    is left, for ever. Raises ValueError if the rungs don't fit the length or the number of trials.
    """
    rungs = num_rungs or fitting_rungs(max_length, divisor)
    resources = rung_resources(max_length, rungs, divisor)
    sizes = rung_sizes(max_trials, rungs, divisor)
    trials = count()

    def begin(number: int) -> Bracket:
        return barrier_bracket(resources, sizes, trials, number)

    return Backfill(begin) if backfill else begin(0)


def asha(
    *,
    max_length: int,
    max_trials: int | None = None,
    divisor: float = 4,
    num_rungs: int | None = None,
    delayed: bool = False,
    max_concurrent_trials: int | None = None,
) -> Searcher:
    """Asynchronous successive halving (Li et al., Algorithm 2); `delayed` is D-ASHA (Li et al., VLDB 2022).

    Without `max_trials` it starts trials for ever. Raises ValueError if the rungs don't fit the length.
    """
    rule = Delayed(divisor) if delayed else Asynchronous(divisor)
    resources = rung_resources(max_length, num_rungs or fitting_rungs(max_length, divisor), divisor)
    meter = endless if max_trials is None else trials_of(max_trials)
    return Bracket(resources, rule, count(), max_trials=max_trials, max_concurrent=max_concurrent_trials, meter=meter)


def random(*, max_trials: int | None, max_length: int, max_concurrent_trials: int | None = None) -> Searcher:
    """Every trial trained in full; without `max_trials` the search never ends.

    An invalid trial is replaced. With `max_concurrent_trials` None or 0 there is no limit, as in Determined.
    """
    return plain_bracket(max_trials, max_length, max_concurrent_trials, replace_invalid=True)


def single(*, max_length: int) -> Searcher:
    """One trial, trained in full; an invalid one is not replaced (Determined)."""
    return plain_bracket(1, max_length, None, replace_invalid=False)


def barrier_bracket(
    resources: tuple[int, ...], sizes: tuple[int, ...], trials: Iterator[int], number: int
) -> Bracket:
    """A synchronous bracket in which `sizes[k]` trials reach `resources[k]`."""
    expected = bracket_units(resources, sizes)
    return Bracket(resources, Barrier(sizes), trials, number=number, max_trials=sizes[0], meter=units_of(expected))


def plain_bracket(
    max_trials: int | None, max_length: int, max_concurrent: int | None, *, replace_invalid: bool
) -> Bracket:
    """A bracket with one rung, which no trial leaves."""
    return Bracket(
        (max_length,),
        Barrier(()),
        count(),
        max_trials=max_trials,
        max_concurrent=max_concurrent or None,
        replace_invalid=replace_invalid,
        meter=endless if max_trials is None else units_of(max_length * max_trials),
    )
