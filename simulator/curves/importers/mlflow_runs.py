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
from simulator.curves.importers.source import End, Found, Options, Trial, choose, need, wrong

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

ENDS = {"FINISHED": End.FINISHED, "FAILED": End.FAILED, "KILLED": End.STOPPED, "RUNNING": End.RUNNING}
MS = 1000.0
#: Tables that every store has had; where others lack, MLflow brings the copy up to date, which takes seconds.
TABLES = {"alembic_version", "experiments", "metrics", "params", "runs", "tags"}


def read(path: Path, options: Options) -> Found:
    """The runs of an experiment with the history of one metric; times since the run's start, to a millisecond."""
    if path.is_dir():
        advice = "MLflow reads its file store no more: run `mlflow migrate-filestore`, then import the SQLite file"
        raise wrong(path, f"is a folder; {advice}")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # reading a file is nobody else's business
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise need(path, "mlflow") from None
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # its errors come with a traceback
    with databases.copied(path, TABLES, "MLflow") as copy:
        address = f"sqlite:///{copy}"
        try:
            return _runs(path, MlflowClient(tracking_uri=address, registry_uri=address), options)
        except (InputError, OSError, MemoryError):
            raise
        except Exception as error:  # (whatever MLflow comes up with where it did not write what it reads)
            said = " ".join(str(getattr(error, "orig", None) or error).split())[:160]
            raise wrong(path, f"is no store of this MLflow: {said}") from None
        finally:
            _dispose(address)


def _runs(path: Path, client: MlflowClient, options: Options) -> Found:
    experiments = {entry.name: entry.experiment_id for entry in client.search_experiments(max_results=1000)}
    runs = {name: list(_pages(client, identity)) for name, identity in experiments.items()}
    taken = [name for name, inside in runs.items() if inside] if options.study is None else list(runs)
    if not taken:
        raise wrong(path, "holds no runs")
    inside = runs[choose(path, "experiment", options.study, taken, "--study")]
    reported = Counter(key for run in inside for key in run.data.metrics if not key.startswith("system/"))
    if not reported and inside:
        raise wrong(path, f"holds no metric in its {len(inside)} runs")
    metric = choose(path, "metric", options.metric, sorted(reported), "--metric")
    found = Found(metric, None, [], Counter())
    for run in sorted(inside, key=lambda run: (run.info.start_time, run.info.run_id)):
        if metric not in run.data.metrics:
            found.skipped[f"does not report {metric}"] += 1
            continue
        history = client.get_metric_history(run.info.run_id, metric)
        start = run.info.start_time / MS
        when = np.array([point.timestamp for point in history]) / MS
        stop = run.info.end_time / MS if run.info.end_time else float(when.max(initial=start))
        found.trials.append(
            Trial.of(
                run.info.run_name or run.info.run_id,
                ([point.step for point in history], [point.value for point in history], np.round(when - start, 3)),
                end=ENDS.get(run.info.status, End.RUNNING),
                span=(start, stop),
            )
        )
    return found


def _pages(client: MlflowClient, experiment: str) -> Iterator[Run]:
    token = None
    while True:
        page = client.search_runs([experiment], max_results=1000, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _dispose(address: str) -> None:
    """Let go of the copy: MLflow keeps engines open for the life of the process."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    engine = getattr(SqlAlchemyStore, "_engine_map", {}).pop(address, None)
    if engine is not None:
        engine.dispose()
