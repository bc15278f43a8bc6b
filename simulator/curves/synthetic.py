"""Endlessly many synthetic curves: each trial has a shape of some family, with noise, crossings, deaths and times.

Trials are computed in blocks, and the draws of a trial belong to its number: trial i is the same whatever ran before.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, inf, log, pi, sin
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.core.errors import RunError
from simulator.core.normals import normal_quantile
from simulator.core.streams import Numbers, Stream, uniforms
from simulator.core.vocabulary import Family
from simulator.curves.families import left
from simulator.curves.protocol import Exit, Training

BLOCK = 1024

#: Greatest number of blocks of trials that may start; only an endless search asks for more.
MAX_BLOCKS = 20_000

#: Decimals of losses and times. Differences in the last bits of exp and pow, which vary between processors, can
#: hardly survive this rounding. So a trace has the same bytes on every machine.
DIGITS = 9

#: Greatest logarithm of a loss. Greater ones have no meaning, but must not overflow.
HIGHEST = 50.0

#: Mean number of units after which a diverging trial diverges; the time is exponential.
DIVERGES_AFTER = 5.0
#: Standard deviation of the logarithm of the time per unit, among the trials that are like one recorded trial.
UNLIKE = 0.03
#: Base of the resources at which the height of a wave is drawn: 1, 3, 9, 27 … units.
WAVES = 3


class Like(NamedTuple):
    """A trial on which drawn trials are modelled; times are in seconds, the other fields are as in `Law`."""

    asymptote: float
    gain: float
    rate: float
    scale: float
    unit_s: float
    noise: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True)
class Law:
    """A law of learning curves: loss(r) = asymptote + gain * left(r) + waves + noise after r units.

    A trial takes r times its time per unit to get there. Each trial draws a uniform number u. Its asymptote is best +
    (worst - best) * u**skew; a greater skew puts good trials closer together. Its gain (the loss above the asymptote
    at 1 unit), its rate, its scale and its time per unit are log-normal: their medians are `gain`, `rate`, `scale`
    and `unit_s` seconds, and the standard deviations of their logarithms are the fields `…_sigma`. Instead of best,
    worst and skew, `levels` may give evenly spaced quantiles of the asymptote. Instead of `unit_s` and `unit_sigma`,
    `unit_times` may give evenly spaced quantiles of the time per unit in seconds.

    Two correlations are with u, and from -1 to 1. `crossings` is minus the correlation of the logarithm of the gain:
    at 1, trials that end well start badly. `unit_quality` is the correlation of the logarithm of the time per unit:
    at 1, worse trials are slower.

    `waves` is the standard deviation of slow ups and downs. They are drawn at 1, 3, 9 … units; in between they follow
    straight lines over the logarithm of the units. `noise` is the standard deviation of errors, each of which lasts
    for `noise_units`: with 1 the errors of neighbouring units are independent, with more they change gradually.

    A share `diverged` of the trials diverges, after 5 units on average, or at units of which `death_times` gives
    evenly spaced quantiles. With `logarithmic`, the formula gives the logarithm of the loss.

    With `trials`, a sequence of `Like`, every drawn trial is modelled on one of them, each chosen equally often. It
    takes asymptote, gain, rate, scale, time per unit and noise together from that trial. Its asymptote is moved by up
    to `spread` either way, and its time by a few per cent, so that no two trials are the same.
    """

    best: float = 0.1
    worst: float = 1.0
    gain: float = 1.0
    gain_sigma: float = 0.5
    rate: float = 0.7
    rate_sigma: float = 0.3
    unit_s: float = 60.0
    unit_sigma: float = 0.5
    family: Family = "pow3"
    skew: float = 1.0
    scale: float = 1.0
    scale_sigma: float = 0.0
    crossings: float = 0.0
    waves: float = 0.0
    noise: float = 0.0
    diverged: float = 0.0
    unit_quality: float = 0.0
    levels: tuple[float, ...] = ()
    unit_times: tuple[float, ...] = ()
    logarithmic: bool = False
    noise_units: int = 1
    death_times: tuple[float, ...] = ()
    trials: tuple[Like, ...] = ()


class _Drawn(NamedTuple):
    """Parameters of the trials of a block; arrays of shape (BLOCK,)."""

    asymptote: NDArray[np.float64]
    gain: NDArray[np.float64]
    rate: NDArray[np.float64]
    unit_s: NDArray[np.float64]
    scale: NDArray[np.float64]
    death: NDArray[np.float64]  # resource at which the trial diverges; inf if it never does
    noise: NDArray[np.float64]


class Synthetic:
    """Trials drawn from a `Law` by `seed`."""

    trials: None = None

    def __init__(self, law: Law, seed: int = 0) -> None:
        self._law = law
        self._seed = seed
        self._drawn: dict[int, _Drawn] = {}
        self._columns: dict[int, tuple[array[int], array[float]]] = {}  # resource -> clock and loss of each trial

    def reach(self, resources: tuple[int, ...]) -> str | None:  # noqa: ARG002
        """Accept any resources."""
        return None

    def train(self, trial: int, from_resource: int, to_resource: int) -> Training:
        """The time between two resources of a trial, and the loss at the second; inf if the trial has diverged."""
        try:
            clocks, losses = self._columns[to_resource]
            spent, loss = clocks[trial], losses[trial]
            if from_resource:
                spent -= self._columns[from_resource][0][trial]
        except LookupError:
            for resource in filter(None, (from_resource, to_resource)):
                self._extend(resource, trial)
            return self.train(trial, from_resource, to_resource)
        return spent, loss, Exit.DIVERGED if loss == inf else None

    def _extend(self, resource: int, trial: int) -> None:
        """Draw clock (ticks) and loss at `resource` for all trials up to `trial`; the clock of a dead trial stops."""
        if trial >= MAX_BLOCKS * BLOCK:
            raise RunError(f"{MAX_BLOCKS * BLOCK:,} trials have started and there is no end; give a stop by time")
        # As arrays a million trials take 16 MB a rung; as lists of numbers they would take 72 MB.
        clocks, losses = self._columns.setdefault(resource, (array("q"), array("d")))
        for block in range(len(losses) // BLOCK, trial // BLOCK + 1):
            drawn = self._draw(block)
            clock = np.rint(np.minimum(resource, drawn.death) * drawn.unit_s * ticks.PER_SECOND)
            clock = np.minimum(clock, 2 * ticks.LIMIT).astype(np.int64)  # a later check refuses such a long run
            clocks.frombytes(clock.tobytes())
            losses.frombytes(self._losses(block, resource).tobytes())

    def sample(self, trials: int, resources: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Losses of the first `trials` trials, shape (trials, resources), and each trial's seconds per unit."""
        blocks = range(-(-trials // BLOCK))
        losses = [np.stack([self._losses(block, at) for at in resources], axis=1) for block in blocks]
        units = [self._draw(block).unit_s for block in blocks]
        return np.concatenate(losses)[:trials], np.concatenate(units)[:trials]

    def _losses(self, block: int, resource: int) -> NDArray[np.float64]:
        law, drawn = self._law, self._draw(block)
        losses = drawn.asymptote + drawn.gain * left(law.family, resource, drawn.rate, drawn.scale)
        if law.waves:
            losses = losses + self._wave(block, resource)
        if law.noise or law.trials:
            losses = losses + drawn.noise * self._error(block, resource)
        if law.logarithmic:
            losses = np.exp(np.minimum(losses, HIGHEST))
        return np.where(drawn.death <= resource, inf, np.round(losses, DIGITS))

    def _draw(self, block: int) -> _Drawn:
        drawn = self._drawn.get(block)
        if drawn is None:
            *figures, noise = self._like(block) if self._law.trials else self._alike(block)
            levels, gains, rates, units, scales = np.round(np.stack(figures), DIGITS)
            drawn = self._drawn[block] = _Drawn(levels, gains, rates, units, scales, self._deaths(block), noise)
        return drawn

    def _alike(self, block: int) -> tuple[NDArray[np.float64], ...]:
        """Asymptote, gain, rate, time per unit, scale and noise of a block's trials, drawn one by one."""
        law = self._law
        place, gain, rate, unit, scale = _trials(self._seed, block)
        standing = np.sqrt(12) * (place - 0.5)  # mean 0 and variance 1, as the other draws
        gain = _mixed(standing, gain, -law.crossings)
        unit = _mixed(standing, unit, law.unit_quality)
        asymptote = law.best + (law.worst - law.best) * place**law.skew
        unit_s = law.unit_s * np.exp(law.unit_sigma * unit)
        if law.levels:
            asymptote = _at_quantiles(place, np.array(law.levels))
        if law.unit_times:  # the normal draws decide only the order of the times
            unit_s = np.exp(_at_quantiles((unit.argsort().argsort() + 0.5) / BLOCK, np.log(law.unit_times)))
        return (
            asymptote,
            law.gain * np.exp(law.gain_sigma * gain),
            law.rate * np.exp(law.rate_sigma * rate),
            unit_s,
            law.scale * np.exp(law.scale_sigma * scale),
            np.full(BLOCK, law.noise),
        )

    def _like(self, block: int) -> tuple[NDArray[np.float64], ...]:
        """The same for a law with `trials`: one uniform draw decides on the trial and the place in its spread."""
        place, _, _, unit, _ = _trials(self._seed, block)
        row = place * len(self._law.trials)
        which = np.minimum(row.astype(np.int64), len(self._law.trials) - 1)
        asymptote, gain, rate, scale, unit_s, noise, spread = np.array(self._law.trials, np.float64)[which].T
        return asymptote + spread * (2 * (row - which) - 1), gain, rate, unit_s * np.exp(UNLIKE * unit), scale, noise

    def _error(self, block: int, resource: int) -> NDArray[np.float64]:
        """Errors of variance 1, drawn every `noise_units` units; between two draws they are mixtures of both."""
        before, beyond = divmod(resource, self._law.noise_units)
        error = _normal(self._seed, Stream.CURVE_NOISE, block, before)
        if not beyond:
            return error
        turn = pi / 2 * beyond / self._law.noise_units
        return np.asarray(
            round(cos(turn), DIGITS) * error
            + round(sin(turn), DIGITS) * _normal(self._seed, Stream.CURVE_NOISE, block, before + 1)
        )

    def _deaths(self, block: int) -> NDArray[np.float64]:
        doomed, when = (_uniform(self._seed, Stream.DEATH, block, of) for of in range(2))
        after = np.ceil(np.round(-DIVERGES_AFTER * np.log(when), DIGITS))
        if self._law.death_times:
            after = np.ceil(np.round(_at_quantiles(when, np.array(self._law.death_times)), DIGITS))
        return np.where(doomed < self._law.diverged, after, inf)

    def _wave(self, block: int, resource: int) -> NDArray[np.float64]:
        place = round(log(resource, WAVES), DIGITS)
        before = int(place)
        share = place - before
        start, end = (_normal(self._seed, Stream.CURVE_WAVE, block, power) for power in (before, before + 1))
        return self._law.waves * ((1 - share) * start + share * end)


@lru_cache(maxsize=256)
def _trials(seed: int, block: int) -> tuple[NDArray[np.float64], ...]:
    """The draws behind a block's trials, the same for every law: one uniform and four normal ones per trial."""
    place, *others = (_uniform(seed, Stream.CURVES, block, of) for of in range(5))
    return place, *map(normal_quantile, others)


@lru_cache(maxsize=1024)
def _normal(seed: int, stream: Stream, block: int, key: int) -> NDArray[np.float64]:
    return normal_quantile(_uniform(seed, stream, block, key))


def _uniform(seed: int, stream: Stream, block: int, key: int) -> Numbers:
    """The uniform numbers for `key`, one for each trial of a block."""
    return uniforms(seed, stream, key, n=BLOCK, first=block * BLOCK)


def _at_quantiles(place: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(place, np.linspace(0, 1, len(quantiles)), quantiles)


def _mixed(one: NDArray[np.float64], other: NDArray[np.float64], correlation: float) -> NDArray[np.float64]:
    """A mixture of two independent draws whose correlation with `one` is `correlation`; `other` itself at 0."""
    if not correlation:
        return other
    return np.asarray(correlation * one + np.sqrt(1 - correlation**2) * other)
