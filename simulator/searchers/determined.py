"""Determined's searchers (determined-ai/determined 0.14.6), put together from brackets and rules.

With `assignment: queued` in the cluster, they agree with the real code to the unit and to the tick. `random` and
`single` of halving.py follow Determined's rules, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from simulator.searchers import determined_layouts as layouts
from simulator.searchers.bracket import Bracket
from simulator.searchers.determined_layouts import AsyncLayout, Mode, SyncLayout
from simulator.searchers.halving import plain_bracket
from simulator.searchers.multi_bracket import SideBySide
from simulator.searchers.progress import trials_of, units_of
from simulator.searchers.protocol import Searcher
from simulator.searchers.rules import Asynchronous, Certain, Stopping
from simulator.searchers.rung import Opens


def sync_halving(*, num_rungs: int, max_length: int, budget: int, divisor: float = 4) -> Searcher:
    """Successive halving of `budget` units, promoting as soon as a promotion is certain.

    All trials are requested at the start; an invalid one counts as exited. With a budget below that of one bracket no
    trial starts. Raises ValueError where divisor ** num_rungs is beyond floats.
    """
    layout = layouts.sync_halving_layout(num_rungs=num_rungs, max_length=max_length, budget=budget, divisor=divisor)
    return _synchronous([layout])


def adaptive(
    *,
    max_length: int,
    budget: int,
    divisor: float = 4,
    mode: Mode = "standard",
    max_rungs: int = 5,
    bracket_rungs: Sequence[int] = (),
) -> Searcher:
    """Several `sync_halving` brackets side by side, on equal shares of `budget` units."""
    return _synchronous(
        layouts.adaptive_layouts(
            max_length=max_length,
            budget=budget,
            divisor=divisor,
            mode=mode,
            max_rungs=max_rungs,
            bracket_rungs=bracket_rungs,
        )
    )


def adaptive_simple(
    *, max_length: int, max_trials: int, divisor: float = 4, mode: Mode = "standard", max_rungs: int = 5
) -> Searcher:
    """Like `adaptive`, with a number of trials instead of a budget."""
    return _synchronous(
        layouts.adaptive_simple_layouts(
            max_length=max_length, max_trials=max_trials, divisor=divisor, mode=mode, max_rungs=max_rungs
        )
    )


def async_halving(
    *,
    num_rungs: int,
    max_length: int,
    max_trials: int,
    divisor: float = 4,
    max_concurrent_trials: int = 0,
    stop_once: bool = False,
) -> Searcher:
    """Asynchronous halving: each result promotes at most one trial, else starts a new one.

    `max_concurrent_trials` 0 is divisor ** (num_rungs - 1). With `stop_once`, a trial continues as soon as its result
    arrives or never. An invalid trial is replaced; one that exits counts.
    """
    layout = layouts.async_halving_layout(
        num_rungs=num_rungs,
        max_length=max_length,
        max_trials=max_trials,
        divisor=divisor,
        max_concurrent_trials=max_concurrent_trials,
    )
    return _asynchronous([layout], divisor, stop_once=stop_once)


def adaptive_asha(
    *,
    max_length: int,
    max_trials: int,
    divisor: float = 4,
    mode: Mode = "standard",
    max_rungs: int = 5,
    bracket_rungs: Sequence[int] = (),
    max_concurrent_trials: int = 0,
    stop_once: bool = False,
) -> Searcher:
    """Several `async_halving` brackets side by side, each with its share of trials and of concurrency."""
    return _asynchronous(
        layouts.adaptive_asha_layouts(
            max_length=max_length,
            max_trials=max_trials,
            divisor=divisor,
            mode=mode,
            max_rungs=max_rungs,
            bracket_rungs=bracket_rungs,
            max_concurrent_trials=max_concurrent_trials,
        ),
        divisor,
        stop_once=stop_once,
    )


def grid(*, points: int, max_length: int, max_concurrent_trials: int = 0) -> Searcher:
    """All points of a grid, trained in full; an invalid point is not replaced.

    `max_concurrent_trials` 0 starts all at once.
    """
    return plain_bracket(points, max_length, max_concurrent_trials, replace_invalid=False)


def float_share(divisor: float) -> Opens:
    """Determined's share of n results: the truncated quotient of floats.

    Place k opens with the smallest n whose share is k.
    """

    def opens(k: int) -> int:
        n = int(k * divisor)
        while int(n / divisor) < k:
            n += 1
        return n

    return opens


def _synchronous(brackets: Sequence[SyncLayout]) -> Searcher:
    trials = count()
    return _side_by_side(
        [
            Bracket(
                layout.resources,
                Certain(layout.sizes),
                trials,
                number=number,
                max_trials=layout.sizes[0],
                replace_invalid=False,
                meter=units_of(layout.expected_units),
            )
            for number, layout in enumerate(brackets)
        ]
    )


def _asynchronous(brackets: Sequence[AsyncLayout], divisor: float, *, stop_once: bool) -> Searcher:
    trials = count()
    rule = Stopping(divisor, float_share) if stop_once else Asynchronous(divisor, float_share, reopens=False)
    return _side_by_side(
        [
            Bracket(
                layout.resources,
                rule,
                trials,
                number=number,
                max_trials=layout.max_trials,
                max_concurrent=layout.concurrent,
                meter=trials_of(layout.max_trials, lingering=not stop_once),
            )
            for number, layout in enumerate(brackets)
        ]
    )


def _side_by_side(brackets: Sequence[Bracket]) -> Searcher:
    return brackets[0] if len(brackets) == 1 else SideBySide(brackets)
