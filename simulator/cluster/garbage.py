"""Switches off Python's search for cyclic garbage, which a simulation does not need."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch the garbage collector off inside the block.

    A run of the model makes millions of events and no cycles of them, and the search for cycles takes a seventh of
    its time. The fast loop gains nothing by it.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
