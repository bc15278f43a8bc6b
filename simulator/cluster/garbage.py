"""Python's search for cycles of garbage, which a simulation has no use for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for none meanwhile: a run makes millions of tuples and no cycle, and the look is a tenth of its time."""
    collecting = gc.isenabled()
    if collecting:
        gc.collect(1)  # what is young and garbage must not grow old with the rest
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if not gc.get_freeze_count():  # what a caller has frozen must not thaw
                gc.freeze()
                gc.unfreeze()  # all are old now, and spared the look through the young that is due
            gc.enable()
