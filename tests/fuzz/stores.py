"""Stores of Optuna and MLflow: valid ones, damaged ones, and undamaged ones with values that no program would store."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.documents import NUMBERS, TEXTS, TREES, above, damaged, places
from tests.support import sources

PAGE = 4096
#: Tables that are read; the first ones are chosen more often.
TABLES = {
    "optuna": (
        "trial_intermediate_values", "trials", "trial_values", "studies", "study_directions", "version_info",
        "alembic_version", "trial_params", "trial_system_attributes", "study_system_attributes", "trial_user_attributes",
    ),
    "mlflow": ("metrics", "runs", "latest_metrics", "experiments", "alembic_version", "params", "tags"),
}  # fmt: skip
#: Texts that a program may read as something of its own.
WORDS = (
    "COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING", "MINIMIZE", "MAXIMIZE", "NOT_SET", "FINITE", "INF_POS", "INF_NEG", "NAN",
    "FINISHED", "KILLED", "SCHEDULED", "active", "deleted", "val_loss", "system/gpu", "sweep", "Default", "null", "[]", "{}", '{"a":',
    '{"name": "FloatDistribution", "attributes": {}}', '{"name": "CategoricalDistribution", "attributes": {"choices": []}}', '"a"',
    "2001-01-01 00:00:00.000000", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "0000-00-00", "2001-01-01T00:00:00+14:00",
    "\x9b31mred", "study:metric_names", '["loss"]', '[["loss"]]', "../../etc/passwd", "-1", "1e400",
)  # fmt: skip
#: Ways in which a database is changed.
ALTERATIONS = {
    "value": ('UPDATE {table} SET "{column}" = ? WHERE rowid = {row}',),
    "all": ('UPDATE {table} SET "{column}" = ?',),
    "swap": ('UPDATE {table} SET "{column}" = "{other}", "{other}" = "{column}" WHERE rowid = {row}',),
    "row": ("DELETE FROM {table} WHERE rowid = {row}",),
    "twice": ("INSERT INTO {table} SELECT * FROM {table} WHERE rowid = {row}",),
    "empty": ("DELETE FROM {table}",),
    "new": ('INSERT INTO {table} ("{column}") VALUES (?)',),
    "column": ('ALTER TABLE {table} DROP COLUMN "{column}"',),
    "table": ("DROP TABLE {table}",),
    "view": (
        "ALTER TABLE {table} RENAME TO was_{table}",
        "CREATE VIEW {table} AS SELECT {columns} FROM was_{table}",
    ),
    "endless": (
        "DROP TABLE {table}",
        "CREATE VIEW {table} AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT {numbers} FROM n",
    ),
    "computed": ("ALTER TABLE {table} ADD more AS (hex(zeroblob(400000000)))",),
    "trigger": ('CREATE TRIGGER "a""b" BEFORE INSERT ON {table} BEGIN DELETE FROM {table}; END',),
}
#: Values that SQLite accepts as a number, a text or bytes.
STORED = (
    None, True, b"", b"\xff\xfe", b"SQLite format 3\0", "\0", *WORDS,
    *(value for value in NUMBERS if isinstance(value, float) or -(2**63) <= value < 2**63),
    *(text for text in TEXTS if text != "\ud800"),
)  # fmt: skip


class Told(bytes):
    """A binary file that remembers how it was damaged, so that a failing test can show that."""

    def __new__(cls, raw: bytes, *done: str) -> Told:
        """Make the file, and remember the damage."""
        made = super().__new__(cls, raw)
        made.done = done
        return made

    done: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<{len(self):,} bytes: {'; '.join(self.done) or 'as made'}>"


@cache
def optuna_store() -> bytes:
    """A study of four trials: complete, pruned, failed."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / "study.db"
        sources.optuna_study(sources.optuna_database(path), prune_at={1: 3}, states=(2,))
        return _free(path)


@cache
def optuna_journal() -> bytes:
    """The same study as a journal."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / "journal.log"
        sources.optuna_study(JournalStorage(JournalFileBackend(str(path))), prune_at={1: 3}, states=(2,))
        return path.read_bytes()


@cache
def mlflow_store() -> bytes:
    """An experiment of four runs; its tables are made directly, since MLflow's migrations take long."""
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401  (defines the tables)
    import sqlalchemy
    from mlflow.store.db import base_sql_model, utils

    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / "mlflow.db"
        engine = sqlalchemy.create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            for table in base_sql_model.Base.metadata.sorted_tables:
                connection.execute(sqlalchemy.schema.CreateTable(table))
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num)")
            latest = (utils._get_latest_schema_revision(),)
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", latest)
        engine.dispose()
        sources.mlflow_store(path, status={2: "FAILED"}.items())
        return _free(path)


STORES = {"optuna": optuna_store, "mlflow": mlflow_store}


