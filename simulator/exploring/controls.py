"""Controls: a slider moves one or several keys of a scenario, among given values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from simulator.core.errors import InputError, Problem
from simulator.planning.grid import short
from simulator.scenario import yaml_text
from simulator.scenario.changes import path_of
from simulator.scenario.loading import Loaded
from simulator.scenario.yaml_text import Path_

#: Greatest number of values of a control; on a slider with more steps, single values are hard to hit.
MOST_VALUES = 1000
FORM = "should be a key with dots and its values, such as cluster.workers=4,8,16"
#: Keys that are the same in all worlds.
FIXED = ("plan", "title", "time_unit")


@dataclass(frozen=True)
class Control:
    """A slider: it puts one of the `values`, which have `names` on the page, at each of the `paths`.

    `at` is the index of the scenario's own value. With `numbers`, any other number may be requested too. `also` is
    put into the scenario whenever the value differs from the scenario's own. A control with `last` takes effect after
    all others.
    """

    key: str
    title: str
    paths: tuple[Path_, ...]
    names: tuple[str, ...]
    values: tuple[Any, ...]
    at: int = 0
    numbers: bool = False
    also: tuple[tuple[Path_, Any], ...] = ()
    last: bool = False

    def value(self, name: str) -> Any:
        """The value with the name `name` on the page; raises InputError if the control can't have it."""
        if name in self.names:
            return self.values[self.names.index(name)]
        if self.numbers and (number := _number(name)) is not None:
            return number
        shown = short(name)
        what = "a number, or one" if self.numbers else "one"
        raise InputError(Problem(self.key, f"{shown!r} should be {what} of {', '.join(self.names)}"))


def varied(loaded: Loaded, texts: Sequence[str]) -> list[Control]:
    """Controls from the command line, each as `KEY=VALUE,VALUE,…`; raises InputError for anything else."""
    controls: list[Control] = []
    for text in texts:
        control = _varied(loaded, text)
        twice = {path for other in controls for path in other.paths} & set(control.paths)
        if twice:
            raise _wrong(text, "varies what another --vary varies")
        controls.append(control)
    return controls


def given(loaded: Loaded, vary: Mapping[str, Sequence[Any] | Mapping[str, Any]]) -> list[Control]:
    """Controls from Python: a dictionary from dotted keys to values, or to names and values.

    Raises InputError for anything else.
    """
    controls = []
    for key, values in vary.items():
        named = values if isinstance(values, Mapping) else None
        names = None if named is None else tuple(map(str, named))
        controls.append(_control(loaded, key, list(values if named is None else named.values()), key, names))
    return controls


def _varied(loaded: Loaded, text: str) -> Control:
    key, equals, told = text.partition("=")
    if not equals:
        raise _wrong(text, FORM)
    return _control(loaded, key.strip(), _values(text, told), text)


def _control(
    loaded: Loaded, key: str, values: Sequence[Any], text: str, names: tuple[str, ...] | None = None
) -> Control:
    if not all(part.strip() for one in key.split(" & ") for part in one.split(".")):
        raise _wrong(text, FORM)
    if not 1 <= len(values) <= MOST_VALUES:
        raise _wrong(text, f"names {len(values):,} values; give from 1 to {MOST_VALUES:,}")
    paths = tuple(path_of(loaded.document.values, part.strip()) for part in key.split(" & "))
    fixed = next((path[0] for path in paths if path[0] in FIXED), None)
    if fixed is not None:
        raise _wrong(text, f"{fixed} can't be varied; all worlds share it")
    names = names or tuple(map(short, values))
    repeated = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if repeated is not None:
        raise _wrong(text, f"{repeated} stands there twice")
    own = entry(loaded.document.values, paths[0])
    at = values.index(own) if own in values else _nearest(values, own)
    return Control(key, title(paths[0]), paths, names, tuple(values), at)


def _values(text: str, told: str) -> list[Any]:
    try:
        values = yaml_text.parse(f"[{told}]".encode("utf-8", "replace"), Path("--vary")).values
    except InputError:
        raise _wrong(text, "has values that are not YAML; give them with commas, as in 4,8,16") from None
    return list(values)


def entry(values: Any, path: Path_) -> Any:
    """The entry at a path of plain values; None if there is none."""
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def title(path: Path_) -> str:
    """The title of a slider: its searcher, group or section, and the last word of its key."""
    words = str(path[-1]).replace("_", " ")
    owner = str(path[-2]) if len(path) > 2 and path[0] == "searchers" else ""  # noqa: PLR2004
    group = str(path[2]) if path[:2] == ("cluster", "groups") and len(path) > 3 else ""  # noqa: PLR2004
    section = str(path[-2]).replace("_", " ") if len(path) > 2 and not owner and not group else ""  # noqa: PLR2004
    return " ".join(filter(None, (owner, group, section, words)))


def link(controls: Sequence[Control], names: Sequence[str]) -> str:
    """A world as plain text, one control after the other, for a link."""
    return ", ".join(f"{control.title} {name}" for control, name in zip(controls, names, strict=True))


def _nearest(values: Sequence[Any], own: Any) -> int:
    """The index of the value nearest to the scenario's own; 0 if the values are not numbers."""
    numbers = [value for value in (*values, own) if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) <= len(values):
        return 0
    return min(range(len(values)), key=lambda place: abs(values[place] - own))


def _number(text: str) -> int | float | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
    return value if number else None


def _wrong(text: str, message: str) -> InputError:
    return InputError(Problem(f"--vary {text if len(text) <= 60 else text[:59] + '…'}", message))  # noqa: PLR2004
