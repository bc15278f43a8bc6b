"""Columns of times as logs have them: seconds since the start, seconds per step, or times of day in any spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.curves.importers.frames import LogTable

if TYPE_CHECKING:
    import polars as pl

#: Smallest number that is read as a Unix time, in each unit; as seconds it is a time in 1973.
UNIX = ((1e17, 1e9, "Unix nanoseconds"), (1e14, 1e6, "Unix microseconds"), (1e11, 1e3, "Unix milliseconds"),
        (1e8, 1.0, "Unix seconds"))  # fmt: skip
SPAN = re.compile(
    r"(?:(?P<days>\d+) ?d(?:ays?)?,? ?)?(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+(?:\.\d+)?)"
)
#: Least and greatest Unix time, in seconds, that is recognised beside far smaller numbers: the years 2001 and 2096.
DATES = (1e9, 4e9)
#: Words at the end of a column's name that give the unit of its numbers, and that unit in seconds.
WORDS = (
    ("us|usec|micros|microseconds?", 1e-6, "microseconds"), ("ms|msecs?|millis|milliseconds?", 1e-3, "milliseconds"),
    ("mins?|minutes?", 60.0, "minutes"), ("h|hrs?|hours?", 3600.0, "hours"), ("days?", 86400.0, "days"),
)  # fmt: skip
UNITS = [
    (re.compile(rf"(?:[_\s.(\[/-]|^)(?:{words})[)\]]?$", re.IGNORECASE), one, told) for words, one, told in WORDS
]
#: A number beside Unix times is not a Unix time itself if it is smaller by this factor.
FAR = 1000.0
#: Seconds of a day; and the number of a trial's usual intervals: if its first report comes later than that, its times
#: are taken for times of day.
DAY, LATE = 86400.0, 50.0
#: Forms of text that may be a duration or a time of day.
SPELT = frozenset({"h:mm:ss", "mm:ss"})
ISO = re.compile(r"\d{4}-\d\d-\d\d[T _]\d\d|\d{8}T\d{4}")


class Times(NamedTuple):
    """Seconds of each row, and whether they count from the trial's start or from 1970; a report shows `what`."""

    seconds: NDArray[np.float64]
    kind: Literal["elapsed", "clock"]
    what: str


def times(table: LogTable, series: pl.Series, unit: float | None) -> Times:
    """Read the times in a column; `unit` is the length of its unit in seconds, if the user gives it."""
    import polars as pl

    if series.dtype == pl.Duration:
        return Times(
            series.dt.total_microseconds().cast(pl.Float64).fill_null(np.nan).to_numpy() / 1e6, "elapsed", "durations"
        )
    if series.dtype.base_type() in {pl.Datetime, pl.Date}:
        stamps = series.cast(pl.Datetime("us")).dt.timestamp("us").cast(pl.Float64).fill_null(np.nan).to_numpy()
        return Times(stamps / 1e6, "clock", "dates and times")
    spelt = _spelt(table, series) if series.dtype == pl.String else None
    if spelt is not None:
        return spelt
    return _counted(table, series, unit)


def _counted(table: LogTable, series: pl.Series, unit: float | None) -> Times:
    """The times in a column of numbers, in the unit that the user or the column's name gives, or as Unix times."""
    values = table.numbers(series)
    known = values[np.isfinite(values)]
    least, most = (float(np.min(known)), float(np.max(known))) if len(known) else (0.0, 0.0)
    what = "as logged"
    if unit is None:
        named = next(((one, told) for pattern, one, told in UNITS if pattern.search(series.name)), None)
        if named is not None:
            unit, what = named[0], f"{named[1]}, as the column's name says"
    if unit is not None:
        dates = UNIX[-1][0] if what == "as logged" else DATES[0]
        if dates <= least * unit < UNIX[-2][0]:
            return Times(values * unit, "clock", "Unix times" if what == "as logged" else f"Unix {what}")
    else:
        for bound, divisor, name in UNIX:
            if bound <= least < bound * 1e3:
                return Times(values / divisor, "clock", name)
        if least < most / FAR and any(DATES[0] * by <= most <= DATES[1] * by for _, by, _ in UNIX):
            message = "should be a Unix time, as others of this column are; or say --time-unit"
            table.refuse(series, int(np.flatnonzero(values == least)[0]), message)
    with np.errstate(over="ignore"):
        return Times(values * (1.0 if unit is None else unit), "elapsed", what)


