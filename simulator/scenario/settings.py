"""Settings from outside a scenario's file: `--set KEY=VALUE`, and the changes of a Python call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.core.errors import InputError, Problem
from simulator.scenario import yaml_text
from simulator.scenario.changes import path_of
from simulator.scenario.yaml_text import Change, Document, Path_

#: The name of the option in error lines.
OPTION = "--set"
#: Values that leave a key out.
_NOTHING = {"", "~", "null", "Null", "NULL"}
#: Sections whose keys are names that users choose.
_NAMED = (("searchers",), ("searches",), ("cluster", "groups"))


def parse(texts: Iterable[str], values: Any) -> list[Change]:
    """Parse `KEY=VALUE` texts into changes of a scenario's plain `values`; raises InputError naming each mistake.

    A value is YAML on one line: a number, a text, a list such as [4, 8] or keys such as {workers: 4}. Nothing after
    the equals sign leaves the key out.
    """
    changes: list[Change] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            changes.append(_parse(text, values))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return changes


def changes_of(given: Mapping[str, object], values: Any, source: str) -> list[Change]:
    """Make changes from keys and plain values; `source` is the name in error lines."""
    return [Change(path_of(values, key), value, source) for key, value in given.items()]


def changed(document: Document, changes: Iterable[Change]) -> Document:
    """The document with the changes. These become a part of its bytes, and so of its digest.

    Raises InputError if a change leads through a value that has no keys.
    """
    changes = list(changes)
    if not changes:
        return document
    values: Any = deepcopy(document.values) if isinstance(document.values, dict) else {}
    problems = [problem for change in changes if (problem := _put(values, change)) is not None]
    if problems:
        raise InputError(problems)
    said = json.dumps({change.key: change.value for change in changes}, sort_keys=True, default=str)
    return replace(document, raw=document.raw + said.encode(), values=values, changes=(*document.changes, *changes))


def _parse(text: str, values: Any) -> Change:
    """Parse one KEY=VALUE; if a label has an equals sign, the key is the one with the most parts in the file."""
    if "=" not in text:
        raise InputError(Problem(OPTION, f"{text[:60]!r} should be KEY=VALUE, such as cluster.workers=16"))
    splits = [(text[: sign.start()], text[sign.end() :]) for sign in re.finditer("=", text)]
    key, value = max(splits, key=lambda split: _known(values, path_of(values, split[0])))  # the first of several
    if not all(part.strip() for part in key.split(".")):
        raise InputError(Problem(OPTION, f"{key[:60]!r} is not a dotted key, such as cluster.workers"))
    return Change(path_of(values, key), _value(key.strip(), value.strip()), OPTION)


def _value(key: str, text: str) -> Any:
    """Parse a value as YAML on one line; anything but lists, keys, quoted text and numbers is plain text."""
    if text in _NOTHING:
        return None
    structured = text[0] in "[{\"'"
    try:
        value = yaml_text.parse(text.encode("utf-8", "surrogateescape"), Path(OPTION)).values
    except InputError as error:
        if not structured:
            return text
        problem = error.problems[0]
        raise InputError(Problem(OPTION, problem.message, key=key)) from None
    return text if not structured and (value is None or isinstance(value, (str, dict, list))) else value


def _known(values: Any, path: Path_) -> int:
    """The number of keys of a path that exist, counted from its beginning."""
    for depth, key in enumerate(path):
        if not _has(values, key):
            return depth
        values = values[key]
    return len(path)


def _has(values: Any, key: str | int) -> bool:
    """Whether a mapping has this key, or a list this index."""
    if isinstance(values, list):
        return isinstance(key, int) and key < len(values)
    return isinstance(values, dict) and key in values


def _put(values: dict[str, Any], change: Change) -> Problem | None:
    """Make a change, with missing keys on the way; returns what is wrong with it, if anything."""
    if not change.path:
        return Problem(change.source, "should be a dotted key, such as cluster.workers")
    if "searchers" in values and change.path[0] == "searcher":
        labels = values["searchers"] if isinstance(values["searchers"], dict) else {}
        return change.problem(f"has no place in a file with `searchers`; name one of {', '.join(map(str, labels))}")
    place: Any = values
    for depth, part in enumerate(change.path):
        if isinstance(place, list) and not _has(place, part):
            return change.problem(f"is not an entry of the list: it has {len(place)}, counted from 0")
        if depth == len(change.path) - 1:
            break
        if not _has(place, part) and change.path[:depth] in _NAMED and place:
            return change.problem(f"there is no {part}; known here: {', '.join(map(str, place))}")
        if not _has(place, part) or place[part] is None:
            place[part] = {}
        if not isinstance(place[part], (dict, list)):
            return change.problem(f"{'.'.join(map(str, change.path[: depth + 1]))} is a value, which has no keys")
        place = place[part]
    if change.value is None and isinstance(place, dict):
        place.pop(part, None)
    else:
        place[part] = change.value
    return None
