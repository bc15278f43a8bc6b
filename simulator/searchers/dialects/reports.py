"""When a trial reports, and which of a library's rungs each report decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import NamedTuple

from simulator.searchers.bracket import Bracket
from simulator.searchers.gate import Gate, Judge, Top
from simulator.searchers.progress import endless, trials_of


class DecidingReport(NamedTuple):
    """A report after `units` that decides `rungs` (indices, in order); it also reaches the rungs `undecided`."""

    units: int
    rungs: tuple[int, ...]
    undecided: tuple[int, ...]


#: Chooses, among the undecided rungs that a report reaches, those that it decides; lowest rungs come first.
Pick = Callable[[Sequence[int]], Sequence[int]]


def every_one(rungs: Sequence[int]) -> Sequence[int]:
    """All reached rungs at once, lowest first (Optuna)."""
    return rungs


def highest(rungs: Sequence[int]) -> Sequence[int]:
    """Only the highest reached rung; a later report decides the others (Ray Tune)."""
    return rungs[-1:]


def deciding_reports(milestones: Sequence[float], last: int, every: int, pick: Pick) -> list[DecidingReport]:
    """The reports that decide about rungs at increasing `milestones`, and the last report, at `last` units.

    A trial reports every `every` units, and at `last`.
    """
    reports: list[DecidingReport] = []
    waiting, units = list(range(len(milestones))), 0
    while units < last:
        units = min(max(ceil(milestones[waiting[0]] / every) * every, units + every), last) if waiting else last
        reached = [rung for rung in waiting if milestones[rung] <= units]
        chosen = tuple(pick(reached))
        waiting = [rung for rung in waiting if rung not in chosen]
        undecided = tuple(rung for rung in reached if rung not in chosen)
        reports.append(DecidingReport(units, chosen, undecided))
    return reports


def report_bracket(
    reports: Sequence[DecidingReport],
    judges: Sequence[Judge],
    trials: Iterator[int],
    *,
    number: int = 0,
    max_trials: int | None = None,
    recorded_twice: bool = False,
) -> Bracket:
    """A bracket whose rungs are `reports`; these ask `judges`, which are the library's rungs.

    With `recorded_twice`, the result of a trial that stops is recorded on one more rung that the trial had reached.
    """

    def gate(index: int) -> Gate:
        report = reports[index]
        afterwards = judges[report.undecided[-1]] if recorded_twice and report.undecided else None
        return Gate([judges[rung] for rung in report.rungs], afterwards)

    return Bracket(
        [report.units for report in reports],
        Gates(gate),
        trials,
        number=number,
        max_trials=max_trials,
        meter=endless if max_trials is None else trials_of(max_trials, lingering=False),
        top=Top([judges[rung] for rung in reports[-1].rungs]),
        in_place=True,
    )


class Gates:
    """The rule of a bracket whose gates are made by the function `make` from their index."""

    def __init__(self, make: Callable[[int], Gate]) -> None:
        self.rung = make
