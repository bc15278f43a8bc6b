"""Optuna's studies, from an SQLite storage or a journal file."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.core.errors import InputError
from simulator.curves.files.columns import LARGEST
from simulator.curves.importers import databases
from simulator.curves.importers.source import BEYOND, End, Found, Options, Trial, choose, need, wrong

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

SPREAD = "the trial's duration, spread evenly over its steps: Optuna logs no times of steps"


def read(path: Path, options: Options) -> Found:
    """The trials of a study with their intermediate values; pruned ones are cut short."""
    try:
        import optuna
        from optuna.trial import TrialState
    except ImportError:
        raise need(path, "optuna") from None
    ends = {
        TrialState.COMPLETE: End.FINISHED,
        TrialState.PRUNED: End.STOPPED,
        TrialState.FAIL: End.FAILED,
        TrialState.RUNNING: End.RUNNING,
    }
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with _storage(path) as storage:
        names = [summary.study_name for summary in optuna.get_all_study_summaries(storage, include_best_trial=False)]
        if not names:
            raise wrong(path, "holds no study")
        study = optuna.load_study(study_name=choose(path, "study", options.study, names, "--study"), storage=storage)
        directions = [direction.name for direction in study.directions]
        if len(directions) > 1:
            raise wrong(path, f"is a study of {len(directions)} objectives; only one can be a loss")
        metric = (study.metric_names or ["objective"])[0]
        if options.metric not in {None, metric}:
            raise wrong(path, f"has no metric {options.metric!r} but {metric!r}")
        found = Found(metric, directions[0] == "MAXIMIZE", [], Counter(), times=SPREAD)
        for trial in study.get_trials(deepcopy=False):
            if not trial.intermediate_values or trial.state not in ends:
                found.skipped["reports no intermediate value"] += 1
                continue
            if max(map(abs, trial.intermediate_values)) >= LARGEST:
                found.skipped[BEYOND] += 1
                continue
            found.trials.append(_trial(trial, ends[trial.state]))
    return found


def _trial(trial: Any, end: End) -> Trial:
    steps = np.array(list(trial.intermediate_values), np.int64)
    losses = np.array(list(trial.intermediate_values.values()), np.float64)
    if not (trial.datetime_start and trial.datetime_complete):
        return Trial(str(trial.number), steps, losses, None, end)
    start, stop = trial.datetime_start.timestamp(), trial.datetime_complete.timestamp()
    first = steps.min()
    elapsed = (stop - start) * (steps - first + 1) / (steps.max() - first + 1)
    return Trial(str(trial.number), steps, losses, elapsed, end, (start, stop))


@contextmanager
def _storage(path: Path) -> Iterator[BaseStorage]:
    """Optuna's own reader on a copy of the file: opening a storage may write to it."""
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend

    if path.is_dir():
        raise wrong(path, "is a folder; Optuna's storage is an SQLite or a journal file")
    what = "storage" if databases.is_sqlite(path) else "journal"
    try:
        if what == "storage":
            with databases.copied(path, {"studies", "trials", "version_info"}, "Optuna") as copy:
                storage = RDBStorage(f"sqlite:///{copy}", skip_compatibility_check=False)
                try:
                    yield storage
                finally:
                    storage.engine.dispose()
            return
        with tempfile.TemporaryDirectory(prefix="asha-simulator-") as folder:
            copy = Path(folder) / "journal.log"
            shutil.copyfile(path, copy)
            yield JournalStorage(JournalFileBackend(str(copy)))
    except (InputError, OSError, MemoryError):
        raise
    except ValueError as error:  # JSON and dates among others
        raise wrong(path, f"is no sound {what}: {_first_line(error)}") from None
    except Exception as error:  # (whatever Optuna comes up with where it did not write what it reads)
        raise wrong(
            path, f"is no {what} of this Optuna: {_first_line(getattr(error, 'orig', None) or error)}"
        ) from None


def _first_line(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:160]
