"""The twelve pilots of docs/pilots-to-plan.md: made-up runs, as a table from a training script and as an Optuna study.

`python -m tools.pilots` writes scenarios/pilots/log.csv and scenarios/pilots/study.db, which needs Optuna.
"""

from __future__ import annotations

import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from simulator.core.ticks import PER_SECOND
from simulator.curves.synthetic import Law, Synthetic

FOLDER = Path(__file__).parents[1] / "scenarios" / "pilots"
PILOTS, EPOCHS, SEED = 12, 27, 22
#: An epoch takes some seven minutes.
LAW = Law(best=0.18, worst=0.9, gain=0.8, noise=0.004, unit_s=420.0, unit_sigma=0.12, skew=1.2)


def points() -> list[tuple[int, int, float, float]]:
    """Pilot, epoch, loss and seconds since the pilot's start, a row for each epoch."""
    trials = Synthetic(LAW, SEED)
    jitter = np.random.default_rng(SEED).normal(1.0, 0.01, (PILOTS, EPOCHS))
    rows = []
    for pilot in range(PILOTS):
        elapsed = 0.0
        for epoch in range(1, EPOCHS + 1):
            spent, loss, _ = trials.train(pilot, epoch - 1, epoch)
            elapsed += spent / PER_SECOND * jitter[pilot, epoch - 1]
            rows.append((pilot, epoch, round(loss, 4), round(elapsed, 1)))
    return rows


def log(path: Path) -> None:
    """Write the pilots as a training script would log them."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("run", "epoch", "val_loss", "seconds"))
        writer.writerows((f"pilot-{pilot:02}", *rest) for pilot, *rest in points())


def study(path: Path) -> None:
    """Write the pilots as an Optuna study whose trials reported every epoch."""
    import optuna
    from optuna.trial import TrialState, create_trial

    path.unlink(missing_ok=True)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = optuna.create_study(storage=f"sqlite:///{path}", study_name="pilots", direction="minimize")
    begin = datetime(2026, 11, 2, 9)
    for pilot in range(PILOTS):
        mine = [row for row in points() if row[0] == pilot]
        trial = create_trial(
            state=TrialState.COMPLETE, value=mine[-1][2], intermediate_values={row[1]: row[2] for row in mine}
        )
        trial.datetime_start = begin + timedelta(hours=4 * pilot)
        trial.datetime_complete = trial.datetime_start + timedelta(seconds=mine[-1][3])
        made.add_trial(trial)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    log(FOLDER / "log.csv")
    if "--log" not in sys.argv:
        study(FOLDER / "study.db")
