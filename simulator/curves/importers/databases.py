"""SQLite files of other programs, copied before anybody opens them: the original is never written to."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from simulator.core.errors import unreadable
from simulator.curves.importers.source import wrong

MAGIC = b"SQLite format 3\0"
#: What no reader needs, and what may go on without end once it is read or written to.
CLAUSES = "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')"
#: Tables that are computed as they are read: a few bytes of SQL may ask for all memory.
COMPUTED = """
    SELECT name FROM sqlite_master WHERE type = 'table' AND (
        sql LIKE 'CREATE VIRTUAL%' OR EXISTS (SELECT 1 FROM pragma_table_xinfo(sqlite_master.name) WHERE hidden = 2))
"""
#: Bytes of a text that a constraint may come to while it is checked.
LONGEST = 1 << 28
QUOTE = '"'
#: Seconds to wait for another program to let go of the database.
PATIENCE = 2.0


def is_sqlite(path: Path) -> bool:
    """Whether the file begins as an SQLite database does; raises InputError where it can't be read or is empty."""
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
    """A consistent copy of the database, with what is in its write-ahead log; it is gone afterwards.

    Raises InputError where it can't be had, or lacks one of the `tables` of the `program` that should have made it.
    """
    if not is_sqlite(path):
        raise wrong(path, "is no SQLite database")
    with tempfile.TemporaryDirectory(prefix="asha-simulator-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            address = f"{path.resolve().as_uri()}?mode=ro"
            with (
                closing(sqlite3.connect(address, uri=True, timeout=PATIENCE)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # locked? it says so here
                source.backup(target)
                for kind, name in target.execute(CLAUSES).fetchall():
                    target.execute(f'DROP {kind} "{str(name).replace(QUOTE, 2 * QUOTE)}"')
                computed = target.execute(COMPUTED).fetchone()
                if computed:
                    raise wrong(path, f"is no database of {program}: the table {computed[0]} is computed")
                target.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
                (fault,) = target.execute("PRAGMA quick_check(1)").fetchone()
                found = {name for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter where a damaged file is quoted
            if "locked" in str(error):
                raise wrong(path, "is locked by another program; try again when that is done") from None
            raise wrong(path, f"is no sound SQLite database: {error}") from None
        if fault != "ok":
            raise wrong(path, "is no sound SQLite database: " + " ".join(str(fault).split())[:120])
        if not tables <= found:
            raise wrong(path, f"is no database of {program}: it lacks the table {min(tables - found)}")
        yield copy