def _free(path: Path) -> bytes:
    """The tables of a database without types, keys and constraints: they take anything."""
    with closing(sqlite3.connect(":memory:")) as free:
        free.execute("ATTACH ? AS made", (str(path),))
        names = free.execute("SELECT name FROM made.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        for (name,) in names.fetchall():
            columns = ", ".join(f'+"{column}" AS "{column}"' for column in _columns(free, name))
            free.execute(f'CREATE TABLE main."{name}" AS SELECT {columns} FROM made."{name}"')
        free.commit()
        free.execute("DETACH made")
        return free.serialize()


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [column for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]


@st.composite
def databases(draw: Callable[..., Any], kind: str) -> bytes:
    """A database of Optuna or MLflow, sound one time in eight."""
    raw = STORES[kind]()
    how = draw(st.sampled_from(("sound", "altered", "altered", "altered", "altered", "altered", "pages", "both")))
    done: list[str] = []
    if how in {"altered", "both"}:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(raw)
            for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
                with suppress(sqlite3.Error):
                    for statement, *values in _alteration(draw, connection, kind):
                        done.append(f"{statement} {values or ''}")
                        connection.execute(statement, values)
            connection.commit()
            raw = connection.serialize()
    if how in {"pages", "both"}:
        raw = _paged(draw, raw, done)
    return Told(raw, *done)


def _alteration(draw: Callable[..., Any], connection: sqlite3.Connection, kind: str) -> list[tuple[Any, ...]]:
    """Statements that change one thing: a value most times, else a row, a column or a table."""
    names = TABLES[kind]
    table = names[min(draw(st.integers(0, len(names) - 1)), draw(st.integers(0, len(names) - 1)))]
    columns = _columns(connection, table) or ["rowid"]
    rows = [row for (row,) in connection.execute(f"SELECT rowid FROM {table} LIMIT 99")]
    value = draw(st.one_of(st.sampled_from(STORED), st.floats(), st.integers(-(2**63), 2**63 - 1)))
    words = {
        "table": table,
        "column": draw(st.sampled_from(columns)),
        "other": draw(st.sampled_from(columns)),
        "row": draw(st.sampled_from(rows)) if rows else 0,
        "columns": ", ".join(f'"{name}"' for name in columns),
        "numbers": ", ".join(f'x AS "{name}"' for name in columns),
    }
    how = draw(st.sampled_from((*["value"] * 12, *ALTERATIONS))) if rows else "new"
    if table == "latest_metrics" and how in {"table", "view", "endless"}:
        how = "all"  # MLflow would make that table again, which takes seconds
    statements = [statement.format(**words) for statement in ALTERATIONS[how]]
    return [(statement, value) if "?" in statement else (statement,) for statement in statements]


def _paged(draw: Callable[..., Any], raw: bytes, done: list[str]) -> bytes:
    """A database whose pages are out of order, lost, doubled or damaged, or that ends early or late."""
    pages = [raw[at : at + PAGE] for at in range(0, len(raw), PAGE)]
    for _ in range(draw(st.integers(1, 3))):
        one, other = draw(st.integers(0, len(pages) - 1)), draw(st.integers(0, len(pages) - 1))
        how = draw(st.sampled_from(("flip", "flip", "flip", "swap", "copy", "insert", "zero", "end", "late")))
        done.append(f"{how} {one} {other}")
        match how:
            case "flip":
                page = bytearray(pages[one])
                used = [at for at, byte in enumerate(page) if byte] or [0]
                for _ in range(draw(st.integers(1, 3))):
                    page[draw(st.sampled_from(used))] ^= 1 << draw(st.integers(0, 7))
                pages[one] = bytes(page)
            case "swap":
                pages[one], pages[other] = pages[other], pages[one]
            case "copy":
                pages[one] = pages[other]
            case "insert":
                pages.insert(one, pages[other])
            case "zero":
                pages[one] = bytes(PAGE)
            case "end":
                return b"".join(pages)[: draw(st.integers(0, len(pages) * PAGE))]
            case "late":
                pages.append(draw(st.binary(min_size=1, max_size=100)))
    return b"".join(pages)


#: Texts that have a meaning to a reader of journals.
TOKENS = (
    b"\n", b"\n\n", b"\r\n", b"\0", b"{}", b"[]", b"null", b"{", b"}", b'"', b"\xff", b"\xef\xbb\xbf", b"NaN", b"Infinity", b"1e400", b"9" * 5000,
    b'{"op_code": 99}\n', b'{"op_code": 0}\n', b'{"op_code": 8, "trial_id": 9}\n', b'{"op_code": true}\n', b'{"a":' * 2000, b"[" * 5000, b"-1", b".5",
)  # fmt: skip


@st.composite
def journals(draw: Callable[..., Any]) -> bytes:
    """A journal of Optuna: lines of JSON, sound one time in eight."""
    raw = optuna_journal()
    how = draw(st.sampled_from(("sound", "text", "text", "values", "values", "values", "values", "lines")))
    if how == "text":
        return draw(damaged(raw, TOKENS))
    lines = raw.splitlines(keepends=True)
    if how == "values":
        entries = [json.loads(line) for line in lines]
        for _ in range(draw(st.integers(1, 3))):
            where = draw(st.sampled_from(list(places(entries))))
            owner, key = above(entries, where), where[-1]
            if isinstance(owner, dict) and draw(st.integers(0, 5)) == 0:
                del owner[key]
            else:
                values = st.one_of(st.sampled_from((*WORDS, *TEXTS, *TREES)), st.floats(), st.integers(-3, 12), st.sampled_from(NUMBERS))  # fmt: skip
                value = deepcopy(draw(values))
                owner[key] = 2**64 if isinstance(value, int) and value > 10**1000 else value
        lines = [_line(entry) for entry in entries]
    return b"".join(_rearranged(draw, lines) if how == "lines" else lines)


def _rearranged(draw: Callable[..., Any], lines: list[bytes]) -> list[bytes]:
    """Lines, some of them swapped, lost, doubled or cut short."""
    for _ in range(draw(st.integers(1, 3))):
        one, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(("swap", "drop", "twice", "cut"))):
            case "swap":
                lines[one], lines[other] = lines[other], lines[one]
            case "drop" if len(lines) > 1:
                del lines[one]
            case "twice":
                lines.insert(other, lines[one])
            case "cut":
                lines[one] = lines[one][: draw(st.integers(0, len(lines[one])))]
    return lines


def _line(entry: Any) -> bytes:
    with suppress(ValueError):  # an integer that is too long to be written
        return json.dumps(entry).encode() + b"\n"
    return b'{"op_code": ' + b"9" * 400 + b"}\n"
