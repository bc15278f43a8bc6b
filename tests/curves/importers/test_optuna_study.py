"""Studies that Optuna itself wrote, as SQLite storages and as journals."""

from datetime import datetime, timedelta

import pytest

from simulator.core.errors import InputError
from simulator.trace.trace import Outcome
from tests.support.sources import (
    FLAT,
    LOSSES,
    changed,
    imported,
    locked,
    losses_of,
    optuna_database,
    optuna_study,
    written_and_read,
)

optuna = pytest.importorskip("optuna")


def storage(tmp_path, kind):
    if kind == "sqlite":
        return tmp_path / "study.db", optuna_database(tmp_path / "study.db")
    path = tmp_path / "study.log"
    return path, optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))


def refused(path, **how):
    with pytest.raises(InputError) as caught:
        imported(path, "optuna", **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_round_trip(tmp_path, kind):
    path, where = storage(tmp_path, kind)
    study = optuna_study(where)
    before = path.read_bytes()
    made = imported(path, "optuna")

    assert losses_of(made) == LOSSES
    assert [curve.resources.tolist() for curve in made.curves] == [[1, 2, 3, 4, 5]] * 4
    durations = [trial.duration.total_seconds() for trial in study.trials]
    assert [curve.seconds[-1] for curve in made.curves] == pytest.approx(durations, abs=2e-6)
    assert "Optuna logs no times of steps" in made.report.times
    assert written_and_read(made, tmp_path).loss.tolist() == FLAT
    assert path.read_bytes() == before


@pytest.mark.slow
def test_a_study_that_maximises(tmp_path):
    path, where = storage(tmp_path, "sqlite")
    optuna_study(where, direction="maximize")

    assert losses_of(imported(path, "optuna")) == [[-loss for loss in row] for row in LOSSES]


@pytest.mark.slow
def test_pruned_and_failed_trials(tmp_path):
    path, where = storage(tmp_path, "sqlite")
    optuna_study(where, prune_at={1: 3}, states=(2,))

    assert "has 1 of 4 trials that stop before the longest (5 units)" in refused(path)
    made = imported(path, "optuna", censored="hold")
    assert losses_of(made)[1] == [*LOSSES[1][:3], LOSSES[1][2], LOSSES[1][2]]
    assert (made.report.complete, made.report.failed) == (2, 1)
    assert made.trace.outcome.tolist() == [Outcome.COMPLETED, Outcome.COMPLETED, Outcome.EXITED, Outcome.COMPLETED]
    assert made.trace.workers == 1


@pytest.mark.slow
def test_several_studies(tmp_path):
    path, where = storage(tmp_path, "sqlite")
    optuna_study(where, name="one")
    optuna_study(where, name="two", losses=LOSSES[:2])

    assert refused(path).endswith("has study one, two; choose one by --study")
    assert refused(path, options={"study": "three"}).endswith("has no study 'three'; it has one, two")
    assert len(imported(path, "optuna", options={"study": "two"}).curves) == 2


def test_several_objectives_and_no_trials(tmp_path):
    path, where = storage(tmp_path, "sqlite")
    optuna.create_study(storage=where, study_name="many", directions=["minimize", "maximize"])
    optuna.create_study(storage=where, study_name="none")

    assert refused(path, options={"study": "many"}).endswith("choose one of objective-0, objective-1 by --metric")
    assert refused(path, options={"study": "none"}).endswith("holds no trials")


def test_no_intermediate_values(tmp_path):
    path, where = storage(tmp_path, "sqlite")
    optuna.create_study(storage=where).optimize(lambda trial: 1.0, n_trials=2)

    assert refused(path).endswith("leaves no trial: 2 reports no intermediate value")


def test_a_locked_database(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.curves.importers.databases.PATIENCE", 0.1)
    path, where = storage(tmp_path, "sqlite")
    optuna_study(where)
    holder = locked(path)
    try:
        assert refused(path).endswith("is locked by another program; try again when that is done")
    finally:
        holder.close()


def test_another_schema(tmp_path):
    path, where = storage(tmp_path, "sqlite")
    optuna_study(where)
    changed(path, "UPDATE alembic_version SET version_num = 'v1.3.0.a'")
    assert "is not a storage of this version of Optuna: " in refused(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "UPDATE trial_intermediate_values SET step = 9223372036854775807 WHERE step = 4",
            "4 has steps beyond 10^15",
        ),
        (
            "UPDATE trial_intermediate_values SET step = 'one' WHERE step = 4",
            "is not a storage of this version of Optuna: ",
        ),
        ("UPDATE trials SET datetime_start = 'today'", "is not a sound storage: "),
        ("INSERT INTO alembic_version VALUES ('v0')", "is not a storage of this version of Optuna: "),
    ],
)
def test_values_that_optuna_does_not_store(tmp_path, statement, says):
    path, where = storage(tmp_path, "sqlite")
    optuna_study(where)
    changed(path, statement)
    assert says in refused(path)


