"""The process in which `frames` reads a table: it runs as a script, and imports nothing of this package.

The table comes on stdin. The answer on stdout is `F` and an IPC frame, or `E` and what is wrong.
"""

from __future__ import annotations

import io
import re
import sys

import polars as pl

#: Limit in bytes of this process's address space, where the system has such limits; a damaged file may ask for any
#: amount.
MEMORY = 16 << 30
#: Greatest number of levels of nesting in a line of JSON.
LEVELS = 50
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
OTHERS = bytes(set(range(256)) - set(b"{}[]"))
TITLES = {"parquet": "Parquet", "jsonl": "JSON Lines"}


class Refused(Exception):
    """The table is refused; the text says why."""


def read(raw: bytes, kind: str, rows: int, size: int, columns: list[str]) -> pl.DataFrame:
    """Read a Parquet file's `columns` (those that exist; all if none are named), or JSON Lines.

    Raises Refused beyond the limits of rows or size.
    """
    if kind == "parquet":
        scan = pl.scan_parquet(io.BytesIO(raw))
        count = scan.select(pl.len()).collect().item()
        if count > rows:
            raise Refused(f"holds {count:,} rows; the most is {rows:,}")
        names = scan.collect_schema().names()
        frame = scan.select([name for name in names if name in columns or not columns]).collect()
    else:
        check_levels(raw)
        frame = pl.read_ndjson(io.BytesIO(raw), infer_schema_length=None)
    if frame.estimated_size() > size:
        raise Refused(f"unpacks to more than {size:,} bytes")
    return frame


def check_levels(raw: bytes) -> None:
    """Raise Refused for a line that is nested so deeply that polars would take minutes or overflow its stack."""
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.count(b"{") + line.count(b"[") > LEVELS:
            bare = STRING.sub(b"", line).translate(None, OTHERS)
            for _ in range(LEVELS):
                bare = bare.replace(b"{}", b"").replace(b"[]", b"")
            if bare:
                raise Refused(f"is not a sound JSON Lines file: line {number} is nested deeper than {LEVELS} levels")


def answer(kind: str, rows: str, size: str, *columns: str) -> bytes:
    """The bytes for stdout."""
    try:
        frame = read(sys.stdin.buffer.read(), kind, int(rows), int(size), list(columns))
        made = io.BytesIO(b"F")
        made.seek(1)
        frame.write_ipc(made)
        return made.getvalue()
    except Refused as error:
        return b"E" + str(error).encode()
    except Exception as error:
        said = (str(error).splitlines() or [type(error).__name__])[0][:120]
        return b"E" + f"is not a sound {TITLES[kind]} file: {said}".encode(errors="replace")


if __name__ == "__main__":
    try:
        import resource
    except ImportError:  # some systems have no such limit
        pass
    else:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    sys.stdout.buffer.write(answer(*sys.argv[1:]))
