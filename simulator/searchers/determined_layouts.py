"""Where Determined puts rungs and trials, in its own floating-point arithmetic.

The rules are those of determined-ai/determined 0.14.6 (Apache-2.0), the last release with all these searchers: `int`
truncates, and log(243) / log(3) is 4.999…, hence 4. Divisors and lengths are used as given, whatever their unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Literal

from simulator.searchers.geometry import bracket_units

#: Which brackets share the trials: only the most aggressive one, half of those that fit, or all.
Mode = Literal["aggressive", "standard", "conservative"]


@dataclass(frozen=True, slots=True)
class SyncLayout:
    """A synchronous bracket: `sizes[k]` trials reach rung k, at `units[k]`.

    `expected_units` is the number that Determined expects for all trials together; if rungs are equal, they train
    more.
    """

    units: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def expected_units(self) -> int:
        """Units that all trials train together, if no two rungs are equal."""
        return bracket_units(self.units, self.sizes)

    @property
    def resources(self) -> tuple[int, ...]:
        """Cumulative units that a trial has trained on each rung."""
        return cumulative(self.units)


@dataclass(frozen=True, slots=True)
class AsyncLayout:
    """An asynchronous bracket: `concurrent` trials at once, `max_trials` in all, rungs at `units`."""

    units: tuple[int, ...]
    max_trials: int
    concurrent: int

    @property
    def resources(self) -> tuple[int, ...]:
        """Cumulative units that a trial has trained on each rung."""
        return cumulative(self.units)


def cumulative(units: Sequence[int]) -> tuple[int, ...]:
    """Cumulative units of rungs: a promoted trial trains the difference between two rungs, but at least one unit."""
    trained = [units[0]]
    for low, high in pairwise(units):
        trained.append(trained[-1] + max(high - low, 1))
    return tuple(trained)


def mode_rungs(mode: Mode, max_rungs: int) -> tuple[int, ...]:
    """The number of rungs of each bracket, the greatest first."""
    fewest = {"aggressive": max_rungs, "standard": (max_rungs - 1) // 2 + 1, "conservative": 1}[mode]
    return tuple(range(max_rungs, fewest - 1, -1))


def sync_halving_layout(*, num_rungs: int, max_length: int, budget: int, divisor: float = 4) -> SyncLayout:
    """The rungs of `sync_halving`: trials in powers of the divisor, scaled to train `budget` units."""
    units = _rung_units(max_length, num_rungs, divisor)
    powers = [max(int(power), 1) for power in _powers(divisor, num_rungs)]
    scale = budget / bracket_units(units, powers)
    sizes = [int(scale * powers[0])]
    for power in powers[1:]:
        sizes.append(max(min(int(scale * power), sizes[-1]), 1))
    return SyncLayout(units, tuple(sizes))


def adaptive_layouts(
    *,
    max_length: int,
    budget: int,
    divisor: float = 4,
    mode: Mode = "standard",
    max_rungs: int = 5,
    bracket_rungs: Sequence[int] = (),
) -> tuple[SyncLayout, ...]:
    """The brackets of `adaptive`, with equal shares of the budget; their rungs are `bracket_rungs`, or the mode's."""
    brackets = _chosen(bracket_rungs) or mode_rungs(mode, max_rungs)
    share = budget // len(brackets)
    return tuple(
        sync_halving_layout(num_rungs=rungs, max_length=max_length, budget=share, divisor=divisor)
        for rungs in brackets
    )


def adaptive_simple_layouts(
    *, max_length: int, max_trials: int, divisor: float = 4, mode: Mode = "standard", max_rungs: int = 5
) -> tuple[SyncLayout, ...]:
    """The brackets of `adaptive_simple`, with equal shares of the trials; at least one trial reaches each top."""
    brackets = mode_rungs(mode, max_rungs)
    layouts = []
    for rungs, trials in zip(brackets, _even(max_trials, len(brackets)), strict=True):
        initial = max(trials, 1)
        sizes = tuple(max(int(initial / power), 1) for power in reversed(_powers(divisor, rungs)))
        layouts.append(SyncLayout(_rung_units(max_length, rungs, divisor), sizes))
    return tuple(layouts)


def async_halving_layout(
    *, num_rungs: int, max_length: int, max_trials: int, divisor: float = 4, max_concurrent_trials: int = 0
) -> AsyncLayout:
    """The rungs of `async_halving`; `max_concurrent_trials` 0 is divisor ** (num_rungs - 1)."""
    at_once = max_concurrent_trials or int(_powers(divisor, num_rungs)[0])
    concurrent = max(min(at_once, max_trials), 1)
    return AsyncLayout(_rung_units(max_length, num_rungs, divisor), max_trials, concurrent)


def adaptive_asha_layouts(
    *,
    max_length: int,
    max_trials: int,
    divisor: float = 4,
    mode: Mode = "standard",
    max_rungs: int = 5,
    bracket_rungs: Sequence[int] = (),
    max_concurrent_trials: int = 0,
) -> tuple[AsyncLayout, ...]:
    """The brackets of `adaptive_asha`; their rungs are `bracket_rungs` or the mode's, but no more than fit."""
    fitting = (int(log(most) / log(divisor)) + 1 for most in (max_length, max_trials))
    brackets = _chosen(bracket_rungs) or mode_rungs(mode, min(max_rungs, *fitting))
    trials = split_trials(max_trials, divisor, brackets)
    return tuple(
        async_halving_layout(
            num_rungs=rungs,
            max_length=max_length,
            max_trials=share,
            divisor=divisor,
            max_concurrent_trials=concurrent,
        )
        for rungs, share, concurrent in zip(
            brackets, trials, split_concurrency(max_concurrent_trials, divisor, trials), strict=True
        )
    )


def split_trials(max_trials: int, divisor: float, brackets: Sequence[int]) -> tuple[int, ...]:
    """The number of trials of each bracket of `adaptive_asha`, in proportion to divisor ** (rungs - 1) / rungs.

    Each bracket has at least one trial, and the remainder goes to the first bracket.
    """
    weights = [_powers(divisor, rungs)[0] / rungs for rungs in brackets]
    shares = [max(int(weight / sum(weights) * max_trials), 1) for weight in weights]
    shares[0] += max(max_trials - sum(shares), 0)
    return tuple(shares)


def split_concurrency(max_concurrent_trials: int, divisor: float, trials: Sequence[int]) -> tuple[int, ...]:
    """The limit of concurrent trials of each bracket: equal parts, but at least one.

    A total of 0 gives each bracket the number of trials of the last bracket, or `divisor` if that is more.
    """
    if not max_concurrent_trials:
        return (max(trials[-1], int(divisor)),) * len(trials)
    return _even(max(max_concurrent_trials, len(trials)), len(trials))


def _chosen(bracket_rungs: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(bracket_rungs, reverse=True))


def _even(whole: int, parts: int) -> tuple[int, ...]:
    """Equal parts of a total; if it does not divide evenly, the first parts are larger by one."""
    part, left = divmod(whole, parts)
    return tuple(part + (index < left) for index in range(parts))


def _powers(divisor: float, num_rungs: int) -> list[float]:
    """The powers of `divisor` from num_rungs - 1 down to 0; ValueError if they are too large for floats."""
    try:
        return [float(divisor) ** exponent for exponent in range(num_rungs - 1, -1, -1)]
    except OverflowError:
        raise ValueError(f"{num_rungs} rungs are too many for a divisor of {divisor:g}") from None


def _rung_units(max_length: int, num_rungs: int, divisor: float) -> tuple[int, ...]:
    return tuple(max(int(max_length / power), 1) for power in _powers(divisor, num_rungs))
