"""Stopping rules: at a report, a gate decides whether the trial goes on; a bracket has gates in place of rungs.

A library's rung and the report at which it is decided are not the same. A rung may be at 6.25 units and be decided at
7, or at a later report, or together with another rung. So a bracket has a gate for each report at which something is
decided, and the gate asks the library's rungs one after the other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import inf, isnan

from simulator.searchers.cutoff import Cutoff
from simulator.searchers.far_results import Entry


class Judge(ABC):
    """A library's rung: it records a trial's loss and says whether the trial goes on.

    NaN is recorded and not ranked.
    """

    __slots__ = ("_cutoff", "_recorded")

    def __init__(self) -> None:
        self._recorded: dict[int, float] = {}
        self._cutoff = Cutoff()  # the recorded losses that are numbers

    def __contains__(self, trial: int) -> bool:
        return trial in self._recorded

    def __len__(self) -> int:
        return len(self._cutoff)

    @abstractmethod
    def goes_on(self, trial: int, loss: float) -> bool:
        """Record the loss and decide."""

    @abstractmethod
    def places(self, results: int) -> int:
        """How many of `results` results count as the best by this rule; more results never make it smaller."""

    def record(self, trial: int, loss: float) -> int:
        """Add a loss; returns how many there are."""
        self._recorded[trial] = loss
        results = len(self._cutoff)
        if not isnan(loss):
            results += 1
            self._cutoff.add(loss, self.places(results))
        return results

    def forget(self, trial: int) -> bool:
        """Drop the loss of `trial`, if there is one. O(n log n), since invalid trials are few."""
        if trial not in self._recorded:
            return False
        del self._recorded[trial]
        losses = [loss for loss in self._recorded.values() if not isnan(loss)]
        self._cutoff.reset(losses, self.places(len(losses)) if losses else 0)
        return True


class Gate:
    """Lets a trial go on if every one of `judges` does; they are asked in order until one does not.

    `afterwards` records the loss of a trial that is stopped. A dead trial, of loss inf, is recorded nowhere.
    """

    __slots__ = ("_afterwards", "_judges", "_results", "candidates")

    def __init__(self, judges: Sequence[Judge], afterwards: Judge | None = None) -> None:
        self._judges = tuple(judges)
        self._afterwards = afterwards
        self._results = 0
        #: Trials that may go on, in order of their results.
        self.candidates: list[Entry] = []

    def __len__(self) -> int:
        return self._results

    def record(self, trial: int, loss: float) -> bool:
        """Take a result; returns whether `promote` may find a trial."""
        self._results += 1
        if loss != inf:
            for judge in self._judges:
                if not judge.goes_on(trial, loss):
                    break
            else:
                self.candidates.append((loss, self._results, trial))
                return True
            if self._afterwards is not None:
                self._afterwards.record(trial, loss)
        return bool(self.candidates)

    def promote(self) -> Entry | None:
        """Let the trial that has waited longest leave; None if none waits."""
        return self.candidates.pop(0) if self.candidates else None

    def withdraw(self, trial: int) -> bool:
        """Forget the result of `trial`, and that it may go on; returns whether there was one.

        This gate let the trial go on, so it did not record a loss in `afterwards`.
        """
        self.candidates = [entry for entry in self.candidates if entry[2] != trial]
        known = [judge.forget(trial) for judge in self._judges]
        self._results -= any(known)
        return any(known)


class Top(Gate):
    """The gate at the last report of a trial, after which no trial goes on; judges still record it."""

    __slots__ = ()

    def record(self, trial: int, loss: float) -> bool:
        """Take a result; False, since no trial may leave."""
        super().record(trial, loss)
        self.candidates.clear()
        return False
