"""Budgets of random tests: few and fixed examples in `make test`, many and new ones in `make fuzz`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

from hypothesis import HealthCheck, settings

T = TypeVar("T")

#: Multiple of the full budget, which `make fuzz` sets; 0 means the budget of `make test`.
FUZZ = float(os.environ.get("FUZZ", "0"))
#: Health checks that are off, because slow strategies and large examples are intended.
MEANT = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
)


def some(variants: Iterable[T], *, most: int = 1) -> list[T]:
    """In `make test` the first `most` of some long variants, and in `make fuzz` all of them."""
    return list(variants) if FUZZ else list(variants)[:most]


def budget(test: int, fuzz: int) -> settings:
    """The settings with a number of examples for `make test`, and one for `make fuzz`."""
    return settings(
        max_examples=max(int(fuzz * FUZZ), 1) if FUZZ else test,
        derandomize=not FUZZ,
        database=None,
        deadline=None,
        suppress_health_check=MEANT,
        print_blob=bool(FUZZ),
    )
