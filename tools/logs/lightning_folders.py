# /// script
# requires-python = "==3.11.*"
# dependencies = ["torch>=2.13", "pytorch-lightning==2.6.6"]
# ///
"""Lightning's CSVLogger: a folder for each version, with training and validation in separate rows."""

from __future__ import annotations

import logging
import warnings

import pytorch_lightning as lightning
import torch
import truth
from case import Case
from diary import Diary, learned
from pytorch_lightning.loggers import CSVLogger
from torch.utils.data import DataLoader, TensorDataset

PROGRAM, STEP, EPOCHS = "lightning", 0.2, 4
RATES = [0.5, 0.2, 0.7]


class Module(lightning.LightningModule):
    """A linear model whose validation loss is the diary's; it is validated in every epoch, or in every second one."""

    def __init__(self, lr: float, page: Diary) -> None:
        super().__init__()
        self.save_hyperparameters("lr")
        self.layer, self.page, self.lr = torch.nn.Linear(1, 1), page, lr

    def training_step(self, batch: list[torch.Tensor]) -> torch.Tensor:
        """A step of the real model, logged at every step."""
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("train_loss", loss, on_step=True, on_epoch=False)
        return loss

    def validation_step(self, _: list[torch.Tensor], number: int) -> None:
        """Log the loss once per epoch, as a double: a float32 would change it."""
        if number == 0:
            epoch = self.current_epoch
            loss = learned({"lr": self.lr}, epoch + 1)
            self.page.step(epoch, STEP, loss)
            self.log("val_loss", torch.tensor(loss, dtype=torch.float64))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Plain gradient descent."""
        return torch.optim.SGD(self.parameters(), lr=0.01)


def main() -> None:
    """Three versions, one after the other."""
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    case = Case(PROGRAM, "versions")
    data = DataLoader(TensorDataset(torch.ones(6, 1)), batch_size=2)
    for place, rate in enumerate(RATES):
        name = f"version_{place}"
        trainer = lightning.Trainer(
            max_epochs=EPOCHS, logger=CSVLogger(str(case.folder), name=""), enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0, log_every_n_steps=1,
            accelerator="cpu",
        )  # fmt: skip
        trainer.fit(Module(rate, Diary(name, {"lr": rate})), data, data)
    statuses = {f"version_{place}": "complete" for place in range(len(RATES))}
    about = truth.of(
        case.segments, statuses, program=f"pytorch-lightning {lightning.__version__}", metric="val_loss", mode="min",
        step="epoch", time="none", workers=1, longest=EPOCHS - 1,
    )  # fmt: skip
    case.keep(case.folder, about)


if __name__ == "__main__":
    main()
