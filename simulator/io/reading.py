"""Reading files that others made: up to a limit, and nothing that has no end or would keep us waiting."""

from __future__ import annotations

import gzip
import io
import stat
import zlib
from pathlib import Path

from simulator.core.errors import InputError, Problem, unreadable

_NO_FILES = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


def check_file(path: Path, meant: str) -> None:
    """Raise InputError, saying what is `meant`, unless `path` is a file or a link to one; opens nothing."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if not stat.S_ISREG(mode):
        what = next((name for is_one, name in _NO_FILES.items() if is_one(mode)), "no file")
        raise InputError(Problem(str(path), f"is {what}; {meant}"))


def read_at_most(path: Path, limit: int, meant: str) -> bytes:
    """Read a file of up to `limit` bytes; raises InputError, saying what is `meant`, for a larger one or no file."""
    check_file(path, meant)
    try:
        with path.open("rb") as file:
            raw = file.read(min(path.stat().st_size, limit) + 1)
            raw += file.read(max(limit + 1 - len(raw), 0)) if raw else b""  # it has grown, or is one of /proc
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if len(raw) > limit:
        raise InputError(Problem(str(path), f"is larger than {limit:,} bytes; {meant}"))
    return raw


def unpacked(path: Path, raw: bytes, limit: int) -> bytes:
    """What is in a gzip file; raises InputError where it is not sound or unpacks to more than `limit` bytes."""
    try:
        with gzip.open(io.BytesIO(raw)) as packed:
            content = packed.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(Problem(str(path), f"is not a sound gzip file: {error}")) from None
    if len(content) > limit:
        raise InputError(Problem(str(path), f"unpacks to more than {limit:,} bytes"))
    return content


def csv_text(path: Path, raw: bytes) -> str:
    """The text of a CSV file; raises InputError with the line and the number of the field that is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        field = raw.count(b",", raw.rfind(b"\n", 0, error.start) + 1, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise InputError(Problem(str(path), message, line, field)) from None
