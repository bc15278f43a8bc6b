"""Sweeps for half an hour in one process and its workers: does memory stay the same, and are files closed?

`python -m tools.soak [MINUTES]`, or SOAK_MINUTES=…, prints the slopes after the first minute (on a slow machine, the first
15 sweeps) and fails where memory or open handles grow. Reads /proc, so it needs Linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import stats

from simulator.io import signals
from simulator.planning.backend import WorkerPool
from simulator.planning.planner import answer
from simulator.planning.report import folder as files
from simulator.planning.report.one_search import contents
from simulator.scenario.loading import load

ROOT = Path(__file__).parents[1]
MINUTES = 30.0
#: Seconds between samples.
EVERY = 2.0
#: Number of sweeps, and minutes, until imports, the allocator's pools and matplotlib's caches (after some thirty pages) are complete.
WARM_UP, WARM_SWEEPS = 60.0, 15
#: MB a minute, of all processes together. joblib keeps some kilobytes for each of its calls, some tens of MB in eight hours.
MAX_SLOPE = 1.0
#: Smallest number of samples from which a slope is computed.
FEW = 30
#: How many more handles the median of the last third may have than that of the first: none but by chance.
MAX_HANDLES = 1
SEARCHERS = """\
searchers:
  SHA: {name: sha, max_trials: 81, max_length: 81, divisor: 3}
  ASHA: {name: asha, max_trials: 81, max_length: 81, divisor: 3}
"""
PLAN = "plan: {vary: {cluster.workers: [4, 8, 16]}, deadline: 1 h, price: 2, replicates: {min: 40, max: 120}}\n"
SCENARIOS = {
    "synthetic": "curves: {kind: synthetic, unit_time: 1 min}\n"
    "cluster: {workers: 4, stragglers: {kind: half_normal, std: 1}, drops: {}}\n",
    "recorded": "curves: {kind: recorded, file: digits.csv.gz}\ncluster: {workers: 4}\n",
}


class Sample(NamedTuple):
    """All processes together at one time: minutes and sweeps since the start, resident MB, open handles, processes."""

    minute: float
    sweeps: int
    megabytes: float
    handles: int
    processes: int


def sweep(folder: Path) -> None:
    """Make plan after plan, each with another seed; finished plans are resumed, too. Prints a dot for each."""
    shutil.copy(ROOT / "scenarios" / "curves" / "digits.csv.gz", folder)
    for name, text in SCENARIOS.items():
        (folder / f"{name}.yaml").write_text(SEARCHERS + text + PLAN)
    for seed in count():
        name = list(SCENARIOS)[seed % len(SCENARIOS)]
        for resume in (False, True):
            found = answer(
                load(folder / f"{name}.yaml"),
                seed=seed,
                folder=folder / "out",
                resume=resume,
                pool=WorkerPool(jobs=2),
            )
            files.write(contents(found), folder / "out")
        shutil.rmtree(folder / "out")
        print(".", end="", flush=True)


def family(pid: int) -> list[int]:
    """A process, its children and all processes below them."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def sample(pid: int, began: float, sweeps: int) -> Sample:
    """Take a sample of a process and all processes below it; one that has just ended is left out."""
    pages = handles = processes = 0
    for one in family(pid):
        try:
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
            handles += len(list(Path(f"/proc/{one}/fd").iterdir()))
            processes += 1
        except OSError:
            continue
    megabytes = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return Sample((time.monotonic() - began) / 60, sweeps, megabytes, handles, processes)


def watch(minutes: float) -> list[Sample]:
    """Sweep for some minutes; returns the samples from when it was warm."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        command = [sys.executable, "-m", "tools.soak", "--sweep", folder]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        began, samples = time.monotonic(), []
        while time.monotonic() - began < 60 * minutes:
            time.sleep(EVERY)
            if process.poll() is not None:
                sys.exit(f"the sweeps ended by themselves: {(Path(folder) / 'log').read_text()}")
            samples.append(sample(process.pid, began, (Path(folder) / "log").read_text().count(".")))
        process.terminate()
        process.wait()
    return [one for one in samples if 60 * one.minute > WARM_UP and one.sweeps > WARM_SWEEPS]


def main() -> None:
    """Print the slopes; the exit status is 1 if something grows."""
    minutes = float(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SOAK_MINUTES", MINUTES))
    samples = watch(minutes)
    if len(samples) < FEW:
        sys.exit(f"{minutes:g} minutes are too few: {WARM_SWEEPS} sweeps were not done, or just so")
    times, sweeps, megabytes, handles, _ = map(np.array, zip(*samples, strict=True))
    slope, _, low, high = stats.theilslopes(megabytes, times)
    third = len(samples) // 3
    first, last = np.median(handles[:third]), np.median(handles[-third:])
    print(
        f"\n{minutes:g} minutes, {sweeps[-1]:,} sweeps; {len(samples):,} samples from minute {times[0]:.1f} on, "
        f"{samples[-1].processes} processes\n"
        f"memory: {megabytes[:third].mean():.0f} MB in the first third, {megabytes[-third:].mean():.0f} MB in the last; "
        f"{slope:+.3f} MB a minute ({low:+.3f} to {high:+.3f}), at most {MAX_SLOPE:g} allowed\n"
        f"handles: {first:g} in the first third, {last:g} in the last (medians), {handles.max()} at most"
    )
    if slope > MAX_SLOPE or last > first + MAX_HANDLES:
        sys.exit("something grows")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sweep"]:
        with signals.orderly():
            sweep(Path(sys.argv[2]))
    else:
        main()
