"""Closes, after each test, what the programs whose logs are imported leave open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest


@contextmanager
def noted() -> Iterator[list[sqlite3.Connection]]:
    """The connections to SQLite that SQLAlchemy opens during a test, for MLflow and Optuna."""
    opened: list[sqlite3.Connection] = []

    def note(connection: sqlite3.Connection, _: object) -> None:
        opened.append(connection)

    try:
        from sqlalchemy import event
        from sqlalchemy.pool import Pool
    except ImportError:  # an extra is not installed
        yield opened
        return
    event.listen(Pool, "connect", note)
    try:
        yield opened
    finally:
        event.remove(Pool, "connect", note)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    with noted() as opened:
        yield
    for connection in opened:
        with suppress(sqlite3.Error):
            connection.close()
