"""SQLite files of other programs, copied before they are opened: the original is never written to."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from simulator.core.errors import unreadable
from simulator.curves.importers.source import wrong

MAGIC = b"SQLite format 3\0"
#: SQL objects that no reader needs; they may run for ever when a table is read or written.
CLAUSES = "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')"
#: Tables that are computed while they are read; a few bytes of SQL may then fill the memory.
COMPUTED = """
    SELECT name FROM sqlite_master WHERE type = 'table' AND (
        sql LIKE 'CREATE VIRTUAL%' OR EXISTS (SELECT 1 FROM pragma_table_xinfo(sqlite_master.name) WHERE hidden = 2))
"""
#: Size in bytes of the longest text that a constraint may compute while it is checked.
LONGEST = 1 << 28
QUOTE = '"'
#: Seconds to wait until another program releases the database.
PATIENCE = 2.0


def is_sqlite(path: Path) -> bool:
    """Whether the file begins like an SQLite database; raises InputError if it can't be read or is empty."""
    if path.is_dir():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if not head:
        raise wrong(path, "is empty")
    return head == MAGIC


@contextmanager
def copied(path: Path, tables: set[str], program: str) -> Iterator[Path]:
    """Yield a consistent copy of the database, its write-ahead log included, and delete the copy afterwards.

    Raises InputError if no copy can be made, or if it lacks one of the `tables` of the `program` that should have
    written it.
    """
    if not is_sqlite(path):
        raise wrong(path, "is not a SQLite database")
    with tempfile.TemporaryDirectory(prefix="asha-simulator-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            address = f"{path.resolve().as_uri()}?mode=ro"
            with (
                closing(sqlite3.connect(address, uri=True, timeout=PATIENCE)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a locked database fails here
                source.backup(target)
                for kind, name in target.execute(CLAUSES).fetchall():
                    target.execute(f'DROP {kind} "{str(name).replace(QUOTE, 2 * QUOTE)}"')
                computed = target.execute(COMPUTED).fetchone()
                if computed:
                    raise wrong(path, f"is not a database of {program}: the table {computed[0]} is computed")
                target.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
                (fault,) = target.execute("PRAGMA quick_check(1)").fetchone()
                found = {name for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except (sqlite3.Error, UnicodeDecodeError) as error:  # UnicodeError: text of a damaged file
            if "locked" in str(error):
                raise wrong(path, "is locked by another program; try again when that is done") from None
            raise wrong(path, f"is not a sound SQLite database: {error}") from None
        if fault != "ok":
            raise wrong(path, "is not a sound SQLite database: " + " ".join(str(fault).split())[:120])
        if not tables <= found:
            raise wrong(path, f"is not a database of {program}: it lacks the table {min(tables - found)}")
        yield copy
