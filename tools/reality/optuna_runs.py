"""Runs of kind (d): several processes that work on one Optuna study in SQLite and sleep as curves say.

python tools/reality/optuna_runs.py FOLDER [NAME …]

Some processes are killed in some runs. They are started again, and Optuna fails and retries their trials by its
heartbeat: a retried trial goes on after its last report, as from a checkpoint.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import shutil
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import optuna
import record
from curves import Slowed
from optuna.storages import RetryHeartbeatStaleTrialCallback
from optuna.trial import TrialState
from trouble import Diary, Trouble, killing, putin

WORKERS, LONGEST, SCALE, TRIALS = 8, 27, 12.0, 60
NAMES = {f"d-optuna-{place}": (60 * place, Trouble()) for place in range(5)}
for number in (0, 2, 3, 4, 5, 7, 8, 9):
    slow = Trouble(number + 1, stragglers={"kind": "half_normal", "std": 0.6})
    NAMES[f"d-optuna-stragglers-{number}"] = 60 * (number % 5), slow
    NAMES[f"d-optuna-killed-{number}"] = 60 * (number % 5), Trouble(number + 1, mtbf=30.0)


def work(folder: str, curves: Slowed, trouble: Trouble, gate: multiprocessing.synchronize.Barrier | None) -> None:
    """One process, which asks for trials until there are enough."""
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    deadly = math.isfinite(trouble.mtbf)
    storage = optuna.storages.RDBStorage(
        f"sqlite:///{folder}/study.db",
        engine_kwargs={"connect_args": {"timeout": 60}},
        heartbeat_interval=1 if deadly else None,
        heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(inherit_intermediate_values=True),
    )
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    study = optuna.load_study(
        study_name="sleeping", storage=storage, pruner=pruner, sampler=optuna.samplers.RandomSampler()
    )
    diary = Diary(folder)
    if gate:
        gate.wait()
    if deadly:
        retry(study, curves, diary)
        return
    while True:
        trial = study.ask()
        if trial.number >= TRIALS:
            study.tell(trial, state=TrialState.FAIL)
            return
        try:
            loss = train(trial, trial.number, 0, curves, diary, trouble)
            study.tell(trial, loss)
        except optuna.TrialPruned:
            study.tell(trial, state=TrialState.PRUNED)


def train(trial: optuna.Trial, number: int, done: int, curves: Slowed, diary: Diary, trouble: Trouble) -> float:
    """Train a trial, which follows the curve `number`, from `done` units on until it is pruned."""
    loss = math.nan
    factor = trouble.factor(number, done, 0)
    for unit in range(done + 1, LONGEST + 1):
        seconds, loss = curves.job(number, unit - 1, unit)
        diary.train(seconds[-1] * factor, trial=number, unit=unit, loss=loss)
        trial.report(loss, unit)
        if trial.should_prune():
            raise optuna.TrialPruned
    return loss


def retry(study: optuna.Study, curves: Slowed, diary: Diary) -> None:
    """Train new trials and those that Optuna retries, until there are enough and none is under way."""

    def again(trial: optuna.trial.FrozenTrial) -> bool:
        return RetryHeartbeatStaleTrialCallback.retried_trial_number(trial) is not None

    def objective(trial: optuna.Trial) -> float:
        every = study.get_trials(deepcopy=False)
        this = every[trial.number]
        first = RetryHeartbeatStaleTrialCallback.retried_trial_number(this)
        first = trial.number if first is None else first
        number = sum(not again(other) for other in every[:first])
        if number >= TRIALS:
            raise optuna.TrialPruned
        return train(trial, number, max(this.intermediate_values, default=0), curves, diary, Trouble())

    while True:
        optuna.storages.fail_stale_trials(study)
        every = study.get_trials(deepcopy=False)
        states = {trial.state for trial in every}
        if TrialState.WAITING in states or sum(not again(trial) for trial in every) < TRIALS:
            study.optimize(objective, n_trials=1)
        elif TrialState.RUNNING in states:
            time.sleep(0.2)
        else:
            return


def run(name: str, folder: Path) -> None:
    """One run; the clock starts when all processes are ready."""
    first, trouble = NAMES[name]
    curves = Slowed(first, TRIALS, LONGEST, SCALE, sound=True)
    file = f"digits-sound-{first}-{TRIALS}-{LONGEST}-x{SCALE:g}.csv"
    curves.write(folder / "curves" / file, list(range(1, LONGEST + 1)))
    with tempfile.TemporaryDirectory() as place:
        optuna.create_study(study_name="sleeping", storage=f"sqlite:///{place}/study.db")
        context = multiprocessing.get_context("spawn")
        gate = context.Barrier(WORKERS)

        def keep(gate: multiprocessing.synchronize.Barrier | None) -> None:
            """Start a process, and another one whenever it was killed."""
            code = None
            while code is None or code < 0:
                process = context.Process(target=work, args=(place, curves, trouble, gate if code is None else None))
                process.start()
                process.join()
                code = process.exitcode

        keepers = [threading.Thread(target=keep, args=(gate,)) for _ in range(WORKERS)]
        with killing(Diary(place), trouble):
            for keeper in keepers:
                keeper.start()
            for keeper in keepers:
                keeper.join()
        steps = Diary(place).steps()
        kept = os.environ.get("KEEP_OPTUNA")
        if kept:
            shutil.copy(f"{place}/study.db", Path(kept) / f"{name}.db")
    scenario = (
        f"searchers:\n  optuna: {{name: optuna_successive_halving, n_trials: {TRIALS}, max_resource: {LONGEST}, "
        f"min_resource: 1, reduction_factor: 3}}\ncurves: {{kind: recorded, file: ../curves/{file}}}\n"
        f"cluster: {{workers: {WORKERS}}}\n"
    )
    record.write(
        folder / name, record.stretches(steps), scenario, kind="d", workers=WORKERS, searcher="optuna",
        program=f"optuna {optuna.__version__}", trials=TRIALS, scale=SCALE, **putin(trouble),
    )  # fmt: skip


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for chosen in sys.argv[2:] or NAMES:
        if not (Path(sys.argv[1]) / chosen / "run.json").exists():
            run(chosen, Path(sys.argv[1]))
