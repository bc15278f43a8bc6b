"""Backtest: a real run is compared with many simulated runs of the same search on its cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, exp, floor, log, sqrt

import numpy as np
from numpy.typing import NDArray

from simulator.cluster import engine
from simulator.cluster.calibration import calibrate, estimate, observed, section
from simulator.cluster.calibration.calibrate import Calibration
from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.core.streams import Stream, generator
from simulator.curves.protocol import Curves
from simulator.experiment.clusters import build_cluster, build_stop
from simulator.experiment.experiment import Experiment, curves_of
from simulator.experiment.replicates import replicates
from simulator.scenario.cluster import ClusterSection
from simulator.scenario.loading import Loaded
from simulator.trace import metrics
from simulator.trace.reading import unit_of
from simulator.trace.trace import Outcome, Trace

#: Quantiles at the ends of the interval in which a real figure should lie.
INTERVAL = (0.05, 0.95)
#: Figures of a search and their names in reports; those in seconds come first.
NAMES = {
    "makespan_s": "makespan",
    "first_full_length_s": "first full-length trial at",
    "overhead_s": "overhead, worker time",
    "lost_s": "lost, worker time",
    "utilization": "busy share",
    "trials": "trials started",
    "full_length_trials": "full-length trials",
    "resource_units": "units trained",
}
SECONDS = {name for name in NAMES if name.endswith("_s")}

Values = NDArray[np.float64]
Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class Forecast:
    """A figure of the real run, its `quantile` among the simulated runs, and their median and interval."""

    name: str
    real: float | None
    low: float | None
    middle: float | None
    high: float | None
    quantile: float | None

    @property
    def inside(self) -> bool | None:
        """Whether the real figure lies in the interval; None if the real run or the simulated ones have none."""
        if self.real is None or self.low is None or self.high is None:
            return None
        return self.low <= self.real <= self.high

    @property
    def error(self) -> float | None:
        """Relative error of the forecast: middle / real - 1; None if either is missing or the real figure is 0."""
        return None if not self.real or self.middle is None else self.middle / self.real - 1


@dataclass(frozen=True, eq=False)
class Backtest:
    """One real run and its forecast: `rows` by figure, all simulated makespans, and a `typical` simulated run."""

    label: str
    real: Trace
    typical: Trace
    rows: tuple[Forecast, ...]
    makespans: Values
    calibration: Calibration | None

    def __getitem__(self, name: str) -> Forecast:
        return next(row for row in self.rows if row.name == name)


@dataclass(frozen=True)
class Case:
    """A real run, the scenario that describes it, and the label of its searcher there."""

    trace: Trace
    loaded: Loaded
    label: str


Progress = Callable[[int, int], None]


def case(trace: Trace, loaded: Loaded, label: str | None = None) -> Case:
    """Match a trace to a searcher of the scenario: by `label`, by the trace's own label, or the only searcher.

    Raises InputError if no searcher or several match, or if SciPy is not installed.
    """
    estimate.check_installed()
    labels = list(Experiment(loaded).labels)
    wanted = label or (trace.label if trace.label in labels else labels[0] if len(labels) == 1 else None)
    if wanted not in labels:
        said = f"has no searcher {wanted!r}" if wanted else f"has {len(labels)} searchers"
        raise InputError(
            Problem(loaded.title, f"{said}; say which of {', '.join(labels)} the run was with --searcher")
        )
    length = loaded.scenario.searchers[wanted].build().max_length
    return Case(replace(trace, max_length=length), loaded, wanted)


def calibrated(cases: Sequence[Case]) -> Calibration:
    """The cluster that the cases ran on, estimated with their scenarios' curves."""
    every = cases[0].loaded.scenario.cluster.recovery.checkpoint_every
    return calibrate.calibrate([one.trace for one in cases], [_curves(one.loaded) for one in cases], every=every)


def backtest(
    one: Case,
    found: Calibration | None,
    *,
    runs: int = 200,
    seed: int | None = None,
    drift: tuple[float, float, int] | None = None,
    on_progress: Progress | None = None,
) -> Backtest:
    """Simulate the search `runs` times and say where the real run lies among them.

    Every run has its own seed. With a calibration `found`, it also has its own cluster, whose figures are drawn from
    their uncertainty; else it runs on the scenario's cluster. `drift` is the result of drift(): the times are widened
    by the errors of these other forecasts. Raises InputError if the search does not fit the curves.
    """
    spec, scenario = one.loaded.scenario.searchers[one.label], one.loaded.scenario
    curves = _curves(one.loaded)
    if curves.trials is not None and (problem := observed.of_other_trials(one.trace, curves)):
        raise InputError(Problem(one.trace.label, problem))
    made: list[tuple[Figures, Trace]] = []
    for replicate in replicates(one.loaded, runs, seed):
        rng = generator(replicate.seed, Stream.FIT)
        loaded = one.loaded if found is None else on_calibrated(one.loaded, found, rng)
        own = curves if curves.trials is not None else replicate.curves
        trace = engine.simulate(
            spec.build(), own, build_cluster(loaded), stop=build_stop(scenario), seed=replicate.seed, label=one.label
        )
        made.append((figures(trace, spec.build().resources), trace))
        if on_progress:
            on_progress(len(made), runs)
    factor = np.ones(runs) if drift is None else _drifts(drift, runs, one.loaded.scenario.seed)
    real = figures(one.trace, spec.build().resources)
    rows = [_row(name, real[name], [own[name] for own, _ in made], factor) for name in real]
    makespans = np.array([own["makespan_s"] for own, _ in made], float) * factor
    middle = int(np.argsort(makespans)[len(made) // 2])
    return Backtest(one.label, one.trace, made[middle][1], tuple(rows), makespans, found)


def drift(cases: Sequence[Case], found: Calibration, *, runs: int = 30) -> tuple[float, float, int]:
    """Mean and sd of log(real / foreseen) over the runs that calibrated the cluster, and their number.

    The sd (standard deviation) is that of the error for a further run. The spread that seeds alone cause is
    subtracted, so that it does not count twice, and the uncertainty of the mean is added.
    """
    errors, chance = [], []
    for one in cases:
        made = backtest(one, found, runs=runs)
        real, middle = made["makespan_s"].real, made["makespan_s"].middle
        if real and middle:
            errors.append(log(real / middle))
            chance.append(float(np.log(made.makespans).var(ddof=1)))
    if len(errors) < 2:  # noqa: PLR2004
        return 0.0, 0.0, len(errors)
    each = float(np.mean(chance))
    left = max(float(np.var(errors, ddof=1)) - each, 0.0)
    return float(np.mean(errors)), sqrt(left + (left + each) / len(errors)), len(errors)


def corrected(drift: tuple[float, float, int]) -> str:
    """A sentence on the result of drift()."""
    mean, _, count = drift
    return (
        f"All simulated times are multiplied by {exp(mean):.3g} in the middle, since the {count} runs that calibrated"
        " the cluster took so many times as long as was foreseen for them. They are spread as these errors are."
    )


def on_calibrated(loaded: Loaded, found: Calibration, rng: np.random.Generator | None = None) -> Loaded:
    """The scenario on the calibrated cluster; figures that the runs don't show stay as they are in the scenario."""
    own, made = loaded.scenario.cluster, ClusterSection.model_validate(section.section(found, rng))
    told = {name: getattr(made, name) for name in made.model_fields_set}
    for name in ("recovery", "overheads"):
        if name in told:
            parts = {part: getattr(told[name], part) for part in told[name].model_fields_set}
            told[name] = getattr(own, name).model_copy(update=parts)
    replaced = {"workers": made.workers, "groups": made.groups, "stragglers": made.stragglers}
    cluster = own.model_copy(update=told | replaced)
    return replace(loaded, scenario=loaded.scenario.model_copy(update={"cluster": cluster}))


def figures(trace: Trace, resources: Sequence[int]) -> dict[str, float | None]:
    """The figures by which runs are compared: the summary's, and the number of trials that reached each rung."""
    summary = metrics.summarize(trace)
    made: dict[str, float | None] = {name: getattr(summary, name) for name in NAMES}
    done = trace.where(Outcome.COMPLETED)
    for resource in resources:
        made[f"trials_at_{resource}"] = float(len(np.unique(trace.trial[done & (trace.to_resource >= resource)])))
    return made


def figure_name(name: str) -> str:
    """A figure's name in reports."""
    return NAMES.get(name) or f"trials trained up to {name.rpartition('_')[2]}"


def _row(name: str, real: float | None, values: Sequence[float | None], factor: Values) -> Forecast:
    known = np.array([value for value in values if value is not None], float)
    if not len(known):
        return Forecast(name, real, None, None, None, None)
    if name in SECONDS and len(known) == len(factor):
        known = known * factor
    low, high = np.quantile(known, INTERVAL)
    if name not in SECONDS and name != "utilization":  # counts: 90 % or more lie between these whole numbers
        low, high = floor(low), ceil(high)
    middle = float(np.median(known))
    below = None if real is None else float(((known < real).sum() + (known == real).sum() / 2) / len(known))
    return Forecast(name, real, float(low), middle, float(high), below)


def _drifts(drift: tuple[float, float, int], runs: int, seed: int) -> Values:
    """Random factors for the times of whole runs, by Student's distribution, since few runs give the spread."""
    mean, sd, count = drift
    if count < 2:  # noqa: PLR2004
        return np.ones(runs)
    rng = generator(seed, Stream.FIT, runs)
    return np.exp(mean + sd * rng.standard_t(count - 1, runs))


def _curves(loaded: Loaded) -> Curves:
    return curves_of(loaded, loaded.scenario.seed)


def share_inside(tests: Sequence[Backtest]) -> float:
    """Share of real runs whose makespan lies in its interval."""
    return float(np.mean([bool(one["makespan_s"].inside) for one in tests]))


def median_error(tests: Sequence[Backtest]) -> float:
    """Median of the makespans' absolute errors."""
    return float(np.median([abs(one["makespan_s"].error or 0.0) for one in tests]))


def lines(one: Backtest) -> list[str]:
    """The comparison in plain words."""
    made, unit = [], unit_of(one.real)
    for row in one.rows:
        if row.real is None and row.middle is None:
            continue
        shown = [_shown(row.name, value, unit) for value in (row.real, row.low, row.high)]
        if row.inside is None:
            made.append(f"  {figure_name(row.name)}: {shown[0]}; simulated runs: {shown[1]} to {shown[2]}")
            continue
        verdict = "foreseen" if row.inside else "not foreseen"
        made.append(
            f"  {figure_name(row.name)}: {shown[0]}; 90 % of simulated runs lie from {shown[1]} to {shown[2]}: "
            f"{verdict} (quantile {row.quantile:.2f})"
        )
    return made


def _shown(name: str, value: float | None, unit: str) -> str:
    if value is None:
        return "none"
    if name in SECONDS:
        return f"{estimate.plain(value * ticks.PER_SECOND / ticks.UNITS[unit])} {unit}"
    return f"{value:.1%}".replace("%", " %") if name == "utilization" else f"{value:g}"
