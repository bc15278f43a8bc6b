"""Reading recorded curves from CSV, CSV.gz and Parquet; every mistake is named with its line and column."""

from __future__ import annotations

import csv
import io
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.curves.files import columns, rows, trials
from simulator.curves.files.columns import REQUIRED, TIME, CurveColumns
from simulator.curves.files.rows import Problems
from simulator.curves.protocol import Exit
from simulator.curves.table import Table
from simulator.curves.unit_times import UnitTimes
from simulator.io import frames, reading

SUFFIXES = (".csv", ".csv.gz", ".parquet")
MEANT = "learning curves are a file that ends in .csv, .csv.gz or .parquet"
#: Size in bytes of the largest file that is read, as it stands and unpacked.
MAX_BYTES = 1 << 29

#: Largest finite loss: a greater one counts as diverged, because sums and differences of such numbers overflow.
TOO_LARGE = 1e300


def read_table(
    path: Path, *, smaller_is_better: bool = True, unit_times: UnitTimes | None = None, times_needed: bool = True
) -> Table:
    """Read learning curves; raises InputError for anything but a table of trial, resource, loss, elapsed_s[, exit].

    An empty, NaN or infinite loss in a trial's last row means that the trial diverged. Without `smaller_is_better`
    the loss column is negated, unless the file's column `metric` says that it was when it was written. A file without
    times needs `unit_times`, and one with times refuses them; without `times_needed`, a file without times is read as
    if each unit took one tick.
    """
    report = Problems(path)
    reading.check_file(path, MEANT)
    if not path.name.endswith(SUFFIXES):  # the file is not opened: a path may lead anywhere
        raise InputError(Problem(str(path), f"is of an unknown kind; {MEANT}"))
    raw = reading.read_at_most(path, MAX_BYTES, MEANT)
    timed = times_needed and unit_times is None
    if path.suffix == ".parquet":
        found = _of_parquet(path, raw, report, timed=timed)
    else:
        content = reading.unpacked(path, raw, MAX_BYTES) if path.suffix == ".gz" and raw else raw
        found = _of_csv(path, content, report, timed=timed)
    sign = _sign(path, found.metric, smaller_is_better=smaller_is_better)
    return _table(path, raw, found, report, _Reading(sign, unit_times, timed))


def _sign(path: Path, metric: str | None, *, smaller_is_better: bool) -> float:
    """The factor, 1 or -1, for the losses; raises InputError where the file and the user contradict each other."""
    if metric is None or smaller_is_better:
        return 1.0 if smaller_is_better else -1.0
    if metric.startswith("-"):
        return 1.0
    message = (
        f"holds {metric}, imported as a metric to minimise; smaller_is_better: false (--maximise) contradicts that"
    )
    raise InputError(Problem(str(path), message, key=columns.METRIC))


def _of_csv(path: Path, content: bytes, report: Problems, *, timed: bool) -> CurveColumns:
    if not content.strip():
        report.add(f"is empty; it should hold the columns {', '.join((*REQUIRED, TIME))}", 1, 1)
        report.stop()
    quick = columns.of_csv(content)
    if quick is None:
        return rows.read_rows(reading.csv_text(path, content), report, timed=timed)
    report.fields = columns.fields(content)
    return quick


def _of_parquet(path: Path, raw: bytes, report: Problems, *, timed: bool) -> CurveColumns:
    """CurveColumns of a Parquet file; row numbers, counted from 1 for the header, take the place of lines."""
    known = (*REQUIRED, *columns.OPTIONAL, columns.METRIC)
    quick = columns.of_frame(frames.read_frame(path, raw, "parquet", known))
    if quick:
        return quick
    frame = frames.read_frame(path, raw, "parquet")  # other columns are read too, since errors name and count them
    texts = [frames.texts(frame[name]) if name in known else [""] * frame.height for name in frame.columns]
    with_header = io.StringIO(newline="")
    writer = csv.writer(with_header)
    writer.writerow(frame.columns)
    writer.writerows(zip(*texts, strict=True))
    return rows.read_rows(with_header.getvalue(), report, timed=timed)


class _Reading(NamedTuple):
    """How to read a file: the `sign` of its losses, times if the file has none, and whether times are needed."""

    sign: float
    unit_times: UnitTimes | None
    timed: bool


def _table(path: Path, raw: bytes, found: CurveColumns, report: Problems, how: _Reading) -> Table:
    order = np.lexsort((found.resource, found.trial))
    line, trial, resource = found.line[order], found.trial[order], found.resource[order]
    same = trial[1:] == trial[:-1]
    if found.seconds is None:
        if how.timed:
            message = f"lacks the column {TIME}; add it, or say how long a unit takes by unit_time"
            raise InputError(Problem(str(path), message, 1, 1))
        # Where no times are needed, resources take their place, since these increase as times must.
        clock = how.unit_times.clock(trial, resource) if how.unit_times else resource
        for at in np.flatnonzero(clock > ticks.LIMIT)[:1].tolist():
            report.add("would take more than 285 years to train; lower unit_time", int(line[at]), key="resource")
    else:
        if how.unit_times is not None:
            message = f"has the column {TIME}, and unit_time is given too; drop one of them"
            raise InputError(Problem(str(path), message, 1, 1))
        clock = np.rint(found.seconds[order] * ticks.PER_SECOND).astype(np.int64)
    _check_rows(report, line, trial, resource, clock, same)
    for at in np.flatnonzero(same & ~np.isfinite(found.loss[order])[:-1]).tolist():
        goes_on = f"trial {trial[at]} goes on in line {line[at + 1]}: it diverges in its last row only"
        report.add(
            f"is not a number, though {goes_on}; leave out rows where it was not measured", int(line[at]), key="loss"
        )
    died = {}
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    for at, word in sorted((int(place[row]), word) for row, word in found.exits.items()):
        if at + 1 < len(line) and same[at]:
            report.add("an exit should stand in the trial's last row", int(line[at]), key="exit")
        died[int(trial[at])] = Exit(word)
    report.stop()
    losses = found.loss[order] * how.sign
    losses = np.where(np.abs(losses) < TOO_LARGE, losses, np.inf)  # also true for NaN
    timed = found.seconds is not None
    names = trials.read_trials(path, int(trial[-1]) + 1)
    digest = sha256(raw).hexdigest()
    return Table(str(path), digest, trial, resource, losses, clock, died, timed, found.metric, names)


def _check_rows(
    report: Problems,
    line: NDArray[np.int64],
    trial: NDArray[np.int64],
    resource: NDArray[np.int64],
    clock: NDArray[np.int64],
    same: NDArray[np.bool_],
) -> None:
    """Check each row against the next one; `same[i]` says that rows i and i + 1 are of one trial."""
    for at in np.flatnonzero(same & (resource[1:] == resource[:-1])).tolist():
        what = f"trial {trial[at]} at resource {resource[at]} stands in line {line[at]} already"
        report.add(what, int(line[at + 1]), key="resource")
    later = same & (resource[1:] > resource[:-1])
    for at in np.flatnonzero(later & (clock[1:] <= clock[:-1])).tolist():
        what = "should be greater than at the resource before (it is cumulative)"
        report.add(f"{ticks.to_seconds(int(clock[at + 1]))} {what}", int(line[at + 1]), key=TIME)
    gaps = np.flatnonzero(np.diff(trial, prepend=-1) > 1)
    for at in gaps[:1].tolist():
        expected = int(trial[at - 1]) + 1 if at else 0
        report.add(f"trial {expected} is missing; trials are numbered 0, 1, 2, …", int(line[at]), key="trial")
