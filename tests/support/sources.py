"""Sources in the form that real programs write, and the values that were logged into them."""

from __future__ import annotations

import json
import zipfile
from contextlib import closing
from pathlib import Path

from simulator.curves import importers
from simulator.curves.files.tables import read_table
from simulator.curves.files.writing import write_curves

#: Losses of four trials, five steps each.
LOSSES = [[1.0 / (step + trial / 3) for step in range(1, 6)] for trial in range(1, 5)]
FLAT = [loss for row in LOSSES for loss in row]


def imported(path: Path, kind, *, options=None, **how):
    """The import of a source."""
    return importers.import_curves(path, kind, importers.Options(**(options or {})), **how)


def losses_of(made) -> list[list[float]]:
    return [curve.losses.tolist() for curve in made.curves]


def seconds_of(made) -> list[list[float]]:
    return [curve.seconds.tolist() for curve in made.curves]


def written_and_read(made, folder: Path, name: str = "curves.csv.gz"):
    """The curves after a round through a file."""
    write_curves(folder / name, made.curves)
    return read_table(folder / name, times_needed=False)


def optuna_database(path: Path):
    """A storage of Optuna's in an SQLite file; each connection is closed after use."""
    import optuna
    from sqlalchemy.pool import NullPool

    return optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs={"poolclass": NullPool})


def optuna_study(storage, *, name="sweep", direction="minimize", losses=LOSSES, prune_at=None, states=()):
    """A study whose trials report `losses`; trial i is pruned after `prune_at[i]` steps."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(storage=storage, study_name=name, direction=direction)

    def objective(trial):
        trial.suggest_float("x", 0, 1)
        for step, loss in enumerate(losses[trial.number]):
            trial.report(loss, step)
            if prune_at and prune_at.get(trial.number) == step + 1:
                raise optuna.TrialPruned
        if trial.number in states:
            raise RuntimeError("out of memory")
        return losses[trial.number][-1]

    study.optimize(objective, n_trials=len(losses), catch=RuntimeError)
    return study


def mlflow_store(path: Path, losses=LOSSES, *, metric="val_loss", experiment="sweep", status=(), first_step=1):
    """A SQLite store with a run for each list of losses, a step each 1.5 s; returns the times logged."""
    from mlflow import MlflowClient
    from mlflow.entities import Metric

    address = f"sqlite:///{path}"
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    found = client.get_experiment_by_name(experiment)
    identity = (
        found.experiment_id if found else client.create_experiment(experiment, artifact_location=str(path.parent))
    )
    start = 1_700_000_000_000
    times = []
    for number, row in enumerate(losses):
        run = client.create_run(identity, start_time=start + 1000 * number, run_name=f"run-{number}")
        stamps = [run.info.start_time + 1500 * (at + 1) for at in range(len(row))]
        points = [
            Metric(metric, loss, stamp, at)
            for at, (loss, stamp) in enumerate(zip(row, stamps, strict=True), start=first_step)
        ]
        client.log_batch(run.info.run_id, points)
        outcome = dict(status).get(number, "FINISHED")
        client.set_terminated(run.info.run_id, outcome, end_time=stamps[-1] + 500)
        times.append([(stamp - run.info.start_time) / 1000 for stamp in stamps])
    return times


def tensorboard_runs(folder: Path, losses=LOSSES, *, tag="val/loss", first_step=1):
    """A folder of event files, a run each, by TensorBoard's own writer."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    times = []
    for number, row in enumerate(losses):
        writer = EventFileWriter(str(folder / f"run-{number}"))
        (file,) = (folder / f"run-{number}").iterdir()
        writer.flush()
        from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

        start = next(iter(LegacyEventFileLoader(str(file)).Load())).wall_time
        stamps = [start + 2.0 * (at + 1) for at in range(len(row))]
        for at, (loss, stamp) in enumerate(zip(row, stamps, strict=True), start=first_step):
            value = Summary.Value(tag=tag, simple_value=loss)
            writer.add_event(Event(wall_time=stamp, step=at, summary=Summary(value=[value])))
        writer.close()
        times.append([stamp - start for stamp in stamps])
    return times


def ray_folder(
    folder: Path, losses=LOSSES, *, metric="loss", files=("result.json", "progress.csv"), done=(), extra=None
):
    """An experiment's folder as Ray Tune's JSON and CSV loggers write it."""
    for number, row in enumerate(losses):
        trial = folder / f"train_{number:05d}_lr=0.{number}"
        trial.mkdir(parents=True)
        results = [
            {
                metric: loss, "training_iteration": at, "time_total_s": 0.25 * at + number, "time_this_iter_s": 0.25,
                "timestamp": 1_700_000_000 + 10 * number + at, "trial_id": f"{number:05d}", "pid": 100 + number,
                "hostname": "node-1", "node_ip": "127.0.0.1", "done": number not in done and at == len(row),
                "date": "2026-01-01_00-00-00", "config": {"lr": number / 10}, **(extra or {}),
            }
            for at, loss in enumerate(row, start=1)
        ]  # fmt: skip
        (trial / "params.json").write_text(json.dumps({"lr": number / 10}))
        if "result.json" in files:
            (trial / "result.json").write_text("".join(json.dumps(result) + "\n" for result in results))
        if "progress.csv" in files:
            flat = [{key: value for key, value in result.items() if key != "config"} for result in results]
            lines = [",".join(flat[0])] + [",".join(str(value) for value in result.values()) for result in flat]
            (trial / "progress.csv").write_text("\n".join(lines) + "\n")


def syne_tune_folder(folder: Path, losses=LOSSES, *, mode="min", names=("loss",), decisions=None):
    """An experiment's folder as Syne Tune's StoreResultsCallback writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "loss,epoch,st_worker_timestamp,st_worker_time,st_worker_iter,st_decision,st_status,trial_id,st_tuner_time"
    ]
    for number, row in enumerate(losses):
        for at, loss in enumerate(row, start=1):
            last = at == len(row)
            decision = (decisions or {}).get(number, "CONTINUE") if last else "CONTINUE"
            status = "Completed" if last and decision == "CONTINUE" else "InProgress"
            elapsed = 0.5 * at + number
            lines.append(
                f"{loss},{at},{1.7e9 + 100 * number + elapsed},{elapsed},{at - 1},{decision},{status},{number},{elapsed}"
            )
    with zipfile.ZipFile(folder / "results.csv.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("results.csv", "\n".join(lines) + "\n")
    (folder / "metadata.json").write_text(json.dumps({"metric_names": list(names), "metric_mode": mode}))


def lcbench_json(path: Path, losses=LOSSES, *, name="Fashion-MNIST"):
    """LCBench's file: entry 0 is scored before training."""
    inside = {}
    for number, row in enumerate(losses):
        inside[str(number)] = {
            "config": {"num_layers": True},
            "log": {
                "epoch": list(range(len(row) + 1)),
                "time": [0.5] + [0.5 + 2.0 * at for at in range(1, len(row) + 1)],
                "Train/val_cross_entropy": [2.3, *row],
                "Train/val_accuracy": [10.0, *(90 - loss for loss in row)],
            },
        }
    path.write_text(json.dumps({name: inside}))


def locked(path: Path):
    """A connection that locks a database for all others."""
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def changed(path: Path, *statements: str) -> Path:
    """A database after these statements; `with` alone would commit them and leave the connection open."""
    import sqlite3

    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path


def loop(path: Path) -> Path:
    """A link to itself."""
    path.symlink_to(path)
    return path
