"""The worlds of a scenario: the variants that its controls lead to, each simulated on request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from io import StringIO
from threading import Lock
from time import monotonic
from typing import Any

from ruamel.yaml import YAML

from simulator.core.errors import InputError, Problem, RunError
from simulator.core.escaping import printable
from simulator.curves.protocol import Curves
from simulator.experiment.experiment import Experiment, curves_of
from simulator.experiment.replicates import replicates
from simulator.exploring.controls import Control
from simulator.planning.grid import workers
from simulator.results import Comparison
from simulator.scenario.changes import put
from simulator.scenario.loading import Loaded, check_document
from simulator.scenario.yaml_text import Path_
from simulator.searchers.watched import Watched
from simulator.trace import metrics
from simulator.trace.trace import Trace

#: Greatest number of tables of curves that are kept in memory; the sliders of one page need few.
KEPT = 4
#: Number of reports between two checks of the clock.
LOOK = 64


class Cancelled(Exception):
    """The page no longer waits for this run."""


class Limits:
    """Limits of a run for a picture: workers, trials of a searcher, results, and seconds; None means no limit."""

    def __init__(
        self,
        *,
        workers: int | None = None,
        trials: int | None = None,
        results: int | None = None,
        seconds: float | None = None,
    ) -> None:
        self.workers, self.trials, self.results, self.seconds = workers, trials, results, seconds

    def check(self, loaded: Loaded) -> None:
        """Raise InputError for a scenario that is too large."""
        scenario, problems = loaded.scenario, []
        if self.workers is not None and workers(scenario) > self.workers:
            message = f"{workers(scenario):,} workers are too many to draw at once; the most here is {self.workers:,}"
            problems.append(Problem("cluster", message))
        for label, block in scenario.searchers.items():
            if self.trials is not None and (block.trials or 0) > self.trials:
                message = f"{block.trials:,} trials are too many to draw at once; the most here is {self.trials:,}"
                problems.append(Problem(label, message))
        if problems:
            raise InputError(problems)


class Guard:
    """Ends a run that is cancelled or exceeds the limits; it is called before every result."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._results, self._began = 0, monotonic()
        self.cancelled = False

    def __call__(self) -> None:
        """Count a result; raises Cancelled or RunError if the run is to end."""
        self._results += 1
        most = self.limits.results
        if most is not None and self._results > most:
            raise RunError(f"it has more than {most:,} results; take fewer trials, or a sooner stop")
        if self.cancelled or self._results % LOOK == 0:
            self.check()

    def check(self) -> None:
        """Raise Cancelled or RunError if the run must end."""
        seconds = self.limits.seconds
        if self.cancelled:
            raise Cancelled
        if seconds is not None and monotonic() - self._began > seconds:
            raise RunError(f"it takes longer than {seconds:g} s; take fewer trials, or a sooner stop")


