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
    """Rows sorted by (trial, resource): trials 0 to n - 1, resources >= 1, a clock in ticks that rises in a trial.

    A smaller `loss` is better; it is inf where the trial diverged. `exits` maps a trial to the reason why it died in
    its last row. `source` is the file's name, and `digest` its SHA-256. With `timed` false the clock was not
    recorded. `metric` names the metric that the losses are, with a minus before it if they are negated; None if the
    file does not name it. `names` has the names of the trials in the imported log; empty if the file does not have
    them.
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
