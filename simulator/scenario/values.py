"""Values a scenario may write in more than one way: durations, labels."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from simulator import ticks

_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)\s*(s|min|h|d)\s*")


def _duration(value: Any) -> int:
    """Ticks of a bare number of seconds or of text such as "90 s", "2 h"."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        amount = float(match[1]) * ticks.UNITS[match[2]]
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        amount = float(value) * ticks.PER_SECOND
    else:
        raise PydanticCustomError(
            "duration", "{value} is no duration; write seconds, or a number with s, min, h or d, such as 90 s or 2 h",
            {"value": repr(value)[:40]},
        )  # fmt: skip
    if not 1 <= amount <= ticks.LIMIT:
        raise PydanticCustomError(
            "duration", "{value} is out of range; a duration lasts from 1 microsecond to 285 years",
            {"value": repr(value)[:40]},
        )  # fmt: skip
    return round(amount)


def _label(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\w(?:[\w .,+=()-]{0,38}[\w)+])?", value):
        raise PydanticCustomError(
            "label", "{value} can't name a searcher: use up to 40 letters, digits, spaces and . , + = ( ) - _",
            {"value": repr(value)[:60]},
        )  # fmt: skip
    return value


#: A time span, in ticks; written as seconds or with a unit.
Duration = Annotated[
    int,
    BeforeValidator(
        _duration,
        json_schema_input_type=Annotated[float, Field(gt=0)] | Annotated[str, Field(pattern=r"^\s*[0-9.]")],
    ),
]

#: A searcher's name in tables, pictures and folders, hence no slash, no leading dot and no markup.
Label = Annotated[str, BeforeValidator(_label)]
