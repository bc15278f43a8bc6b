"""Scratch files, which are written aside and then renamed; the process that writes one holds a lock on it.

A process that is killed can't remove its scratch files, but the system releases its locks. So the next command that
writes to the folder recognises what was left behind.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from simulator.io import signals

#: Number of bytes of a file's name that its scratch file's name has at most; most systems allow 255 in all.
SHARED = 200
#: The part of a name that marks our scratch files.
MARK = "asha-sim"
#: Number of open files that must remain possible below the limit.
SPARE = 64
_NAME = re.compile(rf"\..*\.[0-9a-f]{{8}}\.{MARK}(\..*)?", re.DOTALL)
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

#: The scratch files that this process has locked, and their descriptors.
_held: dict[Path, int] = {}


def begin(path: Path) -> Path:
    """Make an empty scratch file for `path` in its existing folder, locked until `let_go`."""
    name = os.fsencode(path.name)[:SHARED].decode(errors="ignore")
    while True:
        scratch = path.with_name(f".{name}.{secrets.token_hex(4)}.{MARK}{path.suffix}")
        signals.scratches.add(str(scratch))
        try:
            handle = os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except (OSError, ValueError):
            let_go(scratch)
            raise
        if _locked(handle) is not False and os.fstat(handle).st_nlink:
            _held[scratch] = handle
            _leave_room(handle)
            return scratch
        let_go(scratch)  # another process has cleared the folder since
        os.close(handle)


def let_go(scratch: Path) -> None:
    """Unlock a scratch file that was renamed or removed."""
    signals.scratches.discard(str(scratch))
    handle = _held.pop(scratch, None)
    if handle is not None:
        os.close(handle)


def clear(folders: Iterable[Path]) -> None:
    """Remove scratch files of killed commands from some folders; locked files and files of others stay."""
    for folder in folders:
        with suppress(OSError, ValueError), os.scandir(folder) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name) and Path(entry.path) not in _held:
                    with suppress(OSError):
                        _remove(entry.path)


def _remove(path: str) -> None:
    handle = os.open(path, os.O_RDWR | _FLAGS)
    try:
        about = os.fstat(handle)
        if stat.S_ISREG(about.st_mode) and about.st_nlink == 1 and _locked(handle):
            os.unlink(path)  # noqa: PTH108
    finally:
        os.close(handle)


def _locked(handle: int) -> bool | None:
    """Lock an open file; returns False if another process has locked it, None if the system has no such locks."""
    if os.name != "posix":
        return None
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # on some network file systems
        return None
    return True


def _leave_room(handle: int) -> None:
    """Raise this process's limit of open files, as far as allowed, if it is nearly reached."""
    if os.name != "posix":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if handle > soft - SPARE and soft != hard:
        with suppress(ValueError, OSError):
            more = 2 * soft if hard == resource.RLIM_INFINITY else min(2 * soft, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
