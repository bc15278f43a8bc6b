"""Curves for closed-form checks: every unit takes the same time, and trials get steadily better or worse."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.core.errors import RunError
from simulator.curves.protocol import Training

#: Greatest number of trials that may start; only an endless search asks for more.
MAX_TRIALS = 20_000_000


@dataclass(frozen=True)
class Ordered:
    """Endless trials: trial i has the loss i at every resource, or -i with `improving`; a unit takes `unit_ticks`."""

    unit_ticks: int
    improving: bool = False
    trials: None = None

    def reach(self, resources: tuple[int, ...]) -> str | None:  # noqa: ARG002
        """Accept any resources."""
        return None

    def train(self, trial: int, from_resource: int, to_resource: int) -> Training:
        """Train a trial, in time proportional to the units."""
        if trial >= MAX_TRIALS:
            raise RunError(f"{MAX_TRIALS:,} trials have started and there is no end; give a stop by time")
        return (to_resource - from_resource) * self.unit_ticks, float(-trial if self.improving else trial), None
