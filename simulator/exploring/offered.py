"""The controls that every scenario with the right keys offers: those that a class asks for first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from simulator.experiment.experiment import curves_of
from simulator.exploring.controls import Control, title
from simulator.planning.grid import short
from simulator.scenario.loading import Loaded
from simulator.scenario.yaml_text import Path_

WORKERS = (
    1,
    2,
    3,
    4,
    5,
    6,
    8,
    10,
    12,
    16,
    20,
    25,
    32,
    40,
    50,
    64,
    80,
    100,
    128,
    160,
    200,
    256,
    320,
    400,
    512,
    640,
    800,
)
TRIALS = (1, 3, 6, 9, 16, 18, 27, 36, 54, 64, 81, 100, 120, 180, 243, 256, 300, 360, 500, 729, 1000, 1500, 2000)
DIVISORS = (2, 3, 4, 5, 6, 8, 10)
SPREADS = (0, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.3, 1.6, 2)
LOSSES = (0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
SEEDS = tuple(range(21))
#: The range of a slider ends at this number or above, and at this multiple of the scenario's value or above.
LEAST, REACH = 32, 4
#: The key that makes each kind of straggler worse, and its values.
STRAGGLERS: dict[str, tuple[str, Sequence[float]]] = {
    "half_normal": ("std", (0, 0.1, 0.2, 0.35, 0.5, 0.7, 1, 1.5, 2, 3)),
    "log_normal": ("sigma", (0, 0.05, 0.1, 0.15, 0.25, 0.5, 0.75, 1, 1.5)),
    "pareto": ("alpha", (1.2, 1.5, 2, 2.5, 3, 5, 10, 50)),
    "two_point": ("probability", (0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5)),
}
#: Greatest number of values of two sliders on a page that holds its worlds: the number of workers, and the divisor.
FEW, FEWER = 9, 3
#: Keys that mean the same in our searchers and in those of other libraries.
DIVISOR = ("divisor", "reduction_factor", "factor")
RUNGS = ("num_rungs", "max_rungs")
ALL = "all"


def offered(loaded: Loaded, recorded: int | None = None) -> list[Control]:
    """The controls of a scenario; if trials were recorded, no more than these `recorded` trials are offered."""
    return [
        *_cluster_size(loaded),
        *_searchers(loaded, recorded),
        *_times(loaded),
        *_trouble(loaded),
        *_others(loaded),
    ]


def all_controls(loaded: Loaded, first: Sequence[Control], seed: int | None = None) -> list[Control]:
    """The controls `first`, then the ones that the scenario offers for other keys.

    `seed` overrides the scenario's. Raises InputError for what is wrong in a file of curves.
    """
    if seed is not None:
        loaded = replace(loaded, scenario=loaded.scenario.model_copy(update={"seed": seed}))
    recorded = curves_of(loaded, loaded.scenario.seed).trials
    moved = {path for control in first for path in control.paths}
    return [*first, *(one for one in offered(loaded, recorded) if not moved & set(one.paths))]


def few(loaded: Loaded) -> list[Control]:
    """Controls for a page that holds its worlds: the number of workers and the divisor, with few values each."""
    kept = [control for control in offered(loaded) if control.paths[0][0] == "cluster" or control.title == "divisor"]
    return [_thinned(kept[0], FEW), *(_thinned(one, FEWER) for one in kept if one.title == "divisor")]


def _thinned(control: Control, most: int) -> Control:
    """The values nearest to the scenario's own."""
    first = max(0, min(control.at - most // 2, len(control.names) - most))
    these = slice(first, first + most)
    return replace(
        control, names=control.names[these], values=control.values[these], at=control.at - first, numbers=False
    )


def _cluster_size(loaded: Loaded) -> Iterator[Control]:
    cluster = loaded.scenario.cluster
    if cluster.workers is not None:
        yield _numbers([("cluster", "workers")], cluster.workers, _up_to(WORKERS, cluster.workers))
    for name, group in (cluster.groups or {}).items():
        yield _numbers([("cluster", "groups", name, "count")], group.count, _up_to(WORKERS, group.count))


def _searchers(loaded: Loaded, recorded: int | None) -> Iterator[Control]:
    """Controls for trials, divisor and rungs; searchers with the same number share one control."""
    blocks = loaded.scenario.searchers
    trials: dict[tuple[str, Any], list[Path_]] = {}
    for label, block in blocks.items():
        for word, names in (("trials", (block.counts,)), ("divisor", DIVISOR), ("rungs", RUNGS)):
            field = next((name for name in names if name in type(block).model_fields), None)
            if field is None or (word == "trials" and getattr(block, field) is None):
                continue
            trials.setdefault((word, getattr(block, field)), []).append((*_where(loaded, label), field))
    for word in ("trials", "divisor", "rungs"):
        found = {value: paths for (name, value), paths in trials.items() if name == word}
        for value, paths in found.items():
            called = word if len(found) == 1 else title(paths[0]) if len(paths) == 1 else f"{word} ({_owners(paths)})"
            if word == "rungs":
                yield _rungs(loaded, paths, value, called)
                continue
            values = _up_to(TRIALS, value, recorded) if word == "trials" else _with(DIVISORS, value)
            yield _numbers(paths, value, values, called)


def _rungs(loaded: Loaded, paths: Sequence[Path_], own: int | None, called: str) -> Control:
    labels = {str(path[1]) for path in paths if len(path) > 2} or set(loaded.scenario.searchers)  # noqa: PLR2004
    most = max(len(loaded.scenario.searchers[label].build().resources) for label in labels)
    counts = _with(tuple(range(1, most + 1)), own) if own is not None else list(range(1, most + 1))
    if own is not None:
        return _numbers(paths, own, counts, called)
    names = (ALL, *map(str, counts))
    return Control(_key(paths), called, tuple(paths), names, (None, *counts))


def _times(loaded: Loaded) -> Iterator[Control]:
    """Controls for the spread of the trials' times, if these are drawn."""
    curves = loaded.scenario.curves
    own = getattr(curves, "unit_time_sigma", None)
    drawn = getattr(curves, "unit_time", None) is not None and getattr(curves, "unit_times", None) is None
    if own is not None and drawn:
        yield _numbers([("curves", "unit_time_sigma")], own, _with(SPREADS, own), "spread of times (sd of log)")


def _trouble(loaded: Loaded) -> Iterator[Control]:
    cluster = loaded.scenario.cluster
    model = cluster.stragglers
    if model is None:
        name, levels = STRAGGLERS["half_normal"]
        values: list[Any] = [None, *({"kind": "half_normal", name: level} for level in levels[1:])]
        yield Control(
            "cluster.stragglers", "stragglers (std)", (("cluster", "stragglers"),), _names(levels), tuple(values)
        )
    elif model.kind in STRAGGLERS:
        name, levels = STRAGGLERS[model.kind]
        own = getattr(model, name)
        yield _numbers([("cluster", "stragglers", name)], own, _with(levels, own), f"stragglers ({name})")
    if cluster.drops is None:
        shares: list[Any] = [None, *({"probability": share} for share in LOSSES[1:])]
        called = "jobs lost (chance a minute)"
        yield Control("cluster.drops", called, (("cluster", "drops"),), _names(LOSSES), tuple(shares))
    else:
        own = cluster.drops.probability
        yield _numbers([("cluster", "drops", "probability")], own, _with(LOSSES, own), "jobs lost (chance)")


def _others(loaded: Loaded) -> Iterator[Control]:
    scenario = loaded.scenario
    ways = ("on_demand", "queued")
    at = ways.index(scenario.cluster.assignment)
    yield Control("cluster.assignment", "assignment", (("cluster", "assignment"),), ways, ways, at)
    labels = tuple(scenario.searchers)
    if len(labels) > 1 and "searchers" in loaded.document.values:
        alone = [{other: None for other in labels if other != label} for label in labels]
        yield Control(
            "searchers",
            "searchers",
            (("searchers",),),
            (ALL, *(f"{label} alone" for label in labels)),
            ({}, *alone),
            last=True,
        )
    curves = scenario.curves
    in_order = getattr(curves, "order", "") == "file" and not getattr(curves, "resample", True)
    also = ((("curves", "order"), "shuffled"),) if in_order else ()
    own = scenario.seed
    yield _numbers(
        [("seed",)], own, _with(SEEDS, own), "seed (order of the trials)" if in_order else "seed", also=also
    )


def _where(loaded: Loaded, label: str) -> Path_:
    """The path of a searcher's block; a file with one searcher may call it `searcher`."""
    return ("searchers", label) if "searchers" in loaded.document.values else ("searcher",)


def _owners(paths: Iterable[Path_]) -> str:
    return ", ".join(str(path[1]) for path in paths)


def _numbers(
    paths: Sequence[Path_],
    own: float,
    values: Sequence[float],
    called: str = "",
    also: tuple[tuple[Path_, Any], ...] = (),
) -> Control:
    at = list(values).index(own)
    return Control(
        _key(paths),
        called or title(paths[0]),
        tuple(paths),
        _names(values),
        tuple(values),
        at,
        numbers=True,
        also=also,
    )


def _key(paths: Iterable[Path_]) -> str:
    return " & ".join(".".join(map(str, path)) for path in paths)


def _names(values: Iterable[float]) -> tuple[str, ...]:
    return tuple(map(short, values))


def _with(values: Sequence[float], own: float) -> list[float]:
    return sorted({*values, own})


def _up_to(values: Sequence[int], own: int, limit: int | None = None) -> list[int]:
    """The scenario's own value, and the values that are not far above it."""
    top = max(LEAST, REACH * own)
    kept = {value for value in values if value <= top}
    if limit is not None:
        kept = {value for value in kept if value <= limit} | {limit}
    return sorted({*kept, own})
