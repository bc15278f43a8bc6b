"""What surrounds a command and could end it, looked at before it begins: closed streams, variables of libraries."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from simulator.core.errors import InputError, Problem

#: Variables by which libraries would do things otherwise, or not at all; no command of ours goes by them.
PASSED_OVER = ("MPLBACKEND", "SOURCE_DATE_EPOCH", "JOBLIB_MULTIPROCESSING", "JOBLIB_START_METHOD", "LOKY_PICKLER")
#: Variables that say how much of the machine may be taken.
COUNTS = ("LOKY_MAX_CPU_COUNT", "POLARS_MAX_THREADS")


def prepare() -> None:
    """Open what is closed to nowhere, and take out what no command goes by.

    Raises InputError for a variable that no library could make sense of.
    """
    for descriptor in (0, 1, 2):  # a file opened later would be taken for a stream
        try:
            os.fstat(descriptor)
        except OSError:
            with suppress(OSError):
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # worker processes have streams, too
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # libraries flush them without a look
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for name in PASSED_OVER:
        os.environ.pop(name, None)
    problems = []
    for name in COUNTS:
        text = os.environ.get(name)
        if text is not None and not (
            text.strip().isascii() and text.strip().isdigit() and 0 < int(text[:9]) <= 10**6
        ):
            problems.append(
                Problem(name, f"{text[:40]!r} should be a whole number from 1 on; set it so, or unset it")
            )
    if problems:
        raise InputError(problems)
