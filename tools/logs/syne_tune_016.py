# /// script
# requires-python = "==3.11.*"
# dependencies = ["syne-tune==0.16"]
# ///
"""Syne Tune 0.16, whose ASHA stops trials and does not promote; and trials that crash."""

from __future__ import annotations

import syne_tune_case as case
from syne_tune.optimizer.baselines import ASHA, RandomSearch

RATES = [0.5, 0.2, 0.7, 0.3, 0.9, 0.1, 0.6, 0.4, 0.8, 0.25, 0.15, 0.65]


def main() -> None:
    """All cases."""
    sound = [{"lr": rate, "crashes": 0} for rate in RATES]
    case.run(
        "stopping",
        sound,
        lambda space, trials: ASHA(
            space, metric="loss", time_attr="epoch", max_t=case.EPOCHS, grace_period=1, reduction_factor=3,
            points_to_evaluate=trials, random_seed=1,
        ),
    )  # fmt: skip
    mixed = [{"lr": rate, "crashes": 2 * (place % 3 == 1)} for place, rate in enumerate(RATES[:6])]
    case.run(
        "crashed",
        mixed,
        lambda space, trials: RandomSearch(space, metrics=["loss"], points_to_evaluate=trials, random_seed=1),
        failures=5,
    )


if __name__ == "__main__":
    main()
