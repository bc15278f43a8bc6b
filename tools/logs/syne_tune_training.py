"""The program that Syne Tune starts for each trial: it reads its checkpoint, trains, reports, and may crash."""

from __future__ import annotations

import argparse
from pathlib import Path

from diary import Diary, learned
from syne_tune import Reporter

STEP = 0.2  # seconds


def main() -> None:
    """Train up to `--epochs`; a trial crashes after epoch `--crashes`, unless that is 0."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--crashes", type=int)
    parser.add_argument("--st_checkpoint_dir", type=Path)
    options, _ = parser.parse_known_args()
    folder: Path = options.st_checkpoint_dir
    saved = folder / "epoch"
    start = int(saved.read_text()) if saved.exists() else 0
    config = {"lr": options.lr, "epochs": options.epochs, "crashes": options.crashes}
    report = Reporter()
    page = Diary(folder.parent.name, config, start)
    for epoch in range(start + 1, options.epochs + 1):
        loss = learned(config, epoch)
        page.step(epoch, STEP, loss)
        folder.mkdir(parents=True, exist_ok=True)
        saved.write_text(str(epoch))
        report(epoch=epoch, loss=loss)
        if epoch == options.crashes:
            page.note("crashes")
            raise RuntimeError("the training crashed")


if __name__ == "__main__":
    main()
