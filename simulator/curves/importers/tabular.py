"""CSV, Parquet and JSON Lines with a row for each trial and step, under whatever names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from simulator.curves.importers import frames
from simulator.curves.importers.source import End, Found, Options, Trial
from simulator.curves.protocol import Exit


def read(path: Path, options: Options) -> Found:
    """One row a point: `trial`, `resource`, `loss` and maybe `elapsed_s`, or the columns that the options name.

    `exit` may say that a trial died, as in our own files. Start, end (the same in all rows of a trial) and worker
    are read where the options name their columns.
    """
    frame = frames.read(path)
    if options.worker_column is not None:
        frames.column(path, frame, options.worker_column, "--worker-column")
    steps = frames.whole(path, frames.column(path, frame, options.step_column or "resource", "--step-column"))
    metric = options.metric or "loss"
    losses = frames.numbers(path, frames.column(path, frame, metric, "--metric"))
    elapsed = None
    if options.time_column is not None or "elapsed_s" in frame.columns:
        series = frames.column(path, frame, options.time_column or "elapsed_s", "--time-column")
        elapsed = frames.numbers(path, series) * options.seconds
    spans = {
        name: frames.numbers(path, frames.column(path, frame, name, f"--{kind}-column")) * options.seconds
        for kind, name in (("start", options.start_column), ("end", options.end_column))
        if name is not None
    }
    exits = frames.texts(frame["exit"]) if "exit" in frame.columns else None
    workers = frames.texts(frame[options.worker_column]) if options.worker_column else None
    names = frames.texts(frames.column(path, frame, options.trial_column or "trial", "--trial-column"))
    trials, skipped = [], Counter[str]()
    for name, rows in frames.groups(names) if names else []:
        if not name:
            skipped["has rows without a trial's name"] += 1
            continue
        span = None
        if options.start_column and options.end_column:
            start, end = spans[options.start_column][rows], spans[options.end_column][rows]
            span = (float(np.min(start)), float(np.max(end)))
            span = span if np.isfinite(span).all() else None
        died = exits is not None and exits[rows[-1]] in {Exit.ERRORED.value, Exit.INVALID.value}
        trials.append(
            Trial(
                name, steps[rows], losses[rows], None if elapsed is None else elapsed[rows],
                End.FAILED if died else End.FINISHED, span, workers[rows[0]] if workers else None,
            )
        )  # fmt: skip
    return Found(metric, None, trials, skipped)
