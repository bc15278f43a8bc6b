"""Puts all parts together: makes traces from a scenario and a seed."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from itertools import pairwise
from math import inf
from statistics import median

import numpy as np

from simulator.cluster import engine, feasibility
from simulator.core import ticks
from simulator.core.errors import InputError
from simulator.core.streams import DRAWS_VERSION
from simulator.curves.protocol import Curves
from simulator.curves.recorded import Recorded, Resampled
from simulator.experiment.clusters import build_cluster, build_stop
from simulator.scenario import curves as curve_models
from simulator.scenario import effort
from simulator.scenario import searchers as searcher_models
from simulator.scenario.loading import Loaded
from simulator.scenario.searcher_base import SearcherSection
from simulator.searchers.diary import Diary
from simulator.searchers.protocol import Searcher
from simulator.trace.decisions import decisions
from simulator.trace.joining import joined
from simulator.trace.trace import Trace


def curves_of(loaded: Loaded, seed: int, *, resample: bool | None = None) -> Curves:
    """The trials of a scenario under a seed; recorded ones are in the file's order unless the scenario resamples.

    `resample` overrides the scenario's `resample` and `order`. Raises InputError for what is wrong in a file.
    """
    spec = loaded.scenario.curves
    if isinstance(spec, curve_models.RecordedSection):
        changes = {"smaller_is_better": loaded.scenario.smaller_is_better}
        spec = spec.model_copy(
            update=changes if resample is None else changes | {"resample": resample, "order": "file"}
        )
    with loaded.blaming("curves", "file"):
        made = spec.build(loaded.folder, seed)
    if isinstance(made, (Recorded, Resampled)):
        _check_direction(loaded, made.metric)
    return made


def _check_direction(loaded: Loaded, metric: str | None) -> None:
    """Raise InputError if a searcher minimises losses that the file of curves says to maximise."""
    if metric is None or not metric.startswith("-"):
        return
    for label, block in loaded.scenario.searchers.items():
        if "smaller_is_better" in block.model_fields_set and getattr(block, "smaller_is_better", False):
            message = f"is true, and the curves hold {metric}: {metric[1:]} was to be maximised when it was imported"
            raise InputError(loaded.problem(("searchers", label, "smaller_is_better"), message))


#: Number of trials from which the typical time of the longest job is computed.
SAMPLE = 50


class Experiment:
    """A scenario whose parts are made and checked against each other, ready to run.

    `seed` overrides the scenario's; `curves` are its trials if they exist already. Raises InputError if searchers and
    curves don't fit.
    """

    def __init__(self, loaded: Loaded, seed: int | None = None, curves: Curves | None = None) -> None:
        if loaded.scenario.searches is not None:
            message = (
                "these searches share a cluster; `run`, `plan`, `plot`, `animate`, `check` and `preview` take them, "
                "and in Python `share` and `plan`; nothing else does"
            )
            raise InputError(loaded.problem(("searches",), message))
        self.loaded = loaded
        self.seed = loaded.scenario.seed if seed is None else seed
        self._curves = curves_of(loaded, self.seed) if curves is None else curves
        self._times: dict[tuple[int, int], float | None] = {}  # of typical jobs; shared by copies on other clusters
        self._cluster = build_cluster(loaded)
        problems = []
        for label, spec in loaded.scenario.searchers.items():
            problem = self._misfit(spec)
            if problem:
                problems.append(loaded.problem(("searchers", label), problem))
        if problems:
            raise InputError(problems)
        self._check_hope()

    def on_cluster_of(self, loaded: Loaded) -> Experiment:
        """The same searchers and trials on the cluster of another scenario, whose searchers and trials are the same.

        Raises InputError if the longest job can never be done there.
        """
        _ = self._longest  # shared by all copies, since a plan has thousands
        again = copy(self)
        again.loaded, again._cluster = loaded, build_cluster(loaded)
        again._check_hope()
        return again

    def under_seed(self, seed: int, curves: Curves) -> Experiment:
        """The same experiment under another seed and on other trials, such as those of a replicate."""
        again = copy(self)
        again.seed, again._curves, again._times = seed, curves, {}
        return again

    @property
    def labels(self) -> tuple[str, ...]:
        """The searchers' labels, in the scenario's order."""
        return tuple(self.loaded.scenario.searchers)

    @property
    def meta(self) -> dict[str, str | int | float]:
        """What a trace records about where it comes from."""
        return {
            "scenario": self.loaded.title,
            "scenario_sha256": self.loaded.digest,
            "seed": self.seed,
            "asha_simulator": version("asha-simulator"),
            "draws": DRAWS_VERSION,
        }

    def run(
        self, label: str, watch: Callable[[Searcher], Searcher] | None = None, *, with_decisions: bool = False
    ) -> Trace:
        """Simulate one searcher from its beginning; `watch` may wrap it in a searcher that behaves the same.

        With `with_decisions` the trace has its decisions, result by result.
        """
        scenario = self.loaded.scenario
        spec = scenario.searchers[label]
        divisor = {} if spec.promotes_one_in is None else {"divisor": spec.promotes_one_in}
        advance = {} if spec.advance is None else {"advance": spec.advance}
        diary = Diary(spec.build(self.seed)) if with_decisions else None
        searcher: Searcher = spec.build(self.seed) if diary is None else diary
        with self.loaded.blaming("searchers", label):
            trace = engine.simulate(
                searcher if watch is None else watch(searcher),
                self._curves,
                replace(self._cluster, resume=spec.goes_on_from_its_last_result(resume=self._cluster.resume)),
                stop=build_stop(scenario),
                seed=self.seed,
                label=label,
                meta=self.meta | divisor | advance,
            )
        trace = self._named(joined(trace) if spec.stepwise else trace)
        return trace if diary is None else replace(trace, decisions=decisions(trace, diary))

    def _named(self, trace: Trace) -> Trace:
        """The trace, with the names that its trials have in the imported log."""
        curves = self._curves
        if not isinstance(curves, (Recorded, Resampled)) or curves.identity(0) is None:
            return trace
        known = {trial: curves.identity(trial) for trial in np.unique(trace.trial).tolist()}
        found = {trial: identity for trial, identity in known.items() if identity is not None}
        names = {trial: identity.name for trial, identity in found.items()}
        return replace(trace, names=names, configs={trial: identity.config for trial, identity in found.items()})

    def best_loss(self, trials: int) -> float:
        """The best loss that any of the first `trials` trials has when fully trained; inf if all die before."""
        length = max(spec.build().max_length for spec in self.loaded.scenario.searchers.values())
        return min((self._curves.train(trial, 0, length)[1] for trial in range(trials)), default=inf)

    def in_full(self, trial: int) -> float:
        """The loss of a trial when fully trained; inf if it dies before."""
        length = max(spec.build().max_length for spec in self.loaded.scenario.searchers.values())
        return self._curves.train(trial, 0, length)[1]

    @cached_property
    def _longest(self) -> tuple[SearcherSection, tuple[int, ...]]:
        """The searcher that trains longest, and the resources of its rungs."""
        built = ((spec, spec.build().resources) for spec in self.loaded.scenario.searchers.values())
        return max(built, key=lambda pair: max(pair[1]))

    def _check_hope(self) -> None:
        if hopeless := self._hopeless():
            raise InputError(self.loaded.problem(("cluster",), hopeless))

    def _hopeless(self) -> str | None:
        """The problem if the longest job can never be done on the cluster; None if it can."""
        if self._cluster.trouble_free:
            return None  # it needs no curves then, as for most runs of a plan
        spec, resources = self._longest
        resumes = spec.goes_on_from_its_last_result(resume=self._cluster.resume)
        steps = pairwise((0, *resources)) if resumes else ((0, top) for top in resources)
        low, high = max(steps, key=lambda step: step[1] - step[0])
        typical = self._typical(low, high)
        if typical is None:
            return None
        job = (self._cluster.conditions, self._cluster.machines, typical, high - low)
        expected = feasibility.ticks_if_hopeless(*job)
        if expected is None:
            return None
        years = "no end is" if expected == inf else f"{expected / ticks.UNITS['d'] / 365:.1e} years are"
        return (
            f"no job of {high - low} units can be done: it takes {ticks.show(typical, 'h')} and is lost so often "
            f"that {years} expected; {feasibility.remedy(*job)}"
        )

    def _typical(self, low: int, high: int) -> float | None:
        """The median time in ticks of training from `low` to `high` units; None if every trial dies before."""
        if (low, high) not in self._times:
            trials = range(min(SAMPLE, self._curves.trials or SAMPLE))
            living = [trial for trial in trials if self._curves.train(trial, 0, high)[2] is None]
            times = [self._curves.train(trial, low, high)[0] for trial in living]
            self._times[low, high] = median(times) if times else None
        return self._times[low, high]

    def run_all(
        self, on_searcher: Callable[[str], None] | None = None, *, with_decisions: bool = False
    ) -> dict[str, Trace]:
        """Simulate every searcher on the same trials; `on_searcher` is called with each label before its run."""
        traces = {}
        for label in self.labels:
            if on_searcher:
                on_searcher(label)
            traces[label] = self.run(label, with_decisions=with_decisions)
        return traces

    def _misfit(self, spec: searcher_models.Searcher) -> str | None:
        """The problem of a searcher on these curves; None if it fits."""
        try:
            searcher = spec.build()
        except ValueError as error:
            return str(error)
        available = self._curves.trials
        if spec.trials is not None and spec.trials > effort.MOST and self.loaded.scenario.stop is None:
            most = f"{effort.MOST:,} are the most that end without a stop"
            return f"{effort.effort(spec.trials, stepwise=spec.stepwise)}; {most}: give fewer, or a stop"
        if spec.trials is not None and available is not None and spec.trials > available:
            remedy = "say `resample: true` under curves"
            if getattr(spec, spec.counts, None) == spec.trials:
                remedy = f"lower it to {available}, or {remedy}"
                return f"{spec.counts} is {spec.trials} and {available} trials are recorded; {remedy}"
            return f"starts {spec.trials} trials and {available} are recorded; {remedy}"
        return self._curves.reach(searcher.resources)
