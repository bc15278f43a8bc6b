"""YAML as plain values, with the line and column of every entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean

from simulator import files
from simulator.errors import InputError, Problem

#: A scenario is written by hand; anything larger is another kind of file, or an attack.
MAX_BYTES = 1_000_000
MAX_ENTRIES = 20_000

#: Where an entry stands: keys and indices from the root down.
Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A YAML file: its bytes, its plain values, and (line, column), 1-based, of each entry's key and value."""

    path: Path
    raw: bytes
    values: Any
    keys: Mapping[Path_, tuple[int, int]]

    def problem(self, where: Path_, message: str) -> Problem:
        """A problem with the entry `where`, or with the nearest of its parents that is in the file."""
        place = where
        while place and place not in self.keys:
            place = place[:-1]
        line, column = self.keys.get(place, (1, 1))
        return Problem(str(self.path), message, line, column, ".".join(str(part) for part in where))


def read(path: Path) -> Document:
    """Read a YAML 1.2 file safely; raises InputError with the place of what is wrong."""
    return parse(_bytes(path), path)


def parse(raw: bytes, path: Path) -> Document:
    """Read YAML 1.2 text as if it stood in the file `path`; raises InputError with the place of what is wrong."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8 text; a scenario is a YAML file"
        raise InputError(Problem(str(path), message, line, column)) from None
    try:
        tree = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = " ".join((error.problem or error.context or "malformed").split())
        raise InputError(Problem(str(path), f"not valid YAML: {said}", *place)) from None
    except (YAMLError, ValueError, RecursionError, NotImplementedError, AttributeError, TypeError) as error:
        # the library's own slips on hostile text are the text's fault
        said = "nested too deeply" if isinstance(error, RecursionError) else str(error).split("\n")[0]
        raise InputError(Problem(str(path), f"not valid YAML: {said}", 1, 1)) from None
    keys: dict[Path_, tuple[int, int]] = {}
    values = _Plain(path, keys).convert(tree, (), (1, 1))
    return Document(path, raw, values, keys)


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise InputError(Problem(str(path), "is a folder; a scenario is a YAML file"))
    raw = files.read_at_most(path, MAX_BYTES, "a scenario is a small YAML file")
    if not raw.strip():
        raise InputError(Problem(str(path), "is empty; a scenario needs searchers, curves and cluster", 1, 1))
    return raw


class _Plain:
    """Turns ruamel's tree into plain values, noting places; aliases are copied, up to a limit."""

    def __init__(self, path: Path, keys: dict[Path_, tuple[int, int]]) -> None:
        self._path = path
        self._keys = keys
        self._entries = 0

    def convert(self, node: Any, where: Path_, place: tuple[int, int]) -> Any:
        self._keys[where] = place
        self._entries += 1
        if self._entries > MAX_ENTRIES or len(where) > 50:  # noqa: PLR2004
            what = f"more than {MAX_ENTRIES:,} entries" if self._entries > MAX_ENTRIES else "more than 50 levels"
            raise InputError(Problem(str(self._path), f"expands to {what}; are aliases nested?", *place))
        if isinstance(node, CommentedMap):
            plain: dict[str, Any] = {}
            for key, value in node.items():
                at = self._of_key(node, key, place)
                if str(key) in plain:
                    raise InputError(
                        Problem(str(self._path), f"stands twice, as text and as {type(key).__name__}", *at, str(key))
                    )
                plain[str(key)] = self.convert(value, (*where, str(key)), at)
            return plain
        if isinstance(node, CommentedSeq):
            return [self.convert(value, (*where, index), self._of_item(node, index, place))
                    for index, value in enumerate(node)]  # fmt: skip
        if isinstance(node, ScalarBoolean):
            return bool(node)
        for kind in (bool, int, float, str):
            if isinstance(node, kind):
                return kind(node)
        return node

    @staticmethod
    def _of_key(node: CommentedMap, key: Any, place: tuple[int, int]) -> tuple[int, int]:
        try:
            line, column = node.lc.key(key)
        except (KeyError, TypeError):  # merged in from an alias
            return place
        return line + 1, column + 1

    @staticmethod
    def _of_item(node: CommentedSeq, index: int, place: tuple[int, int]) -> tuple[int, int]:
        try:
            line, column = node.lc.item(index)
        except (KeyError, TypeError):
            return place
        return line + 1, column + 1
