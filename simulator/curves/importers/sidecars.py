"""Configuration files beside a run's log: YAML or JSON with names and values."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simulator.core.errors import InputError
from simulator.curves.files import trials
from simulator.curves.importers import json_rows
from simulator.io import reading

NAMES = ("hparams.yaml", "args.yaml", "params.yaml", "config.yaml", "params.json", "hparams.json", "config.json")
#: Size in bytes of the largest configuration file, and the greatest number of names in one.
MAX_BYTES = 1 << 20
MOST = 200


def ours(names: Iterable[str]) -> set[str]:
    """The files of a folder that an import wrote there: curves, and the names of their trials beside them."""
    told = {name.removesuffix(trials.SUFFIX): name for name in names if name.endswith(trials.SUFFIX)}
    curves = {name for name in names if name.removesuffix(".gz").rpartition(".")[0] in told}
    return curves | {told[name.removesuffix(".gz").rpartition(".")[0]] for name in curves}


def beside(file: Path) -> dict[str, object]:
    """The configuration beside a log, from the first of `NAMES` that exists; empty if none can be read."""
    for name in NAMES:
        place = file.parent / name
        try:
            if place.is_file():
                return flat(loaded(place))
        except (InputError, OSError):
            continue
    return {}


def loaded(path: Path) -> Any:
    """The content of a YAML or JSON file; raises InputError if the file is not sound."""
    raw = reading.read_at_most(path, MAX_BYTES, "a configuration is a small file")
    if path.suffix == ".json":
        try:
            return json_rows.loads(raw)
        except ValueError:
            return None
    return _yaml(raw)


def _yaml(raw: bytes) -> Any:
    """The plain names and values of a YAML text, safely loaded; None if it is anything else."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if b"&" in raw and b"*" in raw:  # aliases may unpack to any size
        return None
    try:
        return YAML(typ="safe", pure=True).load(raw)
    except (YAMLError, ValueError, TypeError, AttributeError, RecursionError):
        return None


def flat(value: Any) -> dict[str, object]:
    """Plain names and values; the names of nested ones are joined by `/`."""
    if not isinstance(value, dict):
        return {}
    found = json_rows.flattened(value)
    plain = {
        str(name): inner if isinstance(inner, (bool, int, float, str)) else str(inner)[:200]
        for name, inner in found.items() if inner is not None
    }  # fmt: skip
    return dict(list(plain.items())[:MOST])
