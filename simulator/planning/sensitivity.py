"""The same cell if something about it were otherwise: trials that take longer, stragglers that are worse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.core import ticks
from simulator.planning.grid import Cell
from simulator.scenario import cluster as models

#: By how much a quantity is taken to be off.
SHARE = 0.2
#: The least and the most times as much that is looked at for where a decision changes.
LEAST, MOST = 0.5, 2.0
#: A quantity that is money alone: it changes no run, only what it costs.
PRICE = "price"

Cluster = models.ClusterSection
#: What a cluster is with so many times as much of a quantity, as changed entries; none where it has nothing of it.
Change = Callable[[Cluster, float], dict[str, Any]]


@dataclass(frozen=True)
class Variation:
    """A quantity times a factor; money may be that of one setting alone."""

    quantity: str
    factor: float
    setting: str | None = None

    @property
    def name(self) -> str:
        """Its name in reports, such as "trial time +20 %"."""
        return f"{self.what} {'+' if self.factor > 1 else '−'}{abs(self.factor - 1):.0%}".replace("%", " %")

    @property
    def what(self) -> str:
        """What is otherwise, such as "trial time" or "price of spot"."""
        return self.quantity if self.setting is None else f"{self.quantity} of {self.setting}"

    @property
    def simulated(self) -> bool:
        """Whether it changes runs. A price does not."""
        return self.quantity != PRICE

    def of(self, cell: Cell) -> Cell:
        """The cell as it would be."""
        scenario = cell.loaded.scenario
        change = QUANTITIES[self.quantity](scenario.cluster, self.factor) if self.simulated else {}
        if not change:
            return cell
        cluster = scenario.cluster.model_copy(update=change)
        return replace(cell, loaded=replace(cell.loaded, scenario=scenario.model_copy(update={"cluster": cluster})))

    def changes(self, cell: Cell) -> bool:
        """Whether the cell would be another: it has something of the quantity."""
        return self.of(cell) is not cell


def quantities(cells: Sequence[Cell]) -> list[str]:
    """The quantities of which some of the cells have something, in the order in which they are told."""
    return [name for name in QUANTITIES if any(Variation(name, MOST).changes(cell) for cell in cells)]


def variations(cell: Cell, *, priced: bool) -> Iterator[Variation]:
    """What may be otherwise about a cell, less and more of each."""
    for quantity in [*quantities([cell]), *([PRICE] if priced else [])]:
        yield Variation(quantity, 1 - SHARE)
        yield Variation(quantity, 1 + SHARE)


def _slower(cluster: Cluster, factor: float) -> dict[str, Any]:
    """Trials that take `factor` times as long are machines of so much less speed."""
    groups = cluster.groups or {"workers": models.GroupSection(count=cluster.workers or 1)}
    return {
        "workers": None,
        "groups": {name: group.model_copy(update={"speed": group.speed / factor}) for name, group in groups.items()},
    }


def _stragglier(cluster: Cluster, factor: float) -> dict[str, Any]:
    """What stragglers take beyond a trial's own time, times `factor`."""
    return {} if cluster.stragglers is None else {"stragglers": cluster.stragglers.worse(factor)}


def _more_spells(cluster: Cluster, factor: float) -> dict[str, Any]:
    """Slow spells `factor` times as often."""
    spells = cluster.slow_spells
    return {} if spells is None else {"slow_spells": spells.model_copy(update={"every": _span(spells.every, factor)})}


def _more_losses(kind: str, key: str) -> Change:
    """Machines that go `factor` times as often: those that fail, or those that are taken away."""

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
    """A span that is so many times as short."""

    def shorter(time: int) -> int:
        return min(max(round(time / often), 1), ticks.LIMIT)

    median = None if span.median is None else shorter(span.median)
    return span.model_copy(update={"mean": shorter(span.mean), "median": median})


#: A job can't be lost for sure.
MOST_DROPS = 0.999
#: What is varied where a cluster has it, by the name that reports give it.
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
