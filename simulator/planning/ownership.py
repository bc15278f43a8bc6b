"""Buy or rent: what machines cost a year either way, and at what use owning them wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from simulator.core import formatting, ticks
from simulator.scenario.cluster import GroupSection
from simulator.scenario.loading import Loaded

#: Hours of a year.
YEAR = 8760.0


@dataclass(frozen=True)
class Ownership:
    """Money a year for all machines: rented for every hour, rented for the hours that are used, or owned.

    None where no group has the price for it. `wins_at` is the use from which owning costs less than renting by the
    hour; `use` is the share of the time for which the machines train.
    """

    rent: float | None
    rent_used: float | None
    own: float | None
    wins_at: float | None
    use: float

    @property
    def least(self) -> float:
        """The least of what is known, renting for every hour."""
        return min(cost for cost in (self.rent, self.own) if cost is not None)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def cells(self) -> list[str]:
        """Rent and ownership for a table."""
        return ["—" if cost is None else f"{cost:,.0f}" for cost in (self.rent, self.own)]

    def sentences(self) -> list[str]:
        """What may be said of it."""
        if self.own is None or self.rent is None or self.rent_used is None or self.wins_at is None:
            return []
        better = "buying" if self.own < self.rent else "renting"
        said = [
            f"Its machines cost {self.own:,.0f} a year to own and {self.rent:,.0f} to rent for every hour: {better} "
            "costs less."
        ]
        if self.wins_at > 1:
            said.append("Owning them costs more than renting them even where they are used every hour.")
        else:
            said.append(
                f"Rented for none but the hours in which they train they would cost {self.rent_used:,.0f}: owning "
                f"wins from a use of {formatting.percent(self.wins_at)} on, and here it is "
                f"{formatting.percent(self.use)}."
            )
        return said


def ownership(loaded: Loaded, uses: Sequence[float]) -> Ownership | None:
    """What the groups of a scenario cost a year; None where no group has a price of any kind."""
    groups = list((loaded.scenario.cluster.groups or {}).values())
    use = float(np.mean(uses))
    rents = [group.count * group.price * YEAR for group in groups]
    owns = [_own(group) for group in groups]
    priced = bool(groups) and all(group.price for group in groups)
    rent = sum(rents) if priced else None
    own = sum(cost for cost in owns if cost is not None) if groups and None not in owns else None
    if rent is None and own is None:
        return None
    wins = own / rent if rent and own is not None else None
    return Ownership(rent, None if rent is None else rent * use, own, wins, use)


def _own(group: GroupSection) -> float | None:
    """Money a year for owning a group: its price over its lifetime, and what it takes to run it."""
    if group.purchase_price is None or group.lifetime is None:
        return None
    years = group.lifetime / ticks.UNITS["h"] / YEAR
    return group.count * (group.purchase_price / years + group.running_cost * YEAR)
