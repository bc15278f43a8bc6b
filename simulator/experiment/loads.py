"""Waits and stays of searches on a shared cluster, at higher and higher rates of arrivals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulator.core.streams import Stream, words
from simulator.experiment.sharing import SharedExperiment

#: Loads that are simulated.
LOADS = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
#: The knee is the load at which the mean stay is this many times that at the least load.
KNEE = 2.0


@dataclass(frozen=True)
class AtLoad:
    """Mean wait and mean stay in seconds at a load, one value for each run."""

    load: float
    waits_s: tuple[float, ...]
    stays_s: tuple[float, ...]

    @property
    def wait_s(self) -> float:
        """The mean wait over the runs."""
        return float(np.mean(self.waits_s))

    @property
    def stay_s(self) -> float:
        """The mean stay over the runs."""
        return float(np.mean(self.stays_s))


def by_load(
    experiment: SharedExperiment,
    runs: int = 1,
    loads: Sequence[float] = LOADS,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[AtLoad] | None:
    """Simulate the same searches at each load; None if no rate of arrivals is known.

    A run counts all its searches: a warm-up would be another one at each load.
    """
    own = experiment.figures(experiment.run(), slowdown=False).about["load"]
    if not own:
        return None
    seeds = [int(words(experiment.seed, Stream.REPLICATE, number, n=1)[0] >> 1) for number in range(runs)]
    found = []
    for place, load in enumerate(loads):
        waits, stays = [], []
        for number, seed in enumerate(seeds):
            one = experiment.under_seed(seed).at_pace(own / load)
            about = one.figures(one.run(), slowdown=False).about
            if about["stay_s"] is not None:
                waits.append(about["wait_s"]["mean"])
                stays.append(about["stay_s"]["mean"])
            if on_progress:
                on_progress(place * runs + number + 1, len(loads) * runs)
        if stays:
            found.append(AtLoad(load, tuple(waits), tuple(stays)))
    return found or None


def knee(found: Sequence[AtLoad]) -> float | None:
    """The load from which searches stay `KNEE` times as long as at the least load; None if they never do."""
    limit = KNEE * found[0].stay_s
    for before, after in pairwise(found):
        if before.stay_s <= limit < after.stay_s:
            return before.load + (limit - before.stay_s) / (after.stay_s - before.stay_s) * (after.load - before.load)
    return None
