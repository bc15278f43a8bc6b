"""Changes to the plain values of a scenario, by dotted keys."""

from __future__ import annotations

import re
from typing import Any

from simulator.scenario.yaml_text import Path_


def path_of(values: Any, text: str) -> Path_:
    """The path of keys that a dotted text means; a key of the file may contain dots itself, as in `plan.vary`.

    In a file with one `searcher:` block, the block may also have the name that it has in results: `searchers.asha`.
    """
    path = _path(values, text.strip())
    block = values.get("searcher") if isinstance(values, dict) and "searchers" not in values else None
    if isinstance(block, dict) and path[:2] == ("searchers", block.get("name")):
        return ("searcher", *path[2:])
    return path


def _path(values: Any, text: str, above: Path_ = ()) -> Path_:
    if not text:
        return ()
    if above == ("plan", "vary"):
        return (text,)
    if isinstance(values, list):
        first, _, rest = text.partition(".")
        key: str | int = int(first) if re.fullmatch(r"[0-9]{1,6}", first) else first
        below = values[key] if isinstance(key, int) and key < len(values) else None
        return (key, *_path(below, rest, (*above, key)))
    known = [key for key in values if text == key or text.startswith(f"{key}.")] if isinstance(values, dict) else []
    name = max(known, key=len, default=text.partition(".")[0])
    below = values.get(name) if isinstance(values, dict) else None
    return (name, *_path(below, text[len(name) + 1 :], (*above, name)))


def put(values: dict[str, Any], path: Path_, value: Any) -> None:
    """Set the value at `path`; missing keys on the way are made."""
    *way, last = map(str, path)
    for key in way:
        below = values.get(key)
        values[key] = dict(below) if isinstance(below, dict) else {}
        values = values[key]
    _merge(values, last, value)


def _merge(values: dict[str, Any], key: str, value: Any) -> None:
    """A JSON merge patch (RFC 7396)."""
    if value is None:
        values.pop(key, None)
    elif isinstance(value, dict):
        below = values[key] = dict(values[key]) if isinstance(values.get(key), dict) else {}
        for name, item in value.items():
            _merge(below, name, item)
    else:
        values[key] = value
