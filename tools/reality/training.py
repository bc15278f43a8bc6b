"""Runs of kind (a): this project's searchers on two processes that really train the digits networks.

    python tools/reality/training.py FOLDER [NAME …]

The forecasts use the recorded curves of the same configurations, which were trained on another day.
"""

from __future__ import annotations

import math
import os
import pickle
import sys
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np
import record
from curves import Slowed

from simulator.curves import recorder
from simulator.scenario.loading import load
from simulator.searchers.protocol import Idle, Job

WORKERS, LONGEST, TRIALS = 2, 27, 40
NAMES = {f"a-{searcher}-{place}": (searcher, 60 * place) for place in range(3) for searcher in ("sha", "asha")}
_STUDY: Any = None


def train(first: int, trial: int, begin: int, end: int, folder: str) -> tuple[float, float, float]:
    """Train a trial from one epoch to another, from its file and into it; returns start, end, loss."""
    global _STUDY  # noqa: PLW0603  (the data of this process)
    if _STUDY is None:
        _STUDY = recorder._Study()
    start = time.monotonic()
    file = Path(folder) / str(trial)
    if begin:
        model = pickle.loads(file.read_bytes())
    else:
        configuration, seed = recorder.draw(0, first + trial)
        rest = dict(configuration)
        hidden = (rest.pop("width"),) * int(rest.pop("layers"))
        rates = {"learning_rate_init": rest.pop("learning_rate"), "beta_1": rest["momentum"]}
        model = _STUDY.network(hidden_layer_sizes=hidden, random_state=seed, **rates, **rest)
    loss = math.inf
    with _STUDY.limit_threads(1), np.errstate(all="ignore"):
        for _ in range(begin, end):
            loss = _STUDY._epoch(model)
            if not math.isfinite(loss):
                loss = math.inf
                break
    file.write_bytes(pickle.dumps(model))
    return start, time.monotonic(), loss


def run(name: str, folder: Path) -> None:
    """One run; the processes have imported what they need before its clock starts."""
    searcher, first = NAMES[name]
    file = f"digits-{first}-{TRIALS}-{LONGEST}-x1.csv"
    Slowed(first, TRIALS, LONGEST, 1.0).write(folder / "curves" / file, record.ladder(LONGEST))
    scenario = (
        f"searchers:\n  {searcher}: {{name: {searcher}, max_trials: {TRIALS}, max_length: {LONGEST}, divisor: 3}}\n"
        f"curves: {{kind: recorded, file: ../curves/{file}}}\ncluster: {{workers: {WORKERS}}}\n"
    )
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "scenario.yaml").write_text(scenario)
    made = next(iter(load(folder / name / "scenario.yaml").scenario.searchers.values())).build()
    rows: list[record.Row] = []
    with tempfile.TemporaryDirectory() as place:
        pools = [ProcessPoolExecutor(1) for _ in range(WORKERS)]
        for pool in pools:
            pool.submit(train, first, 10**6, 0, 1, place).result()
        before = os.getloadavg()[0]
        idle, running = list(range(WORKERS)), dict[Future[Any], tuple[int, Job]]()
        over = False
        while True:
            while idle and not over:
                job = made.next_job()
                if isinstance(job, Idle):
                    over = job is Idle.DONE
                    break
                worker = min(idle)
                idle.remove(worker)
                future = pools[worker].submit(train, first, job.trial, job.from_resource, job.to_resource, place)
                running[future] = worker, job
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda future: future.result()[1]):
                worker, job = running.pop(future)
                start, end, loss = future.result()
                rows.append(
                    job._asdict()
                    | {
                        "worker": worker, "start": start, "end": end, "loss": loss,
                        "outcome": "completed" if math.isfinite(loss) else "exited",
                    }
                )  # fmt: skip
                made.report(job, loss)
                idle.append(worker)
        for pool in pools:
            pool.shutdown()
    record.write(
        folder / name, rows, scenario, kind="a", workers=WORKERS, searcher=searcher, trials=TRIALS,
        load_before=round(before, 2),
    )  # fmt: skip


if __name__ == "__main__":
    for chosen in sys.argv[2:] or NAMES:
        if not (Path(sys.argv[1]) / chosen / "run.json").exists():
            run(chosen, Path(sys.argv[1]))
