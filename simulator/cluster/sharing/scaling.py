"""How many machines of a pool should be there, by the work that is there: what a cloud's autoscaler decides.

It is told how many machines the trials need that run and wait, and says how many to hire or to let go now, and when
to ask again. It has no clock and hires nobody itself.
"""

from __future__ import annotations

from math import ceil

from simulator.cluster.groups import Scaling

#: Machines needed are a sum of shares; so much of one too many is rounding.
ROUNDING = 1e-9


class Scaler:
    """Decides for one group of at most `count` machines."""

    def __init__(self, scaling: Scaling, count: int) -> None:
        self._scaling, self._count = scaling, count
        self._short_since: int | None = None  # since when too few have been there
        self._spare_since: int | None = None  # since when there have been too many

    def wanted(self, needed: float) -> int:
        """How many machines should be there where trials need so many."""
        return min(max(ceil(needed / self._scaling.target - ROUNDING), self._scaling.least), self._count)

    def decide(self, now: int, needed: float, hired: int) -> tuple[int, int | None]:
        """How many machines to hire (above 0) or to let go (below), and the tick at which to ask again, if any."""
        wanted = self.wanted(needed)
        if wanted > hired:
            self._spare_since = None
            if self._short_since is None:
                self._short_since = now
            due = self._short_since + self._scaling.up_delay
        elif wanted < hired:
            self._short_since = None
            if self._spare_since is None:
                self._spare_since = now
            due = self._spare_since + self._scaling.down_delay
        else:
            self._short_since = self._spare_since = None
            return 0, None
        if now < due:
            return 0, due
        if wanted > hired:
            self._short_since = None
        return wanted - hired, None
