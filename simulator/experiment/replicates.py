"""Replicates: the seeds and the trials of several runs of one scenario.

Synthetic trials are drawn anew by every seed. Recorded ones are not repeated in one order either: a scenario that
says `resample: true` draws them with replacement, any other meets them in an order shuffled by the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from simulator.core.streams import Stream, words
from simulator.curves.protocol import Curves
from simulator.curves.recorded import Recorded, Resampled, Shuffled
from simulator.experiment.experiment import curves_of
from simulator.scenario import curves as curve_models
from simulator.scenario.loading import Loaded


class Replicate(NamedTuple):
    """One of several runs: its number, from 0, its seed, and the trials that every searcher meets in it."""

    number: int
    seed: int
    curves: Curves


class Replicates:
    """The first `n` replicates of a scenario, in order; each is made when it is asked for.

    Number k is the same whatever `n` is. A file of recorded trials is read once; where it has no times, their unit
    times belong to the seed of the whole.
    """

    def __init__(self, loaded: Loaded, n: int, seed: int) -> None:
        self._loaded, self._n, self._seed = loaded, n, seed
        spec = loaded.scenario.curves
        self._resample = isinstance(spec, curve_models.RecordedSection) and spec.resample
        made = curves_of(loaded, seed, resample=False)
        self._recorded = made if isinstance(made, Recorded) else None

    @property
    def recorded(self) -> int | None:
        """How many recorded trials they rest on; None where the trials are made up."""
        return self._recorded.trials if self._recorded else None

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[Replicate]:
        return (self[number] for number in range(self._n))

    def __getitem__(self, number: int) -> Replicate:
        if not 0 <= number < self._n:
            raise IndexError(f"there are {self._n} replicates, and {number} is none of them")
        seed = int(words(self._seed, Stream.REPLICATE, number, n=1)[0] >> 1)
        return Replicate(number, seed, self._curves(seed))

    def _curves(self, seed: int) -> Curves:
        if self._recorded is None:
            return curves_of(self._loaded, seed)
        return Resampled(self._recorded, seed) if self._resample else Shuffled(self._recorded, seed)


def replicates(loaded: Loaded, n: int, seed: int | None = None) -> Replicates:
    """The first `n` replicates of a scenario, whose seeds come from `seed` or else from the scenario's.

    Every comparison over several seeds, every plot of them and every plan takes its seeds and trials from here, so
    replicate k is the same run in all of them. Raises InputError for what is wrong in a file of curves.
    """
    return Replicates(loaded, n, loaded.scenario.seed if seed is None else seed)
