"""Writing aside, then renaming: a reader never finds half a file where a good one was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.errors import InputError, Problem, unreadable


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a scratch path in `path`'s folder; rename it to `path` on success, remove it on failure.

    The folder is made where it is missing. Raises InputError where the system does not let us write there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch_name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be written: {error.strerror or error}")) from None
    scratch = Path(scratch_name)
    try:
        yield scratch
        scratch.chmod(0o666 & ~_umask())
        scratch.replace(path)
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be written: {error.strerror or error}")) from None
    finally:
        scratch.unlink(missing_ok=True)


def read_at_most(path: Path, limit: int, meant: str) -> bytes:
    """Read a file of up to `limit` bytes; raises InputError, saying what is `meant`, for a larger one."""
    try:
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if len(raw) > limit:
        raise InputError(Problem(str(path), f"is larger than {limit:,} bytes; {meant}"))
    return raw


def check_folder(path: Path) -> None:
    """Raise InputError unless `path` is a folder we may write to, or could be made one; makes nothing."""
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise InputError(Problem(str(path), f"cannot be a folder: {there} is a file"))
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(Problem(str(path), f"cannot be written to: permission denied in {there}"))


def make_folder(path: Path) -> None:
    """Make `path` a folder we may write to; raises InputError where it can't be one."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be a folder: {error.strerror or error}")) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(Problem(str(path), "cannot be written to: permission denied"))


def write_text(path: Path, text: str) -> None:
    """Replace `path` by UTF-8 `text` with newlines as given."""
    with replacing(path) as scratch:
        scratch.write_text(text, encoding="utf-8", newline="")


def _umask() -> int:
    """The permissions mask of this process; the system has no way to read it without setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
