"""Hugging Face's trainer_state.json: a run's log_history, from the newest of its checkpoints."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.core.errors import InputError
from simulator.curves.importers import json_rows, sidecars
from simulator.curves.importers.frames import MAX_BYTES
from simulator.curves.importers.source import BEYOND, End, Found, Options, Trial, choose, listed, wrong
from simulator.io.reading import read_at_most

USES = frozenset({"step_column"})
NAME = "trainer_state.json"
#: Keys that the trainer itself adds to an entry.
OWN = {"epoch", "step", "total_flos"}
LARGEST = 10**15
RUNTIME = "train_runtime"


def read(path: Path, options: Options) -> Found:  # noqa: C901
    """Read one metric of every run below `path`; entries without it are skipped."""
    states = _states(path)
    step = options.step_column or "step"
    found = Found("", None, [], Counter(), origin=0)  # an evaluation at step 0 comes before the training
    logs: dict[str, dict[str, Any]] = {}
    for name, files in states.items():
        read_ = []
        for file in files:
            try:
                read_.append(_loaded(file))
            except InputError as error:
                if len(states) == 1 and len(files) == 1:
                    raise
                found.others[f"checkpoints that can't be read ({error.problems[0].message})"] += 1
        if read_:
            logs[name] = max(read_, key=lambda state: len(state["log_history"]))
            if len(files) > 1:
                found.others["earlier checkpoints of the same runs"] += len(files) - 1
        else:
            found.skipped["can't be read"] += 1
    metrics = sorted({
        key
        for state in logs.values() for entry in state["log_history"] for key, value in entry.items()
        if key not in {*OWN, step} and not key.endswith(("_runtime", "_per_second")) and _number(value) is not None
    })  # fmt: skip
    if not metrics:
        raise wrong(path, "holds no metrics")
    if options.metric is None and len(metrics) > 1:
        held_out = [name for name in metrics if name.startswith("eval_")]
        raise wrong(
            path, f"has metric {listed(held_out + [n for n in metrics if n not in held_out])}; choose one by --metric"
        )
    found.metric = choose(path, "metric", options.metric, metrics, "--metric")
    # (the state says for one metric only what is better)
    maximise = {
        state.get("greater_is_better")
        for state in logs.values()
        if found.metric.removeprefix("eval_") == str(state.get("metric_for_best_model")).removeprefix("eval_")
    } & {True, False}
    found.maximise = maximise.pop() if len(maximise) == 1 else None
    _tell_sessions(logs.values(), found)
    for name, state in logs.items():
        trial = _trial(name, state, found.metric, step, options)
        if isinstance(trial, str):
            found.skipped[trial] += 1
        else:
            found.trials.append(trial)
    found.times = f"{RUNTIME}, in proportion to the steps: the log has no times of steps"
    return found


def _states(path: Path) -> dict[str, list[Path]]:
    """The states of each run, by the folder that holds its trainer_state.json or its checkpoints."""
    if not path.is_dir():
        if path.suffix != ".json":
            raise wrong(path, f"is not a {NAME}")
        return {path.resolve().parent.name or path.stem: [path]}
    runs: dict[str, list[Path]] = {}
    for folder, below, names in os.walk(path):
        below.sort()
        if NAME in names and (Path(folder) / NAME).is_file():
            run = Path(folder).parent if Path(folder).name.startswith("checkpoint-") else Path(folder)
            inside = run.relative_to(path) if run.is_relative_to(path) else Path()
            runs.setdefault(path.resolve().name if inside == Path() else str(inside), []).append(Path(folder) / NAME)
    if not runs:
        raise wrong(path, f"holds no {NAME}")
    return runs


def _loaded(file: Path) -> dict[str, Any]:
    try:
        state = json_rows.loads(read_at_most(file, MAX_BYTES, "a trainer's state is a file"))
    except ValueError as error:
        raise wrong(file, f"is not sound JSON: {error}") from None
    history = state.get("log_history") if isinstance(state, dict) else None
    if not isinstance(history, list) or not all(isinstance(entry, dict) for entry in history):
        raise wrong(file, "has no log_history: is it a trainer's state?")
    return dict(state)


def _trial(name: str, state: dict[str, Any], metric: str, step: str, options: Options) -> Trial | str:
    entries = [entry for entry in state["log_history"] if _number(entry.get(metric)) is not None]
    if not entries:
        return f"does not report {metric}"
    entries = [entry for entry in entries if _number(entry.get(step)) is not None]
    if not entries:
        return f"reports {metric} without {step}; --step-column takes another"
    scaled = [round(options.resource(float(entry[step])), 6) for entry in entries]
    if not all(abs(at) < LARGEST for at in scaled):
        return BEYOND
    if any(at != round(at) for at in scaled):
        return f"has a value of {step} that is not a whole number; --step-scale FACTOR turns it into one"
    steps = np.array([round(at) for at in scaled], np.int64)
    losses = np.array([_number(entry[metric]) for entry in entries], np.float64)
    most, done = _number(state.get("max_steps")), _number(state.get("global_step"))
    spent = _runtimes(state)
    elapsed: NDArray[np.float64] | None = None
    if len(spent) == 1 and spent[0] is not None and spent[0] > 0 and (steps >= 1).all():
        last = max(float(entry[step]) for entry in state["log_history"] if _number(entry.get(step)) is not None)
        elapsed = spent[0] * steps.astype(np.float64) / options.resource(last) if last > 0 else None
    end = End.STOPPED if most is not None and done is not None and done < most else End.FINISHED
    config = sidecars.flat({key: state[key] for key in ("train_batch_size", "num_train_epochs") if key in state})
    given = state.get("trial_params")
    return Trial(name, steps, losses, elapsed, end, (), config | sidecars.flat(given), marked=True)


def _tell_sessions(states: Iterable[dict[str, Any]], found: Found) -> None:
    """Say in the report how many runs have no times because they were trained in several sessions."""
    again = sum(len(_runtimes(state)) > 1 for state in states)
    if again:
        found.notes.append(
            f"{again:,} runs have several {RUNTIME}, as they were trained again: their times are unknown"
        )


def _runtimes(state: dict[str, Any]) -> list[float | None]:
    """The seconds of each session of a run that was trained to its end."""
    return [_number(entry[RUNTIME]) for entry in state["log_history"] if RUNTIME in entry]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
