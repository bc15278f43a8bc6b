"""Writes files aside and then renames them: a reader never finds a half-written file, nor half a set of files."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from simulator.core.errors import InputError, MachineError, Problem, RunError
from simulator.io import inputs, scratch, signals

#: System errors that mean that the given path is wrong; all others are failures of the machine.
BAD_PATHS = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EEXIST,
        errno.ENAMETOOLONG,
        errno.ELOOP,
    }
)
REMEDIES = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EFBIG: "raise the limit of this shell (ulimit -f)",
    errno.ENOENT: "leave its folder in place",
}
#: Folders whose old scratch files were removed. This is done once per folder, since a plan writes to one again and
#: again.
_cleared: set[Path] = set()


@dataclass
class _Set:
    """Scratch files that are to be renamed together, and the folders made for them."""

    scratches: dict[Path, Path] = field(default_factory=dict)
    made: list[Path] = field(default_factory=list)


_set: ContextVar[_Set | None] = ContextVar("_set", default=None)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a scratch path in `path`'s folder; rename it to `path` on success, remove it on failure.

    A missing folder is made. Inside `together` the renaming waits for the other files. Raises InputError if the
    process may not write there, MachineError if the machine failed.
    """
    gathered = _set.get()
    own = gathered or _Set()
    try:
        aside = _begun(path, own)
        yield aside
        with aside.open("rb+") as file:
            os.fsync(file.fileno())  # a full disk may fail only here; after a power cut the file is whole or old
        if gathered is None:
            _put_in_place(own)
    except OSError as error:
        raise unwritable(path, error) from None
    except UnicodeEncodeError as error:
        only = f"{error.encoding} names alone are possible here"
        message = f"cannot be written: {only}; set LC_ALL=C.UTF-8, or choose another name"
        raise InputError(Problem(ascii(str(path)), message)) from None
    finally:
        if gathered is None:
            _clear(own)


@contextmanager
def together(folder: Path) -> Iterator[None]:
    """At the end of the block, rename all files that were written in it to `folder` and below, or none of them.

    If several processes do so in one folder, the folder then has only the files of the last one.
    """
    own = _Set()
    token = _set.set(own)
    try:
        scratch.clear([folder, *_folders_in(folder)])
        yield
        for path, aside in own.scratches.items():
            if not aside.exists():
                raise unwritable(path, FileNotFoundError(errno.ENOENT, "its folder was removed meanwhile"))
        if own.scratches:
            with _alone_in(folder):
                _put_in_place(own)
    except OSError as error:
        raise unwritable(folder, error) from None
    finally:
        _set.reset(token)
        _clear(own)


def unwritable(path: Path, error: OSError) -> InputError | RunError:
    """The error for a file that can't be written: the given path is wrong, or the machine failed."""
    coded = re.search(r"\(os error (\d+)\)", str(error))  # polars gives the error number only in the text
    number = int(coded[1]) if coded else error.errno or 0
    message = f"cannot be written: {os.strerror(number) if coded else error.strerror or error}"
    if number in BAD_PATHS:
        return InputError(Problem(str(path), message))
    return MachineError(f"{path}: {message}", REMEDIES.get(number, ""))


def hold(file: IO[Any]) -> bool:
    """Lock an open file until it is closed or the process ends; returns False if another process has locked it."""
    if os.name != "posix":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network file systems have no such locks
        pass
    return True


def check_folder(path: Path) -> None:
    """Raise InputError unless `path` is a folder that may be written to, or could be made; nothing is made."""
    there = path
    try:
        while not there.exists() and there != there.parent:
            there = there.parent
    except (OSError, ValueError) as error:
        raise _no_folder(path, error) from None
    if not there.is_dir():
        raise InputError(Problem(str(path), f"cannot be a folder: {there} is a file"))
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(Problem(str(path), f"cannot be written to: {_refusal(there)} in {there}"))


def check_files(paths: Iterable[Path]) -> None:
    """Raise InputError for paths to which no file can be written, because a folder, a device or a pipe is there."""
    for path in paths:
        try:
            _check_replaceable(path)
        except OSError as error:
            raise unwritable(path, error) from None


def make_folder(path: Path) -> None:
    """Make the folder `path`; raises InputError if it can't be made or may not be written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno not in BAD_PATHS:
            raise unwritable(path, error) from None
        raise _no_folder(path, error) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(Problem(str(path), f"cannot be written to: {_refusal(path)}"))


def write_text(path: Path, text: str) -> None:
    """Replace the file `path` by the text in UTF-8, with its newlines unchanged."""
    with replacing(path) as aside:
        aside.write_text(text, encoding="utf-8", errors="replace", newline="")  # half of a pair can't be encoded


def _no_folder(path: Path, error: OSError | ValueError) -> InputError:
    reason = error.strerror if isinstance(error, OSError) else None
    return InputError(Problem(str(path), f"cannot be a folder: {reason or error}"))


def _refusal(folder: Path) -> str:
    """The reason why a folder may not be written to."""
    read_only = hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY
    return "read-only file system" if read_only else "permission denied"


def _begun(path: Path, own: _Set) -> Path:
    """Make an empty scratch file for `path`, and its folder if that is missing."""
    _check_replaceable(path)
    inputs.check_kept([path])
    folder = path.parent
    own.made += [missing for missing in (folder, *folder.parents) if not missing.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    if folder not in _cleared:
        _cleared.add(folder)
        scratch.clear([folder])
    if path in own.scratches:
        _remove(own.scratches.pop(path))
    own.scratches[path] = scratch.begin(path)
    return own.scratches[path]


def _check_replaceable(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if path.exists() and not path.is_file():  # renaming would replace the device or pipe
        raise FileExistsError(errno.EEXIST, "it is a device or a pipe")


def _put_in_place(own: _Set) -> None:
    with signals.later():
        for path, aside in list(own.scratches.items()):
            try:
                aside.replace(path)
            except OSError as error:
                raise unwritable(path, error) from None
            del own.scratches[path]
            scratch.let_go(aside)
        own.made.clear()


def _clear(own: _Set) -> None:
    """Remove scratch files that were not renamed, and the folders made for them."""
    for aside in own.scratches.values():
        _remove(aside)
    for folder in sorted(own.made, key=lambda folder: -len(folder.parts)):
        with suppress(OSError, UnicodeEncodeError):
            folder.rmdir()


def _remove(aside: Path) -> None:
    with suppress(OSError, UnicodeEncodeError):
        aside.unlink(missing_ok=True)
    scratch.let_go(aside)


def _folders_in(folder: Path) -> list[Path]:
    """The folders in a folder; none if it does not exist or can't be read."""
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except (OSError, ValueError):
        return []


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process renames files in a folder; some network file systems have no such locks."""
    if os.name != "posix":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
