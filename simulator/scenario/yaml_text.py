"""YAML as plain values, with the line and column of every entry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from simulator.core.errors import InputError, Problem
from simulator.io import reading

#: Size in bytes of the largest scenario file. Scenarios are written by hand, so a larger file is of another kind, or
#: an attack.
MAX_BYTES = 1_000_000
MAX_ENTRIES = 20_000
MAX_LEVELS = 50
MAX_DIGITS = 1000

#: The path of an entry: keys and indices from the root down.
Path_ = tuple[str | int, ...]
#: Line and column, both 1-based.
Place = tuple[int, int]


@dataclass(frozen=True)
class Change:
    """A change of an entry from outside the file; None removes the entry. `source` is the name in error lines."""

    path: Path_
    value: Any
    source: str

    @property
    def key(self) -> str:
        """The entry's dotted key."""
        return ".".join(map(str, self.path))

    def problem(self, message: str) -> Problem:
        """A problem with this change."""
        return Problem(self.source, message, key=self.key)

    def blamed(self, where: Path_) -> bool:
        """Whether this change changed the entry `where`, or created it on the way."""
        least = min(len(where), len(self.path))
        return least > 0 and where[:least] == self.path[:least]


@dataclass(frozen=True)
class Document:
    """A YAML file: its bytes, its plain values, and the (line, column), from 1, of each entry.

    `named` has the places of keys that a plan varies: the plan has these keys, and their values are elsewhere.
    `changes` are entries that were set from outside the file; `notes` say how doubtful entries were read.
    """

    path: Path
    raw: bytes
    values: Any
    keys: Mapping[Path_, Place]
    named: Mapping[Path_, Place] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    notes: tuple[Problem, ...] = ()

    def nearest(self, where: Path_) -> Place:
        """The entry `where`, or the nearest of its parents that is in the file."""
        while where and where not in self.keys:
            where = where[:-1]
        return self.keys.get(where, (1, 1))

    def problem(self, where: Path_, message: str, *, with_key: bool = False) -> Problem:
        """A problem at the entry `where` or its key, or at its nearest parent that is in the file.

        An entry that was set from outside the file has no line; the problem then names the setting.
        """
        for change in reversed(self.changes):
            inside = len(where) >= len(change.path)
            if change.blamed(where) and (inside or where not in self.keys):
                return Problem(change.source, message, key=".".join(map(str, where)))
        line, column = self.nearest(where)
        if with_key:
            line, column = self.named.get(where, (line, column))
        return Problem(str(self.path), message, line, column, ".".join(str(part) for part in where))


def read_document(path: Path) -> Document:
    """Read a YAML 1.2 file safely; raises InputError with the place of what is wrong."""
    raw = reading.read_at_most(path, MAX_BYTES, "a scenario is a small YAML file")
    if not raw.strip():
        raise InputError(Problem(str(path), "is empty; a scenario needs searchers, curves and cluster", 1, 1))
    return parse(raw, path)


