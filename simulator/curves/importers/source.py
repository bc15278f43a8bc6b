"""What a reader finds in a source, before anything is judged: trials with their steps, losses and times."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.core.errors import InputError, Problem

#: Why a trial is left out that counts further than a file of curves can.
BEYOND = "has steps beyond 10^15"


class End(Enum):
    """How the source says a trial ended."""

    FINISHED = "finished"
    STOPPED = "stopped early"
    FAILED = "failed"
    RUNNING = "still running"


@dataclass(frozen=True)
class Options:
    """What a user may have to say about a source; None where the source should know.

    `study` names one of several studies, experiments or data sets, `mode` is "min" or "max"; the column names
    are for tables; `seconds` is how long a unit of a table's times lasts.
    """

    metric: str | None = None
    mode: str | None = None
    study: str | None = None
    trial_column: str | None = None
    step_column: str | None = None
    time_column: str | None = None
    start_column: str | None = None
    end_column: str | None = None
    worker_column: str | None = None
    seconds: float = 1.0


@dataclass(frozen=True, eq=False)
class Trial:
    """One trial as logged: `elapsed` is seconds since its start and None where nobody logged any.

    `steps`, `losses` and `elapsed` are of one length, in the order of the log. `span` is its start and its end
    in seconds since an origin that all trials share, `worker` who ran it (trials of one worker may overlap, on
    its several slots).
    """

    name: str
    steps: NDArray[np.int64]
    losses: NDArray[np.float64]
    elapsed: NDArray[np.float64] | None
    end: End = End.FINISHED
    span: tuple[float, float] | None = None
    worker: str | None = None

    @classmethod
    def of(
        cls,
        name: str,
        points: tuple[ArrayLike, ArrayLike, ArrayLike | None],
        *,
        end: End = End.FINISHED,
        span: tuple[float, float] | None = None,
        worker: str | None = None,
    ) -> Trial:
        """Build from steps, losses and times."""
        steps, losses, elapsed = points
        return cls(
            name,
            np.asarray(steps, np.int64),
            np.asarray(losses, np.float64),
            None if elapsed is None else np.asarray(elapsed, np.float64),
            end,
            span,
            worker,
        )


@dataclass
class Found:
    """All of a source: its trials, and those passed over, counted by the reason.

    `maximise` is None where the source does not say; `origin` is the resource of the step 0, None to tell from
    the steps; `times` says where the times come from, `notes` are for the report.
    """

    metric: str
    maximise: bool | None
    trials: list[Trial]
    skipped: Counter[str] = field(default_factory=Counter)
    origin: int | None = None
    times: str = "as logged"
    notes: list[str] = field(default_factory=list)


class Importer(Protocol):
    """Reads one kind of source; raises InputError where there is nothing to be had of it."""

    def __call__(self, path: Path, options: Options) -> Found:
        """Read the source at `path`."""
        ...


def wrong(path: Path, message: str) -> InputError:
    """An error about a source as a whole."""
    return InputError(Problem(str(path), message))


def choose(path: Path, what: str, wanted: str | None, names: list[str], option: str) -> str:
    """The `what` to take of those the source has: the wanted one, or the only one; raises InputError otherwise."""
    if wanted is not None:
        if wanted in names:
            return wanted
        raise wrong(path, f"has no {what} {wanted!r}; it has {listed(names)}")
    if len(names) == 1:
        return names[0]
    raise wrong(path, f"has {what} {listed(names)}; choose one by {option}" if names else f"has no {what}")


def listed(names: list[str]) -> str:
    """Up to eight names."""
    shown = ", ".join(name[:60] for name in names[:8]) or "none"
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"  # noqa: PLR2004


def need(path: Path, extra: str) -> InputError:
    """The error of a missing library."""
    return wrong(path, f'takes an extra to read: pip install "asha-simulator[{extra}]"')
