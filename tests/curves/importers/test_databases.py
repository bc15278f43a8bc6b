"""SQLite files of other programs: what an importer opens it closes, however it ends."""

import sqlite3

import pytest

from simulator.core.errors import InputError
from tests.curves.importers.conftest import noted
from tests.support.sources import changed, imported, mlflow_store, optuna_database, optuna_study

pytestmark = pytest.mark.slow


def optuna_file(path):
    optuna_study(optuna_database(path), prune_at={1: 3})


def file_of_another_optuna(path):
    optuna_file(path)
    changed(path, "UPDATE version_info SET schema_version = 1")


@pytest.mark.parametrize(
    ("kind", "make", "how"),
    [
        ("optuna", optuna_file, {"censored": "hold"}),
        ("optuna", optuna_file, {}),
        ("optuna", file_of_another_optuna, {}),
        ("mlflow", mlflow_store, {}),
    ],
    ids=["optuna", "optuna, refused", "another optuna", "mlflow"],
)
def test_every_connection_is_closed(tmp_path, kind, make, how):
    path = tmp_path / "study.db"
    make(path)
    with noted() as opened:
        try:
            imported(path, kind, **how)
        except InputError:
            assert not how
    assert opened
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
