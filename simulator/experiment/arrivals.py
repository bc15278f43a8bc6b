"""Arrival times: from a scenario's `searches` to (tick, label, number), in order."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from hashlib import sha256
from heapq import merge
from itertools import count, islice, takewhile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulator.core.errors import InputError, Problem
from simulator.core.streams import Drawn, Numbers, Stream
from simulator.core.ticks import LIMIT, from_seconds
from simulator.io import reading
from simulator.scenario.loading import Loaded
from simulator.scenario.searches import (
    ListedArrivals,
    PoissonArrivals,
    RecordedArrivals,
    RegularArrivals,
    SearchesSection,
)

#: Size in bytes of the largest file of arrivals.
MAX_BYTES = 1 << 24
#: Number of gaps that are drawn at once.
BLOCK = 64


class Coming(NamedTuple):
    """A search that arrives at tick `at`: number `number`, from 0, of label number `place` in the scenario."""

    at: int
    place: int
    number: int


def label_key(label: str) -> int:
    """The key of a label's random draws, so that these stay the same when other labels are added or removed."""
    return int.from_bytes(sha256(label.encode()).digest()[:8], "big")


def arrivals_of(loaded: Loaded, seed: int) -> Iterator[Coming]:
    """All searches of a scenario, in order of time; searches that arrive at one tick are in order of labels.

    Raises InputError for what is wrong in a file.
    """
    streams = (loaded.scenario.searches or {}).items()
    return merge(*(_stream(loaded, place, label, seed) for place, (label, _) in enumerate(streams)))


def _stream(loaded: Loaded, place: int, label: str, seed: int) -> Iterator[Coming]:
    """The searches of one label."""
    section = (loaded.scenario.searches or {})[label]
    times: Iterator[int] = islice(_times(loaded, label, section, seed), section.count)
    if section.until is not None:
        until = section.until
        times = takewhile(lambda at: at < until, times)
    return (Coming(at, place, number) for number, at in enumerate(times))


def _times(loaded: Loaded, label: str, section: SearchesSection, seed: int) -> Iterator[int]:
    arrivals, key = section.arrivals, label_key(label)
    match arrivals:
        case PoissonArrivals():
            mean = arrivals.mean_gap
            return _summed(Drawn(seed, Stream.ARRIVAL, lambda share: _exponential(share, mean), block=BLOCK), key)
        case RegularArrivals():
            drawn = Drawn(seed, Stream.ARRIVAL, block=BLOCK)
            gap, jitter = arrivals.gap, arrivals.jitter
            return (number * gap + (int(drawn.at(number, key) * jitter) if jitter else 0) for number in count())
        case ListedArrivals():
            return iter(arrivals.times)
        case RecordedArrivals():
            with loaded.blaming("searches", label, "arrivals", "file"):
                return iter(read_arrivals(arrivals.path(loaded.folder)))


def _exponential(share: Numbers, mean: float) -> Numbers:
    return -mean * np.log1p(-share)


def _summed(gaps: Drawn, key: int) -> Iterator[int]:
    """The running sums of gaps."""
    at = 0.0
    for number in count():
        at += gaps.at(number, key)
        yield round(at)


def read_arrivals(path: Path) -> list[int]:
    """Read arrival times from a CSV with the column arrival_s, in seconds; returns ticks.

    Raises InputError with line and column of every time that is not a number, negative or out of order.
    """
    raw = reading.read_at_most(path, MAX_BYTES, "it should be a CSV of arrival_s")
    rows = csv.reader(io.StringIO(reading.csv_text(path, raw), newline=""))
    found: list[int] = []
    try:
        header = [name.strip() for name in next(rows, [])]
        if header.count("arrival_s") != 1:
            raise InputError(Problem(str(path), "should have the column arrival_s", 1, 1))
        column = header.index("arrival_s")
        for fields in rows:
            if fields:
                found.append(_moment(path, rows.line_num, fields, column, found[-1] if found else 0))
    except csv.Error as error:
        raise InputError(Problem(str(path), f"is not CSV: {error}", rows.line_num, 1)) from None
    if not found:
        raise InputError(Problem(str(path), "holds no arrivals; each row is one", 1, 1))
    return found


def _moment(path: Path, line: int, fields: list[str], column: int, before: int) -> int:
    text = fields[column].strip() if column < len(fields) else ""
    try:
        tick = from_seconds(float(text))
    except (ValueError, OverflowError):
        tick = LIMIT + 1
    if tick > LIMIT:
        message = f"{text[:40]!r} should be seconds from the start"
        raise InputError(Problem(str(path), message, line, column + 1, "arrival_s"))
    if tick < 0:
        raise InputError(Problem(str(path), f"{text[:40]} is in the past", line, column + 1, "arrival_s"))
    if tick < before:
        message = f"{text[:40]} is out of order: the row before it is later"
        raise InputError(Problem(str(path), message, line, column + 1, "arrival_s"))
    return tick
