"""Figures that describe a set of learning curves: those that decide how a search on the set goes.

The measured sets that the presets follow have the same definitions: a trial that died ranks last, whatever its curve
did before, and crossings are counted among trials that reached the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.core.streams import Stream, integers
from simulator.curves.table import Table

Matrix = NDArray[np.float64]

#: Early losses are compared at the powers of this number, where rungs often are.
EARLY = 3
#: Greatest number of resources at which curves are compared, and of pairs of trials.
MOST_PLACES = 256
MOST_PAIRS = 50_000
#: Smallest number of evenly spaced points, after a third of the training, from which noise is estimated.
FEWEST_NEIGHBOURS = 8
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, eq=False)
class LossGrid:
    """Curves as matrices: `loss[i, j]` of trial i at `resources[j]`, inf from its death on, NaN where not known.

    `unit_s` has each trial's mean seconds per unit, None where there are no times; `errored` marks deaths by failure.
    """

    resources: NDArray[np.int64]
    loss: Matrix
    unit_s: NDArray[np.float64] | None
    errored: NDArray[np.bool_]

    @property
    def finished(self) -> NDArray[np.bool_]:
        """Trials that reached the end alive."""
        return np.isfinite(self.loss[:, -1])

    @property
    def known(self) -> NDArray[np.bool_]:
        """Trials whose end is known: those that finished or died."""
        return ~np.isnan(self.loss[:, -1])


@dataclass(frozen=True)
class Description:
    """Figures of a set of curves; shares are of all trials, and None marks a figure that the curves can't tell.

    `early` and `early_top` map a resource to Spearman's correlation of the loss there with the final one, among all
    trials and among the third with the best final losses. `crossing` is the share of pairs of trials that change
    order at any time, and `crossing_late` of those that do so after a third of the training. `noise` is the standard
    deviation of independent errors, in interquartile ranges of the final losses. `unit_sigma` is the standard
    deviation of the logarithm of the time per unit, and `unit_quality` is the rank correlation of the time per unit
    with the final loss.
    """

    trials: int
    points: int
    longest: int
    finished: int
    diverged: float
    errored: float
    final: dict[str, float]  # quantile -> loss
    early: dict[int, float]
    early_top: dict[int, float]
    crossing: float | None
    crossing_late: float | None
    noise: float | None
    unit_s: float | None  # median
    unit_sigma: float | None
    unit_quality: float | None

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain values for JSON."""
        return asdict(self)

    def figures(self) -> dict[str, float | None]:
        """The figures by which sets are compared, under the names that a report shows."""
        return {
            **{f"rank correlation at {at}": value for at, value in self.early.items()},
            **{f"rank correlation at {at}, best third": value for at, value in self.early_top.items()},
            "pairs that cross": self.crossing,
            "pairs that cross late": self.crossing_late,
            "noise": self.noise,
            "diverged": self.diverged,
            "failed": self.errored,
            "median seconds a unit": self.unit_s,
            "spread of unit times": self.unit_sigma,
            "unit time with final loss": self.unit_quality,
            **{f"final loss, {float(q):.0%}": loss for q, loss in self.final.items()},
        }

    def lines(self) -> Iterator[str]:
        """The description as people read it."""
        yield f"{self.trials:,} trials, {self.points:,} points; {self.finished:,} reached all {self.longest:,} units"
        for name, value in self.figures().items():
            yield f"  {name:<36} {number(value)}"


def number(value: float | None) -> str:
    """A figure in four digits, or a dash for None."""
    return "–" if value is None else f"{value:.4g}"


def grid_of(table: Table) -> LossGrid:
    """Curves as matrices, at all recorded resources or at 256 of them; missing points lie on straight lines."""
    known = np.unique(table.resource)
    if len(known) > MOST_PLACES:
        known = known[np.unique(np.linspace(0, len(known) - 1, MOST_PLACES).round().astype(int))]
    loss = np.full((table.trials, len(known)), np.nan)
    column = np.minimum(np.searchsorted(known, table.resource), len(known) - 1)
    on_grid = known[column] == table.resource
    loss[table.trial[on_grid], column[on_grid]] = table.loss[on_grid]
    bounds = np.searchsorted(table.trial, np.arange(table.trials + 1))
    last = bounds[1:] - 1
    end = table.resource[last]
    dead = np.isinf(table.loss[last])
    errored = np.zeros(table.trials, bool)
    errored[list(table.exits)] = True
    within = (known >= table.resource[bounds[:-1], None]) & (known <= end[:, None])
    for trial in np.flatnonzero((np.isnan(loss) & within).any(axis=1)).tolist():
        rows = slice(bounds[trial], bounds[trial + 1])
        gaps = np.isnan(loss[trial]) & within[trial]
        good = np.isfinite(table.loss[rows])
        if good.any():
            loss[trial, gaps] = np.interp(known[gaps], table.resource[rows][good], table.loss[rows][good])
    gone = dead | errored
    loss[(known >= end[:, None]) & gone[:, None]] = np.inf
    loss[np.isinf(loss) & ~((known >= end[:, None]) & gone[:, None])] = np.nan  # infinite, although the trial lives
    unit = table.clock[last] / ticks.PER_SECOND / end if table.timed else None
    return LossGrid(known, loss, unit, errored)


