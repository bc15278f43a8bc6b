"""A page with sliders that asks this machine, as `asha-sim explore` serves it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.runner import ROOT

#: Seconds after which a waiting test fails instead of hanging.
PATIENCE = 120


def started(*arguments: object) -> subprocess.Popen[str]:
    """Start `asha-sim explore`, and wait until it prints its address, which is still to be read."""
    command = [sys.executable, "-m", "simulator", "explore", *map(str, arguments), "--no-open", "--port", "0"]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        env={**os.environ, "COVERAGE_PROCESS_CONFIG": ""},
    )  # fmt: skip


@contextmanager
def served(*arguments: object) -> Iterator[str]:
    """Serve a page; yields the address."""
    process = started(*arguments)
    try:
        line = process.stdout.readline()
        assert line.startswith("http://127.0.0.1:"), process.stderr.read()
        yield line.split()[0]
    finally:
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=PATIENCE)
        assert (process.returncode, said) == (0, ("", ""))
