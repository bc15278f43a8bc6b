"""A preview as rows of text and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from simulator.core.formatting import counted, percent
from simulator.planning.previewing.search import FIRST_TRIALS, Preview, Range

RUNGS = ("bracket", "rung", "trained to", "trials", "units")
WORKERS = ("workers", "lower bound", "limited by", "ideal makespan", "busy", "speed-up")

#: Greatest number of brackets of an endless search that are listed.
MOST_BRACKETS = 12


def heading(label: str, seen: Preview) -> str:
    """The search in one line."""
    if seen.endless:
        return f"{label}: never ends; its first {FIRST_TRIALS:,} trials"
    return (
        f"{label}: {_several(seen.trials, 'trial')}, {_range(seen.full_length_trials)} of them trained in full "
        f"({counted(seen.max_length, 'unit')}), {_several(seen.resource_units, 'unit')} in all"
    )


def rungs(seen: Preview) -> Iterator[tuple[str, ...]]:
    """A row for each rung, under `RUNGS`."""
    for number, bracket in enumerate(seen.brackets[:MOST_BRACKETS]):
        for index, rung in enumerate(bracket.rungs):
            first = str(number) if index == 0 else ""
            yield first, str(index), f"{rung.resource:,}", _range(rung.trials), _range(rung.units)


def workers(seen: Preview) -> Iterator[tuple[str, ...]]:
    """A row for each number of workers, under `WORKERS`."""
    for row in seen.workers:
        yield (
            f"{row.workers:,}",
            _number(row.lower_bound),
            row.bound_by,
            _range(row.ideal_makespan),
            percent(row.utilization, digits=1).replace(" ", ""),
            f"{row.speedup:.1f}",
        )


def sentences(seen: Preview) -> Iterator[str]:
    """Sentences on what the tables don't show."""
    if len(seen.brackets) > MOST_BRACKETS:
        more = len(seen.brackets) - MOST_BRACKETS
        yield f"{counted(more, 'more bracket')} {'is' if more == 1 else 'are'} not shown."
    if seen.busy_at_once is None:
        yield "The search can keep any number of workers busy."
    else:
        split = " + ".join(f"{bracket.busy_at_once:,}" for bracket in seen.brackets)
        by_bracket = f" ({split})" if len(seen.brackets) > 1 and not seen.endless else ""
        yield f"The search can keep {counted(seen.busy_at_once, 'worker')} busy at once{by_bracket}."
    if seen.workers:
        yield (
            "Times are in units. They assume that a unit takes every trial the same time, and that nothing is lost."
        )
    if seen.full_length_trials.max == 0 and not seen.endless:
        yield f"No trial is trained in full in {_made(seen.seeds)} with made-up results."


def _made(seeds: int) -> str:
    return "a run" if seeds == 1 else f"any of {seeds} runs"


def as_json(previews: dict[str, Preview]) -> dict[str, Any]:
    """The preview as plain values for JSON; every number that varies has min, mean and max."""
    return {"searchers": {label: asdict(seen) for label, seen in previews.items()}}


def _range(numbers: Range) -> str:
    if numbers.min == numbers.max:
        return _number(numbers.min)
    return f"{_number(numbers.mean)} ({_number(numbers.min)}–{_number(numbers.max)})"


def _several(numbers: Range, noun: str) -> str:
    return f"{_range(numbers)} {noun}{'' if numbers.min == numbers.max == 1 else 's'}"


def _number(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) or number >= 100 else f"{number:,.1f}"  # noqa: PLR2004
