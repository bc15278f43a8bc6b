"""Replicates: the seeds that all cells share, and the trials each seed brings.

Synthetic trials are drawn anew by every seed. Recorded ones are not repeated in one order either: a scenario that
says `resample: true` draws them with replacement, any other meets them in an order shuffled by the seed.
"""

from __future__ import annotations

from typing import Any

from simulator.core.formatting import counted
from simulator.core.streams import Stream, generator
from simulator.curves.protocol import Curves, Training
from simulator.curves.recorded import Recorded, Resampled
from simulator.experiment.experiment import build_curves
from simulator.scenario import curves as curve_models
from simulator.scenario.loading import Loaded


def seed_of(seed: int, replicate: int) -> int:
    """The seed of a replicate, from 0: the same in every cell of a plan (common random numbers)."""
    return int(generator(seed, Stream.REPLICATE, replicate).integers(2**63))


class Shuffled:
    """Recorded trials in an order of their own."""

    def __init__(self, recorded: Recorded, seed: int) -> None:
        self.trials = recorded.trials
        self.reach = recorded.reach
        self._recorded = recorded
        self._order = generator(seed, Stream.RESAMPLE).permutation(self.trials).tolist()

    def train(self, trial: int, from_resource: int, to_resource: int) -> Training:
        """What the recorded trial that stands at `trial` did."""
        place = self._order[trial] if trial < self.trials else trial  # which the table refuses by its name
        return self._recorded.train(place, from_resource, to_resource)


class Candidates:
    """The trials of a scenario under any seed; a file is read once, with unit times of the plan's seed."""

    def __init__(self, loaded: Loaded, seed: int) -> None:
        self._spec, self._folder = loaded.scenario.curves, loaded.folder
        self._recorded: Recorded | None = None
        if isinstance(self._spec, curve_models.Recorded):
            changes: dict[str, Any] = {
                "resample": False,
                "smaller_is_better": loaded.scenario.smaller_is_better,
            }
            made = build_curves(self._spec.model_copy(update=changes), loaded.folder, seed)
            self._recorded = made if isinstance(made, Recorded) else None

    @property
    def recorded(self) -> int | None:
        """How many recorded trials they rest on."""
        return self._recorded.trials if self._recorded else None

    def under(self, seed: int) -> Curves:
        """The trials of one seed."""
        if self._recorded is None:
            return build_curves(self._spec, self._folder, seed)
        again = isinstance(self._spec, curve_models.Recorded) and self._spec.resample
        return Resampled(self._recorded, seed) if again else Shuffled(self._recorded, seed)


def origin(loaded: Loaded, trials: int | None, fitted_to: int | None) -> str:
    """Where the trials of a plan come from, in a sentence; `trials` were recorded, or the law `fitted_to` some."""
    curves = loaded.scenario.curves
    if isinstance(curves, curve_models.Recorded):
        how = (
            "each replicate draws from them with replacement"
            if curves.resample
            else "each replicate meets them in another order"
        )
        return f"It rests on {counted(trials or 0, 'recorded trial')}; {how}."
    if fitted_to is not None:
        fitted = counted(fitted_to, "recorded trial")
        return f"It rests on curves fitted to {fitted}; each replicate draws trials of its own."
    return "Its trials are made up, none was recorded; each replicate draws trials of its own."
