"""Slow attempts and killed processes, put into a run on purpose. This needs only the standard library."""

from __future__ import annotations

import contextlib
import json
import math
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

#: Seconds between two rounds of `killing`.
ROUND = 0.05


@dataclass
class Trouble:
    """Trouble that is put into a run on purpose; times are in seconds, and drawn with `seed`."""

    seed: int = 0
    stragglers: dict[str, Any] = field(default_factory=dict)  # as in a scenario's `stragglers:`
    speeds: list[float] = field(default_factory=list)  # of each worker; empty if they are equal
    mtbf: float = math.inf  # mean time, exponential, until a worker's process is killed
    repair: float = 0.0  # from then until its process is started again
    trial_start: float = 0.0
    save: float = 0.0
    restore: float = 0.0

    def factor(self, trial: int, rung: int, attempt: int) -> float:
        """The factor by which an attempt takes longer than without trouble."""
        if not self.stragglers:
            return 1.0
        rng = random.Random(f"{self.seed} {trial} {rung} {attempt}")
        match self.stragglers["kind"]:
            case "half_normal":
                return 1 + abs(rng.gauss(0, self.stragglers["std"]))
            case "log_normal":
                sigma = self.stragglers["sigma"]
                return math.exp(rng.gauss(-(sigma**2) / 2, sigma))
            case "two_point":
                return self.stragglers["factor"] if rng.random() < self.stragglers["probability"] else 1.0
        raise ValueError(self.stragglers["kind"])


def putin(trouble: Trouble) -> dict[str, Any]:
    """The entry of run.json about the trouble; empty for a run without trouble."""
    told = {key: value for key, value in asdict(trouble).items() if value and value != math.inf}
    return {"put_in": told} if told else {}


class Diary:
    """A folder to which the processes of a run write each unit that they trained, and the one that is under way."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def train(self, seconds: float, **entry: Any) -> None:
        """Train a unit, which is to sleep, and write down when; a killed process leaves the file of its unit under way."""
        entry |= {"process": os.getpid(), "begin": time.time()}
        under_way = self.folder / f"{os.getpid()}.now"
        under_way.with_suffix(".new").write_text(json.dumps(entry))
        under_way.with_suffix(".new").rename(under_way)
        time.sleep(seconds)
        entry["end"] = time.time()
        with (self.folder / f"{os.getpid()}.jsonl").open("a") as out:
            out.write(json.dumps(entry) + "\n")
        under_way.unlink()

    def steps(self) -> list[dict[str, Any]]:
        """All units that were trained or begun; the loss of those that a kill cut off is NaN."""
        made = [json.loads(line) for path in self.folder.glob("*.jsonl") for line in path.read_text().splitlines()]
        done = {(step["process"], step["begin"]) for step in made}
        left = [json.loads(path.read_text()) for path in self.folder.glob("*.killed")]
        return made + [step | {"loss": math.nan} for step in left if (step["process"], step["begin"]) not in done]


@contextlib.contextmanager
def killing(diary: Diary, trouble: Trouble) -> Iterator[None]:
    """Within this block, kill each process after `trouble.mtbf` seconds of its training, on average."""
    over = threading.Event()
    rng = random.Random(trouble.seed)

    def kill() -> None:
        while not over.wait(ROUND):
            for under_way in sorted(diary.folder.glob("*.now")):
                if rng.random() < -math.expm1(-ROUND / trouble.mtbf):
                    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                        entry = json.loads(under_way.read_text())
                        os.kill(entry["process"], signal.SIGKILL)
                        entry["end"] = time.time()
                        under_way.with_suffix(".killed").write_text(json.dumps(entry))
                        under_way.unlink()

    thread = threading.Thread(target=kill, daemon=True)
    if math.isfinite(trouble.mtbf):
        thread.start()
    yield
    over.set()
    if thread.is_alive():
        thread.join()
