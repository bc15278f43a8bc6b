"""Stores that MLflow itself wrote."""

import pytest

from simulator.core.errors import InputError
from simulator.trace.trace import Outcome
from tests.support.sources import (
    LOSSES,
    changed,
    imported,
    locked,
    losses_of,
    mlflow_store,
    seconds_of,
    written_and_read,
)

pytest.importorskip("mlflow")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Making a store takes seconds, so the tests share one and its bytes."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    return path, mlflow_store(path, status={2: "FAILED"}.items())


def copy_of(store, tmp_path):
    path = tmp_path / "mlflow.db"
    path.write_bytes(store[0].read_bytes())
    return path


def refused(path, **how):
    with pytest.raises(InputError) as caught:
        imported(path, "mlflow", **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.slow
def test_round_trip(store, tmp_path):
    path, times = store
    before = path.read_bytes()
    made = imported(path, "mlflow")

    assert losses_of(made) == LOSSES
    assert seconds_of(made) == times
    assert made.report.metric == "val_loss"
    assert made.report.failed == 1
    assert written_and_read(made, tmp_path).clock.tolist() == [round(1e6 * t) for row in times for t in row]
    assert path.read_bytes() == before


@pytest.mark.slow
def test_the_schedule(store):
    trace = imported(store[0], "mlflow").trace

    assert (trace.start / 1e6).tolist() == [0, 1, 2, 3]
    assert (trace.end / 1e6).tolist() == [8, 9, 10, 11]
    assert trace.workers == 4
    assert trace.outcome[2] == Outcome.EXITED


@pytest.mark.slow
def test_other_metrics_and_experiments(store, tmp_path):
    path = copy_of(store, tmp_path)
    mlflow_store(path, LOSSES[:1], metric="accuracy")

    assert refused(path).endswith("has metric accuracy, val_loss; choose one by --metric")
    made = imported(path, "mlflow", options={"metric": "val_loss"})
    assert made.report.dropped == {"does not report val_loss": 1}
    assert "does not say which way accuracy is better" in refused(path, options={"metric": "accuracy"})
    mlflow_store(path, LOSSES[:1], experiment="other")
    assert refused(path).endswith("has experiment other, sweep; choose one by --study")
    assert "has no metric" in refused(path, options={"study": "sweep", "metric": "f1"})


def test_locked(store, tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.curves.importers.databases.PATIENCE", 0.1)
    path = copy_of(store, tmp_path)
    holder = locked(path)
    try:
        assert refused(path).endswith("is locked by another program; try again when that is done")
    finally:
        holder.close()


def test_another_schema(store, tmp_path):
    path = copy_of(store, tmp_path)
    changed(path, "UPDATE alembic_version SET version_num = 'abc'")
    assert "is not a store of this version of MLflow: " in refused(path)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE runs SET start_time = NULL", "is not a store of this version of MLflow: start_time cannot be None"),
        ("DELETE FROM metrics", "leaves no trial: 4 has no point"),
        ("UPDATE metrics SET step = 9223372036854775807", "leaves no trial: 4 has steps beyond 10^15"),
        ("UPDATE metrics SET step = 'one'", "is not a store of this version of MLflow: "),
        ("UPDATE metrics SET timestamp = 'now'", "is not a store of this version of MLflow: "),
        ("DROP TABLE tags", "is not a database of MLflow: it lacks the table tags"),
        ("ALTER TABLE tags RENAME COLUMN value TO valeur", "is not a store of this version of MLflow: "),
    ],
)
def test_values_that_mlflow_does_not_store(store, tmp_path, statement, says, capfd):
    path = copy_of(store, tmp_path)
    changed(path, statement)
    assert says in refused(path)
    assert capfd.readouterr() == ("", "")


def test_no_runs_and_no_store(store, tmp_path):
    path = copy_of(store, tmp_path)
    changed(path, "DELETE FROM runs")
    assert refused(path).endswith("holds no runs")
    path.write_bytes(store[0].read_bytes()[:50_000])
    assert "is not a sound SQLite database" in refused(path)
    path.write_bytes(b"")
    assert refused(path).endswith("is empty")
    path.write_bytes(b"something else")
    assert refused(path).endswith("is not a SQLite database")
    assert f"run `mlflow migrate-filestore --source {tmp_path} --target sqlite:///mlflow.db`" in refused(tmp_path)


def test_a_name_that_is_no_text_in_the_database_becomes_one(store, tmp_path):
    path = copy_of(store, tmp_path)
    changed(
        path,
        "UPDATE runs SET name = CAST(x'01ff' AS BLOB) WHERE rowid = 1",
        "DELETE FROM tags WHERE key = 'mlflow.runName'",
    )
    made = imported(path, "mlflow", options={"metric": "val_loss", "mode": "min"}, censored="hold")

    assert all(isinstance(trial["name"], str) for trial in made.report.trials)
