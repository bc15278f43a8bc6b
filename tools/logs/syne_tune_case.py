"""An experiment of Syne Tune on this machine, whatever the version."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import truth
from case import Case
from syne_tune import Tuner, __version__, config_space
from syne_tune.backend import LocalBackend

EPOCHS, WORKERS, PROGRAM = 9, 2, "syne-tune"


def run(name: str, trials: list[dict[str, Any]], scheduler: Callable[..., Any], *, failures: int = 1) -> None:
    """Run `trials` on two workers, under the scheduler that `scheduler` makes from a space and the first trials."""
    case = Case(PROGRAM, f"{name}-{__version__}")
    os.environ["SYNETUNE_FOLDER"] = str(case.folder)
    space = {"lr": config_space.uniform(0, 1), "epochs": EPOCHS, "crashes": config_space.randint(0, EPOCHS)}
    started = len(trials)
    tuner = Tuner(
        trial_backend=LocalBackend(entry_point=str(Path(__file__).with_name("syne_tune_training.py"))),
        scheduler=scheduler(space, trials),
        stop_criterion=lambda status: status.num_trials_started >= started,
        n_workers=WORKERS,
        sleep_time=0.1,
        results_update_interval=1,
        tuner_name="log",
        suffix_tuner_name=False,
        wait_trial_completion_when_stopping=True,
        max_failures=failures,
        trial_backend_path=str(case.folder / "log"),
    )
    tuner.run()
    log = next(case.folder.rglob("metadata.json")).parent
    status = {str(number): word for number, word in tuner.tuning_status.last_trial_status_seen.items()}
    case.keep(log, _truth(case, status, log), lambda path: path.name in {"results.csv.zip", "metadata.json"})


def _truth(case: Case, ended: dict[str, str], log: Path) -> dict[str, Any]:
    """How trials ended: by Syne Tune's own status if it crashed, else by the number of epochs that it trained."""
    segments = case.segments
    reached = {
        name: max((step["step"] for s in segments if s["trial"] == name for step in s["steps"]), default=0)
        for name in ended
    }
    words = {
        name: "failed"
        if word == "Failed"
        else "complete"
        if reached[name] >= EPOCHS
        else "paused"
        if word == "Paused"
        else "stopped"
        for name, word in ended.items()
    }
    about = json.loads((log / "metadata.json").read_text())
    return truth.of(
        segments, words, program=f"syne-tune {__version__}", metric="loss", mode=str(about.get("metric_mode", "min")),
        step="epoch", time="st_worker_time", workers=WORKERS, longest=EPOCHS,
    )  # fmt: skip