def parse(raw: bytes, path: Path) -> Document:
    """Read YAML 1.2 text as if it were in the file `path`; raises InputError with the place of what is wrong."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8 text; a scenario is a YAML file"
        raise InputError(Problem(str(path), message, line, column)) from None
    try:
        tree = _yaml().compose(text)
    except Exception as error:  # hostile text may cause any error inside the library
        said, place = _fault(error, text)
        raise InputError(Problem(str(path), f"not valid YAML: {said}", *place)) from None
    plain = _Plain(path)
    values = plain.convert(tree, (), (1, 1))
    return Document(path, raw, values, plain.keys)


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


def _fault(error: Exception, text: str) -> tuple[str, Place]:
    """What is wrong and where, as the library says."""
    if isinstance(error, MarkedYAMLError):
        said = " ".join((error.problem or error.context or "malformed").split())
        mark = error.problem_mark or error.context_mark
        return said, (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if isinstance(error, ReaderError):
        before = text[: error.position]
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        return f"the character U+{ord(text[error.position]):04X} may not stand here", place
    if isinstance(error, RecursionError):
        return f"nested more than {MAX_LEVELS} levels deep", _too_deep(text)
    return f"{type(error).__name__} {error}".split("\n")[0][:100], (1, 1)


def _too_deep(text: str) -> Place:
    """The place where a text is nested too deeply; None if it is not."""
    level = 0
    for event in _yaml().parse(text):
        level += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if level > MAX_LEVELS:
            return event.start_mark.line + 1, event.start_mark.column + 1
    return 1, 1


class _Plain:
    """Turns YAML nodes into plain values and notes the places of their keys; aliases are copied, up to a limit."""

    def __init__(self, path: Path) -> None:
        self.keys: dict[Path_, Place] = {}
        self._path = path
        self._entries = 0

    def convert(self, node: Node | None, where: Path_, place: Place, level: int = 0) -> Any:
        self.keys[where] = place
        self._entries += 1
        if self._entries > MAX_ENTRIES or level > MAX_LEVELS:
            what = f"more than {MAX_ENTRIES:,} entries" if level <= MAX_LEVELS else f"more than {MAX_LEVELS} levels"
            raise self._wrong(f"expands to {what}; are aliases nested?", place)
        if node is None:
            return None
        tag = (node.tag or "str").removeprefix("tag:yaml.org,2002:")
        if isinstance(node, MappingNode) and tag == "map":
            return self._mapping(node, where, place, level)
        if isinstance(node, SequenceNode) and tag == "seq":
            return [self.convert(item, (*where, at), _place(item), level + 1) for at, item in enumerate(node.value)]
        if isinstance(node, ScalarNode) and tag in _SCALARS:
            return self._scalar(node, tag)
        raise self._wrong(f"a scenario can't have the tag {tag[:40]}", _place(node))

    def _mapping(self, node: MappingNode, where: Path_, place: Place, level: int) -> dict[str, Any]:
        """The mapping's own entries, then those that `<<` adds to them; each with its place."""
        merged: dict[str, Any] = {}
        entries: dict[str, tuple[Node, Place]] = {}
        for key, value in node.value:
            at = _place(key)
            if key.tag == "tag:yaml.org,2002:merge":
                for source in value.value if isinstance(value, SequenceNode) else [value]:
                    more = self.convert(source, where, place, level + 1)
                    if not isinstance(more, dict):
                        raise self._wrong("should stand before keys and values, or a list of such", at, "<<")
                    merged = more | merged
                continue
            name = self._name(key)
            if name in entries:
                raise self._wrong(f"stands twice; first in line {entries[name][1][0]}", at, name)
            entries[name] = (value, at)
        own = {name: self.convert(value, (*where, name), at, level + 1) for name, (value, at) in entries.items()}
        return own | {name: value for name, value in merged.items() if name not in own}

    def _name(self, key: Node) -> str:
        """A key with composed accents, since editors and file systems write accents in different ways."""
        if not isinstance(key, ScalarNode):
            raise self._wrong("a key should be a word, not a list or keys and values", _place(key))
        self._check_text(key)
        return unicodedata.normalize("NFC", _paired(key.value))

    def _scalar(self, node: ScalarNode, tag: str) -> Any:
        self._check_text(node)
        try:
            return _SCALARS[tag](_paired(node.value))
        except (KeyError, ValueError):
            shown = repr(node.value) if len(node.value) <= 40 else f"{node.value[:37]!r}…"  # noqa: PLR2004
            raise self._wrong(f"{shown} is not a valid {tag}, or has too many digits", _place(node)) from None

    def _check_text(self, node: ScalarNode) -> None:
        if any("\ud800" <= character <= "\udfff" for character in _paired(node.value)):
            raise self._wrong("half a character: an escape from D800 to DFFF is not text", _place(node))

    def _wrong(self, message: str, place: Place, key: str = "") -> InputError:
        return InputError(Problem(str(self._path), message, *place, key))


def _paired(text: str) -> str:
    """The text with pairs of escapes, by which JSON writes a character beyond U+FFFF, joined into that character."""
    return re.sub("[\ud800-\udbff][\udc00-\udfff]", lambda pair: _joined(pair[0]), text)


def _joined(pair: str) -> str:
    return pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _place(node: Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _int(text: str) -> int:
    digits = text.replace("_", "")
    if len(digits) > MAX_DIGITS:
        raise ValueError
    return int(digits, 0 if digits.lstrip("+-")[:2].lower() in {"0x", "0o", "0b"} else 10)


def _float(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


#: How text becomes a value, by YAML's tags; dates stay text, since no entry of a scenario is a date.
_SCALARS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "!": str,
    "timestamp": str,
    "value": str,
    "null": {"": None, "~": None, "null": None, "Null": None, "NULL": None}.__getitem__,
    "bool": lambda text: {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}[
        text.lower()
    ],
    "int": _int,
    "float": _float,
}
