"""Continues a grid whose answer lies at its end, with fewer workers or with more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from simulator.core.errors import InputError
from simulator.io import inputs
from simulator.planning.advice import Advice
from simulator.planning.grid import Grid
from simulator.scenario import settings
from simulator.scenario.loading import Loaded, check_document
from simulator.scenario.yaml_text import Change

log = logging.getLogger(__name__)

Answered = TypeVar("Answered")

#: The option's name in error lines.
OPTION = "--extend"
#: Greatest number of times that a grid is continued.
ROUNDS = 4
#: How many doubles of the largest number of workers are added at the upper end each time.
DOUBLINGS = 2


def continued(
    found: Answered,
    answered: Callable[[Loaded, Path | None], Answered],
    more: Callable[[Answered], Loaded | None],
    check: Callable[[Loaded], object],
    folder: Path | None,
) -> Answered:
    """Continue a grid as long as `more` gives a scenario; returns the last answer.

    Each continuation has a folder of its own.

    If the scenario can't have more workers, as `check` says, a warning says why, and the answer so far is returned.
    An InputError while the continued grid runs is raised, since without these runs the answer might differ.
    """
    for step in range(1, ROUNDS + 1):
        try:
            scenario = more(found)
            if scenario is None:
                break
            check(scenario)
        except InputError as error:
            if inputs.changed():  # the error may be about a file that was replaced meanwhile
                raise
            log.warning("the grid is not continued: %s", error.problems[0])
            break
        found = answered(scenario, None if folder is None else folder / f"extended-{step}")
    return found


def extended(loaded: Loaded, counts: Sequence[int]) -> Loaded | None:
    """The scenario with further numbers of workers; None if it does not vary them, or has all of these.

    Raises InputError if the scenario can't have these numbers.
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
    """Further numbers of workers if the answer lies at an end of `counts`: halves at the lower, doubles at the upper.

    `enough` means that the `chosen` number does what is asked; if it does not, greater numbers are tried.
    """
    if enough and chosen == counts[0]:
        return [count for step in range(1, counts[0].bit_length()) if (count := counts[0] >> step)]
    if chosen == counts[-1] or not enough:
        return [counts[-1] << step for step in range(1, DOUBLINGS + 1)]
    return []


def beyond_advice(advice: Advice) -> list[int]:
    """Numbers beyond an end of the grid at which a plan's answer lies, or the option that it was compared with."""
    found: list[int] = []
    for option in dict.fromkeys([advice.chosen or advice.nearest, advice.base]):
        if option is not None:
            counts = [one.count for one in advice.series_of(option).options]
            found += beyond(counts, option.count, enough=advice.chosen is not None)
    return found
