"""Reading files that others made: up to a limit, and never from a pipe or device that might block."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from pathlib import Path

from simulator.core.errors import InputError, Problem, unreadable
from simulator.io import inputs

_NOT_FILES = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def check_file(path: Path, meant: str) -> None:
    """Raise InputError unless `path` is a file or a link to one; the file is not opened.

    `meant` says in the error what it should be.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    _check_mode(path, mode, meant)
    inputs.note_file(path)


def read_at_most(path: Path, limit: int, meant: str) -> bytes:
    """Read a file of up to `limit` bytes; raises InputError for a larger file, or for anything but a file.

    `meant` says in the error what it should be. A file that the command has read before must not have changed.
    """
    check_file(path, meant)
    raw = _contents(path, limit, meant, inputs.PATIENT)
    inputs.note(path, raw)
    return raw


def read_own(path: Path, limit: int, meant: str) -> bytes | None:
    """Read a file that an earlier command wrote; None if it does not exist. Links are not followed.

    Raises InputError as `read_at_most` does. The command may replace the file.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if stat.S_ISLNK(mode):
        raise InputError(Problem(str(path), f"is a link; {meant}"))
    _check_mode(path, mode, meant)
    return _contents(path, limit, meant, inputs.PATIENT | _NO_LINK)


def is_file_of(path: Path, content: bytes, meant: str) -> bool:
    """Whether a file, or a link to one, has this content.

    Raises InputError, which says what is `meant`, if it is not a file.
    """
    try:
        about = path.stat()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    _check_mode(path, about.st_mode, meant)
    return about.st_size == len(content) and _contents(path, len(content), meant, inputs.PATIENT) == content


def _check_mode(path: Path, mode: int, meant: str) -> None:
    if not stat.S_ISREG(mode):
        what = next((name for is_one, name in _NOT_FILES.items() if is_one(mode)), "not a file")
        raise InputError(Problem(str(path), f"is {what}; {meant}"))


def _contents(path: Path, limit: int, meant: str, flags: int) -> bytes:
    larger = InputError(Problem(str(path), f"is larger than {limit:,} bytes; {meant}"))
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123  (of a descriptor)
            before = os.fstat(file.fileno())
            _check_mode(path, before.st_mode, meant)  # it may have been replaced since then
            if before.st_size > limit:  # a sparse file may be larger than any disk
                raise larger
            raw = file.read(before.st_size + 1)
            raw += file.read(max(limit + 1 - len(raw), 0)) if raw else b""  # it has grown, or is in /proc
            after = os.fstat(file.fileno())
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if len(raw) > limit:
        raise larger
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError(Problem(str(path), "is being written; wait until that is done"))
    return raw


def unpacked(path: Path, raw: bytes, limit: int) -> bytes:
    """The content of a gzip file; raises InputError if it is damaged or unpacks to more than `limit` bytes."""
    try:
        with gzip.open(io.BytesIO(raw)) as packed:
            content = packed.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(Problem(str(path), f"is not a sound gzip file: {error}")) from None
    if len(content) > limit:
        raise InputError(Problem(str(path), f"unpacks to more than {limit:,} bytes"))
    return content


def csv_text(path: Path, raw: bytes) -> str:
    """The text of a CSV file; raises InputError with the line and field number of what is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        field = raw.count(b",", raw.rfind(b"\n", 0, error.start) + 1, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise InputError(Problem(str(path), message, line, field)) from None
