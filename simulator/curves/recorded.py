"""Recorded curves: what real trials did, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulator.core.errors import InputError, Problem
from simulator.core.streams import Stream, integers, order
from simulator.core.ticks import PER_SECOND
from simulator.curves.files.tables import read_table
from simulator.curves.protocol import Exit, Training
from simulator.curves.table import Identity, Table

#: The clock of a trial at a resource where it has no point.
MISSING = -1


class _Death(NamedTuple):
    resource: int
    clock: int
    exit: Exit


class Recorded:
    """Trials as they were recorded; trial i is the table's trial i.

    With `interpolate`, values between two recorded resources are read on a straight line; without it, such a resource
    is an error. A trial dies at the last row of its curve if that row has an `exit` or no loss.
    """

    def __init__(self, table: Table, *, interpolate: bool = False) -> None:
        self._table = table
        self._interpolate = interpolate
        self._columns: dict[int, tuple[list[int], list[float]]] = {}  # resource -> clock and loss of each trial
        self._deaths: dict[int, _Death] = {}
        last_rows = np.searchsorted(table.trial, np.arange(table.trials), side="right") - 1
        for trial, row in enumerate(last_rows.tolist()):
            exit_ = table.exits.get(trial) or (Exit.DIVERGED if table.loss[row] == inf else None)
            if exit_:
                self._deaths[trial] = _Death(int(table.resource[row]), int(table.clock[row]), exit_)

    @classmethod
    def read(cls, path: Path | str, *, smaller_is_better: bool = True, interpolate: bool = False) -> Recorded:
        """Read a file of learning curves: .csv, .csv.gz or .parquet; raises InputError for what is wrong in it."""
        return cls(read_table(Path(path), smaller_is_better=smaller_is_better), interpolate=interpolate)

    @property
    def trials(self) -> int:
        """The number of recorded trials."""
        return self._table.trials

    @property
    def metric(self) -> str | None:
        """The name of the metric that is the loss, if the file has it."""
        return self._table.metric

    @property
    def ranking(self) -> list[int]:
        """The trials in order of their last losses, the best first; trials that died come last."""
        ends = np.searchsorted(self._table.trial, np.arange(self.trials), side="right") - 1
        losses = np.where([trial in self._deaths for trial in range(self.trials)], inf, self._table.loss[ends])
        order: list[int] = np.argsort(losses, kind="stable").tolist()
        return order

    @property
    def unit_times(self) -> list[float]:
        """The seconds per unit of each trial, up to its last row."""
        ends = np.searchsorted(self._table.trial, np.arange(self.trials), side="right") - 1
        times: list[float] = (self._table.clock[ends] / self._table.resource[ends] / PER_SECOND).tolist()
        return times

    def identity(self, trial: int) -> Identity | None:
        """The name and hyperparameters of a trial in the log that it was imported from; None if unknown."""
        return self._table.names[trial] if self._table.names else None

    def train(self, trial: int, from_resource: int, to_resource: int) -> Training:
        """Train `trial` as recorded: the time and loss between two recorded resources."""
        if trial >= self._table.trials:
            recorded = f"holds {self._table.trials} trials and a searcher asks for trial {trial}"
            raise self._error(f"{recorded}; lower max_trials, stop earlier, or say `resample: true`")
        before = self._column(from_resource)[0][trial] if from_resource else 0
        death = self._deaths.get(trial)
        if death and death.resource <= to_resource:
            return death.clock - before, inf, death.exit
        clocks, losses = self._column(to_resource)
        if clocks[trial] == MISSING or before == MISSING:
            wanted = from_resource if before == MISSING else to_resource
            raise self._error(f"trial {trial} has no row at resource {wanted}; {self._grid(trial, wanted)}")
        return clocks[trial] - before, losses[trial], None

    def reach(self, resources: tuple[int, ...]) -> str | None:
        """Say what is wrong with rungs at `resources`; None if every living trial has a row at each."""
        for resource in resources:
            clocks, _ = self._column(resource)
            for trial, clock in enumerate(clocks):
                death = self._deaths.get(trial)
                if clock == MISSING and not (death and death.resource <= resource):
                    grid = self._grid(trial, resource)
                    where = f"trial {trial} of {self._table.source}"
                    last = int(self._table.resource[self._table.rows(trial)][-1])
                    if last < resource:
                        grid += f"; train it to {resource}, or lower the length to {last}"
                    return f"a rung stands at {resource}, where {where} has no row; {grid}"
        return None

    def _column(self, resource: int) -> tuple[list[int], list[float]]:
        column = self._columns.get(resource)
        if column is None:
            table = self._table
            clocks, losses = np.full(table.trials, MISSING), np.full(table.trials, inf)
            rows = np.flatnonzero(table.resource == resource)
            clocks[table.trial[rows]], losses[table.trial[rows]] = table.clock[rows], table.loss[rows]
            if self._interpolate:
                for trial in np.flatnonzero(clocks == MISSING).tolist():
                    clocks[trial], losses[trial] = self._between(trial, resource)
            column = self._columns[resource] = clocks.tolist(), losses.tolist()
        return column

    def _between(self, trial: int, resource: int) -> tuple[int, float]:
        rows = self._table.rows(trial)
        known, clock, loss = self._table.resource[rows], self._table.clock[rows], self._table.loss[rows]
        if not known[0] < resource < known[-1]:
            return MISSING, inf
        right = int(np.searchsorted(known, resource))
        share = (resource - known[right - 1]) / (known[right] - known[right - 1])
        time = clock[right - 1] + share * (clock[right] - clock[right - 1])
        return round(float(time)), float(loss[right - 1] + share * (loss[right] - loss[right - 1]))

    def _grid(self, trial: int, resource: int) -> str:
        known = self._table.resource[self._table.rows(trial)]
        if not known[0] <= resource <= known[-1]:
            return f"its rows go from {known[0]} to {known[-1]}"
        right = int(np.searchsorted(known, resource))
        return f"its nearest are {known[right - 1]} and {known[right]} (`interpolate: linear` reads between them)"

    def _error(self, message: str) -> InputError:
        return InputError(Problem(self._table.source, message))


class Shuffled:
    """Recorded trials in an order that the seed draws."""

    def __init__(self, recorded: Recorded, seed: int) -> None:
        self.trials = recorded.trials
        self.reach = recorded.reach
        self._recorded = recorded
        self._order = order(seed, Stream.RESAMPLE, n=self.trials).tolist()

    def train(self, trial: int, from_resource: int, to_resource: int) -> Training:
        """Train the recorded trial at place `trial` of the order."""
        place = self._order[trial] if trial < self.trials else trial  # the table's error names the trial
        return self._recorded.train(place, from_resource, to_resource)


class Resampled:
    """Recorded trials drawn with replacement, without end; trial i is the same draw whatever ran before.

    With `among`, a list of numbers of recorded trials, only these are drawn; a number that is listed twice is drawn
    twice as often. `factors` has a number for each entry of that list: the trial takes this many times its recorded
    time.
    """

    trials: None = None
    _BLOCK = 1024

    def __init__(
        self,
        recorded: Recorded,
        seed: int,
        among: Sequence[int] | None = None,
        factors: Sequence[float] | None = None,
    ) -> None:
        self._recorded = recorded
        self._seed = seed
        self._among = range(recorded.trials) if among is None else among
        self._factors = factors
        self._drawn: dict[int, list[int]] = {}
        self.reach = recorded.reach

    def train(self, trial: int, from_resource: int, to_resource: int) -> Training:
        """Train the recorded trial that was drawn as `trial`."""
        place = self._place(trial)
        spent, loss, exit_ = self._recorded.train(self._among[place], from_resource, to_resource)
        return spent if self._factors is None else round(spent * self._factors[place]), loss, exit_

    @property
    def metric(self) -> str | None:
        """The name of the metric that is the loss, if the file has it."""
        return self._recorded.metric

    def identity(self, trial: int) -> Identity | None:
        """The name and hyperparameters of the recorded trial that was drawn as `trial`; None if unknown."""
        return self._recorded.identity(self._drawn_as(trial))

    def _drawn_as(self, trial: int) -> int:
        return self._among[self._place(trial)]

    def _place(self, trial: int) -> int:
        """The place in the list of the recorded trial that is drawn as `trial`."""
        block, place = divmod(trial, self._BLOCK)
        places = self._drawn.get(block)
        if places is None:
            known, first = len(self._among), block * self._BLOCK
            drawn = integers(self._seed, Stream.RESAMPLE, below=known, n=self._BLOCK, first=first)
            places = self._drawn[block] = drawn.tolist()
        return places[place]
