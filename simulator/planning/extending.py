"""A grid that ends where the answer stands, continued: fewer workers, or more."""

from __future__ import annotations

from typing import Any

from simulator.planning.advice import Advice, Series
from simulator.planning.grid import Grid
from simulator.scenario import settings
from simulator.scenario.loading import Loaded, check_document
from simulator.scenario.yaml_text import Change

#: The option that asks for it, as error lines name it.
OPTION = "--extend"
#: Times that a grid is continued, at most.
ROUNDS = 4
#: Numbers that are added at its upper end each time: twice and four times the most.
DOUBLINGS = 2


def extended(loaded: Loaded, advice: Advice) -> Loaded | None:
    """The scenario with more numbers of workers where the answer is at an end of them; None where it is not.

    Below the fewest come its halves, down to 1; above the most, its doubles. Raises InputError where the scenario
    can't have them.
    """
    axis = Grid(loaded).counting
    beyond = [] if axis is None else sorted(set(_beyond(advice)) - set(axis.values))
    if axis is None or not beyond:
        return None
    known: dict[str, int] = dict(zip(axis.names, axis.values, strict=True))
    more = {**known, **{str(count): count for count in beyond}}
    ordered = dict(sorted(more.items(), key=lambda pair: pair[1]))
    values: Any = ordered if axis.named else list(ordered.values())
    change = Change(("plan", "vary", axis.text), values, OPTION)
    return check_document(settings.changed(loaded.document, [change]))


def _beyond(advice: Advice) -> list[int]:
    """Numbers beyond the end of the grid that the answer stands at."""
    chosen = advice.chosen or advice.nearest
    series: Series = next(one for one in advice.series if chosen in one.options)
    counts = [option.count for option in series.options]
    if advice.chosen is not None and chosen.count == counts[0]:
        halves = [counts[0] >> step for step in range(1, counts[0].bit_length())]
        return [count for count in halves if count]
    if chosen.count == counts[-1] or advice.chosen is None:
        return [counts[-1] << step for step in range(1, DOUBLINGS + 1)]
    return []
