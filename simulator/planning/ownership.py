"""Buy or rent: the cost of machines per year either way, and the use from which on owning costs less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from simulator.core import formatting, ticks
from simulator.scenario.cluster import ClusterSection, GroupSection, IdleReleaseSection
from simulator.scenario.loading import Loaded

#: Hours in a year.
YEAR = 8760.0
#: Share of the hours above which machines count as there in every hour.
ALWAYS = 0.995


@dataclass(frozen=True)
class Ownership:
    """Cost of all machines per year: rented, rented only for the hours in which they train, or owned.

    A cost is None if no group has a price for it. If the machines are used for a share `wins_at` of the hours or
    more, owning costs less than renting for those hours. `use` is the share of the hours in which the machines train.
    `hired` is the share for which they are hired, None if that is all.
    """

    rent: float | None
    rent_used: float | None
    own: float | None
    wins_at: float | None
    use: float
    hired: float | None = None

    @property
    def least(self) -> float:
        """The lower of the known costs of renting and owning."""
        return min(cost for cost in (self.rent, self.own) if cost is not None)

    def as_dict(self) -> dict[str, Any]:
        """The costs as plain values for JSON."""
        return asdict(self)

    def cells(self) -> list[str]:
        """Rent and ownership for a table."""
        return ["—" if cost is None else f"{cost:,.0f}" for cost in (self.rent, self.own)]

    def sentences(self) -> list[str]:
        """Sentences on buying and renting."""
        if self.own is None or self.rent is None or self.rent_used is None or self.wins_at is None:
            return []
        better = "buying" if self.own < self.rent else "renting"
        hours = "every hour"
        if self.hired is not None:
            hours = f"the {formatting.percent(self.hired)} of the hours for which they are hired"
        said = [
            f"Its machines cost {self.own:,.0f} a year to own and {self.rent:,.0f} to rent for {hours}: {better} "
            "costs less."
        ]
        if self.hired is not None and self.wins_at <= 1:
            said.append(
                f"Owning costs less if they are hired for {formatting.percent(self.wins_at)} of the hours or more."
            )
        elif self.wins_at > 1:
            said.append("Owning them costs more than renting them even where they are used every hour.")
        else:
            said.append(
                f"If they were rented only for the hours in which they train, they would cost {self.rent_used:,.0f}. "
                f"Owning costs less from a use of {formatting.percent(self.wins_at)} on; here the use is "
                f"{formatting.percent(self.use)}."
            )
        return said


def ownership(loaded: Loaded, uses: Sequence[float], rented: float | None = None) -> Ownership | None:
    """Compute what a scenario's groups cost per year; None if no group has a price.

    If machines come and go, their rent per hour is `rented`, as the runs have shown.
    """
    groups = list((loaded.scenario.cluster.groups or {}).values())
    use = float(np.mean(uses))
    rents = [group.count * group.price * YEAR for group in groups]
    owns = [_own(group) for group in groups]
    priced = bool(groups) and all(group.price for group in groups)
    whole = sum(rents) if priced else None
    varies = rented is not None and any(_varies(group, loaded.scenario.cluster) for group in groups)
    rent = YEAR * rented if whole is not None and varies and rented is not None else whole
    own = sum(cost for cost in owns if cost is not None) if groups and None not in owns else None
    if rent is None and own is None:
        return None
    wins = own / whole if whole and own is not None else None
    hired = rent / whole if varies and whole and rent is not None else None
    if hired is not None and hired > ALWAYS:
        hired = None
    return Ownership(rent, None if whole is None else whole * use, own, wins, use, hired)


def _varies(group: GroupSection, cluster: ClusterSection) -> bool:
    """Whether a group's machines are let go and hired again, or are away at times; such times are not paid."""
    away = group.preemption or cluster.preemption or group.failures or cluster.failures
    return bool(away or group.scaling) or isinstance(group.release or cluster.release, IdleReleaseSection)


def _own(group: GroupSection) -> float | None:
    """Cost per year of owning a group: its price divided by its lifetime, and its running cost."""
    if group.purchase_price is None or group.lifetime is None:
        return None
    years = group.lifetime / ticks.UNITS["h"] / YEAR
    return group.count * (group.purchase_price / years + group.running_cost * YEAR)
