"""Runs of kind (d): several processes that work on one Optuna study in SQLite and sleep as curves say.

python tools/reality/optuna_runs.py FOLDER [NAME …]
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import optuna
import record
from curves import Slowed

WORKERS, LONGEST, SCALE, TRIALS = 8, 27, 12.0, 60
NAMES = {f"d-optuna-{place}": 60 * place for place in range(5)}


def work(folder: str, curves: Slowed, gate: multiprocessing.synchronize.Barrier) -> None:
    """One process, which asks for trials until there are enough."""
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = optuna.storages.RDBStorage(
        f"sqlite:///{folder}/study.db", engine_kwargs={"connect_args": {"timeout": 60}}
    )
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    study = optuna.load_study(
        study_name="sleeping", storage=storage, pruner=pruner, sampler=optuna.samplers.RandomSampler()
    )
    gate.wait()
    with (Path(folder) / f"{os.getpid()}.jsonl").open("a", buffering=1) as out:
        while True:
            trial = study.ask()
            if trial.number >= TRIALS:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
                return
            loss = 0.0
            state = optuna.trial.TrialState.COMPLETE
            for unit in range(1, LONGEST + 1):
                begin = time.time()
                seconds, loss = curves.job(trial.number, unit - 1, unit)
                time.sleep(seconds[-1])
                entry = {
                    "process": os.getpid(), "trial": trial.number, "unit": unit, "begin": begin, "end": time.time(),
                    "loss": loss,
                }  # fmt: skip
                out.write(json.dumps(entry) + "\n")
                trial.report(loss, unit)
                if trial.should_prune():
                    state = optuna.trial.TrialState.PRUNED
                    break
            study.tell(trial, None if state is optuna.trial.TrialState.PRUNED else loss, state=state)


def run(name: str, folder: Path) -> None:
    """One run; the clock starts when all processes are ready."""
    curves = Slowed(NAMES[name], TRIALS, LONGEST, SCALE, sound=True)
    file = f"digits-sound-{NAMES[name]}-{TRIALS}-{LONGEST}-x{SCALE:g}.csv"
    curves.write(folder / "curves" / file, list(range(1, LONGEST + 1)))
    with tempfile.TemporaryDirectory() as place:
        optuna.create_study(study_name="sleeping", storage=f"sqlite:///{place}/study.db")
        context = multiprocessing.get_context("spawn")
        gate = context.Barrier(WORKERS)
        started = [context.Process(target=work, args=(place, curves, gate)) for _ in range(WORKERS)]
        for process in started:
            process.start()
        for process in started:
            process.join()
        steps = [json.loads(line) for path in Path(place).glob("*.jsonl") for line in path.read_text().splitlines()]
    scenario = (
        f"searchers:\n  optuna: {{name: optuna_successive_halving, n_trials: {TRIALS}, max_resource: {LONGEST}, "
        f"min_resource: 1, reduction_factor: 3}}\ncurves: {{kind: recorded, file: ../curves/{file}}}\n"
        f"cluster: {{workers: {WORKERS}}}\n"
    )
    record.write(
        folder / name, record.stretches(steps), scenario, kind="d", workers=WORKERS, searcher="optuna",
        program=f"optuna {optuna.__version__}", trials=TRIALS, scale=SCALE,
    )  # fmt: skip


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for chosen in sys.argv[2:] or NAMES:
        if not (Path(sys.argv[1]) / chosen / "run.json").exists():
            run(chosen, Path(sys.argv[1]))
