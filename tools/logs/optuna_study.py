# /// script
# requires-python = "==3.11.*"
# dependencies = ["optuna==5.0.0"]
# ///
"""Optuna's studies in SQLite: pruned trials, sparse reports, retries of killed processes, two objectives."""

from __future__ import annotations

import datetime
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import optuna
import truth
from case import Case
from diary import Diary, learned
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback

PROGRAM, WORKERS = "optuna", 2
#: Seconds of a step, with a pruner and without. Optuna's own work is below 3 % of a trial's time: some 0.05 s for
#: each report and 0.2 s at a trial's start and end, and several times as much on a busy disk.
PRUNED, PLAIN = 12.0, 6.0
RATES = [0.5, 0.2, 0.7, 0.3, 0.9, 0.1, 0.6, 0.4, 0.8]
Epochs = list[int]


def storage(folder: Path, **settings: Any) -> RDBStorage:
    """The case's storage."""
    return RDBStorage(f"sqlite:///{folder / 'study.db'}", engine_kwargs={"connect_args": {"timeout": 60}}, **settings)


def each(trial: optuna.Trial) -> float:
    """Train nine epochs and report each; a trial with a rate of 0.7 crashes after the second."""
    lr = trial.suggest_float("lr", 0, 1)
    page = Diary(str(trial.number), {"lr": lr})
    loss = 1.0
    for epoch in range(1, 10):
        loss = learned({"lr": lr}, epoch)
        page.step(epoch, PRUNED, loss)
        trial.report(loss, epoch)
        if lr == RATES[2] and epoch == 2:
            page.note("crashes")
            raise RuntimeError("the training crashed")
        if trial.should_prune():
            raise optuna.TrialPruned
    return loss


def sparse(trial: optuna.Trial) -> float:
    """Train 30 steps and report every tenth."""
    lr = trial.suggest_float("lr", 0, 1)
    page = Diary(str(trial.number), {"lr": lr})
    loss = 1.0
    for step in range(10, 31, 10):
        loss = learned({"lr": lr}, step)
        page.step(step, PRUNED, loss)
        trial.report(loss, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return loss


def killed(trial: optuna.Trial) -> float:
    """As `each`, but the process is killed after epoch 4 of the first attempt of trials with a rate of 0.2 or 0.4.

    The retry inherits the reported values and goes on from there, as Optuna's documentation shows.
    """
    lr = trial.suggest_float("lr", 0, 1)
    attributes = trial.study._storage.get_trial_system_attrs(trial._trial_id)
    first = attributes.get("failed_trial")  # Optuna 5.0.0's own retried_trial_number fails
    done = 4 if first is not None else 0
    page = Diary(str(trial.number), {"lr": lr}, done)
    loss = 1.0
    for epoch in range(done + 1, 10):
        loss = learned({"lr": lr}, epoch)
        page.step(epoch, PLAIN, loss)
        trial.report(loss, epoch)
        if lr in {0.2, 0.4} and first is None and epoch == 4:
            page.note("killed")
            os.kill(os.getpid(), signal.SIGKILL)
    return loss


def two(trial: optuna.Trial) -> tuple[float, float]:
    """Two objectives; a study with two takes no reports."""
    lr = trial.suggest_float("lr", 0, 1)
    page = Diary(str(trial.number), {"lr": lr})
    page.step(1, PLAIN / 20, learned({"lr": lr}, 1))
    return learned({"lr": lr}, 1), 100 * lr


def work(folder: Path, name: str) -> None:
    """One process of a study."""
    retry = RetryHeartbeatStaleTrialCallback(max_retry=2, inherit_intermediate_values=True)
    settings = (
        {"heartbeat_interval": 1, "grace_period": 6, "failed_trial_callback": retry} if name == "killed" else {}
    )
    pruner = (
        optuna.pruners.NopPruner()
        if name in {"killed", "two"}
        else optuna.pruners.SuccessiveHalvingPruner(min_resource=10 if name == "sparse" else 1, reduction_factor=3)
    )
    study = optuna.load_study(study_name=name, storage=storage(folder, **settings), pruner=pruner)
    while True:
        if name == "killed":
            optuna.storages.fail_stale_trials(study)  # it has failed trials tried again
        if not study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,)):
            return
        study.optimize(globals()[name], n_trials=1, catch=(RuntimeError,))


def make(name: str, label: str, longest: int) -> None:
    """A study in two processes; if one is killed, another takes its place."""
    case = Case(PROGRAM, label)
    directions = {"directions": ["minimize", "maximize"]} if name == "two" else {"direction": "minimize"}
    study = optuna.create_study(study_name=name, storage=storage(case.folder), **directions)
    for rate in RATES:
        study.enqueue_trial({"lr": rate})
    running: list[subprocess.Popen[bytes]] = []
    for number in range(WORKERS):
        running.append(_start(case.folder, name))
        time.sleep(0.5 * (number == 0))
    while running:
        time.sleep(0.1)
        for process in list(running):
            code = process.poll()
            if code is not None:
                running.remove(process)
                if code == -signal.SIGKILL:
                    time.sleep(7)  # until Optuna misses the heartbeat
                    running.append(_start(case.folder, name))
    keep(case, name, longest)


def keep(case: Case, name: str, longest: int) -> None:
    """Read how trials ended from the tables of the database."""
    base = sqlite3.connect(case.folder / "study.db")
    words = {
        "COMPLETE": "complete",
        "PRUNED": "stopped",
        "FAIL": "failed",
        "RUNNING": "running",
        "WAITING": "waiting",
    }
    rows = base.execute("select number, state, datetime_start, datetime_complete, trial_id from trials").fetchall()
    statuses = {str(row[0]): words[row[1]] for row in rows}
    about = truth.of(
        case.segments, statuses, program=f"optuna {optuna.__version__}", metric="objective", mode="min", step="step",
        time="none", workers=WORKERS, longest=longest, study=name,
    )  # fmt: skip
    for number, _, start, stop, identity in rows:
        logged = [
            datetime.datetime.fromisoformat(when).astimezone().timestamp() if when else None for when in (start, stop)
        ]
        retried = dict(
            base.execute("select key, value_json from trial_system_attributes where trial_id = ?", (identity,))
        )
        about["trials"][str(number)] |= {
            "logged": logged, "retry_of": int(retried["failed_trial"]) if "failed_trial" in retried else None
        }  # fmt: skip
    base.executescript("pragma page_size = 512; vacuum")  # most tables are empty
    base.close()
    case.keep(case.folder, about, lambda path: path.suffix == ".db")


def _start(folder: Path, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, __file__, folder, name])


if __name__ == "__main__":
    if len(sys.argv) > 2:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        work(Path(sys.argv[1]), sys.argv[2])
        sys.exit()
    make("each", "pruned", 9)
    make("sparse", "sparse-reports", 30)
    make("killed", "killed-and-retried", 9)
    make("two", "two-objectives", 1)
