"""Types of values that a scenario may write in several ways: durations, lengths, labels."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from simulator.core import escaping, ticks

_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]+)\s*")
#: Spellings of the units of time in `core.ticks`, in upper or lower case.
_SPELT = {
    "s": ("s", "sec", "secs", "second", "seconds"),
    "min": ("min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
}
_UNITS = {word: ticks.UNITS[unit] for unit, words in _SPELT.items() for word in words}
_UNITS |= dict.fromkeys(("w", "week", "weeks"), 7 * ticks.UNITS["d"])  # only for input; times are not shown in weeks


def shown(value: object, most: int = 60) -> str:
    """A value in the form that a file has, cut after `most` characters."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= most else f"{text[: most - 3]}…"


def duration(value: Any, least: int = 1) -> int:
    """Ticks of a number of seconds or of text such as "90 s", "2 h"; raises an error below `least`."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match and match[2].casefold() in _UNITS:
        amount = float(match[1]) * _UNITS[match[2].casefold()]
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        amount = min(value, 10 * ticks.LIMIT) * ticks.PER_SECOND  # a very long integer overflows a float
    else:
        raise PydanticCustomError(
            "duration",
            "{value} is not a duration; write seconds, or a number with s, min, h, d or week, such as 90 s or 2 h",
            {"value": shown(value, most=40)},
        )  # fmt: skip
    if not least <= amount <= ticks.LIMIT:
        raise PydanticCustomError(
            "duration", "{value} is out of range; it lasts from {least} to 285 years",
            {"value": shown(value, most=40), "least": "1 microsecond" if least else "nothing"},
        )  # fmt: skip
    return round(amount)


def is_duration(text: str) -> bool:
    """Whether a text is a number of seconds or a span with its unit, as a scenario takes them."""
    match = _DURATION.fullmatch(text)
    return bool(match and match[2].casefold() in _UNITS) or text.strip().replace(".", "", 1).isdecimal()


_MOMENT = re.compile(r"\s*\d{4}-\d\d-\d\d([ T]+\d\d:\d\d(:\d\d)?(\s*(Z|[+-]\d\d:?\d\d))?)?\s*")


def moment(value: Any) -> datetime | None:
    """A day and time such as 2026-12-04 18:00, with or without a time zone; None if the value is not such a time."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat("".join(value.strip().replace(" ", "T", 1).split()))
    except ValueError:
        return None


def _moment(value: Any) -> datetime:
    found = moment(value)
    if found is None:
        raise PydanticCustomError(
            "moment",
            "{value} is not a day and time; write it as in 2026-12-04 18:00",
            {"value": shown(value, most=40)},
        )
    return found


class Units(int):
    """An amount of training; `unit` is what it counts, if the file says so."""

    unit: str | None = None


def _length(value: Any, info: ValidationInfo) -> Units:
    """Units from a number, or from one of records, batches and epochs with a number, as Determined writes it."""
    unit, amount = None, value
    if isinstance(value, dict):
        if len(value) != 1 or not value.keys() <= {"records", "batches", "epochs"}:
            message = "invalid length: {value} should have exactly one of records, batches, epochs"
            raise PydanticCustomError("length", message, {"value": shown(value, most=60)})
        [(unit, amount)] = value.items()
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise PydanticCustomError(
            "length", "{value} should be a whole number, or one of records, batches, epochs with one: {example}",
            {"value": shown(amount, most=60), "example": "{epochs: 16}"},
        )  # fmt: skip
    if amount < 1:
        rule = f"{info.field_name} must be > 0"
        raise PydanticCustomError("length", "{rule}, not {value}", {"rule": rule, "value": amount})
    units = Units(amount)
    units.unit = unit
    return units


def _at_most(limit: int) -> Callable[[Units], Units]:
    def check(units: Units) -> Units:
        if units > limit:
            message = "{value} should be less than or equal to {limit}"
            raise PydanticCustomError("length", message, {"value": int(units), "limit": limit})
        return units

    return check


def _label(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\w(?:[\w .,+=()-]{0,38}[\w)+])?", value):
        raise PydanticCustomError(
            "label", "{value} can't name a searcher: use up to 40 letters, digits, spaces and . , + = ( ) - _",
            {"value": shown(value, most=60)},
        )  # fmt: skip
    if escaping.hidden(value):
        raise PydanticCustomError(
            "label", "{value} can't name a searcher: some of it shows nothing", {"value": ascii(value)}
        )
    if value.casefold() == "summary.json":
        raise PydanticCustomError(
            "label", "summary.json can't name a searcher: a file beside its folder has that name"
        )
    return value


#: The beginning of the text of a time, as a regular expression for the schema.
TIME_TEXT = r"^\s*[0-9.]"

#: A time span, in ticks; written as seconds or with a unit.
Duration = Annotated[
    int,
    BeforeValidator(
        duration,
        json_schema_input_type=Annotated[float, Field(gt=0)] | Annotated[str, Field(pattern=TIME_TEXT)],
    ),
]

#: A time span that may be 0.
Delay = Annotated[
    int,
    BeforeValidator(
        lambda value: duration(value, least=0),
        json_schema_input_type=Annotated[float, Field(ge=0)] | Annotated[str, Field(pattern=TIME_TEXT)],
    ),
]

#: A day and time of the calendar.
Moment = Annotated[
    datetime,
    PlainValidator(
        _moment, json_schema_input_type=Annotated[str, Field(pattern=r"^\s*\d{4}-\d\d-\d\d")],
    ),
]  # fmt: skip

#: A searcher's name in tables, pictures and folders, hence no slash, no leading dot and no markup.
Label = Annotated[str, BeforeValidator(_label)]

_Amount = Annotated[int, Field(ge=1)]
_WRITTEN = PlainValidator(
    _length,
    json_schema_input_type=_Amount
    | Annotated[dict[Literal["records", "batches", "epochs"], _Amount], Field(min_length=1, max_length=1)],
)

#: An amount of training in units, of one trial or of all trials together.
Length = Annotated[Units, _WRITTEN, AfterValidator(_at_most(10**9))]
Budget = Annotated[Units, _WRITTEN, AfterValidator(_at_most(10**12))]
