"""The curves that sleeping workers follow: some of the recorded digits networks, slowed down."""

from __future__ import annotations

import csv
import gzip
import math
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Slowed:
    """`trials` recorded curves from number `first` on, with times multiplied by `scale`.

    Times are in whole milliseconds, as in the file that `write` writes. With `sound`, only trials that live are
    taken.
    """

    def __init__(self, first: int, trials: int, longest: int, scale: float, *, sound: bool = False) -> None:
        self.longest = longest
        self.seconds: list[list[float]] = []
        self.losses: list[list[float]] = []
        with gzip.open(ROOT / "scenarios" / "curves" / "digits.csv.gz", "rt") as file:
            for trial, rows in groupby(csv.DictReader(file), key=lambda row: int(row["trial"])):
                points = list(rows)
                if trial < first or len(self.seconds) == trials or (sound and not points[-1]["loss"]):
                    continue
                points = points[:longest]
                self.seconds.append([0.0, *(round(float(row["elapsed_s"]) * scale, 3) for row in points)])
                self.losses.append([float(row["loss"]) if row["loss"] else math.inf for row in points])

    def job(self, trial: int, begin: int, end: int) -> tuple[list[float], float]:
        """Cumulative seconds after each unit of the job, and its loss; if the trial dies, fewer units and inf."""
        clock, losses = self.seconds[trial], self.losses[trial]
        end = min(end, len(losses))
        return [clock[unit] - clock[begin] for unit in range(begin + 1, end + 1)], losses[end - 1]

    def write(self, path: Path, resources: list[int]) -> None:
        """Write the curves at `resources`, and at deaths, as a file of the simulator's."""
        lines = ["trial,resource,loss,elapsed_s"]
        for trial, (clock, losses) in enumerate(zip(self.seconds, self.losses, strict=True)):
            for unit, loss in enumerate(losses, start=1):
                dead = math.isinf(loss)
                if unit in resources or dead:
                    lines.append(f"{trial},{unit},{'' if dead else loss},{clock[unit]:.3f}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
