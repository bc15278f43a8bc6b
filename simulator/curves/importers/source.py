"""What a reader gives back before any check: trials with their steps, losses and times."""

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

#: Reason for leaving out a trial whose steps are greater than a file of curves can hold.
BEYOND = "has steps beyond 10^15"
#: The step before a trial's first one, if no attempt came before.
BEFORE = -(2**62)


class End(Enum):
    """How a trial, or one of its attempts, ended according to the source."""

    FINISHED = "finished"
    STOPPED = "stopped early"
    FAILED = "failed"
    RUNNING = "still running"
    PAUSED = "paused"  # an attempt that a later one continues
    RETRIED = "failed and retried"  # an attempt that a later one repeats


@dataclass(frozen=True)
class Options:
    """What a user may say about a source; None means that the source itself decides.

    `study` names one of several studies, experiments or data sets. `mode` is "min" or "max". Only trials whose names
    match the pattern `run` are taken. Steps are multiplied by `step_scale`. More than `max_gap` seconds between two
    reports are a pause. The column names are for tables; `seconds` is the length of the unit of a table's times, and
    `time_is` says what the times count: "elapsed" (since the trial's start), "per-step" or "clock" (the time of day).
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
        """Whether `run` matches a trial's name."""
        return self.run is None or fnmatchcase(name, self.run)

    def resource(self, step: float) -> float:
        """The resource of a logged step: the step times `step_scale`."""
        return step if self.step_scale is None else step * self.step_scale

    def resources(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """The resources of logged steps: steps times `step_scale`, to six decimals; infinite on overflow."""
        with np.errstate(over="ignore"):
            return np.round(steps * (self.step_scale or 1.0), 6)


@dataclass(frozen=True, eq=False)
class LoggedAttempt:
    """A trial's stay on a worker, from `start` to `end` in seconds since an origin that all trials share.

    Of that time, `startup` passed before training began, and `lost` was training that a later attempt repeated.
    `trained` is the time that it trained, None if it trained all the rest of the time. `first` and `last` are the
    steps before and after it, and `loss` is its last reported loss. The true start may be up to `slack` seconds
    later, because the clock is coarse. `worker` names the worker that ran it; attempts of one worker may overlap if
    it has several slots.
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
    inferred: bool = False  # whether the log has no report of it, and only what came before and after it

    def later(self, seconds: float) -> LoggedAttempt:
        """The same attempt, `seconds` later."""
        slack = max(self.slack - seconds, 0.0)
        return replace(self, start=self.start + seconds, end=self.end + seconds, slack=slack)


@dataclass(frozen=True, eq=False)
class Trial:
    """One trial as logged: `elapsed` is the seconds trained since its start, None if they were not logged.

    `steps`, `losses` and `elapsed` are of one length, in the order of the log. `marked` means that the source says
    when the trial was paused or tried again; a gap in `elapsed` is then not a pause. `taken_back` counts reports that
    later reports of the same steps replace. `attempts` are given if the source has times of day. `config` has the
    trial's hyperparameters, as far as the log has them.
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
        """Make a trial from its steps, losses and times, and the span of its only attempt if that is known."""
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
    """Everything in a source: its trials, and the number of trials that were skipped, by reason.

    `maximise` is None if the source does not say. `origin` is the resource of step 0, None to find it from the steps.
    `times` says where the times come from, `notes` are for the report. `others` counts what the source has beside
    trials, such as the parents of nested runs.
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
    """Reads one kind of source; raises InputError if there is nothing usable in it."""

    def __call__(self, path: Path, options: Options) -> Found:
        """Read the source at `path`."""
        ...


def wrong(path: Path, message: str) -> InputError:
    """An error about a source as a whole."""
    return InputError(Problem(str(path), message))


def choose(path: Path, what: str, wanted: str | None, names: list[str], option: str) -> str:
    """Choose the `wanted` name, or the only one, of the source's `what`; raises InputError if that can't be done."""
    if wanted is not None:
        if wanted in names:
            return wanted
        raise wrong(path, f"has no {what} {wanted!r}; it has {listed(names)}")
    if len(names) == 1:
        return names[0]
    raise wrong(path, f"has {what} {listed(names)}; choose one by {option}" if names else f"has no {what}")


def listed(names: list[str]) -> str:
    """A text that lists the names, eight of them at most."""
    shown = ", ".join(name[:60] for name in names[:8]) or "none"
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"  # noqa: PLR2004


def missing_extra(path: Path, extra: str) -> InputError:
    """The error that says that a library is missing."""
    return wrong(path, f'can only be read with an extra: pip install "asha-simulator[{extra}]"')


#: Number of characters of a library's own error text that are repeated at most.
WORDS = 400


def shortened(text: str) -> str:
    """A library's own error text, cut at the end of a word if it is long."""
    return text if len(text) <= WORDS else text[:WORDS].rpartition(" ")[0] + " …"
