"""The tick at which a budget is spent, while machines come and go."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.core import ticks

#: A price per hour up to this counts as 0. Prices are added as machines come and subtracted as they go, and rounding
#: may leave that much.
NOTHING = 1e-12


class Spending:
    """Finds the tick at which a budget is spent, without looking beyond the tick asked for.

    Machines may come and go for ever. `steps` are (tick, change of the price per hour), in order of ticks.
    """

    def __init__(self, steps: Iterator[tuple[int, float]], budget: float) -> None:
        self._steps = steps
        self._following = next(steps, None)
        self._rate, self._since = 0.0, 0
        self._left = budget * 3600 * ticks.PER_SECOND

    @property
    def next_change(self) -> int | None:
        """The tick at which the next machine comes or goes; None if there is no such machine."""
        return None if self._following is None else self._following[0]

    def spent_by(self, now: int) -> int | None:
        """The last tick that the budget pays for, None if it is after `now`; `now` must not fall between calls."""
        while True:
            step = self._following
            if self._rate > NOTHING and (step is None or self._left <= self._rate * (step[0] - self._since)):
                last = self._since + int(self._left / self._rate)
                return last if last <= now else None
            if step is None or step[0] > now:
                return None
            self._left -= self._rate * (step[0] - self._since)
            self._rate, self._since = max(self._rate + step[1], 0.0), step[0]
            self._following = next(self._steps, None)
