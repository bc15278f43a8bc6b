"""Changes to the plain values of a scenario: dotted keys, and what is put where they point."""

from __future__ import annotations

from typing import Any

from simulator.scenario.yaml_text import Path_


def path_of(values: Any, text: str) -> Path_:
    """The keys that a dotted text means; a key of the file may have dots of its own."""
    if not text:
        return ()
    known = [key for key in values if text == key or text.startswith(f"{key}.")] if isinstance(values, dict) else []
    key = max(known, key=len, default=text.partition(".")[0])
    below = values.get(key) if isinstance(values, dict) else None
    return (key, *path_of(below, text[len(key) + 1 :]))


def put(values: dict[str, Any], path: Path_, value: Any) -> None:
    """Set what stands at `path`, keys on the way made where they are missing."""
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
