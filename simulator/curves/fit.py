"""Fit a `Law` that draws trials like the recorded ones.

Every recorded trial gets its own curve of a family, its own noise and its own time per unit, and each trial that the
law draws is like one of them. So the properties of a trial stay together. This matters because a search's makespan
depends on the few trials that reach the top: on how fast they are, how they began and how far apart they end.
Correlations over all trials do not show that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import acos, pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core.formatting import counted
from simulator.core.streams import Stream, integers
from simulator.core.vocabulary import Family
from simulator.curves.describe import Description, LossGrid
from simulator.curves.families import SCALED, left
from simulator.curves.synthetic import Law, Like, Synthetic

#: Grids of rates and scales to try, as (least, greatest, number); scales are multiples of the longest training.
RATES, SCALES = (0.1, 6.0, 22), (0.05, 3.0, 14)
#: Weight of the last point, as a share of the weight of all others. These have equal weights over the logarithm of
#: the resource.
END = 0.3
#: Greatest number of trials in a law; if more were recorded, this many are taken, evenly by rank of final loss.
MOST = 1000
#: Losses are fitted in logarithms if their bad tail is more than this many times as long as their good one.
LONG_TAIL = 4.0
#: Number of units for which an error lasts at most; slower deviations belong to the shape of the curve.
LASTING = 20
FEWEST = 3
#: Greatest number of quantiles that describe the death times.
DEATHS = 21
#: Greatest number of sets of pilots to draw, in search of sets with a pilot that reached the end.
MOST_DRAWS = 10_000
#: Smallest number of points, after a third of the training, from which noise is estimated.
POINTS = 8

Vector = NDArray[np.float64]


def fit_law(
    grid: LossGrid,
    about: Description,
    *,
    family: Family = "pow4",
    on_step: Callable[[int], None] | None = None,
) -> Law:
    """Fit a law whose trials are like those of `grid`, which `about` describes: curves of `family`, each with noise.

    `on_step` is called with the number of finished rounds out of RATES[2]. Raises ValueError for fewer than three
    trials that reached the end.
    """
    done = grid.finished
    if int(done.sum()) < FEWEST:
        message = (
            f"has {counted(int(done.sum()), 'trial')} that reached unit {grid.resources[-1]}, the end, and a fit "
            f"takes {FEWEST} or more; train more of them to the end, or cut the file there"
        )
        raise ValueError(message)
    logs = logarithmic(grid)
    order = _order(grid)
    losses = np.log(grid.loss[order]) if logs else grid.loss[order]
    shapes, curves = shaped(grid.resources, losses, family, on_step)
    noise, lasting = _errors(grid.resources, losses)
    spread = _spread(curves[:, -1])
    unit = np.full(len(order), 60.0) if grid.unit_s is None else np.maximum(grid.unit_s[order], 1e-6)
    columns = (*shapes.T, unit, noise, spread)
    return rounded(
        Law(
            family=family,
            diverged=about.diverged + about.errored,
            death_times=_death_times(grid),
            noise_units=lasting,
            logarithmic=logs,
            trials=tuple(Like(*map(float, row)) for row in zip(*columns, strict=True)),
        )
    )


class Other(NamedTuple):
    """A law of other pilots: the share that diverges, and its trials as (place in the fitted law, spread)."""

    diverged: float
    trials: tuple[tuple[int, float], ...]


def refitted(grid: LossGrid, law: Law, count: int) -> list[Other]:
    """Make laws of `count` other sets of pilots; each set is drawn with replacement, and has one pilot less.

    A pilot keeps its curve, time and noise in every set; the spread of trials around it depends on its neighbours in
    the set. Sets without a pilot that reached the end are drawn again.
    """
    place = {row: number for number, row in enumerate(_order(grid).tolist())}
    ends = np.array([_end(law, like, int(grid.resources[-1])) for like in law.trials])
    gone = np.isinf(grid.loss[:, -1]) | grid.errored
    found: list[Other] = []
    for number in range(MOST_DRAWS):
        rows = integers(number, Stream.PILOTS, below=len(gone), n=max(len(gone) - 1, 1))
        trials = sorted(place[row] for row in rows.tolist() if row in place)
        if trials:
            there = np.unique(trials)
            spread = _spread(ends[there]) if len(there) >= FEWEST else np.array([law.trials[k].spread for k in there])
            of = dict(zip(there.tolist(), spread.tolist(), strict=True))
            found.append(Other(float(gone[rows].mean()), tuple((trial, of[trial]) for trial in trials)))
        if len(found) == count:
            break
    return found


def _order(grid: LossGrid) -> NDArray[np.int64]:
    """The trials that a law is fitted to, best first: trials that reached the end, at most MOST of them."""
    done = grid.finished
    order = np.flatnonzero(done)[np.argsort(grid.loss[done, -1], kind="stable")]
    if len(order) > MOST:
        order = order[np.linspace(0, len(order) - 1, MOST).round().astype(int)]
    return order


def _end(law: Law, like: Like, length: int) -> float:
    """The final loss, or its logarithm, of one of the law's trials, without noise."""
    rate, scale = np.array([like.rate]), np.array([like.scale])
    return float(like.asymptote + like.gain * left(law.family, length, rate, scale)[0])


def logarithmic(grid: LossGrid) -> bool:
    """Whether to fit logarithms: all losses are positive, and bad losses have a longer tail than good ones."""
    finite = grid.loss[np.isfinite(grid.loss)]
    final = grid.loss[grid.finished, -1]
    if not len(final) or finite.min() <= 0:
        return False
    good, middle, bad = np.quantile(final, [0.05, 0.5, 0.95])
    return bool(bad - middle > LONG_TAIL * (middle - good))


