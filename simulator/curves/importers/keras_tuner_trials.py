"""Keras Tuner's trials: a trial.json in each trial's folder."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from simulator.core.errors import InputError
from simulator.curves.importers import json_rows, sidecars
from simulator.curves.importers.frames import MAX_BYTES
from simulator.curves.importers.source import End, Found, Options, Trial, choose, wrong
from simulator.io.reading import read_at_most

USES: frozenset[str] = frozenset()
NAME = "trial.json"
ENDS = {"COMPLETED": End.FINISHED, "STOPPED": End.STOPPED, "FAILED": End.FAILED, "INVALID": End.FAILED,
        "RUNNING": End.RUNNING, "IDLE": End.RUNNING}  # fmt: skip
LARGEST = 10**15


#: Reasons in the report for trials without a metric, by their status.
UNTRAINED = {
    "FAILED": "failed before its first report", "INVALID": "failed before its first report, as invalid",
    "IDLE": "never began to train", "RUNNING": "was training when the log ended, without a report",
}  # fmt: skip


def read(path: Path, options: Options) -> Found:
    """Read one metric of every trial below `path`, at the steps of its observations; the tuner logs no times."""
    if not path.is_dir():
        raise wrong(path, f"is a file; Keras Tuner's trials are folders with {NAME}")
    found = Found("", None, [], Counter(), origin=1)  # a step is the number of the best epoch, counted from 0
    trials: dict[str, dict[str, Any]] = {}
    for folder, below, names in os.walk(path):
        below.sort()
        if NAME not in names:
            continue
        name = str(Path(folder).relative_to(path)) if Path(folder) != path else path.resolve().name
        try:
            about = json_rows.loads(read_at_most(Path(folder) / NAME, MAX_BYTES, "a trial is a file"))
        except (InputError, ValueError):
            found.skipped["can't be read"] += 1
            continue
        if _metrics(about):
            trials[name] = about
        else:
            status = str(about.get("status", "")) if isinstance(about, dict) else ""
            found.skipped[UNTRAINED.get(status, "reports no metric")] += 1
    if not trials:
        why = "; ".join(f"{count:,} {reason}" for reason, count in found.skipped.items())
        raise wrong(path, f"holds no trial of Keras Tuner ({NAME}) with a metric{': ' + why if why else ''}")
    names_ = sorted({name for about in trials.values() for name in _metrics(about)})
    found.metric = choose(path, "metric", options.metric, names_, "--metric")
    directions = {_metrics(about).get(found.metric, {}).get("direction") for about in trials.values()} & {
        "min",
        "max",
    }
    if len(directions) == 1:
        found.maximise = directions.pop() == "max"
    for name, about in trials.items():
        trial = _trial(name, about, found.metric, options)
        if isinstance(trial, str):
            found.skipped[trial] += 1
        else:
            found.trials.append(trial)
    return found


def _metrics(about: Any) -> dict[str, dict[str, Any]]:
    """The metrics of a trial that have observations."""
    inside = about.get("metrics") if isinstance(about, dict) else None
    inside = inside.get("metrics") if isinstance(inside, dict) else None
    if not isinstance(inside, dict):
        return {}
    return {
        str(name): history for name, history in inside.items()
        if isinstance(history, dict) and isinstance(history.get("observations"), list) and history["observations"]
    }  # fmt: skip


def _trial(name: str, about: dict[str, Any], metric: str, options: Options) -> Trial | str:
    history = _metrics(about).get(metric)
    if history is None:
        return f"does not report {metric}"
    try:
        points = [
            (options.resource(float(one["step"])), float(np.mean(one["value"]))) for one in history["observations"]
        ]
    except (TypeError, ValueError, KeyError, OverflowError):
        return "has an observation that is not a number"
    if not all(abs(step) < LARGEST and round(step, 6) == round(step) for step, _ in points):
        return "has a step that is not a whole number"
    values = about.get("hyperparameters")
    config = sidecars.flat(values.get("values")) if isinstance(values, dict) else {}
    end = ENDS.get(str(about.get("status")), End.FINISHED)
    return Trial.of(
        name, ([round(step) for step, _ in points], [loss for _, loss in points], None), end=end, config=config
    )
