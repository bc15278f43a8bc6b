"""Checks of a command's surroundings before it begins: closed streams, environment variables of libraries."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress

from simulator.core.errors import InputError, Problem

#: Environment variables that would change what libraries do; they are removed, since no command depends on them.
PASSED_OVER = (
    "MPLBACKEND", "SOURCE_DATE_EPOCH", "JOBLIB_MULTIPROCESSING", "JOBLIB_START_METHOD", "LOKY_PICKLER",
    "LOKY_MAX_DEPTH",
)  # fmt: skip
#: Environment variables that limit how much of the machine is used.
COUNTS = ("LOKY_MAX_CPU_COUNT", "POLARS_MAX_THREADS")
#: Values that all libraries understand: a whole number of up to six digits, with or without blanks around it.
_COUNT = re.compile(r"[ \t\n]*0*[1-9][0-9]{0,5}[ \t\n]*")


def prepare() -> None:
    """Open closed streams to nowhere, and remove environment variables that no command depends on.

    Raises InputError for a value that no library could understand.
    """
    for descriptor in (0, 1, 2):  # else a file that is opened later would get the stream's number, and so its output
        try:
            os.fstat(descriptor)
        except OSError:
            with suppress(OSError):
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # worker processes have streams too
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # libraries flush them without a check
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for name in PASSED_OVER:
        os.environ.pop(name, None)
    problems = []
    for name in COUNTS:
        text = os.environ.get(name)
        if text is not None and not _COUNT.fullmatch(text):
            problems.append(
                Problem(name, f"{text[:40]!r} should be a whole number from 1 on; set it so, or unset it")
            )
    if problems:
        raise InputError(problems)
