"""Files that are being written aside: each is held by its process, and one that nobody holds is nobody's any more.

A process that is killed can't tidy up; the system lets go of what it held all the same, and so the next command that
writes to the folder knows what was left there.
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

#: Bytes of a file's name that its scratch file has too: most systems take 255.
SHARED = 200
#: What tells a scratch file of ours from a file of somebody's.
MARK = "asha-sim"
#: Open files that are left to those who write.
SPARE = 64
_NAME = re.compile(rf"\..*\.[0-9a-f]{{8}}\.{MARK}(\..*)?", re.DOTALL)
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

#: The scratch files that this process holds, and their descriptors.
_held: dict[Path, int] = {}


def begin(path: Path) -> Path:
    """Make an empty scratch file for `path` in its folder, which is there; held until it is `let_go`."""
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
        let_go(scratch)  # who clears the folder came between
        os.close(handle)


def let_go(scratch: Path) -> None:
    """Hold a scratch file no longer: it is in its place, or removed."""
    signals.scratches.discard(str(scratch))
    handle = _held.pop(scratch, None)
    if handle is not None:
        os.close(handle)


def clear(folders: Iterable[Path]) -> None:
    """Remove what killed commands were writing in some folders; what is held, and what others made, stays."""
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
    """Hold an open file; false where another process does, None where the system or its place knows no such locks."""
    if os.name != "posix":
        return None
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network file systems
        return None
    return True


def _leave_room(handle: int) -> None:
    """Let this process have more files open, as far as it may, where it comes near its limit."""
    if os.name != "posix":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if handle > soft - SPARE and soft != hard:
        with suppress(ValueError, OSError):
            more = 2 * soft if hard == resource.RLIM_INFINITY else min(2 * soft, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
