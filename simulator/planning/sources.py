"""The files that a plan reads: located from any working folder, and identified by their digests."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from simulator.curves.files.tables import MAX_BYTES, MEANT
from simulator.io import inputs, reading
from simulator.planning.grid import Cell
from simulator.scenario import curves as curve_models
from simulator.scenario.loading import Loaded
from simulator.scenario.model import Scenario
from simulator.scenario.searches import RecordedArrivals

log = logging.getLogger(__name__)


def anywhere(loaded: Loaded) -> Loaded:
    """The scenario with absolute paths of its files, since processes may start in another working folder."""
    return replace(loaded, document=replace(loaded.document, path=loaded.document.path.absolute()))


def digests(cells: Sequence[Cell]) -> dict[str, str]:
    """The files that the runs read, with their SHA-256."""
    names = {name for cell in cells for name in _names(cell.loaded.scenario)}
    folder = cells[0].loaded.folder
    return {name: sha256(reading.read_at_most(folder / name, MAX_BYTES, MEANT)).hexdigest() for name in sorted(names)}


def warn_of_changes() -> None:
    """Warn of every file that has changed since the plan read it."""
    for path in inputs.changed():
        log.warning("%s has changed since the plan read it; the answer is about what the plan read", path)


def _names(scenario: Scenario) -> Iterator[str]:
    streams = (scenario.searches or {}).values()
    for curves in (scenario.curves, *(stream.curves for stream in streams)):
        if isinstance(curves, curve_models.RecordedSection):
            yield curves.file
    for stream in streams:
        if isinstance(stream.arrivals, RecordedArrivals):
            yield stream.arrivals.file
    groups = (scenario.cluster.groups or {}).values()
    for told in (scenario.cluster.preemption, *(group.preemption for group in groups)):
        if told is not None:
            yield from filter(None, (told.series, told.availability))
