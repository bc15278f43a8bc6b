"""Rows of a trace, packed into bytes as they are made.

This takes a sixth of the time of a list of tuples, and half its memory.
"""

from __future__ import annotations

from math import nan
from struct import Struct
from typing import Any

import numpy as np

from simulator.trace.trace import COLUMNS, Outcome

#: worker, trial, bracket, rung, from_resource, to_resource, start, end, loss, overhead, lost, outcome
ROW = Struct("6i2qd2qi")
_TYPES = ["i4"] * 6 + ["i8"] * 2 + ["f8", "i8", "i8", "i4"]
_ROW = np.dtype(list(zip([*COLUMNS[:8], "loss", "overhead", "lost", "outcome"], _TYPES, strict=True)))

#: Greatest number of rows that are unpacked at once; if more are left, the last half of them is unpacked.
CHUNK = 1 << 16


def unpack(rows: bytearray, now: int) -> dict[str, Any]:
    """Columns of packed rows, as the trace has them: int64, and float64 for the loss; empties `rows`.

    An attempt that would have ended after `now`, the end of the run, is cut there; its training until then was
    useful.
    """
    columns = _columns(rows)
    cut = columns["end"] > now
    columns["end"][cut], columns["loss"][cut], columns["outcome"][cut] = now, nan, Outcome.CUT
    columns["start"][cut] = np.minimum(columns["start"][cut], now)  # the scheduler may not have given it out yet
    columns["overhead"][cut] = np.minimum(columns["overhead"][cut], now - columns["start"][cut])
    columns["lost"][cut] = 0
    return columns


def _columns(rows: bytearray) -> dict[str, Any]:
    """The columns of `rows`; rows are removed from the end as they are unpacked, to save memory."""
    left = len(rows) // _ROW.itemsize
    columns = {str(name): np.empty(left, np.float64 if name == "loss" else np.int64) for name in _ROW.names or ()}
    while left:
        first = left // 2 if left > CHUNK else 0
        table = np.frombuffer(rows, _ROW, offset=first * _ROW.itemsize)
        for name, column in columns.items():
            column[first:left] = table[name]
        del table  # rows can't shrink while it exists
        del rows[first * _ROW.itemsize :]
        left = first
    return columns
