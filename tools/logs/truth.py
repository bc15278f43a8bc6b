"""Makes `truth.json`, which is beside each committed log, from the diaries of training functions."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import diary

#: The keys of a trial's segments.
Segments = list[dict[str, Any]]


def of(segments: Segments, statuses: dict[str, str], **about: Any) -> dict[str, Any]:
    """The truth about an experiment; `statuses` says how each trial ended, by the program's own record.

    A trial with a status but no segment never began to train. Times are seconds of the wall clock, as in the log.
    """
    processes: dict[int, str] = {}
    trials: dict[str, Any] = {
        name: {"status": status, "retries": 0, "config": {}, "losses": {}, "segments": [], "trained_s": 0.0}
        for name, status in statuses.items()
    }
    for segment in segments:
        worker = processes.setdefault(segment["process"], f"process-{len(processes)}")
        trial = trials[segment["trial"]]
        trial["config"] = segment["config"]
        trial["retries"] += "crashes" in segment["notes"]
        steps = segment["steps"]
        for step in steps:
            trial["losses"][str(step["step"])] = step["loss"] if math.isfinite(step["loss"]) else str(step["loss"])
        trained = sum(step["end"] - step["begin"] for step in steps)
        trial["trained_s"] += trained
        trial["segments"].append(
            {
                "worker": worker,
                "entered": segment["time"],
                "start": steps[0]["begin"] if steps else segment["time"],
                "end": steps[-1]["end"] if steps else segment["time"],
                "from": segment["start"],
                "to": steps[-1]["step"] if steps else segment["start"],
                "trained_s": trained,
                "occupied_s": steps[-1]["end"] - segment["time"] if steps else 0.0,
                "notes": segment["notes"],
            }
        )
    for trial in trials.values():
        if trial["status"] == "failed" and trial["retries"]:
            trial["retries"] -= 1  # there was no retry after the last crash
    return {
        **about,
        "busiest": busiest(segments),
        "trained_s": sum(trial["trained_s"] for trial in trials.values()),
        "occupied_s": sum(part["occupied_s"] for trial in trials.values() for part in trial["segments"]),
        "trials": trials,
    }


def busiest(segments: Segments) -> int:
    """The greatest number of segments that were under way at once, by their steps."""
    spans = [(s["steps"][0]["begin"], s["steps"][-1]["end"]) for s in segments if s["steps"]]
    return max((sum(begin <= at < end for begin, end in spans) for at, _ in spans), default=0)


def write(truth: dict[str, Any], folder: Path) -> None:
    """Write `truth.json` into the case's folder, times to the microsecond."""
    (folder / "truth.json").write_text(json.dumps(_rounded(truth), indent=1) + "\n")


def diaries(folder: Path) -> Segments:
    """The segments in `folder`."""
    return diary.read(folder)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: inner if key in {"losses", "config"} else _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return round(value, 6) if isinstance(value, float) else value
