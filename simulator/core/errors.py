"""Errors that a user reads: one exception for wrong input, and one line for each problem."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from simulator.core.escaping import printable

#: Number of characters up to which a key is shown whole.
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input, and its place.

    `line` and `column` are 1-based; None where the input has no such place. `key` is the dotted path of a
    scenario entry or the name of a table column.
    """

    source: str
    message: str
    line: int | None = None
    column: int | None = None
    key: str = ""

    def __str__(self) -> str:
        key = self.key if len(self.key) <= LONGEST else f"{self.key[: LONGEST - 1]}…"
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part is not None)
        return printable(f"{place}: {key}: {self.message}" if key else f"{place}: {self.message}")


class InputError(ValueError):
    """The input is wrong: exit status 2, one line for each problem, nothing written."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RunError(RuntimeError):
    """The input was sound, but the run failed: exit status 1, one line."""


class MachineError(RunError):
    """The machine failed: a full disk, a removed folder, no memory. `remedy` says what to do before trying again."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


def unreadable(path: Path, error: OSError | ValueError) -> InputError:
    """The error for a file that can't be read, in the system's words; a ValueError means that the path is invalid."""
    scheme, mark, rest = str(path).partition(":/")
    if mark and re.fullmatch(r"[a-z][a-z0-9+.-]+", scheme):
        address = f"{scheme}://{rest.lstrip('/')}"  # Path makes one slash of two
        return InputError(
            Problem(address, "is an address, and only files on this machine are read; download it first")
        )
    reason = error.strerror if isinstance(error, OSError) else None
    if "\0" in str(path):
        reason = "embedded null byte"  # Python's words for it differ between versions
    return InputError(Problem(str(path), f"cannot be read: {reason or error}"))
