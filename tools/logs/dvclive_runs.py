# /// script
# requires-python = "==3.11.*"
# dependencies = ["dvclive==3.49.1"]
# ///
"""DVCLive's folders: tables separated by tabs, one for each metric, with times."""

from __future__ import annotations

import os
from pathlib import Path

os.environ |= {"DVCLIVE_LOGLEVEL": "ERROR", "DVC_NO_ANALYTICS": "true"}

import truth
from case import Case
from diary import Diary, learned
from dvclive import Live

PROGRAM, STEP, EPOCHS = "dvclive", 1.0, 5
RATES = [0.5, 0.2, 0.7]


def main() -> None:
    """Three runs, one after the other."""
    case = Case(PROGRAM, "runs")
    os.chdir(case.folder)
    for place, rate in enumerate(RATES):
        name = f"trial-{place}"
        page = Diary(name, {"lr": rate})
        with Live(dir=str(Path(name)), save_dvc_exp=False, dvcyaml=None, report=None) as live:
            live.log_param("lr", rate)
            for epoch in range(EPOCHS):
                loss = learned({"lr": rate}, epoch + 1)
                page.step(epoch, STEP, loss)
                live.log_metric("val/loss", loss, timestamp=True)
                live.log_metric("train/loss", loss / 2)
                live.next_step()
    statuses = {f"trial-{place}": "complete" for place in range(len(RATES))}
    about = truth.of(
        case.segments, statuses, program="dvclive 3.49.1", metric="val/loss", mode="min", step="step",
        time="timestamp", workers=1, longest=EPOCHS,
    )  # fmt: skip
    case.keep(case.folder, about)


if __name__ == "__main__":
    main()
