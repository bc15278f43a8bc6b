"""A table of learning curves, as it was read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.curves.protocol import Exit


@dataclass(frozen=True)
class Identity:
    """A trial's name and hyperparameters, as its log gives them."""

    name: str
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """Rows sorted by (trial, resource): trials 0..n-1, resources >= 1, clock in ticks, increasing within a trial.

    `loss` is the smaller-is-better loss, inf where the trial diverged; `exits` maps a trial to why its last row is
    its death; `source` is the file's name, `digest` its SHA-256; without `timed` the clock was not recorded. `metric`
    says what the losses are, after a minus where they are negated, and `names` gives the trials' names in the log
    that they were imported from; None and empty if the file does not say.
    """

    source: str
    digest: str
    trial: NDArray[np.int64]
    resource: NDArray[np.int64]
    loss: NDArray[np.float64]
    clock: NDArray[np.int64]
    exits: dict[int, Exit]
    timed: bool = True
    metric: str | None = None
    names: tuple[Identity, ...] = ()

    @property
    def trials(self) -> int:
        """The number of trials."""
        return int(self.trial[-1]) + 1

    def rows(self, trial: int) -> slice:
        """Rows of one trial."""
        first, last = np.searchsorted(self.trial, [trial, trial + 1])
        return slice(int(first), int(last))
