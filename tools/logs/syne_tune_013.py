# /// script
# requires-python = "==3.11.*"
# dependencies = ["syne-tune==0.13"]
# ///
"""Syne Tune 0.13: ASHA of both types, and trials that crash."""

from __future__ import annotations

from typing import Any

import syne_tune_case as case
from syne_tune.optimizer.baselines import ASHA, RandomSearch

RATES = [0.5, 0.2, 0.7, 0.3, 0.9, 0.1, 0.6, 0.4, 0.8, 0.25, 0.15, 0.65]


def asha(kind: str) -> Any:
    """A scheduler of this type."""

    def make(space: dict[str, Any], trials: list[dict[str, Any]]) -> Any:
        return ASHA(
            space, metric="loss", mode="min", resource_attr="epoch", max_resource_attr="epochs", grace_period=1,
            reduction_factor=3, type=kind, points_to_evaluate=trials, random_seed=1,
            search_options={"debug_log": False},
        )  # fmt: skip

    return make


def main() -> None:
    """All cases."""
    sound = [{"lr": rate, "crashes": 0} for rate in RATES]
    case.run("promotion", sound, asha("promotion"))
    case.run("stopping", sound, asha("stopping"))
    mixed = [{"lr": rate, "crashes": 2 * (place % 3 == 1)} for place, rate in enumerate(RATES[:6])]
    case.run(
        "crashed",
        mixed,
        lambda space, trials: RandomSearch(
            space, metric="loss", mode="min", points_to_evaluate=trials, random_seed=1
        ),
        failures=5,
    )


if __name__ == "__main__":
    main()
