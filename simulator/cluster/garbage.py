"""Python's search for cycles of garbage, which a simulation has no use for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch the garbage collector off for a while.

    A run of the model makes millions of events and no cycle of them, and looking for cycles takes a seventh of its
    time. The fast loop gains nothing by it.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
