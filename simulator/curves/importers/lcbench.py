"""LCBench's JSON: 2,000 configurations on each of 35 data sets (Zimmer et al. 2021)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from simulator.core.errors import InputError
from simulator.curves.files.columns import LARGEST
from simulator.curves.importers import sidecars
from simulator.curves.importers.frames import read_bytes
from simulator.curves.importers.source import BEYOND, Found, Options, Trial, choose, wrong

LOSS = "Train/val_cross_entropy"
SCORES = ("accuracy", "balanced")


USES = frozenset({"study"})


def read(path: Path, options: Options) -> Found:  # noqa: C901
    """Read the configurations of one data set; entry 0 of a log, which is from before training, takes no time."""
    if path.is_dir():
        raise wrong(path, "is a folder; LCBench's data is a JSON file")
    try:
        data = json.loads(read_bytes(path))
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise wrong(path, f"is not sound JSON: {error}") from None
    sets = sorted(name for name, inside in data.items() if _is_set(inside)) if isinstance(data, dict) else []
    if not sets:
        raise wrong(path, "is not LCBench's JSON: data set, configuration, log, metric")
    inside: dict[str, Any] = data[choose(path, "data set", options.study, sets, "--study")]
    metrics = sorted({key for entry in inside.values() for key in _log(entry) if key not in {"time", "epoch"}})
    if not metrics:
        raise wrong(path, "holds no logs")
    wanted = options.metric if options.metric in metrics or not options.metric else f"Train/{options.metric}"
    metric = LOSS if wanted is None and LOSS in metrics else choose(path, "metric", wanted, metrics, "--metric")
    found = Found(metric, any(word in metric for word in SCORES), [], Counter(), origin=0)
    for name, entry in inside.items():
        log = _log(entry)
        try:
            losses = np.array(log[metric], np.float64)
            when = np.array(log["time"], np.float64)
        except KeyError as error:
            found.skipped[f"does not report {error.args[0]}"] += 1
            continue
        except (TypeError, ValueError):
            found.skipped["has a log that is not a list of numbers"] += 1
            continue
        if losses.ndim != 1 or losses.shape != when.shape or len(losses) < 2:  # noqa: PLR2004
            found.skipped["has a log of unequal lengths, or none"] += 1
            continue
        steps = options.resources(np.arange(1.0, len(losses)))
        if (np.abs(steps) >= LARGEST).any():
            found.skipped[BEYOND] += 1
            continue
        if (steps != np.rint(steps)).any():
            raise wrong(path, "has steps that are not whole numbers, even after --step-scale")
        config = sidecars.flat(entry.get("config"))
        found.trials.append(
            Trial(
                str(name), np.rint(steps).astype(np.int64), losses[1:], when[1:] - when[0], config=config, marked=True
            )
        )
    return found


def _is_set(inside: Any) -> bool:
    return isinstance(inside, dict) and any(isinstance(entry, dict) and "log" in entry for entry in inside.values())


def _log(entry: Any) -> dict[str, Any]:
    log = entry.get("log") if isinstance(entry, dict) else None
    return log if isinstance(log, dict) else {}