@pytest.mark.slow
def test_a_view_without_end_and_a_trigger(tmp_path):
    path, where = storage(tmp_path, "sqlite")
    optuna_study(where)
    changed(
        path,
        "CREATE TRIGGER 'a\"b' BEFORE INSERT ON studies BEGIN DELETE FROM studies; END",
        "DROP TABLE trial_values",
        "CREATE VIEW trial_values AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
        "SELECT x AS trial_value_id, 1 AS trial_id, x AS objective, x AS value, 'FINITE' AS value_type FROM n",
    )
    assert len(imported(path, "optuna").curves) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("ALTER TABLE trial_params ADD more AS (hex(zeroblob(400000000)))", "the table trial_params is computed"),
        ("CREATE VIRTUAL TABLE more USING fts5(x)", "the table more is computed"),
        (
            "CREATE TABLE more (x CHECK (length(hex(zeroblob(400000000))) > 0)); INSERT INTO more VALUES (1)",
            "is not a sound SQLite database: string or blob too big",
        ),
    ],
)
def test_tables_that_ask_for_all_memory(tmp_path, statement, says):
    path, where = storage(tmp_path, "sqlite")
    optuna_study(where)
    changed(path, *statement.split("; "))
    assert says in refused(path)


def test_steps_of_a_journal_that_are_no_number_of_64_bits(tmp_path):
    path, where = storage(tmp_path, "journal")
    optuna_study(where)
    path.write_text(path.read_text().replace('"step":4', f'"step":{2**64}'))
    assert refused(path).endswith("leaves no trial: 4 has steps beyond 10^15")


@pytest.mark.parametrize("keep", [0.3, 0.7])
def test_truncated(tmp_path, keep):
    path, where = storage(tmp_path, "sqlite")
    optuna_study(where)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * keep)])
    assert "is not a sound SQLite database" in refused(path)


def test_no_study_at_all(tmp_path):
    (tmp_path / "x.log").write_text("not a journal\nat all\n")
    assert "is not a sound journal" in refused(tmp_path / "x.log")
    (tmp_path / "x.log").write_text('{"op_code": 99}\n{"a": 1}\n')
    assert "is not a journal of this version of Optuna" in refused(tmp_path / "x.log")
    changed(tmp_path / "x.db", "CREATE TABLE t (x)")
    assert "is not a database of Optuna" in refused(tmp_path / "x.db")


def test_a_torn_last_line_of_a_journal_is_left_out(tmp_path):
    path, where = storage(tmp_path, "journal")
    optuna_study(where)
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.rstrip().rindex(b"\n") + 10])
    made = imported(path, "optuna", censored="drop")
    assert len(made.curves) >= 3


def retried(number, history, state, values, start, end):
    """A trial as a process that was killed leaves it, or as Optuna's callback retries it."""
    begun = datetime.fromtimestamp(1_700_000_000)
    attributes = {"failed_trial": number, "retry_history": history} if history else {}
    made = optuna.trial.create_trial(
        state=optuna.trial.TrialState[state], value=values[-1] if state == "COMPLETE" else None,
        intermediate_values=dict(enumerate(values, start=1)), system_attrs=attributes,
    )  # fmt: skip
    made.datetime_start, made.datetime_complete = begun + timedelta(seconds=start), begun + timedelta(seconds=end)
    return made


def test_a_trial_that_is_killed_before_it_reports_is_one_trial_with_its_retries(tmp_path):
    """It is found dead after 9 s, is killed again after a report, and is trained in full from 20 s on."""
    study = optuna.create_study(storage=f"sqlite:///{tmp_path}/study.db")
    study.add_trial(retried(None, [], "FAIL", [], 0, 9))
    study.add_trial(retried(None, [], "COMPLETE", [2.0, 1.0, 0.5], 0, 12))
    study.add_trial(retried(0, [0], "FAIL", [3.0], 10, 14))
    study.add_trial(retried(0, [0, 2], "COMPLETE", [3.0, 2.5, 2.0], 20, 28))
    made = imported(tmp_path / "study.db", "optuna")

    assert losses_of(made) == [[3.0, 2.5, 2.0], [2.0, 1.0, 0.5]]
    assert (made.report.failed, made.report.retried) == (0, 1)
    assert made.report.dropped == {}
    trace = made.trace
    own = trace.trial == 0
    assert trace.outcome[own].tolist() == [Outcome.FAILED, Outcome.FAILED, Outcome.COMPLETED]
    assert trace.from_resource[own].tolist() == [0, 0, 1]
    assert trace.to_resource[own].tolist() == [1, 1, 3]
    assert trace.start[own].tolist() == [0, 10_000_000, 20_000_000]
    assert trace.end[own].tolist() == [2_000_000, 14_000_000, 28_000_000]  # 4 s a unit, half of it at most
    assert trace.lost[own].tolist() == [2_000_000, 0, 0]
