"""MLflow's runs, from its SQLite store."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulator.core.errors import InputError
from simulator.curves.importers import databases
from simulator.curves.importers.source import (
    BEYOND,
    End,
    Found,
    Options,
    Trial,
    choose,
    missing_extra,
    shortened,
    wrong,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

ENDS = {"FINISHED": End.FINISHED, "FAILED": End.FAILED, "KILLED": End.STOPPED, "RUNNING": End.RUNNING}
MS = 1000.0
#: Seconds of the longest run: one year.
YEAR = 366 * 86400.0
LARGEST = 10**15
#: Tables that every version of the store has. If others are missing, MLflow upgrades the copy, which takes seconds.
TABLES = {"alembic_version", "experiments", "metrics", "params", "runs", "tags"}


USES = frozenset({"study", "step_column", "max_gap"})
#: The tag by which a nested run names its parent.
PARENT = "mlflow.parentRunId"


def read(path: Path, options: Options) -> Found:
    """Read the runs of an experiment with one metric's history; times are since the run's start, in milliseconds."""
    if path.is_dir():
        move = f"mlflow migrate-filestore --source {path} --target sqlite:///mlflow.db"
        advice = f"MLflow no longer reads its file store: run `{move}`, then import mlflow.db"
        raise wrong(path, f"is a folder; {advice}")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a local file is read without telemetry
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise missing_extra(path, "mlflow") from None
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # MLflow logs its errors with a traceback
    with databases.copied(path, TABLES, "MLflow") as copy:
        address = f"sqlite:///{copy}"
        try:
            return _runs(path, MlflowClient(tracking_uri=address, registry_uri=address), options)
        except (InputError, OSError, MemoryError):
            raise
        except Exception as error:  # (MLflow may raise anything for a store that it did not write)
            said = " ".join(str(getattr(error, "orig", None) or error).split())
            raise wrong(path, f"is not a store of this version of MLflow: {shortened(said)}") from None
        finally:
            _dispose(address)


def _runs(path: Path, client: MlflowClient, options: Options) -> Found:
    experiments = {entry.name: entry.experiment_id for entry in client.search_experiments(max_results=1000)}
    runs = {name: list(_pages(client, identity)) for name, identity in experiments.items()}
    taken = [name for name, inside in runs.items() if inside] if options.study is None else list(runs)
    if not taken:
        raise wrong(path, "holds no runs")
    inside = runs[choose(path, "experiment", options.study, taken, "--study")]
    above = {run.data.tags.get(PARENT) for run in inside} - {None}
    parents = [run for run in inside if run.info.run_id in above]
    runs_ = [run for run in inside if run.info.run_id not in above]
    reported = Counter(key for run in runs_ for key in run.data.metrics if not key.startswith("system/"))
    if not reported and inside:
        raise wrong(path, f"holds no metric in its {len(inside)} runs")
    metric = choose(path, "metric", options.metric, sorted(reported), "--metric")
    if options.step_column is not None:
        choose(path, "metric", options.step_column, sorted(reported), "--step-column")
    found = Found(metric, None, [], Counter())
    if parents:
        found.others["runs that are the parents of others"] = len(parents)
    for run in sorted(runs_, key=lambda run: (run.info.start_time, run.info.run_id)):
        if metric not in run.data.metrics:
            found.skipped[f"does not report {metric}"] += 1
            continue
        made = _trial(client, run, metric, options, found)
        if isinstance(made, str):
            found.skipped[made] += 1
        else:
            found.trials.append(made)
    return found


def _trial(client: MlflowClient, run: Run, metric: str, options: Options, found: Found) -> Trial | str:  # noqa: PLR0911
    history = client.get_metric_history(run.info.run_id, metric)
    start = run.info.start_time / MS
    when = np.array([point.timestamp for point in history], np.float64) / MS
    if max((abs(point.step) for point in history), default=0) >= LARGEST:
        return BEYOND
    steps = np.array([point.step for point in history], np.int64)
    losses = np.array([point.value for point in history], np.float64)
    if options.step_column is not None:
        told = sorted(
            (point.step, point.value) for point in client.get_metric_history(run.info.run_id, options.step_column)
        )
        places = np.searchsorted([step for step, _ in told], steps, side="right") - 1
        there = places >= 0
        when, losses, places = when[there], losses[there], places[there]
        values = np.array([value for _, value in told], np.float64)[places] if told else np.zeros(0)
        if not len(values):
            return f"does not report {options.step_column}"
    elif len(steps) > 1 and not steps.any():
        order = np.argsort(when, kind="stable")
        when, losses, values = when[order], losses[order], np.arange(1.0, len(order) + 1)
        note = f"{metric} was logged without a step: its reports are numbered 1, 2, 3, … in order of time"
        if note not in found.notes:
            found.notes.append(note)
        found.origin = found.origin or 0
    else:
        values = steps.astype(np.float64)
    scaled = options.resources(values)
    if not (np.isfinite(scaled) & (np.abs(scaled) < LARGEST)).all():
        return BEYOND
    if (scaled != np.rint(scaled)).any():
        return "has steps that are not whole numbers; --step-scale FACTOR turns them into such"
    if len(when) and when.max() < start:
        if start - 1 <= float(when.min()) * MS <= start + YEAR:
            return "has stamps in seconds, where MLflow's are milliseconds, so that they lie before the run's start"
        return "has stamps that lie before the run's start"
    stop = run.info.end_time / MS if run.info.end_time else float(when.max(initial=start))
    return Trial.of(
        str(run.info.run_name or run.info.run_id),  # (SQLite holds anything in any column)
        (scaled.astype(np.int64), losses, np.round(when - start, 3)),
        end=ENDS.get(run.info.status, End.RUNNING),
        span=(start, stop),
        config={str(name): value for name, value in run.data.params.items()},
    )


def _pages(client: MlflowClient, experiment: str) -> Iterator[Run]:
    token = None
    while True:
        page = client.search_runs([experiment], max_results=1000, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _dispose(address: str) -> None:
    """Close the copy of the store; MLflow would keep its database engines open until the process ends."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    engine = getattr(SqlAlchemyStore, "_engine_map", {}).pop(address, None)
    if engine is not None:
        engine.dispose()
