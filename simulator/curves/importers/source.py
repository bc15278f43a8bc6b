"""What a reader finds in a source, before anything is judged: trials with their steps, losses and times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.core.errors import InputError, Problem

#: Why a trial is left out that counts further than a file of curves can.
BEYOND = "has steps beyond 10^15"
#: The step before the first of a trial, where no attempt came before.
BEFORE = -(2**62)


class End(Enum):
    """How the source says a trial, or one of its attempts, ended."""

    FINISHED = "finished"
    STOPPED = "stopped early"
    FAILED = "failed"
    RUNNING = "still running"
    PAUSED = "paused"  # of an attempt that another one goes on from
    RETRIED = "failed and retried"  # of an attempt that another one makes up for


@dataclass(frozen=True)
class Options:
    """What a user may have to say about a source; None where the source should know.

    `study` names one of several studies, experiments or data sets, `mode` is "min" or "max", `run` is a pattern that
    the names of trials match; `step_scale` multiplies steps, `max_gap` is how many seconds a trial trains at most
    between two reports. The column names are for tables; `seconds` is how long a unit of a table's times lasts,
    `time_is` what they count: "elapsed" (since the trial's start), "per-step" or "clock" (the time of day).
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
    seconds: float | None = None
    run: str | None = None
    step_scale: float | None = None
    no_times: bool = False
    max_gap: float | None = None
    time_is: str | None = None

    def takes(self, name: str) -> bool:
        """Whether `run` lets a trial of that name in."""
        return self.run is None or fnmatchcase(name, self.run)

    def resource(self, step: float) -> float:
        """A step as logged, multiplied by `step_scale`."""
        return step if self.step_scale is None else step * self.step_scale


@dataclass(frozen=True, eq=False)
class LoggedAttempt:
    """A trial's stay on a worker, from `start` to `end` in seconds since an origin that all trials share.

    Of that time `startup` went by before training began, and `lost` was training that a later attempt did again.
    `trained` is how long it trained, None for all the time that is left. `first` and `last` are the steps before
    and after it; `loss` is the last it reported. `slack` is how much later it may really have started, by a clock
    that is coarse. `worker` is who ran it (attempts of one worker may overlap, on its several slots).
    """

    start: float
    end: float
    how: End
    first: int
    last: int
    loss: float
    worker: str | None = None
    startup: float = 0.0
    lost: float = 0.0
    trained: float | None = None
    slack: float = 0.0
    told: bool = True  # False: no report is of it

    def later(self, seconds: float) -> LoggedAttempt:
        """The same attempt so many seconds later."""
        slack = max(self.slack - seconds, 0.0)
        return replace(self, start=self.start + seconds, end=self.end + seconds, slack=slack)


@dataclass(frozen=True, eq=False)
class Trial:
    """One trial as logged: `elapsed` is seconds trained since its start and None where nobody logged any.

    `steps`, `losses` and `elapsed` are of one length, in the order of the log. `marked` says that the source tells
    when the trial was paused or tried again, so that no gap in `elapsed` is a pause; `taken_back` counts reports that
    later ones of the same steps stand for. `attempts` are there where the
    source has times of day. `config` holds
    what the log says of the trial's hyperparameters.
    """

    name: str
    steps: NDArray[np.int64]
    losses: NDArray[np.float64]
    elapsed: NDArray[np.float64] | None
    end: End = End.FINISHED
    attempts: tuple[LoggedAttempt, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    marked: bool = False
    taken_back: int = 0

    @classmethod
    def of(
        cls,
        name: str,
        points: tuple[ArrayLike, ArrayLike, ArrayLike | None],
        *,
        end: End = End.FINISHED,
        span: tuple[float, float] | None = None,
        worker: str | None = None,
        config: Mapping[str, Any] | None = None,
        startup: float = 0.0,
    ) -> Trial:
        """Build from steps, losses and times, and where it has one, from the span of its one attempt."""
        steps = np.asarray(points[0], np.int64)
        losses = np.asarray(points[1], np.float64)
        elapsed = None if points[2] is None else np.asarray(points[2], np.float64)
        attempts = (one_attempt(steps, losses, span, end, worker, startup),) if span else ()
        return cls(name, steps, losses, elapsed, end, attempts, config or {})


def one_attempt(
    steps: NDArray[np.int64],
    losses: NDArray[np.float64],
    span: tuple[float, float],
    end: End,
    worker: str | None = None,
    startup: float = 0.0,
) -> LoggedAttempt:
    """The attempt of a trial that had only one."""
    loss = float(losses[-1]) if len(losses) else np.nan
    return LoggedAttempt(*span, end, BEFORE, int(steps.max(initial=0)), loss, worker, startup)


@dataclass
class Found:
    """All of a source: its trials, and those passed over, counted by the reason.

    `maximise` is None where the source does not say; `origin` is the resource of the step 0, None to tell from
    the steps; `times` says where the times come from, `notes` are for the report. `others` counts what was seen
    beside trials, such as the parents of nested runs, and `retried` and `paused` trials that had several attempts.
    """

    metric: str
    maximise: bool | None
    trials: list[Trial]
    skipped: Counter[str] = field(default_factory=Counter)
    origin: int | None = None
    times: str = "as logged"
    notes: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


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


#: Characters of a library's own words that an error repeats.
WORDS = 400


def shortened(text: str) -> str:
    """A library's own words, ended at a word where they are long."""
    return text if len(text) <= WORDS else text[:WORDS].rpartition(" ")[0] + " …"