def _spelt(table: LogTable, series: pl.Series) -> Times | None:
    """The times of a column of dates, or of hours and minutes; None if the first text is a number."""
    missing = table.missing(series)
    first = next((str(series[row]).strip() for row in np.flatnonzero(~missing)[:1].tolist()), "")
    if ISO.match(first):
        return Times(_texts(table, series, missing, _instant, "a date and a time"), "clock", "dates and times")
    if SPAN.fullmatch(first):
        what = "h:mm:ss" if first.count(":") == 2 else "mm:ss"  # noqa: PLR2004
        return Times(_texts(table, series, missing, _span, what), "elapsed", what)
    if first and not _is_number(first):
        row = int(np.flatnonzero(~missing)[0])
        table.refuse(series, row, "should be seconds, h:mm:ss, or a date and a time such as 2026-01-31 10:00:00")
    return None


def past_midnight(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The times of day of one trial, in order of its reports, with a day added after each midnight."""
    back = np.append(False, np.diff(seconds) < -DAY / 2)
    made: NDArray[np.float64] = seconds + DAY * np.cumsum(back)
    return made


def may_be_times_of_day(seconds: Sequence[NDArray[np.float64]]) -> bool:
    """Whether times such as 9:15:30 may be times of day: most first reports are later than the pace explains."""
    late = 0
    for when in seconds:
        dt = np.diff(when)
        dt = dt[dt > 0]
        late += bool(len(dt) and when[0] > LATE * float(np.median(dt)) and np.max(when) < DAY)
    return 2 * late > len(seconds)


@np.errstate(invalid="ignore")  # (the difference of infinite times)
def since_first(
    steps: Sequence[NDArray[np.int64]], stamps: Sequence[NDArray[np.float64]], shift: int = 0
) -> list[NDArray[np.float64]]:
    """Seconds trained at each report of each trial, from times of day: counted from the trial's first report.

    Such a log does not show the training before that first report. It is taken to have had the trial's median pace,
    or that of all trials if the trial has one report only. `shift` is added to steps to get units.
    """
    paces = []
    for at, when in zip(steps, stamps, strict=True):
        dt, du = np.diff(when), np.diff(at.astype(float))
        paces.append(dt[dt * du > 0] / du[dt * du > 0])  # (some logs have the newest report first)
    together = np.concatenate(paces) if paces else np.zeros(0)
    overall = float(np.median(together)) if len(together) else np.nan
    made = []
    for at, when, own in zip(steps, stamps, paces, strict=True):
        if not len(at):
            made.append(when)
            continue
        first = int(np.argmin(at))
        pace = float(np.median(own)) if len(own) else overall
        made.append(when - when[first] + pace * max(float(at[first]) + shift, 0.0))
    return made


#: Text of the import report for times that are counted this way.
FIRST = "counted from each trial's first report, which is taken to have come at the trial's median pace"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _texts(
    table: LogTable, series: pl.Series, missing: NDArray[np.bool_], read: Callable[[str], float], meant: str
) -> NDArray[np.float64]:
    made = np.full(len(series), np.nan)
    cells = series.to_list()
    for row in np.flatnonzero(~missing).tolist():
        try:
            made[row] = read(str(cells[row]).strip())
        except (ValueError, OverflowError, AttributeError):
            table.refuse(series, row, f"should be {meant}")
    return made


def _instant(text: str) -> float:
    """Seconds since 1970. A time without a zone is read as UTC, since only differences matter."""
    text = text.replace("_", " ").replace(" UTC", "+00:00")
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _span(text: str) -> float:
    found = SPAN.fullmatch(text)
    if found is None:
        raise ValueError(text)
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds
