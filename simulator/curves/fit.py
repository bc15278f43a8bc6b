"""From recorded curves to a `Law` that draws trials like them. Needs scipy, which is imported only here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.core.formatting import counted
from simulator.core.vocabulary import Family
from simulator.curves.describe import EARLY, Description, LossGrid, describe
from simulator.curves.families import SCALED
from simulator.curves.synthetic import Law, Synthetic

#: Quantiles that the laws of asymptotes and of unit times are given by.
LEVELS = 21
#: Trials drawn, places looked at and pairs compared at each try of the optimiser.
TRIALS, PLACES, PAIRS = 700, 16, 3000
MIDDLE = (0.05, 0.25, 0.5, 0.75, 0.95)
#: What an optimiser's step may cost: the error that counts 1, of a correlation (all, top third), of the logarithm
#: of a share of crossings, and of a quantile in interquartile ranges.
CORRELATION, TOP, CROSSING, QUANTILE = 0.025, 0.035, 0.08, 0.15
SEED = 0
#: Losses whose bad tail is so many times as long as their good one are fitted in logarithms.
LONG_TAIL = 4.0

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Knob:
    """A field of a law that the optimiser may turn, from `low` to `high`; on a logarithmic scale or not."""

    name: str
    low: float
    high: float
    log: bool = False

    @property
    def bounds(self) -> tuple[float, float]:
        """Ends of the scale."""
        return (log(self.low), log(self.high)) if self.log else (self.low, self.high)

    def value(self, place: float) -> float:
        """What a place on the scale means."""
        return exp(place) if self.log else place


@dataclass(frozen=True, eq=False)
class Targets:
    """What a law should reproduce: figures, and quantiles of the losses at early resources.

    The drawn trials are looked at `resources`; `quantiles` has a row for each of `places` among them. Figures that
    are None, or left out, don't count.
    """

    resources: tuple[int, ...]
    early: dict[int, float]
    early_top: dict[int, float]
    crossing: float | None
    crossing_late: float | None
    places: tuple[int, ...] = ()
    quantiles: tuple[Vector, ...] = ()


def fit_law(
    grid: LossGrid,
    about: Description,
    *,
    family: Family = "pow4",
    rounds: int = 40,
    on_step: Callable[[int], None] | None = None,
) -> Law:
    """The law of `family` whose trials are most like those of `grid`; `about` is their description.

    Asymptotes and unit times get the recorded quantiles, noise, deaths and the correlation of time and quality
    the recorded figures; gain, rate, scale, crossings and waves are found by trying (differential evolution).
    `on_step` hears how many rounds are done. Raises ValueError for fewer than ten trials that reached the end.
    """
    if logarithmic(grid):
        logs = replace(grid, loss=np.log(grid.loss))
        law = _fitted(logs, describe(logs, pairs=PAIRS), family, rounds, on_step, most_spread=1.6)
        return replace(law, logarithmic=True)
    return _fitted(grid, about, family, rounds, on_step)


def logarithmic(grid: LossGrid) -> bool:
    """Whether logarithms are more even: all losses above 0, and a longer tail of bad ones than of good."""
    finite = grid.loss[np.isfinite(grid.loss)]
    final = grid.loss[grid.finished, -1]
    if not len(final) or finite.min() <= 0:
        return False
    good, middle, bad = np.quantile(final, [0.05, 0.5, 0.95])
    return bool(bad - middle > LONG_TAIL * (middle - good))


def _fitted(
    grid: LossGrid,
    about: Description,
    family: Family,
    rounds: int,
    on_step: Callable[[int], None] | None,
    most_spread: float = 2.5,
) -> Law:
    final = grid.loss[grid.finished, -1]
    if len(final) < 10:  # noqa: PLR2004
        message = f"has {counted(len(final), 'trial')} that reached the end, and a fit takes ten"
        raise ValueError(message)
    spread = float(np.subtract(*np.quantile(final, [0.75, 0.25]))) or 1.0
    start = Law(
        family=family,
        noise=(about.noise or 0.0) * spread,
        diverged=about.diverged + about.errored,
        unit_quality=about.unit_quality or 0.0,
        unit_times=() if grid.unit_s is None else tuple(np.quantile(np.maximum(grid.unit_s, 1e-6), _even()).tolist()),
    )
    targets = _targets(grid)
    fall = float(np.median(grid.loss[grid.finished, 0])) - float(np.median(final))
    knobs = [
        Knob("gain", 0.02 * spread, 20 * max(fall, spread), log=True),
        Knob("gain_sigma", 0.0, most_spread),
        Knob("rate", 0.05, 3.0, log=True),
        Knob("rate_sigma", 0.0, 0.9),
        Knob("crossings", -0.95, 0.95),
        Knob("waves", 0.001 * spread, 0.5 * spread, log=True),
    ]
    if family in SCALED:
        knobs += [Knob("scale", 0.3, about.longest / 1.5, log=True), Knob("scale_sigma", 0.0, 1.5)]
    levels = np.quantile(final, _even())
    return rounded(
        search(start, knobs, targets, lambda law: level(law, levels, about.longest), rounds=rounds, on_step=on_step)
    )


def _targets(grid: LossGrid) -> Targets:
    """The figures of the recorded curves where the drawn ones will be looked at: fewer places, fewer crossings."""
    seen = grid.resources.tolist()
    places = [at for at in (EARLY**power for power in range(12)) if at in seen and at < seen[-1]] + seen[-1:]
    even = np.linspace(0, len(seen) - 1, min(PLACES, len(seen))).round().astype(int)
    columns = np.union1d(even, np.searchsorted(grid.resources, places))
    about = describe(replace(grid, resources=grid.resources[columns], loss=grid.loss[:, columns]), pairs=10 * PAIRS)
    return Targets(
        tuple(grid.resources[columns].tolist()),
        about.early,
        about.early_top,
        about.crossing,
        about.crossing_late,
        tuple(places),
        tuple(np.nanquantile(grid.loss[grid.finished, np.searchsorted(grid.resources, at)], MIDDLE) for at in places),
    )


def search(
    start: Law,
    knobs: list[Knob],
    targets: Targets,
    finish: Callable[[Law], Law] = lambda law: law,
    *,
    rounds: int,
    on_step: Callable[[int], None] | None = None,
) -> Law:
    """Turn `knobs` of `start` until its trials show the targets' figures; `finish` sets what follows from them."""
    from scipy.optimize import differential_evolution

    def law_at(vector: Vector) -> Law:
        values: dict[str, Any] = {
            knob.name: knob.value(float(place)) for knob, place in zip(knobs, vector, strict=True)
        }
        return finish(replace(start, **values))

    done = 0

    def note(*_: object, **__: object) -> None:
        nonlocal done
        done += 1
        if on_step is not None:
            on_step(done)

    found = differential_evolution(
        lambda vector: cost(law_at(vector), targets), [knob.bounds for knob in knobs],
        maxiter=rounds, popsize=5, init="sobol", polish=False, seed=SEED, tol=0, callback=note,
    )  # fmt: skip
    return law_at(found.x)


