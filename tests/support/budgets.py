"""How much is tried: a little, and the same every time, in `make test`; a lot, and other things every time, in `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

#: How many times the whole budget of `make fuzz`; 0 is that of `make test`.
FUZZ = float(os.environ.get("FUZZ", "0"))
#: Slow strategies and large examples are meant.
MEANT = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
)


def budget(test: int, fuzz: int) -> settings:
    """Examples in `make test` and in `make fuzz`."""
    return settings(
        max_examples=max(int(fuzz * FUZZ), 1) if FUZZ else test,
        derandomize=not FUZZ,
        database=None,
        deadline=None,
        suppress_health_check=MEANT,
        print_blob=bool(FUZZ),
    )
