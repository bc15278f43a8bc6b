"""The same cell if something about it were otherwise: trials that take longer, stragglers that are worse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from simulator.planning.grid import Cell
from simulator.scenario import cluster as models

#: By how much a quantity is taken to be off.
SHARE = 0.2

Quantity = Literal["trial time", "straggler level", "price"]


@dataclass(frozen=True)
class Variation:
    """A quantity times a factor."""

    quantity: Quantity
    factor: float

    @property
    def name(self) -> str:
        """Its name in reports, such as "trial time +20 %"."""
        return f"{self.quantity} {'+' if self.factor > 1 else '−'}{abs(self.factor - 1):.0%}".replace("%", " %")

    def of(self, cell: Cell) -> Cell:
        """The cell as it would be. A price changes no run, only what it costs."""
        if self.quantity == "price":
            return cell
        scenario = cell.loaded.scenario
        change = _slower if self.quantity == "trial time" else _stragglier
        cluster = scenario.cluster.model_copy(update=change(scenario.cluster, self.factor))
        return replace(cell, loaded=replace(cell.loaded, scenario=scenario.model_copy(update={"cluster": cluster})))


def variations(cell: Cell, *, priced: bool) -> Iterator[Variation]:
    """What may be otherwise about a cell, less and more of each."""
    quantities: list[Quantity] = ["trial time"]
    if cell.loaded.scenario.cluster.stragglers is not None:
        quantities.append("straggler level")
    if priced:
        quantities.append("price")
    for quantity in quantities:
        yield Variation(quantity, 1 - SHARE)
        yield Variation(quantity, 1 + SHARE)


def _slower(cluster: models.ClusterSection, factor: float) -> dict[str, Any]:
    """Trials that take `factor` times as long are machines of so much less speed."""
    groups = cluster.groups or {"workers": models.GroupSection(count=cluster.workers or 1)}
    return {
        "workers": None,
        "groups": {name: group.model_copy(update={"speed": group.speed / factor}) for name, group in groups.items()},
    }


def _stragglier(cluster: models.ClusterSection, factor: float) -> dict[str, Any]:
    """What stragglers take beyond a trial's own time, times `factor`."""
    return {} if cluster.stragglers is None else {"stragglers": cluster.stragglers.worse(factor)}
