"""A diary of a training function: when each step began and ended, in which process, with what loss.

Logs of programs are compared with this diary, which does not depend on the program. It needs only the standard
library.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

#: Environment variable with the folder of diaries, which processes of a program inherit.
VARIABLE = "TRAINING_DIARY"


class Diary:
    """The diary of one segment: a trial on one worker, from its start or resume until it pauses, dies or ends.

    `start` is the step it goes on from, `entered` when the training function began, by default now.
    """

    def __init__(self, trial: str, config: dict[str, Any], start: int = 0, entered: float = 0.0) -> None:
        name = f"{time.time_ns()}-{os.getpid()}.jsonl"
        self._file = (Path(os.environ[VARIABLE]) / name).open("a", buffering=1)
        self._write(trial=trial, config=config, start=start, time=entered or time.time(), process=os.getpid())

    def step(self, step: int, seconds: float, loss: float) -> None:
        """Train one step: sleep for `seconds`, and write down the true times."""
        begin = time.time()
        time.sleep(seconds)
        self._write(step=step, begin=begin, end=time.time(), loss=loss)

    def note(self, word: str) -> None:
        """Write down an event, such as `crashes` before an error."""
        self._write(note=word, time=time.time())

    def _write(self, **entry: Any) -> None:
        self._file.write(json.dumps(entry) + "\n")


def learned(config: dict[str, Any], step: int) -> float:
    """A loss that falls with the step and depends on the configuration, with so few digits that any log keeps them."""
    return round(float(config["lr"]) + 1 / (step + 1), 6)


def read(folder: Path) -> list[dict[str, Any]]:
    """The segments of all diaries in order of start, each with `steps` and `notes`."""
    segments = []
    for path in sorted(folder.glob("*.jsonl")):
        first, *rest = [json.loads(line) for line in path.read_text().splitlines()]
        first["steps"] = [entry for entry in rest if "step" in entry]
        first["notes"] = [entry["note"] for entry in rest if "note" in entry]
        segments.append(first)
    return sorted(segments, key=lambda segment: segment["time"])
