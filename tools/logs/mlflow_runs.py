# /// script
# requires-python = "==3.11.*"
# dependencies = ["mlflow-skinny==3.17.2", "sqlalchemy", "alembic"]
# ///
"""MLflow's runs in SQLite: nested runs, a failed one, metrics without a step, metrics uploaded afterwards."""

from __future__ import annotations

import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["USER"] = os.environ["LOGNAME"] = "a-user"

import mlflow
import truth
from case import Case
from diary import Diary, learned
from mlflow import MlflowClient
from mlflow.entities import Metric

PROGRAM, WORKERS, EPOCHS = "mlflow", 2, 5
#: Seconds of a step. MLflow's own work between two steps, a tenth of a second, is below 3 % of them.
STEP = 6.0
#: Seconds of a step whose time is not logged.
UNTOLD = 0.3
RATES = [0.5, 0.2, 0.7, 0.3]


class Store:
    """A store of one experiment, and how its runs ended."""

    def __init__(self, name: str) -> None:
        self.case = Case(PROGRAM, name)
        self.client = MlflowClient(tracking_uri=f"sqlite:///{self.case.folder / 'mlflow.db'}")
        self.experiment = self.client.create_experiment("tuning", artifact_location="file:///experiments/artifacts")
        self.statuses: dict[str, str] = {}

    def begin(self, name: str, parent: str | None = None) -> str:
        """Start a run; returns its id."""
        tags = {"mlflow.runName": name, "mlflow.user": "a-user"} | ({"mlflow.parentRunId": parent} if parent else {})
        return self.client.create_run(self.experiment, tags=tags).info.run_id

    def keep(self, **about: object) -> None:
        """Keep the database, without the path of the folder in which MLflow would keep files of runs."""
        base = sqlite3.connect(self.case.folder / "mlflow.db")
        base.execute("update experiments set artifact_location = 'file:///experiments/artifacts'")
        base.commit()
        base.executescript("pragma page_size = 512; vacuum")  # most tables are empty
        base.close()
        self.case.keep(
            self.case.folder,
            truth.of(
                self.case.segments, self.statuses, program=f"mlflow {mlflow.__version__}", metric="loss", mode="min",
                workers=WORKERS, longest=EPOCHS, **about,
            ),
            lambda path: path.suffix == ".db",
        )  # fmt: skip


def nested() -> None:
    """A parent run that logs the best loss at step 0, and child runs that train on two threads; one fails."""
    store = Store("nested-runs")
    parent = store.begin("search")

    def child(place: int) -> None:
        rate, name = RATES[place], f"trial-{place}"
        run = store.begin(name, parent)
        page = Diary(name, {"lr": str(rate)})
        store.client.log_param(run, "lr", rate)
        for epoch in range(1, EPOCHS + 1):
            loss = learned({"lr": rate}, epoch)
            page.step(epoch, STEP, loss)
            store.client.log_metric(run, "loss", loss, step=epoch)
            if place == 2 and epoch == 3:
                page.note("crashes")
                store.client.set_terminated(run, "FAILED")
                store.statuses[name] = "failed"
                return
        store.client.set_terminated(run)
        store.statuses[name] = "complete"

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(child, range(len(RATES))))
    store.client.log_metric(parent, "loss", min(learned({"lr": rate}, EPOCHS) for rate in RATES), step=0)
    store.client.set_terminated(parent)
    store.keep(step="step", time="timestamp", parents=["search"])


def stepless() -> None:
    """Losses that are logged without a step, so that all are at step 0."""
    store = Store("without-steps")
    for place, rate in enumerate(RATES[:2]):
        name = f"trial-{place}"
        run = store.begin(name)
        page = Diary(name, {"lr": str(rate)})
        store.client.log_param(run, "lr", rate)
        for epoch in range(1, EPOCHS + 1):
            loss = learned({"lr": rate}, epoch)
            page.step(epoch, STEP, loss)
            store.client.log_metric(run, "loss", loss)
        store.client.set_terminated(run)
        store.statuses[name] = "complete"
    store.keep(step="none", time="timestamp")


def uploaded() -> None:
    """Runs that were trained first and uploaded afterwards, so that all points have one time stamp."""
    store = Store("uploaded-afterwards")
    for place, rate in enumerate(RATES[:3]):
        name = f"trial-{place}"
        page = Diary(name, {"lr": str(rate)})
        losses = []
        for epoch in range(1, EPOCHS + 1):
            losses.append(learned({"lr": rate}, epoch))
            page.step(epoch, UNTOLD, losses[-1])
        run = store.begin(name)
        store.client.log_param(run, "lr", rate)
        now = int(time.time() * 1000)
        points = [Metric("loss", loss, now, epoch) for epoch, loss in enumerate(losses, start=1)]
        store.client.log_batch(run, metrics=points)
        store.client.set_terminated(run)
        store.statuses[name] = "complete"
    store.keep(step="step", time="none")


if __name__ == "__main__":
    nested()
    stepless()
    uploaded()
