"""Replicates: the seeds and the trials of several runs of one scenario.

Synthetic trials are drawn anew by every seed. Recorded trials differ too: with `resample: true` they are drawn with
replacement, else the seed shuffles their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from simulator.core.streams import Stream, integers, words
from simulator.curves.other_pilots import factors, whole_set
from simulator.curves.protocol import Curves
from simulator.curves.recorded import Recorded, Resampled, Shuffled
from simulator.curves.synthetic import Law, Synthetic
from simulator.experiment.experiment import curves_of
from simulator.scenario import curves as curve_models
from simulator.scenario.loading import Loaded


class Replicate(NamedTuple):
    """One of several runs: its number (from 0), its seed, and the trials that every searcher meets in it."""

    number: int
    seed: int
    curves: Curves


class Replicates:
    """The first `n` replicates of a scenario, in order; each is made when it is asked for.

    Replicate k is the same whatever `n` is. A file of recorded trials is read once; if it has no times, the times per
    unit are drawn by the seed of the whole set, not by that of a replicate.
    """

    def __init__(self, loaded: Loaded, n: int, seed: int) -> None:
        self._loaded, self._n, self._seed = loaded, n, seed
        spec = loaded.scenario.curves
        self._resample = isinstance(spec, curve_models.RecordedSection) and spec.resample
        made = curves_of(loaded, seed, resample=False)
        self._recorded = made if isinstance(made, Recorded) else None
        self._law = spec.law if isinstance(spec, curve_models.SyntheticSection) else None
        self._others = spec.other_laws if isinstance(spec, curve_models.SyntheticSection) else ()

    @property
    def recorded(self) -> int | None:
        """The number of recorded trials behind the replicates; None if the trials are synthetic."""
        return self._recorded.trials if self._recorded else None

    @property
    def metric(self) -> str | None:
        """The metric of the recorded losses, if their file names it."""
        return self._recorded.metric if self._recorded else None

    @property
    def pilots(self) -> int | None:
        """The number of trials that were really run, if trials are drawn from these or from a law fitted to them.

        None if trials are made up, or if the recorded trials are a whole search and not a sample.
        """
        if self._recorded is not None:
            return self._recorded.trials if self._resample else None
        return len(self._law.trials) if self._law is not None and self._law.trials else None

    @property
    def unit_times(self) -> Sequence[float]:
        """The seconds per unit of each pilot; empty if trials are not drawn from pilots."""
        if self.pilots is None:
            return ()
        if self._recorded is not None:
            return self._recorded.unit_times
        return [trial.unit_s for trial in self._law.trials] if self._law is not None else ()

    def survivors(self, length: int) -> int | None:
        """The number of pilots that lived to a length; None if no pilots were recorded, or some have no row there."""
        if self._recorded is None or self.pilots is None or self._recorded.reach((length,)):
            return None
        return sum(self._recorded.train(trial, 0, length)[2] is None for trial in range(self._recorded.trials))

    def among(self, pilots: int, number: int) -> Replicate:
        """Replicate `number` as it would be with set number `pilots` of other pilots, made from the given pilots.

        Pilots are in the order of their losses. So a seed draws equally good trials in every set, and sets differ in
        what their pilots are like and in little else. A set has one pilot less than were given, so that sets differ
        as much as new pilots would. The pilots of a set exchange paces (`factors`), also those of set 0, which has
        every pilot many times. If the fit kept laws of other sets, these laws are used. Source: J. N. K. Rao, C. F.
        J. Wu, Resampling inference with complex survey data, JASA 83 (1988).
        """
        replicate, known = self[number], self.pilots
        if known is None:
            raise ValueError("there are no pilots to draw others from")
        spec, recorded = self._loaded.scenario.curves, self._recorded
        kept = (spec.others or ()) if isinstance(spec, curve_models.SyntheticSection) and pilots else ()
        if not pilots:
            drawn = whole_set(known)
        elif kept:
            drawn = [int(place) for place, _ in kept[(pilots - 1) % len(kept)].trials]
        else:
            size = max(known - 1, 1)
            drawn = sorted(integers(self._seed, Stream.PILOTS, pilots, below=known, n=size).tolist())
        if recorded is not None:
            ranking, times = recorded.ranking, recorded.unit_times
            slower = factors([times[trial] for trial in ranking], drawn, self._seed, pilots)
            among = [ranking[place] for place in drawn]
            return replicate._replace(curves=Resampled(recorded, replicate.seed, among, slower))
        law = self._law or Law()
        slower = factors(self.unit_times, drawn, self._seed, pilots)
        other = self._others[(pilots - 1) % len(kept)] if kept else law
        like = other.trials if kept else [law.trials[place] for place in drawn]
        paced = tuple(
            trial._replace(unit_s=trial.unit_s * factor) for trial, factor in zip(like, slower, strict=True)
        )
        return replicate._replace(curves=Synthetic(replace(other, trials=paced), replicate.seed))

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[Replicate]:
        return (self[number] for number in range(self._n))

    def __getitem__(self, number: int) -> Replicate:
        if not 0 <= number < self._n:
            raise IndexError(f"there are {self._n} replicates, and {number} is not one of them")
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
