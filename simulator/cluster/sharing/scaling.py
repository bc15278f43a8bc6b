"""The decisions of a cloud's autoscaler: how many machines of a pool should be there, by its work.

The scaler is given the number of machines that running and waiting trials need. It answers how many machines to hire
or to let go now, and when to ask again. It has no clock and hires nothing itself.
"""

from __future__ import annotations

from math import ceil

from simulator.cluster.groups import Scaling

#: The number of needed machines is a sum of shares. If it exceeds a whole number by no more than this, that is
#: rounding.
ROUNDING = 1e-9


class Scaler:
    """Decides for one group of at most `count` machines."""

    def __init__(self, scaling: Scaling, count: int) -> None:
        self._scaling, self._count = scaling, count
        self._short_since: int | None = None  # the tick since which there are too few
        self._spare_since: int | None = None  # the tick since which there are too many

    def wanted(self, needed: float) -> int:
        """The number of machines that should be there if trials need `needed` of them."""
        return min(max(ceil(needed / self._scaling.target - ROUNDING), self._scaling.least), self._count)

    def decide(self, now: int, needed: float, hired: int) -> tuple[int, int | None]:
        """The number of machines to hire (above 0) or to let go (below), and the tick to ask again at, if any."""
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
