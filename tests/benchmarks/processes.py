"""Whole processes, imports included, as a user starts them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.measure import table

ROOT = Path(__file__).parents[2]

#: SHA and ASHA on the same 1,000 trials.
COMPARISON = """\
searchers:
  SHA: {name: sha, max_trials: 1000, max_length: 256, divisor: 4}
  ASHA: {name: asha, max_trials: 1000, max_length: 256, divisor: 4}
curves: {kind: synthetic, unit_time: 1 min, unit_time_sigma: 0.5}
cluster: {workers: 25}
"""


def child_cpu(command: list[str]) -> float:
    """CPU seconds of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, env=os.environ | {"NO_COLOR": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(turns: int) -> str:
    """A table of CPU seconds, the least of several turns."""
    with TemporaryDirectory() as folder:
        comparison = Path(folder, "comparison.yaml")
        comparison.write_text(COMPARISON, encoding="utf-8")
        command = [sys.executable, "-m", "simulator"]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "python -c 'import simpy, numpy'": [sys.executable, "-c", "import simpy, numpy"],
            "asha-sim --version": [*command, "--version"],
            "asha-sim run scenarios/docs.yaml": [*command, "run", "scenarios/docs.yaml"],
            "asha-sim run scenarios/docs.yaml --out": [
                *command, "run", "scenarios/docs.yaml", "--out", f"{folder}/docs",
            ],
            "asha-sim run, SHA and ASHA on 1,000 trials": [*command, "run", str(comparison)],
            "asha-sim run --out, SHA and ASHA on 1,000 trials": [
                *command, "run", str(comparison), "--out", f"{folder}/comparison",
            ],
        }  # fmt: skip
        rows = [[name, f"{min(child_cpu(command) for _ in range(turns)):.2f}"] for name, command in commands.items()]
    return table(["", "CPU s"], rows)
