"""The times of a table's trials: since the start, for each step, or of the day."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.curves.importers import clocks, first_reports
from simulator.curves.importers.frames import LogTable
from simulator.curves.importers.source import End, Found, Options, Trial, wrong


class Part(NamedTuple):
    """A trial's points before their times are understood: `times` are as in the log, None where there are none."""

    name: str
    steps: NDArray[np.int64]
    losses: NDArray[np.float64]
    times: NDArray[np.float64] | None
    end: End
    span: tuple[float, float] | None
    worker: str | None
    config: dict[str, object]


def of_rows(table: LogTable, options: Options, kinds: set[tuple[str, str]]) -> NDArray[np.float64] | None:
    """The seconds in each row of the table, None without times; `kinds` collects what the times count."""
    if options.no_times or (options.time_column is None and "elapsed_s" not in table.columns):
        return None
    series = table.column(options.time_column or "elapsed_s", "--time-column")
    times = clocks.times(table, series, options.seconds)
    if options.time_is == "clock" or options.time_is is None:
        kinds.add((options.time_is or times.kind, times.what))
    elif times.kind == "clock":
        raise wrong(table.path, f"has times of day in {series.name}, which --time-is {options.time_is} contradicts")
    else:
        kinds.add((options.time_is, times.what))
    if len({kind for kind, _ in kinds}) > 1:
        raise wrong(table.path, "has times of day where other files have times since the start; add --time-is")
    return times.seconds


def spelt(path: Path, parts: list[Part], options: Options) -> list[Part]:
    """Parts whose times are texts such as 9:15:30; raises InputError if these may be times of day or durations."""
    if options.time_is == "clock":
        return [
            part if part.times is None else part._replace(times=clocks.past_midnight(part.times)) for part in parts
        ]
    if options.time_is is None and clocks.may_be_times_of_day(
        [part.times for part in parts if part.times is not None]
    ):
        message = (
            "has times such as 9:15:30 that may be of the day, or durations; say --time-is clock or --time-is elapsed"
        )
        raise wrong(path, message)
    return parts


def with_times(path: Path, found: Found, parts: list[Part], kinds: set[str], options: Options) -> None:
    """Make trials of the parts; times are counted from each trial's start.

    Raises InputError if the times may count from one origin for all trials.
    """
    kind = next(iter(kinds), "elapsed")
    times = [part.times for part in parts]
    if kind == "elapsed" and options.time_is is None and options.start_column is None:
        known = [(part.steps, part.times) for part in parts if part.times is not None]
        shown = first_reports.one_origin(known)
        if shown:
            message = (
                f"has times that seem to count from one origin for all trials: {shown:,} of {len(parts):,} trials "
                "begin late, and many just when another ends; say --time-is clock to count from each trial's first "
                "report, --time-is elapsed if they are the trial's own, or --start-column"
            )
            raise wrong(path, message)
    clock = kind == "clock" and options.start_column is None
    shift = int(any((part.steps == 0).any() for part in parts)) if found.origin is None else found.origin
    if clock:
        counted = clocks.since_first([p.steps for p in parts], [t for t in times if t is not None], shift)
        found.times = clocks.FIRST
        times = list(counted)
    elif kind == "clock":
        found.times = "counted from each trial's start"
    for part, when in zip(parts, times, strict=True):
        elapsed = when
        if kind == "per-step" and when is not None:
            elapsed = _summed(part.steps, when)
        span = part.span
        if span is None and clock and when is not None and part.times is not None and len(when):
            begun = float(part.times[0] - when[0])
            span = (begun, float(part.times.max())) if np.isfinite(begun) else None
        found.trials.append(
            Trial.of(
                part.name, (part.steps, part.losses, elapsed), end=part.end, span=span, worker=part.worker,
                config=part.config,
            )
        )  # fmt: skip


def _summed(steps: NDArray[np.int64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The seconds of each step, added up in order of steps; an unlogged step counts as long as the next one."""
    order = np.argsort(steps, kind="stable")
    units = np.diff(steps[order], prepend=min(int(steps.min()), 1) - 1 if len(steps) else 0)
    made = np.empty(len(steps))
    made[order] = np.cumsum(seconds[order] * np.maximum(units, 0))
    return made
