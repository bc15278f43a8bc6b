"""Compare synchronous (SHA) and asynchronous (ASHA) successive halving on a simulated cluster.

This package has the names that a notebook needs. They come from `simulator.api`, which is imported when the first of
them is used.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # type checkers take it as true; to import it from typing would delay the handling of signals
if TYPE_CHECKING:
    from simulator.api import (
        Cluster,
        Law,
        Recorded,
        Stop,
        Synthetic,
        animate,
        asha,
        compare,
        examples,
        explore,
        load_scenario,
        plan,
        player,
        plot,
        preview,
        sha,
        share,
        simulate,
    )

    __version__: str

__all__ = [
    "Cluster", "Law", "Recorded", "Stop", "Synthetic", "animate", "asha", "compare",
    "examples", "explore", "load_scenario", "plan", "player", "plot", "preview", "sha", "share", "simulate",
]  # fmt: skip

if not TYPE_CHECKING:  # with __getattr__ a type checker would accept any name

    def __getattr__(name: str) -> object:
        if name in __all__:
            return getattr(import_module("simulator.api"), name)
        if name == "__version__":
            return import_module("importlib.metadata").version("asha-simulator")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
