# /// script
# requires-python = "==3.11.*"
# dependencies = ["torch>=2.13", "keras==3.15.1", "keras-tuner==1.4.8"]
# ///
"""Keras: a CSVLogger's file for each run, and Keras Tuner's trial.json."""

from __future__ import annotations

import os

os.environ |= {"KERAS_BACKEND": "torch"}

from typing import Any

import keras
import keras_tuner
import numpy as np
import truth
from case import Case
from diary import Diary, learned

PROGRAM, STEP, EPOCHS = "keras", 0.2, 4
RATES = [0.5, 0.2, 0.7]


class Written(keras.callbacks.Callback):  # type: ignore[misc]
    """Makes a step of the diary in each epoch, and adds its loss to the epoch's metrics before the loggers see them."""

    def __init__(self, name: str, rate: float) -> None:
        super().__init__()
        self.name, self.rate, self.page = name, rate, Diary(name, {"lr": rate})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Train a step."""
        loss = learned({"lr": self.rate}, epoch + 1)
        self.page.step(epoch, STEP, loss)
        if logs is not None:
            logs["val_loss"] = loss


def model() -> Any:
    """A model of one weight."""
    made = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    made.compile(optimizer=keras.optimizers.SGD(0.01), loss="mse")
    return made


def csv_logger() -> None:
    """Three runs, each with training.csv in a folder; the third has a NaN, which stops it."""
    case = Case(PROGRAM, "csv-logger")
    data = np.ones((4, 1))
    for place, rate in enumerate(RATES):
        name = f"run-{place:02d}"
        (case.folder / name).mkdir()
        callbacks = [Written(name, rate), keras.callbacks.CSVLogger(str(case.folder / name / "training.csv"))]
        model().fit(data, data, epochs=EPOCHS, verbose=0, callbacks=callbacks)
    keep(case, {f"run-{place:02d}": "complete" for place in range(len(RATES))}, f"keras {keras.__version__}", "epoch")


class Model(keras_tuner.HyperModel):  # type: ignore[misc]
    """The model that Keras Tuner builds and trains."""

    def build(self, hp: Any) -> Any:
        """A model whose rate is a hyperparameter."""
        hp.Choice("lr", RATES)
        return model()

    def fit(self, hp: Any, model: Any, *args: Any, **settings: Any) -> Any:
        """Train, with a diary that has the trial's name."""
        rate = hp.get("lr")
        callbacks = [Written(f"trial_{RATES.index(rate)}", rate), *settings.pop("callbacks", [])]
        return model.fit(*args, **settings, callbacks=callbacks)


def tuner() -> None:
    """A grid of three trials."""
    case = Case("keras-tuner", "grid")
    data = np.ones((4, 1))
    search = keras_tuner.GridSearch(
        Model(), objective=keras_tuner.Objective("val_loss", "min"), directory=str(case.folder), project_name="grid"
    )
    search.search(data, data, epochs=EPOCHS, verbose=0)
    trials = search.oracle.trials
    names = {f"trial_{RATES.index(trial.hyperparameters.get('lr'))}": key for key, trial in trials.items()}
    segments = case.segments
    for segment in segments:
        segment["trial"] = f"trial_{names[segment['trial']]}"
    statuses = {f"trial_{key}": "complete" for key in trials}
    made = truth.of(
        segments, statuses, program=f"keras-tuner {keras_tuner.__version__}", metric="val_loss", mode="min",
        step="epoch", time="none", workers=1, longest=EPOCHS - 1,
    )  # fmt: skip
    case.keep(case.folder, made, lambda path: path.suffix == ".json")


def keep(case: Case, statuses: dict[str, str], program: str, step: str) -> None:
    """Keep the tables."""
    made = truth.of(
        case.segments, statuses, program=program, metric="val_loss", mode="min", step=step, time="none", workers=1,
        longest=EPOCHS - 1,
    )  # fmt: skip
    case.keep(case.folder, made, lambda path: path.suffix == ".csv")


if __name__ == "__main__":
    csv_logger()
    tuner()
