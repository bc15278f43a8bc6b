"""Keeps track of the files that a command reads: they must not change while it runs, and it must not replace them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path

from simulator.core.errors import InputError, Problem

#: Flags for opening a file, so that a pipe or device that has taken its place does not block the process.
PATIENT = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@dataclass
class _Notes:
    """Digests of files by absolute path, and their names by real path and inode, so that links are recognised."""

    digests: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)  # real path -> the name that the user gave
    files: dict[tuple[int, int], str] = field(default_factory=dict)  # device and inode -> the name that the user gave


_notes: ContextVar[_Notes | None] = ContextVar("_notes", default=None)


@contextmanager
def noted(expected: Mapping[str, str] | None = None) -> Iterator[None]:
    """Note all files that are read inside the block, in addition to those noted before.

    `expected` maps absolute paths to their SHA-256. A file that differs from what was expected, or from what was read
    before, is refused with an InputError.
    """
    notes = _notes.get()
    token = _notes.set(notes or _Notes())
    try:
        if expected and (current := _notes.get()):
            current.digests.update(expected)
        yield
    finally:
        _notes.reset(token)


def note_file(path: Path) -> None:
    """Note that the command reads a file, even if a library opens it."""
    notes = _notes.get()
    if notes is None:
        return
    with suppress(OSError, ValueError):  # reading it will report the error
        about = path.stat()
        notes.files[about.st_dev, about.st_ino] = str(path)
        notes.places[os.path.realpath(path)] = str(path)


def note(path: Path, raw: bytes) -> None:
    """Note the bytes that were read from a file; raises InputError if they differ from those read before."""
    note_file(path)
    notes = _notes.get()
    if notes is None:
        return
    digest = sha256(raw).hexdigest()
    if notes.digests.setdefault(os.path.abspath(path), digest) != digest:  # noqa: PTH100  (no link is followed)
        message = "has changed while the command was at work; put it back as it was, or begin anew"
        raise InputError(Problem(str(path), message))


def read_so_far() -> list[str]:
    """The files that were read in the block so far, by their real paths."""
    notes = _notes.get() or _Notes()
    return list(notes.places)


def digests_so_far() -> list[str]:
    """The SHA-256 of the bytes of each file that was read in the block so far.

    A file that a library opened is read now; if it can't be read, it has "gone" instead.
    """
    notes = _notes.get() or _Notes()
    named = {path: os.path.abspath(path) for path in notes.places.values()}  # noqa: PTH100  (no link is followed)
    return [notes.digests.get(place) or _digest(Path(path)) or "gone" for path, place in named.items()]


def changed() -> list[str]:
    """The absolute paths of files that have changed since they were read."""
    notes = _notes.get() or _Notes()
    return [place for place, digest in notes.digests.items() if _digest(Path(place)) != digest]


def _digest(path: Path) -> str | None:
    """The SHA-256 of a file; None if there is no regular file: a pipe, for example, might block for ever."""
    try:
        with open(os.open(path, PATIENT), "rb") as file:  # noqa: PTH123  (of a descriptor)
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            return file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return None


def check_kept(paths: Iterable[Path]) -> None:
    """Raise InputError if a file to be written would replace one that the command reads, even through links."""
    notes = _notes.get()
    if notes is None or not notes.places:
        return
    for path in paths:
        there = None
        with suppress(OSError, ValueError):  # the locale can't encode the name, so the file was not read
            there = notes.places.get(os.path.realpath(path))
            about = path.stat()
            there = notes.files.get((about.st_dev, about.st_ino), there)
        if there is not None:
            message = f"would replace {there}, which this command reads; choose another name or folder"
            raise InputError(Problem(str(path), message))
