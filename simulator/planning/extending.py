"""A grid that ends where the answer stands, continued: fewer workers, or more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from simulator.core.errors import InputError
from simulator.planning.advice import Advice, Series
from simulator.planning.grid import Grid
from simulator.scenario import settings
from simulator.scenario.loading import Loaded, check_document
from simulator.scenario.yaml_text import Change

log = logging.getLogger(__name__)

Answered = TypeVar("Answered")

#: The option that asks for it, as error lines name it.
OPTION = "--extend"
#: Times that a grid is continued, at most.
ROUNDS = 4
#: Numbers that are added at its upper end each time: twice and four times the most.
DOUBLINGS = 2


def continued(
    found: Answered,
    answered: Callable[[Loaded, Path | None], Answered],
    more: Callable[[Answered], Loaded | None],
    folder: Path | None,
) -> Answered:
    """The answer of a grid continued again and again, as long as there is `more`; each goes to a folder of its own.

    Where the grid can't be continued, a warning says why, and the answer so far is returned.
    """
    for step in range(1, ROUNDS + 1):
        part = None if folder is None else folder / f"extended-{step}"
        try:
            scenario = more(found)
            if scenario is None:
                break
            found = answered(scenario, part)
        except InputError as error:
            log.warning("the grid is not continued: %s", error.problems[0])
            break
    return found


def extended(loaded: Loaded, counts: Sequence[int]) -> Loaded | None:
    """The scenario with more numbers of workers; None where it varies none, or has them all.

    Raises InputError where it can't have them.
    """
    axis = Grid(loaded).counting
    new = [] if axis is None else sorted(set(counts) - set(axis.values))
    if axis is None or not new:
        return None
    known: dict[str, int] = dict(zip(axis.names, axis.values, strict=True))
    more = {**known, **{str(count): count for count in new}}
    ordered = dict(sorted(more.items(), key=lambda pair: pair[1]))
    values: Any = ordered if axis.named else list(ordered.values())
    change = Change(("plan", "vary", axis.text), values, OPTION)
    return check_document(settings.changed(loaded.document, [change]))


def beyond(counts: Sequence[int], chosen: int, *, enough: bool) -> list[int]:
    """Numbers beyond the end of some that the answer stands at, `enough` or too few.

    Below the fewest come its halves, down to 1; above the most, its doubles.
    """
    if enough and chosen == counts[0]:
        return [count for step in range(1, counts[0].bit_length()) if (count := counts[0] >> step)]
    if chosen == counts[-1] or not enough:
        return [counts[-1] << step for step in range(1, DOUBLINGS + 1)]
    return []


def beyond_advice(advice: Advice) -> list[int]:
    """Numbers beyond the end of the grid that the answer of a plan over one search stands at."""
    chosen = advice.chosen or advice.nearest
    series: Series = next(one for one in advice.series if chosen in one.options)
    return beyond([option.count for option in series.options], chosen.count, enough=advice.chosen is not None)
