# /// script
# requires-python = "==3.11.*"
# dependencies = ["torch>=2.13", "transformers==5.23.0", "accelerate"]
# ///
"""Hugging Face's trainer_state.json: training and evaluation in one history, epochs that are fractions."""

from __future__ import annotations

import os

os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}

from typing import Any

import torch
import transformers
import truth
from case import Case
from diary import Diary, learned
from transformers import Trainer, TrainingArguments

PROGRAM, STEP, EPOCHS, BATCHES = "hugging-face", 0.2, 4, 3
RATES = [0.5, 0.2, 0.7]


class Line(torch.nn.Module):
    """A model of one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        """The squared error of the model."""
        return {"loss": (self.layer(x) - labels).pow(2).mean()}


class Evaluated(Trainer):  # type: ignore[misc]
    """A trainer whose evaluation is a step of the diary, with its loss."""

    page: Diary
    rate: float

    def evaluate(self, *args: Any, **settings: Any) -> dict[str, float]:  # noqa: ARG002  (as the trainer calls it)
        """Write down the step and report its loss under the names that the trainer uses."""
        step = self.state.global_step
        loss = learned({"lr": self.rate}, step)
        self.page.step(step, STEP, loss)
        metrics = {"eval_loss": loss, "eval_runtime": STEP}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def main() -> None:
    """Three trials, each a folder with the checkpoints that hold the states."""
    case = Case(PROGRAM, "trials")
    data = [{"x": torch.ones(1), "labels": torch.zeros(1)}] * (2 * BATCHES)
    for place, rate in enumerate(RATES):
        name = f"run-{place}"
        settings = TrainingArguments(
            output_dir=str(case.folder / name), num_train_epochs=EPOCHS, per_device_train_batch_size=2,
            learning_rate=rate / 10, eval_strategy="epoch", save_strategy="epoch", logging_steps=2, report_to=[],
            disable_tqdm=True, use_cpu=True, save_total_limit=1,
        )  # fmt: skip
        trainer = Evaluated(model=Line(), args=settings, train_dataset=data, eval_dataset=data)
        trainer.page, trainer.rate = Diary(name, {"learning_rate": rate / 10}), rate
        trainer.train()
    statuses = {f"run-{place}": "complete" for place in range(len(RATES))}
    about = truth.of(
        case.segments, statuses, program=f"transformers {transformers.__version__}", metric="eval_loss", mode="min",
        step="step", time="none", workers=1, longest=EPOCHS * BATCHES,
    )  # fmt: skip
    case.keep(case.folder, about, lambda path: path.name == "trainer_state.json")


if __name__ == "__main__":
    main()
