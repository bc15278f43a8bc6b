"""A file with all texts of pictures and of the player in another language."""

from __future__ import annotations

from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING

from simulator.core.errors import InputError, Problem
from simulator.render.words import ENGLISH, Words

if TYPE_CHECKING:
    from simulator.scenario.yaml_text import Document

#: Texts that may leave out their number: "one worker" says it already.
_SINGULAR = (
    "one worker", "one result", "one trial", "one unit", "first barrier of one", "place of one", "place there of one",
    "one search",
)  # fmt: skip


def read(path: Path) -> Words:
    """Read the texts of a YAML file: keys of `ENGLISH` and their texts in its language.

    Raises InputError with file and line for every text that is missing, unknown or has other places than in English.
    """
    document = document_of(path, "the words of a picture are a small YAML file")
    if not isinstance(document.values, dict):
        raise InputError(Problem(str(path), "should be keys and words, such as `idle: untätig`", 1))
    given, problems = document.values, []
    after: tuple[str, ...] = ()
    for key, english in ENGLISH.items():
        if key not in given:
            where = f"after {after[0]!r}" if after else "first"
            message = f"lacks the word {key!r}; put it {where}, in English it is: {english}"
            problems.append(Problem(str(path), message, *document.keys.get(after, (1, 1))))
            continue
        after = (key,)
        wrong = _wrong(key, given[key])
        if wrong:
            problems.append(document.problem(after, wrong, with_key=True))
    problems += [
        document.problem((key,), f"is not a word of a picture; {_near(key)}", with_key=True)
        for key in given
        if key not in ENGLISH
    ]
    if problems:
        raise InputError(problems[:20])
    return MappingProxyType({key: given[key] for key in ENGLISH})


def document_of(path: Path, what: str) -> Document:
    """Read a YAML file that is not a scenario; `what` says what it should be.

    Raises InputError with the line of a mistake.
    """
    from simulator.io import reading
    from simulator.scenario import yaml_text

    return yaml_text.parse(reading.read_at_most(path, yaml_text.MAX_BYTES, what), path)


def _wrong(key: str, word: object) -> str:
    """The problem of a text; empty if there is none."""
    if not isinstance(word, str) or (not word.strip() and key != "thousands separator"):
        return f"{str(word)[:40]!r} should be a text, such as {ENGLISH[key]!r}; put it in quotes"
    if "\n" in word:
        return "should be a single line"
    try:
        there, wanted = _places(word), _places(ENGLISH[key])
    except ValueError:
        return f"has a brace that opens or closes no place; its places are {_listed(_places(ENGLISH[key]))}"
    if unknown := there - wanted:
        return f"{{{min(unknown)}}} is not one of its places: {_listed(wanted)}"
    if (lacking := wanted - there) and key not in _SINGULAR:
        return f"lacks {{{min(lacking)}}}; its places are {_listed(wanted)}"
    return ""


def _places(word: str) -> set[str]:
    found = list(Formatter().parse(word))
    if any(form or conversion for _, _, form, conversion in found):
        raise ValueError(word)
    return {name for _, name, _, _ in found if name is not None}


def _listed(places: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(places)) or "none"


def _near(key: str) -> str:
    from simulator.scenario import remedies

    return remedies.key(key, ENGLISH)
