"""The composition root: a scenario and a seed become traces. The only place that picks classes by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from simulator.cluster import engine
from simulator.curves.curves import Curves
from simulator.curves.ordered import Ordered
from simulator.curves.recorded import Recorded, Resampled
from simulator.curves.synthetic import PowerLaw, Synthetic
from simulator.curves.tables import read_table
from simulator.errors import InputError
from simulator.scenario import curves as curve_models
from simulator.scenario import searchers as searcher_models
from simulator.scenario.loading import Loaded
from simulator.searchers import halving
from simulator.searchers.job import Searcher
from simulator.ticks import to_seconds
from simulator.trace import Trace


def build_searcher(spec: searcher_models.Searcher) -> Searcher:
    """Make a fresh searcher; raises ValueError where its rungs don't fit."""
    options = spec.model_dump(exclude={"name"})
    match spec:
        case searcher_models.Sha():
            return halving.sha(**options)
        case searcher_models.Asha():
            return halving.asha(**options)
        case searcher_models.Random():
            return halving.random(**options)
        case searcher_models.Single():
            return halving.single(**options)


def build_curves(spec: curve_models.Curves, folder: Path, seed: int) -> Curves:
    """Make the curves of a scenario in `folder`; raises InputError for what is wrong in a file."""
    match spec:
        case curve_models.Recorded():
            table = read_table(folder / spec.file, smaller_is_better=spec.smaller_is_better)
            recorded = Recorded(table, interpolate=spec.interpolate == "linear")
            return Resampled(recorded, seed) if spec.resample else recorded
        case curve_models.Synthetic():
            law = spec.model_dump(exclude={"kind", "unit_time", "unit_time_sigma"})
            return Synthetic(
                PowerLaw(unit_s=to_seconds(spec.unit_time), unit_sigma=spec.unit_time_sigma, **law), seed
            )
        case curve_models.Ordered():
            return Ordered(spec.unit_time, improving=spec.order == "improving")


class Experiment:
    """A scenario with its parts made and checked against each other, ready to run.

    `seed` overrides the scenario's. Raises InputError where searchers and curves don't fit.
    """

    def __init__(self, loaded: Loaded, seed: int | None = None) -> None:
        self.loaded = loaded
        self.seed = loaded.scenario.seed if seed is None else seed
        self._curves = build_curves(loaded.scenario.curves, loaded.folder, self.seed)
        problems = []
        for label, spec in loaded.scenario.searchers.items():
            problem = self._misfit(spec)
            if problem:
                problems.append(loaded.problem(("searchers", label), problem))
        if problems:
            raise InputError(problems)

    @property
    def labels(self) -> tuple[str, ...]:
        """The searchers, in the scenario's order."""
        return tuple(self.loaded.scenario.searchers)

    @property
    def meta(self) -> dict[str, str | int]:
        """Where a trace comes from."""
        return {
            "scenario": self.loaded.title,
            "scenario_sha256": self.loaded.digest,
            "seed": self.seed,
            "asha_simulator": version("asha-simulator"),
        }

    def run(self, label: str) -> Trace:
        """Simulate one searcher, from its beginning."""
        scenario = self.loaded.scenario
        return engine.simulate(
            build_searcher(scenario.searchers[label]),
            self._curves,
            engine.Cluster(**scenario.cluster.model_dump()),
            stop=scenario.stop.time if scenario.stop else None,
            label=label,
            meta=self.meta,
        )

    def run_all(self, on_searcher: Callable[[str], None] | None = None) -> dict[str, Trace]:
        """Simulate every searcher on the same trials; `on_searcher` hears each label before its run."""
        traces = {}
        for label in self.labels:
            if on_searcher:
                on_searcher(label)
            traces[label] = self.run(label)
        return traces

    def _misfit(self, spec: searcher_models.Searcher) -> str | None:
        """What is wrong with a searcher on these curves."""
        try:
            searcher = build_searcher(spec)
        except ValueError as error:
            return str(error)
        available = self._curves.trials
        if spec.trials is not None and available is not None and spec.trials > available:
            return (
                f"max_trials is {spec.trials} and {available} trials are recorded; "
                f"lower it to {available}, or say `resample: true` under curves"
            )
        return self._curves.reach(searcher.resources)
