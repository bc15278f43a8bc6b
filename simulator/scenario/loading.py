"""From a YAML file to a Scenario, or to a list of problems with file, line and column."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from simulator.errors import InputError, Problem
from simulator.scenario import cluster, curves, model, searchers, yaml_text
from simulator.scenario.yaml_text import Document, Path_

#: Tags of the unions: pydantic puts them into an error's path, but they are no keys of the file.
_TAGGED: dict[str, type[BaseModel]] = {
    "sha": searchers.Sha,
    "asha": searchers.Asha,
    "random": searchers.Random,
    "single": searchers.Single,
    "recorded": curves.Recorded,
    "synthetic": curves.Synthetic,
    "ordered": curves.Ordered,
}


@dataclass(frozen=True)
class Loaded:
    """A scenario and the file it came from, so that later problems can still name their line."""

    scenario: model.Scenario
    document: Document

    @property
    def title(self) -> str:
        """The scenario's title, or its file's name."""
        return self.scenario.title or self.document.path.stem

    @property
    def folder(self) -> Path:
        """Where relative paths start."""
        return self.document.path.parent

    @property
    def digest(self) -> str:
        """SHA-256 of the scenario file."""
        return sha256(self.document.raw).hexdigest()

    def problem(self, where: Path_, message: str) -> Problem:
        """A problem with the entry `where`."""
        return self.document.problem(_as_written(where, self.document.values), message)


def load(path: Path) -> Loaded:
    """Read and check a scenario file; raises InputError naming every problem."""
    document = yaml_text.read(path)
    if not isinstance(document.values, dict):
        raise InputError(
            document.problem((), "should be keys and values, such as `searchers:`, `curves:`, `cluster:`")
        )
    try:
        loaded = Loaded(model.Scenario.model_validate(document.values), document)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise InputError(_problem(document, details) for details in found[:20]) from None
    problems = list(_contradictions(loaded))
    if problems:
        raise InputError(problems)
    return loaded


def _contradictions(loaded: Loaded) -> list[Problem]:
    """What no single entry can see."""
    scenario, problems = loaded.scenario, []
    folders: dict[str, str] = {}
    for label, searcher in scenario.searchers.items():
        where = ("searchers", label)
        if searcher.endless and scenario.stop is None:
            problems.append(loaded.problem(where, "never ends: give it max_trials, or add `stop: {time: …}`"))
        unbounded = searcher.endless and getattr(searcher, "max_concurrent_trials", None) is None
        if unbounded and scenario.cluster.assignment == "queued":
            message = "would queue jobs without end: give it max_concurrent_trials, or `assignment: on_demand`"
            problems.append(loaded.problem(where, message))
        if label.casefold() in folders:
            problems.append(loaded.problem(where, f"differs from {folders[label.casefold()]} in case alone"))
        folders[label.casefold()] = label
    return problems


def _problem(document: Document, details: Any) -> Problem:
    """Put one of pydantic's errors into the file's terms."""
    where, owner = _entry(details["loc"])
    kind, given = details["type"], details.get("input")
    if kind == "extra_forbidden":
        key = str(where[-1])
        near = difflib.get_close_matches(key, owner.model_fields, n=1)
        known = f"did you mean {near[0]}?" if near else f"known here: {', '.join(owner.model_fields)}"
        message = f"unknown key; {known}"
    elif kind == "missing":
        message = "is missing"
    elif kind in {"union_tag_invalid", "union_tag_not_found"}:
        tag = "name" if "name" in str(details["ctx"]["discriminator"]) else "kind"
        choices = ", ".join(name for name, owner in _TAGGED.items() if tag in owner.model_fields)
        wrong = given.get(tag) if isinstance(given, dict) else None
        near = difflib.get_close_matches(str(wrong), choices.split(", "), n=1)
        hint = f"did you mean {near[0]}?" if near else f"should be one of {choices}"
        where = (*where, tag) if isinstance(given, dict) and tag in given else where
        message = f"{_shown(wrong)} is unknown; {hint}" if wrong is not None else f"`{tag}` is missing; {hint}"
    elif kind in {"duration", "label", "best_worst"}:
        message = details["msg"]
    elif kind in {"model_type", "model_attributes_type", "dict_type"}:
        message = f"{_shown(given)} should be keys and values"
    else:
        message = f"{_shown(given)} {details['msg'].removeprefix('Input ')}"
    return document.problem(_as_written(where, document.values), message)


def _entry(loc: tuple[str | int, ...]) -> tuple[Path_, type[BaseModel]]:
    """Where an error's path points in the file, and the model its last key belongs to.

    Pydantic adds the tag of a union, `("searchers", "SHA", "sha", "divisor")`, and marks a wrong key by "[key]".
    """
    where = loc[:-1] if loc[-1] == "[key]" else loc
    tag_at = {"searchers": 2, "curves": 1}.get(str(loc[0]))
    if tag_at is not None and len(where) > tag_at:
        return (*where[:tag_at], *where[tag_at + 1 :]), _TAGGED[str(where[tag_at])]
    sections: dict[str, type[BaseModel]] = {"cluster": cluster.Cluster, "stop": cluster.Stop}
    return where, sections.get(str(loc[0]), model.Scenario) if len(where) > 1 else model.Scenario


def _as_written(where: Path_, values: Any) -> Path_:
    """`searchers.LABEL` is `searcher` in a file with one searcher."""
    if where[:1] == ("searchers",) and "searchers" not in values and "searcher" in values:
        return ("searcher", *where[2:])
    return where


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004