def cost(law: Law, targets: Targets) -> float:
    """How far a law's trials are from the targets: squared errors, each in units of what is tolerable."""
    grid = drawn(law, SEED, TRIALS, targets.resources)
    about = describe(grid, pairs=PAIRS)
    total = 0.0
    for want, got, unit in (
        (targets.early, about.early, CORRELATION),
        (targets.early_top, about.early_top, TOP),
    ):
        total += sum(((got.get(at, 0.0) - value) / unit) ** 2 for at, value in want.items())
    for share, value in ((targets.crossing, about.crossing), (targets.crossing_late, about.crossing_late)):
        if share is not None:
            total += (log(((value or 0.0) + 0.005) / (share + 0.005)) / CROSSING) ** 2
    for at, wanted in zip(targets.places, targets.quantiles, strict=True):
        losses = grid.loss[grid.finished, int(np.searchsorted(grid.resources, at))]
        spread = max(float(wanted[3] - wanted[1]), 1e-12)
        off = (np.quantile(losses, MIDDLE) - wanted) / spread / QUANTILE
        # What trials end with decides a search; how they began is told by the correlations too.
        total += float(np.minimum(off**2, 25.0).sum()) / (1 if at == targets.resources[-1] else len(MIDDLE))
    return total


def level(law: Law, quantiles: Vector, longest: int, rounds: int = 3) -> Law:
    """Set the levels so that the losses at `longest` have these quantiles."""
    levels = quantiles - np.median(drawn(replace(law, levels=(0.0, 0.0), diverged=0.0), SEED, TRIALS, [longest]).loss)
    for _ in range(rounds):
        law = replace(law, levels=tuple(levels.tolist()))
        final = drawn(replace(law, diverged=0.0), SEED, TRIALS, [longest]).loss[:, 0]
        levels = np.maximum.accumulate(levels + quantiles - np.quantile(final, _even()))
    return replace(law, levels=tuple(levels.tolist()))


def drawn(law: Law, seed: int, trials: int, resources: Sequence[int]) -> LossGrid:
    """Trials of a law as `describe` takes them."""
    losses, unit = Synthetic(law, seed).sample(trials, resources)
    return LossGrid(np.array(resources), losses, unit, np.zeros(trials, bool))


def rounded(law: Law, digits: int = 4) -> Law:
    """The law with its numbers as a scenario file would have them."""

    def short(value: float) -> float:
        return float(f"{value:.{digits}g}")

    values: dict[str, Any] = {
        name: tuple(map(short, value)) if isinstance(value, tuple) else short(value)
        for name, value in vars(law).items()
        if not isinstance(value, (str, bool))
    }
    return replace(law, **values)


def _even() -> Vector:
    return np.linspace(0, 1, LEVELS)