def shaped(
    resources: NDArray[np.int64], losses: Vector, family: Family, on_step: Callable[[int], None] | None = None
) -> tuple[Vector, Vector]:
    """Asymptote, gain, rate and scale of each trial, shape (trials, 4), and the fitted curves at `resources`.

    Each rate and scale of the grids is tried, with the asymptote and gain that give the least squares for it.
    """
    known = np.isfinite(losses)
    weight = 1.0 / resources
    weight[-1] = END * weight[:-1].sum() if len(resources) > 1 else 1.0
    weights = weight * known
    filled = np.where(known, losses, 0.0)
    share = weights / weights.sum(axis=1, keepdims=True)
    middle = (share * filled).sum(axis=1)
    least = np.full(len(losses), np.inf)
    best = np.zeros((len(losses), 4))
    scales = np.geomspace(SCALES[0], SCALES[1] * resources[-1], SCALES[2]) if family in SCALED else [1.0]
    for round_, rate in enumerate(np.geomspace(*RATES)):
        for scale in scales:
            shape = _left(family, resources, rate, scale)
            mean = (share * shape).sum(axis=1)
            away = shape - mean[:, None]
            varying = (share * away**2).sum(axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                gain = np.maximum((share * away * filled).sum(axis=1) / varying, 0.0)
            gain = np.where(varying > 0, gain, 0.0)
            asymptote = middle - gain * mean
            error = (share * (filled - asymptote[:, None] - gain[:, None] * shape) ** 2).sum(axis=1)
            better = error < least
            least[better] = error[better]
            best[better] = np.stack([asymptote, gain, np.full_like(gain, rate), np.full_like(gain, scale)], 1)[better]
        if on_step is not None:
            on_step(round_ + 1)
    curves = np.stack(
        [best[:, 0] + best[:, 1] * left(family, float(at), best[:, 2], best[:, 3]) for at in resources], 1
    )
    return best, curves


def drawn(law: Law, seed: int, trials: int, resources: Sequence[int]) -> LossGrid:
    """Draw trials from a law, as curves for `describe`."""
    losses, unit = Synthetic(law, seed).sample(trials, resources)
    return LossGrid(np.array(resources), losses, unit, np.zeros(trials, bool))


def rounded(law: Law, digits: int = 4) -> Law:
    """The law with its numbers rounded as a scenario file has them."""

    def short(value: float) -> float:
        return float(f"{value:.{digits}g}")

    values: dict[str, Any] = {
        name: tuple(map(short, value)) if isinstance(value, tuple) else short(value)
        for name, value in vars(law).items()
        if not isinstance(value, (str, bool, int)) and name != "trials"
    }
    # Four digits may be too few to distinguish the final losses of good trials.
    values["trials"] = tuple(
        Like(*(float(f"{value:.{digits + 3 * (place in (0, 1))}g}") for place, value in enumerate(row)))
        for row in law.trials
    )
    return replace(law, **values)


def _left(family: Family, resources: NDArray[np.int64], rate: float, scale: float) -> Vector:
    one = np.array([rate]), np.array([scale])
    return np.concatenate([left(family, float(at), *one) for at in resources])


def _spread(ends: Vector) -> Vector:
    """The spread of each trial: half the distance between its final loss and that of its nearer neighbour.

    A drawn trial's asymptote is at most this far from that of the recorded trial. So drawn trials fill the gaps
    between recorded ones, except the middle of wide gaps.
    """
    order = np.argsort(ends, kind="stable")
    gaps = np.diff(ends[order])
    spread = np.zeros(len(ends))
    spread[order[1:-1]] = np.minimum(gaps[:-1], gaps[1:]) / 2
    spread[order[[0, -1]]] = min(gaps[0], gaps[1]) / 2, min(gaps[-1], gaps[-2]) / 2
    return spread


def _errors(resources: NDArray[np.int64], losses: Vector) -> tuple[Vector, int]:
    """The standard deviation of each trial's errors, and the number of units for which one error lasts.

    Errors are the residuals of a parabola fitted to the last two thirds of a curve. If errors are drawn every m units
    and mixed in between, their correlation from one unit to the next is cos(pi / 2m). If points are too few or
    unevenly spaced, the errors are taken to be 0.
    """
    late = resources >= resources[-1] / 3
    gaps, there = np.diff(resources[late]), losses[:, late]
    if there.shape[1] < POINTS or len(np.unique(gaps)) > 1:
        return np.zeros(len(losses)), 1
    place = np.linspace(-1, 1, there.shape[1])
    known = np.isfinite(there)
    there = np.where(known, there, losses[:, -1:])
    parabola = np.polynomial.polynomial.polyvander(place, 2)
    smooth = (parabola @ np.linalg.lstsq(parabola, there.T, rcond=None)[0]).T
    errors = there - smooth
    squares = (errors**2).sum(axis=1)
    noise = np.sqrt(squares / (there.shape[1] - 3))
    with np.errstate(divide="ignore", invalid="ignore"):
        memory = (errors[:, 1:] * errors[:, :-1]).sum(axis=1) / squares
    middle = float(np.median(memory[squares > 0])) if (squares > 0).any() else 0.0
    lasting = 1 if middle <= 0 else round(pi / 2 / acos(min(middle, 0.999)) * int(gaps[0]))
    return noise, max(1, min(lasting, LASTING))


def _death_times(grid: LossGrid) -> tuple[float, ...]:
    """Quantiles of the resource at which trials died, at most DEATHS of them; empty if none died."""
    gone = np.isinf(grid.loss)
    dead = gone[:, -1]
    if not dead.any():
        return ()
    times = grid.resources[gone[dead].argmax(axis=1)]
    return tuple(np.quantile(times, np.linspace(0, 1, min(max(len(times), 2), DEATHS))).tolist())
