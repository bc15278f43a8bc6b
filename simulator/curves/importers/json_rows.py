"""JSON in any usual form: lines or one array, nested objects, lists as columns, and Python's NaN."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.core.errors import InputError, Problem
from simulator.curves.importers.delimited import Delimited
from simulator.curves.importers.source import wrong

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Greatest number of columns, and of rows, of a table.
MOST_COLUMNS = 10_000
MOST_CELLS = 50_000_000
#: Name of the column that has the name of each row's list.
TRIAL = "trial"
#: Greatest number of levels of nested objects.
LEVELS = 50
#: Greatest number of levels of any JSON value. Python's own limit is 1,000 or more, and differs between versions.
DEEPEST = 500
#: Prefixes of names of a trial's configuration; a list under such a name is one value.
CONFIG = ("config", "param", "hparam", "hyperparameter")


def parse(path: Path, raw: bytes) -> Delimited:
    """Read the objects of a file as a table of texts; the keys of nested objects are joined by `/`.

    Lists of numbers are columns: an object with lists becomes one row for each of their entries. If there are several
    lists of objects, each list is a trial with the list's name. Raises InputError with the line.
    """
    import polars as pl

    lines: list[int] = []
    rows: list[dict[str, str | None]] = []
    names: dict[str, None] = {}
    for line, value in _objects(path, raw):
        if not isinstance(value, dict):
            raise InputError(Problem(str(path), "holds something other than an object of names and values", line))
        for row in _rows(path, line, flattened(value)):
            names.update(dict.fromkeys(row))
            rows.append(row)
            lines.append(line)
        if len(names) > MOST_COLUMNS or len(names) * len(rows) > MOST_CELLS:
            raise wrong(path, f"unpacks to {len(rows):,} rows of {len(names):,} columns, which is more than is read")
    if not rows:
        raise wrong(path, "holds no rows")
    frame = pl.DataFrame({name: pl.Series([row.get(name) for row in rows], dtype=pl.String) for name in names})
    place: NDArray[np.int64] = np.array(lines, np.int64)
    return Delimited(frame, place)


def loads(text: str | bytes) -> Any:
    """Parse a JSON value; raises ValueError if it is not JSON, or nested too deeply."""
    too_deep = ValueError("is nested too deeply")
    try:
        value = json.loads(text)
    except RecursionError:  # its limit depends on the version of Python
        raise too_deep from None
    opened = text.count("{") + text.count("[") if isinstance(text, str) else text.count(b"{") + text.count(b"[")
    if opened > DEEPEST and _deeper(value, DEEPEST):
        raise too_deep
    return value


def _deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists are nested in more than LEVELS levels."""
    inside = [value]
    for _ in range(levels + 1):
        inside = [inner for outer in inside if isinstance(outer, (dict, list)) for inner in _values(outer)]
    return bool(inside)


def _values(outer: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return outer.values() if isinstance(outer, dict) else outer


def flattened(value: dict[str, Any], above: str = "", level: int = 0) -> dict[str, Any]:
    """An object without objects inside: their keys are joined by `/`, as Ray Tune joins them."""
    made: dict[str, Any] = {}
    for key, inner in value.items():
        name = f"{above}/{key}" if above else str(key)
        if isinstance(inner, dict) and level < LEVELS:
            made.update(flattened(inner, name, level + 1))
        else:
            made[name] = inner
    return made


def _objects(path: Path, raw: bytes) -> Iterator[tuple[int, Any]]:
    try:
        text = raw.decode("utf-8-sig") if not raw.startswith((b"\xff\xfe", b"\xfe\xff")) else raw.decode("utf-16")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(Problem(str(path), f"byte 0x{raw[error.start]:02x} is not UTF-8 text", line)) from None
    first = text.lstrip()[:1]
    if first == "[":
        whole = _loaded(path, text, 1)
        yield from ((1, value) for value in whole if value is not None)
        return
    if first == "{":
        try:
            whole = loads(text)
        except ValueError:
            pass  # there is more than one object, so these are JSON Lines
        else:
            inside = {name: value for name, value in whole.items() if _is_list_of(value, dict)}
            told = _of_pandas(whole)
            if told is not None:
                yield from ((1, value) for value in told)
            elif len(inside) > 1:
                yield from ((1, {TRIAL: name, **value}) for name, table in inside.items() for value in table)
            else:
                yield from ((1, value) for value in next(iter(inside.values()), [whole]))
            return
    for number, row in enumerate(text.split("\n"), start=1):
        if row.strip():
            yield number, _loaded(path, row, number)


def _of_pandas(whole: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of an object that is a table as pandas writes it, by columns or as columns and data; else None."""
    if not whole.keys() - {"columns", "index", "data"} and {"columns", "data"} <= whole.keys():
        names, rows = whole["columns"], whole["data"]
        if isinstance(names, list) and _is_list_of(rows, list) and {len(row) for row in rows} == {len(names)}:
            return [dict(zip(map(str, names), row, strict=True)) for row in rows]
    columns = list(whole.values())
    if not _is_list_of(columns, dict) or {tuple(column) for column in columns} != {tuple(columns[0])}:
        return None
    if not all(key.isascii() and key.isdigit() for key in columns[0]):
        return None
    return [{name: column[key] for name, column in whole.items()} for key in columns[0]]


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, kind) for entry in value)


def _loaded(path: Path, text: str, line: int) -> Any:
    try:
        return loads(text)
    except json.JSONDecodeError as error:
        message = f"is not a sound JSON file: {error.msg}"
        raise InputError(Problem(str(path), message, line + error.lineno - 1, error.colno)) from None
    except ValueError as error:
        raise InputError(Problem(str(path), f"is not a sound JSON file: {error}", line)) from None


def _rows(path: Path, line: int, found: dict[str, Any]) -> Iterator[dict[str, str | None]]:
    lists = {
        name: value for name, value in found.items()
        if isinstance(value, list) and value and not name.lower().startswith(CONFIG)
        and not any(isinstance(cell, (list, dict)) for cell in value)
    }  # fmt: skip
    lengths = {len(value) for value in lists.values()}
    if not lists or lengths == {1}:
        yield {name: _text(value[0] if name in lists else value) for name, value in found.items()}
        return
    if len(lengths) > 1:
        told = ", ".join(f"{name[:40]} {len(value)}" for name, value in list(lists.items())[:4])
        message = f"has lists of unequal lengths: {told}; lists are columns, so leave out those that are not"
        raise InputError(Problem(str(path), message, line))
    same = {name: _text(value) for name, value in found.items() if name not in lists}
    for place in range(lengths.pop()):
        yield same | {name: _text(value[place]) for name, value in lists.items()} | {"#": str(place + 1)}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (list, dict)):
        return json.dumps(value)[:1000]
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)
