# /// script
# requires-python = "==3.11.*"
# dependencies = ["tensorboardX==2.6.5"]
# ///
"""TensorBoard's event files, written by tensorboardX: separate training and validation, and a run that is resumed."""

from __future__ import annotations

import socket
import time

import tensorboardX
import truth
from case import Case
from diary import Diary, learned

socket.gethostname = lambda: "a-host"  # it is part of the names of event files
PROGRAM, STEP, EPOCHS = "tensorboard", 1.5, 5
RATES = [0.5, 0.2, 0.7]


def split() -> None:
    """A run has a folder for training and one for validation, as Keras writes them."""
    case = Case(PROGRAM, "train-and-validation")
    for place, rate in enumerate(RATES):
        name = f"trial-{place}"
        writers = {
            part: tensorboardX.SummaryWriter(str(case.folder / name / part)) for part in ("train", "validation")
        }
        page = Diary(name, {"lr": rate})
        for epoch in range(EPOCHS):
            loss = learned({"lr": rate}, epoch + 1)
            page.step(epoch, STEP, loss)
            writers["train"].add_scalar("epoch_loss", loss / 2, epoch)
            writers["validation"].add_scalar("epoch_loss", loss, epoch)
        for writer in writers.values():
            writer.close()
    keep(case, "epoch_loss", {f"trial-{place}": "complete" for place in range(len(RATES))}, parts="validation")


def resumed() -> None:
    """One of two runs is interrupted and resumed seconds later, with a second file in its folder."""
    case = Case(PROGRAM, "resumed")
    for place, rate in enumerate(RATES[:2]):
        name = f"trial-{place}"
        for begin, end in ((0, EPOCHS),) if place else ((0, 3), (3, EPOCHS)):
            if begin:
                time.sleep(30)
            writer = tensorboardX.SummaryWriter(str(case.folder / name))
            page = Diary(name, {"lr": rate}, begin)
            for epoch in range(begin + 1, end + 1):
                loss = learned({"lr": rate}, epoch)
                page.step(epoch, STEP, loss)
                writer.add_scalar("val/loss", loss, epoch)
            writer.close()
    keep(case, "val/loss", {"trial-0": "complete", "trial-1": "complete"})


def keep(case: Case, tag: str, statuses: dict[str, str], **about: object) -> None:
    """Keep the event files; they have no status, so the truth has what the runs really did."""
    made = truth.of(
        case.segments, statuses, program=f"tensorboardX {tensorboardX.__version__}", metric=tag, mode="min",
        step="step", time="wall time", workers=1, longest=EPOCHS, **about,
    )  # fmt: skip
    case.keep(case.folder, made)


if __name__ == "__main__":
    split()
    resumed()
