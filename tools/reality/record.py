"""What a run leaves: a trace, the scenario it was, and how it was made. Needs the standard library alone."""

from __future__ import annotations

import csv
import json
import math
import os
from itertools import count, pairwise
from pathlib import Path
from typing import Any

COLUMNS = (
    "worker", "trial", "bracket", "rung", "from_resource", "to_resource", "start", "end", "outcome", "loss",
    "overhead", "lost",
)  # fmt: skip

Row = dict[str, Any]


def write(folder: Path, rows: list[Row], scenario: str, **about: Any) -> None:
    """Write trace.csv (times to a tenth of a millisecond since the first start), scenario.yaml and run.json."""
    folder.mkdir(parents=True, exist_ok=True)
    origin = min(row["start"] for row in rows)
    with (folder / "trace.csv").open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(COLUMNS)
        for row in sorted(rows, key=lambda row: row["start"]):
            cells = row | {key: round(row.get(key, 0.0), 4) for key in ("overhead", "lost")}
            cells |= {key: round(row[key] - origin, 4) for key in ("start", "end")}
            cells["lost"] = min(cells["lost"], round(cells["end"] - cells["start"] - cells["overhead"], 4))
            if math.isnan(row["loss"]):
                cells["loss"] = ""
            table.writerow([cells.get(name, 0) for name in COLUMNS])
    (folder / "scenario.yaml").write_text(scenario)
    about["load_after"] = round(os.getloadavg()[0], 2)
    (folder / "run.json").write_text(json.dumps(about) + "\n")
    print(f"{folder.name}: {max(row['end'] for row in rows) - origin:.2f} s, load {about['load_after']}", flush=True)


def stretches(steps: list[Row]) -> list[Row]:
    """Steps of single units (process, trial, unit, begin, end, loss) as rows, one for each unbroken stretch.

    A process that began after another had done its last step is the same worker as that one. A step without a loss
    was under way when its process was killed, and its stretch is lost from where the trial went on later.
    """
    over = {step["process"]: step["end"] for step in sorted(steps, key=lambda step: step["end"])}
    workers: dict[int, int] = {}
    rows: list[Row] = []
    ended: list[tuple[int, Row]] = []
    last: dict[int, Row] = {}
    for step in sorted(steps, key=lambda step: step["begin"]):
        process = step["process"]
        if process not in workers:
            taken = {workers[other] for other in workers if over[other] > step["begin"]}
            workers[process] = next(number for number in count() if number not in taken)
        worker = workers[process]
        row = last.get(process)
        if row is None or row["trial"] != step["trial"] or row["to_resource"] != step["unit"] - 1:
            row = {
                "worker": worker, "trial": step["trial"], "from_resource": step["unit"] - 1, "start": step["begin"],
                "outcome": "completed",
            }  # fmt: skip
            rows.append(row)
            ended.append((process, row))
            last[process] = row
        row |= {"to_resource": step["unit"], "end": step["end"], "loss": step["loss"]}
    ends = {(step["process"], step["trial"], step["unit"]): step["end"] for step in steps}
    for process, row in ((process, row) for process, row in ended if math.isnan(row["loss"])):
        later = [other for other in rows if other["trial"] == row["trial"] and other["start"] > row["start"]]
        kept = later[0]["from_resource"] if later else row["from_resource"]
        row |= {"outcome": "failed", "lost": row["end"] - ends.get((process, row["trial"], kept), row["start"])}
    return rows


def ladder(longest: int, divisor: int = 3) -> list[int]:
    """Resources of the rungs up to `longest`."""
    rungs = [1]
    while rungs[-1] < longest:
        rungs.append(min(rungs[-1] * divisor, longest))
    assert all(low < high for low, high in pairwise(rungs))
    return rungs
