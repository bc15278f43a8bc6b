# /// script
# requires-python = "==3.11.*"
# dependencies = ["wandb==0.31.0"]
# ///
"""W&B's offline runs, which are binary files that `wandb` reads; one diverges, one crashes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ |= {
    "WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_HOST": "a-host", "WANDB_USERNAME": "a-user",
    "WANDB_DISABLE_GIT": "true", "WANDB_DISABLE_CODE": "true", "WANDB__DISABLE_STATS": "true",
    "WANDB__DISABLE_META": "true", "WANDB_CONSOLE": "off", "WANDB__DISABLE_MACHINE_INFO": "true",
    "WANDB_X_DISABLE_STATS": "true", "WANDB_X_DISABLE_META": "true", "WANDB_X_DISABLE_MACHINE_INFO": "true",
}  # fmt: skip

import subprocess

import truth
import wandb
from case import Case
from diary import Diary, learned

PROGRAM, STEP, EPOCHS = "wandb", 3.0, 5
RATES = [0.5, 0.2, 0.7, 0.3]


def train(place: int, folder: Path) -> None:
    """One run; the third diverges after epoch 2, the fourth crashes after epoch 3."""
    rate, name = RATES[place], f"trial-{place}"
    run = wandb.init(project="tuning", name=name, dir=str(folder), config={"lr": rate}, settings=wandb.Settings(
        x_disable_stats=True, x_disable_meta=True, x_disable_machine_info=True, console="off", disable_git=True,
        save_code=False, host="a-host",
    ))  # fmt: skip
    page = Diary(name, {"lr": rate})
    for epoch in range(1, EPOCHS + 1):
        loss = learned({"lr": rate}, epoch) if place != 2 or epoch <= 2 else float("nan")
        page.step(epoch, STEP, loss)
        run.log({"epoch": epoch, "val": {"loss": loss}})
        if place == 3 and epoch == 3:
            page.note("crashes")
            raise RuntimeError("the training crashed")
    run.finish()


def main() -> None:
    """Four runs, each in a separate process, two at a time."""
    case = Case(PROGRAM, "offline")
    for pair in ((0, 1), (2, 3)):
        started = [subprocess.Popen([sys.executable, __file__, case.folder, str(place)]) for place in pair]
        for process in started:
            process.wait()
    statuses = {"trial-0": "complete", "trial-1": "complete", "trial-2": "diverged", "trial-3": "failed"}
    about = truth.of(
        case.segments, statuses, program=f"wandb {wandb.__version__}", metric="val.loss", mode="min", step="epoch",
        time="_runtime", workers=2, longest=EPOCHS,
    )  # fmt: skip
    case.keep(case.folder, about, lambda path: path.suffix == ".wandb")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        train(int(sys.argv[2]), Path(sys.argv[1]))
    else:
        main()