def describe(grid: LossGrid, *, points: int | None = None, pairs: int = MOST_PAIRS) -> Description:
    """Compute the description of a set of curves.

    `points` is the number of recorded points, if it differs from the size of the grid. At most `pairs` pairs of
    trials are compared.
    """
    loss, resources = grid.loss, grid.resources
    final, done = loss[:, -1], grid.finished
    early, top = _early(grid)
    any_time, late = _crossings(grid, pairs)
    best = final[done]
    return Description(
        trials=len(loss),
        points=int((~np.isnan(loss)).sum()) if points is None else points,
        longest=int(resources[-1]),
        finished=int(done.sum()),
        diverged=float((np.isinf(final) & ~grid.errored).mean()),
        errored=float(grid.errored.mean()),
        final={f"{q:g}": float(np.quantile(best, q)) for q in QUANTILES} if len(best) else {},
        early=early,
        early_top=top,
        crossing=any_time,
        crossing_late=late,
        noise=_noise(grid),
        **_unit_figures(grid),
    )


def rank_correlation(one: Matrix, other: Matrix) -> float | None:
    """Spearman's rank correlation, with mean ranks for ties; None for fewer than three values, or no spread."""
    if len(one) < 3:  # noqa: PLR2004
        return None
    a, b = _ranks(one), _ranks(other)
    if a.std() == 0 or b.std() == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: Matrix) -> Matrix:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank: Matrix = np.cumsum(count) - (count - 1) / 2
    return mean_rank[place]


def _early(grid: LossGrid) -> tuple[dict[int, float], dict[int, float]]:
    """Correlations of the losses at 1, 3, 9 … with the final losses: among all trials, and among the best third."""
    known = grid.known
    final = grid.loss[known, -1]
    finite = final[np.isfinite(final)]
    best = final <= np.quantile(finite, 1 / 3) if len(finite) else np.zeros(len(final), bool)
    everybody: dict[int, float] = {}
    top: dict[int, float] = {}
    resource = 1
    while resource < grid.resources[-1]:
        column = int(np.searchsorted(grid.resources, resource))
        if grid.resources[column] == resource:
            then = grid.loss[known, column]
            seen = ~np.isnan(then)
            for found, among in ((everybody, seen), (top, seen & best)):
                value = rank_correlation(then[among], final[among])
                if value is not None:
                    found[resource] = value
        resource *= EARLY
    return everybody, top


def _crossings(grid: LossGrid, pairs: int) -> tuple[float | None, float | None]:
    loss = grid.loss[grid.finished]
    loss = loss[:, ~np.isnan(loss).any(axis=0)]
    places = grid.resources[~np.isnan(grid.loss[grid.finished]).any(axis=0)]
    trials = len(loss)
    if trials < 2 or len(places) < 2:  # noqa: PLR2004
        return None, None
    if trials * (trials - 1) // 2 <= pairs:
        one, other = np.triu_indices(trials, 1)
    else:
        one = integers(0, Stream.FIT, 0, below=trials, n=pairs)
        other = (one + 1 + integers(0, Stream.FIT, 1, below=trials - 1, n=pairs)) % trials
    late = places >= places[-1] / 3
    crossed, crossed_late = 0, 0
    for chunk in np.array_split(np.arange(len(one)), max(len(one) // 8192, 1)):
        above = loss[one[chunk]] > loss[other[chunk]]
        below = loss[one[chunk]] < loss[other[chunk]]
        crossed += int((above.any(axis=1) & below.any(axis=1)).sum())
        crossed_late += int((above[:, late].any(axis=1) & below[:, late].any(axis=1)).sum())
    return crossed / len(one), crossed_late / len(one)


def _noise(grid: LossGrid) -> float | None:
    """The noise, estimated from the distance of each late point to the mean of its two neighbours."""
    late = grid.resources >= grid.resources[-1] / 3
    places, loss = grid.resources[late], grid.loss[grid.finished][:, late]
    if len(places) < FEWEST_NEIGHBOURS or len(np.unique(np.diff(places))) > 1 or not len(loss):
        return None
    off = loss[:, 1:-1] - (loss[:, :-2] + loss[:, 2:]) / 2
    sd = np.sqrt(np.nanmean(off**2, axis=1) / 1.5)
    quarter, most = np.quantile(loss[:, -1], [0.25, 0.75])
    return float(np.median(sd) / (most - quarter)) if most > quarter else None


def _unit_figures(grid: LossGrid) -> Mapping[str, Any]:
    unit = grid.unit_s
    if unit is None or not (unit > 0).all():
        return {"unit_s": None, "unit_sigma": None, "unit_quality": None}
    done = grid.finished
    return {
        "unit_s": float(np.median(unit)),
        "unit_sigma": float(np.log(unit).std()),
        "unit_quality": rank_correlation(unit[done], grid.loss[done, -1]),
    }