class Worlds:
    """The variants of a scenario; a world is requested by the names of its values, by their control's key.

    A control that is not named keeps the scenario's own value. `seed` overrides the scenario's.
    """

    def __init__(
        self, loaded: Loaded, controls: Sequence[Control], seed: int | None = None, limits: Limits | None = None
    ) -> None:
        self.controls = tuple(controls)
        self.limits = limits or Limits()
        self._document = loaded.document
        self._values = {key: value for key, value in loaded.document.values.items() if key != "plan"}
        if seed is not None:
            self._values["seed"] = seed
        self._curves: dict[str, Curves] = {}
        self._lock = Lock()
        self.title, self.time_unit = loaded.title, loaded.scenario.time_unit

    def changes(self, names: Mapping[str, str]) -> list[tuple[Path_, Any]]:
        """The changes to the scenario that make a world; raises InputError for an unknown control or value."""
        known = {control.key: control for control in self.controls}
        changes: list[tuple[bool, Path_, Any]] = []
        for key, name in names.items():
            if key not in known:
                raise InputError(Problem(key, f"is not a control; the controls are {', '.join(known) or 'none'}"))
            control = known[key]
            value = control.value(name)
            changes += [(control.last, path, value) for path in control.paths]
            if name != control.names[control.at]:
                changes += [(control.last, *change) for change in control.also]
        changes.sort(key=lambda change: (change[0], len(change[1])))  # outer keys first
        return [(path, value) for _, path, value in changes]

    def values(self, names: Mapping[str, str]) -> dict[str, Any]:
        """The plain values of a world's scenario; raises InputError as `changes` does."""
        values = deepcopy(self._values)
        for path, value in self.changes(names):
            put(values, path, value)
        return values

    def yaml(self, names: Mapping[str, str]) -> str:
        """A world as a scenario file for the same folder; raises InputError for what is wrong in it."""
        values = self.values(names)
        self.loaded(names)
        writer = YAML()
        writer.default_flow_style = None
        writer.width = 110
        text = StringIO()
        writer.dump(values, text)
        moved = self._moved(names)
        head = f"{self._document.path.name} with {moved}" if moved else self._document.path.name
        return f"# {printable(head)}\n{text.getvalue()}"

    def title_of(self, names: Mapping[str, str]) -> str:
        """The title of a world's pictures: the scenario's title, and what was moved."""
        moved = self._moved(names)
        return f"{self.title} (here: {moved})" if moved else self.title

    def _moved(self, names: Mapping[str, str]) -> str:
        """A text with the controls that were moved, and their values."""
        return ", ".join(
            f"{control.title} {names[control.key]}"
            for control in self.controls
            if names.get(control.key, control.names[control.at]) != control.names[control.at]
        )

    def loaded(self, names: Mapping[str, str]) -> Loaded:
        """The scenario of a world; raises InputError for what is wrong in it."""
        values = self.values(names)
        raw = self._document.raw + json.dumps(dict(names), sort_keys=True).encode()
        loaded = check_document(replace(self._document, raw=raw, values=values))
        self.limits.check(loaded)
        return loaded

    def experiment(self, loaded: Loaded) -> Experiment:
        """The experiment of a world; a table of curves is read only once."""
        scenario = loaded.scenario
        key = repr((loaded.document.values["curves"], scenario.seed, scenario.smaller_is_better))
        with self._lock:
            curves = self._curves.pop(key, None) or curves_of(loaded, scenario.seed)
            self._curves[key] = curves  # the most recent table comes last
            while len(self._curves) > KEPT:
                del self._curves[next(iter(self._curves))]
        return Experiment(loaded, curves=curves)

    def traces(self, loaded: Loaded, guard: Callable[[], None]) -> dict[str, Trace]:
        """Simulate a world; raises InputError, RunError, and the exceptions of `guard`."""
        return _run(self.experiment(loaded), guard, with_decisions=True)

    def compared(
        self, loaded: Loaded, seeds: int, guard: Callable[[], None], on_progress: Callable[[int], None] | None = None
    ) -> Comparison:
        """Simulate a world under the seeds of `compare`; raises InputError, RunError, and what `guard` raises."""
        experiment = self.experiment(loaded)
        found: dict[str, list[metrics.Summary]] = {label: [] for label in experiment.labels}
        for number, drawn, curves in replicates(loaded, seeds, experiment.seed):
            for label, trace in _run(experiment.under_seed(drawn, curves), guard).items():
                found[label].append(metrics.summarize(trace))
            if on_progress is not None:
                on_progress(number + 1)
        return Comparison(loaded, experiment.seed, found)


def _run(experiment: Experiment, guard: Callable[[], None], *, with_decisions: bool = False) -> dict[str, Trace]:
    return {
        label: experiment.run(label, lambda searcher: Watched(searcher, guard), with_decisions=with_decisions)
        for label in experiment.labels
    }


def named(controls: Iterable[Control], places: Iterable[int]) -> dict[str, str]:
    """The names of a world's values, from the indices of the values."""
    return {control.key: control.names[place] for control, place in zip(controls, places, strict=True)}
