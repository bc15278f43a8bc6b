"""Finds the entry of the file, and the model, that one of pydantic's errors is about."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

Path_ = tuple[str | int, ...]


def entry(loc: Path_, root: type[BaseModel]) -> tuple[Path_, type[BaseModel], Any]:
    """The path of an error in the file, the model that its last key belongs to, and the type at that path.

    Pydantic adds parts to a path that are not keys of the file: the tag of a union, as in ("searchers", "SHA", "sha",
    "divisor"), names of validators, and "[key]" for a wrong key.
    """
    where: Path_ = ()
    owner, now = root, _bare(root)
    for part in loc:
        if isinstance(now, type) and issubclass(now, BaseModel):
            owner = now
            field = now.model_fields.get(str(part))
            where, now = (*where, part), _bare(field.annotation) if field else None
        elif get_origin(now) in (dict, list):
            if part == "[key]":
                continue
            where, now = (*where, part), _bare(get_args(now)[-1])
        elif _is_union(now):
            now = next((_bare(choice) for choice in get_args(now) if _has_tag(choice, part)), None)
    return where, owner, now


def homes(root: type[BaseModel]) -> dict[str, list[str]]:
    """For each key, the paths of the sections that have it, those nearest to the top first; "*" is any entry."""
    found: dict[str, list[str]] = {}
    sections = [("", root)]
    for path, section in sections:  # the list grows
        for name, field in section.model_fields.items():
            found.setdefault(name, []).append(path)
            inside, place = _bare(field.annotation), f"{path}.{name}".removeprefix(".")
            if get_origin(inside) is dict:
                inside, place = _bare(get_args(inside)[-1]), f"{place}.*"
            if isinstance(inside, type) and issubclass(inside, BaseModel):
                sections.append((place, inside))
    return found


def tags(union: Any) -> list[str]:
    """All values that `name` or `kind` may have in a union of models."""
    return [tag for choice in get_args(union) for field in _tag_fields(choice) for tag in get_args(field.annotation)]


def _bare(annotation: Any) -> Any:
    """An annotation without its metadata and without None."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif _is_union(annotation):
            rest = [choice for choice in get_args(annotation) if choice is not type(None)]
            if len(rest) != 1:
                return annotation
            annotation = rest[0]
        else:
            return annotation


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _has_tag(choice: Any, tag: str | int) -> bool:
    """Whether a member of a union has pydantic's tag `tag`, or a discriminator that can have that value."""
    if get_origin(choice) is Annotated:
        return Tag(str(tag)) in choice.__metadata__
    return any(tag in get_args(field.annotation) for field in _tag_fields(choice))


def _tag_fields(choice: Any) -> list[FieldInfo]:
    fields = choice.model_fields if isinstance(choice, type) and issubclass(choice, BaseModel) else {}
    return [fields[name] for name in ("name", "kind") if name in fields]
