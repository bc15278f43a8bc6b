"""The command line, run as a user runs it: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def asha_sim(*args, cwd=None, stdout=subprocess.PIPE):
    return subprocess.run(
        [sys.executable, "-m", "simulator", *map(str, args)], cwd=cwd, stdout=stdout, stderr=subprocess.PIPE, text=True,
        check=False,
        stdin=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
    )  # fmt: skip
