"""Variations of a cell: longer trials, worse stragglers, more failures and so on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.core import ticks
from simulator.planning.grid import Cell
from simulator.scenario import cluster as models

#: Relative change of a quantity in the sensitivity.
SHARE = 0.2
#: Least and greatest factors in the search for a change of the decision.
LEAST, MOST = 0.5, 2.0
#: The quantity that changes only the costs of runs, and not the runs.
PRICE = "price"

Cluster = models.ClusterSection
#: A function of a cluster and a factor: the entries to change so that a quantity is multiplied by the factor. They
#: are empty if the cluster does not have the quantity.
Change = Callable[[Cluster, float], dict[str, Any]]


@dataclass(frozen=True)
class Variation:
    """A quantity times a factor; a price may be varied in one setting alone."""

    quantity: str
    factor: float
    setting: str | None = None

    @property
    def name(self) -> str:
        """The variation's name in reports, such as "trial time +20 %"."""
        return f"{self.what} {'+' if self.factor > 1 else '−'}{abs(self.factor - 1):.0%}".replace("%", " %")

    @property
    def what(self) -> str:
        """The quantity that is varied, such as "trial time" or "price of spot"."""
        return self.quantity if self.setting is None else f"{self.quantity} of {self.setting}"

    @property
    def simulated(self) -> bool:
        """Whether the variation changes runs; a price does not."""
        return self.quantity != PRICE

    def of(self, cell: Cell) -> Cell:
        """The cell in which the quantity is multiplied by the factor."""
        scenario = cell.loaded.scenario
        change = QUANTITIES[self.quantity](scenario.cluster, self.factor) if self.simulated else {}
        if not change:
            return cell
        cluster = scenario.cluster.model_copy(update=change)
        return replace(cell, loaded=replace(cell.loaded, scenario=scenario.model_copy(update={"cluster": cluster})))

    def changes(self, cell: Cell) -> bool:
        """Whether the variation changes the cell; it does if the cell has the quantity."""
        return self.of(cell) is not cell


def quantities(cells: Sequence[Cell]) -> list[str]:
    """The quantities that any of the cells has, in the order of reports."""
    return [name for name in QUANTITIES if any(Variation(name, MOST).changes(cell) for cell in cells)]


def variations(cell: Cell, *, priced: bool) -> Iterator[Variation]:
    """The variations of a cell: less of each quantity, and more."""
    for quantity in [*quantities([cell]), *([PRICE] if priced else [])]:
        yield Variation(quantity, 1 - SHARE)
        yield Variation(quantity, 1 + SHARE)


def _slower(cluster: Cluster, factor: float) -> dict[str, Any]:
    """Trials that take `factor` times as long, by a lower speed of all machines."""
    groups = cluster.groups or {"workers": models.GroupSection(count=cluster.workers or 1)}
    return {
        "workers": None,
        "groups": {name: group.model_copy(update={"speed": group.speed / factor}) for name, group in groups.items()},
    }


def _stragglier(cluster: Cluster, factor: float) -> dict[str, Any]:
    """Stragglers that take `factor` times as much time in addition to a trial's own."""
    return {} if cluster.stragglers is None else {"stragglers": cluster.stragglers.worse(factor)}


def _more_spells(cluster: Cluster, factor: float) -> dict[str, Any]:
    """Slow spells that come `factor` times as often."""
    spells = cluster.slow_spells
    return {} if spells is None else {"slow_spells": spells.model_copy(update={"every": _span(spells.every, factor)})}


def _more_losses(kind: str, key: str) -> Change:
    """Machines that fail, or are taken away, `factor` times as often."""

    def often(section: Any, factor: float) -> Any:
        recorded = section is None or getattr(section, "series", None) or getattr(section, "availability", None)
        return section if recorded else section.model_copy(update={key: _span(getattr(section, key), factor)})

    def change(cluster: Cluster, factor: float) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if (own := getattr(cluster, kind)) is not (now := often(own, factor)):
            made[kind] = now
        groups = {
            name: group.model_copy(update={kind: now})
            for name, group in (cluster.groups or {}).items()
            if (now := often(getattr(group, kind), factor)) is not getattr(group, kind)
        }
        return made | ({"groups": {**(cluster.groups or {}), **groups}} if groups else {})

    return change


def _more_crashes(cluster: Cluster, factor: float) -> dict[str, Any]:
    """Jobs that die, or are lost, `factor` times as often."""
    made: dict[str, Any] = {}
    if cluster.crashes:
        made["crashes"] = min(factor * cluster.crashes, 1.0)
    if cluster.drops is not None and cluster.drops.probability:
        probability = min(factor * cluster.drops.probability, MOST_DROPS)
        made["drops"] = cluster.drops.model_copy(update={"probability": probability})
    return made


def _overheads(*keys: str) -> Change:
    """Times of a machine's or a trial's overheads, each `factor` times as long."""

    def change(cluster: Cluster, factor: float) -> dict[str, Any]:
        times = {key: round(factor * getattr(cluster.overheads, key)) for key in keys}
        if not any(times.values()):
            return {}
        return {"overheads": cluster.overheads.model_copy(update=times)}

    return change


def _span(span: models.SpanSection, often: float) -> models.SpanSection:
    """A span divided by `often`."""

    def shorter(time: int) -> int:
        return min(max(round(time / often), 1), ticks.LIMIT)

    median = None if span.median is None else shorter(span.median)
    return span.model_copy(update={"mean": shorter(span.mean), "median": median})


#: Greatest probability of a drop, since a job that is always lost never ends.
MOST_DROPS = 0.999
#: The quantities to vary if a cluster has them, by their names in reports.
QUANTITIES: dict[str, Change] = {
    "trial time": _slower,
    "straggler level": _stragglier,
    "slow spells": _more_spells,
    "preemption": _more_losses("preemption", "up"),
    "failures": _more_losses("failures", "mtbf"),
    "crashes": _more_crashes,
    "start-up times": _overheads("worker_start", "trial_start"),
    "restore times": _overheads("save", "restore"),
}
