"""Joins the rows of a job that a searcher asked for in several steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.trace.trace import COLUMNS, Outcome, Trace


def joined(trace: Trace) -> Trace:
    """Join rows of a trial that follow one another on a rung, on one worker and without a pause.

    The loss is that of the last row. A searcher that hears every report makes such rows if a report decides nothing.
    """
    return join(trace)[0]


def join(trace: Trace) -> tuple[Trace, NDArray[np.intp]]:
    """The joined trace, and for each row of `trace` the index of the row that it became part of."""
    shared = () if trace.search is None else ("search",)
    order = np.lexsort((trace.start, trace.trial, *(getattr(trace, name) for name in shared)))
    same = np.ones(max(len(order) - 1, 0), bool)
    for name in ("trial", "bracket", "rung", "worker", *shared):
        column = getattr(trace, name)[order]
        same &= column[1:] == column[:-1]
    same &= trace.start[order][1:] == trace.end[order][:-1]
    same &= trace.from_resource[order][1:] == trace.to_resource[order][:-1]
    same &= trace.outcome[order][:-1] == Outcome.COMPLETED
    if not same.any():
        return trace, np.arange(len(trace))
    first = np.flatnonzero(np.concatenate([[True], ~same]))
    last = np.append(first[1:], len(order)) - 1
    columns = {name: getattr(trace, name)[order][first] for name in (*COLUMNS, *shared)}
    for name in ("to_resource", "end", "outcome", "loss"):
        columns[name] = getattr(trace, name)[order][last]
    for name in ("overhead", "lost"):
        columns[name] = np.add.reduceat(getattr(trace, name)[order], first)
    place = np.argsort(order[first], kind="stable")
    became = np.empty(len(order), np.intp)
    became[order] = np.argsort(place)[np.cumsum(np.concatenate([[True], ~same])) - 1]
    return replace(trace, **{name: column[place] for name, column in columns.items()}), became
