"""The uncertainty of a cluster: a 90 % interval for each figure that was estimated, and draws from these.

`asha-sim calibrate` writes the intervals beside the figures, as `cluster.uncertainty`; users may write them too. A
run uses the figures as they are. A plan draws other clusters, one for each set of replicates that shows the
uncertainty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import exp, log
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import Field, PlainValidator

from simulator.core import ticks
from simulator.core.normals import normal_quantile
from simulator.core.streams import Stream, uniforms
from simulator.scenario.base import wrong
from simulator.scenario.values import duration

#: Standard normal numbers lie within plus or minus this with a probability of 90 %.
NINETY = 1.6449
#: Figures that may have an interval, as regular expressions for their keys, each with its least and greatest value.
NUMBERS = {
    r"stragglers\.std": (0.0, 100.0), r"stragglers\.sigma": (0.0, 5.0), r"stragglers\.alpha": (1.011, 100.0),
    r"stragglers\.probability": (0.0, 1.0), r"stragglers\.factor": (1.0, 1e6), r"drops\.probability": (0.0, 0.999),
    r"crashes": (0.0, 1.0), r"groups\..+\.speed": (1e-3, 1e3),
}  # fmt: skip
#: Regular expressions for the keys of spans of time that may have an interval.
SPANS = (
    r"(groups\..+\.)?failures\.(mtbf|repair)", r"(groups\..+\.)?preemption\.(up|down)",
    r"slow_spells\.(every|length)", r"overheads\.(worker_start|trial_start|save|restore)", r"decision_time",
    r"groups\..+\.ramp_up", r"recovery\.retry_after",
)  # fmt: skip
#: Figures that are a whole section of the cluster: a straggler model with measured factors.
WHOLE = ("stragglers",)


def _bounds(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:  # noqa: PLR2004
        raise wrong("should be the two ends of an interval: [40 s, 72 s]")
    return value[0], value[1]


#: An interval's two ends, as written in a scenario.
Bounds = Annotated[
    Any,
    PlainValidator(
        _bounds,
        json_schema_input_type=Annotated[list[float | str], Field(min_length=2, max_length=2)],
    ),
]


class Uncertain(Protocol):
    """A section whose figures may have intervals, by their dotted keys."""

    @property
    def uncertainty(self) -> Mapping[str, Any] | None:
        """The intervals; None if there are none."""


class Measured(Protocol):
    """A section some of whose figures were measured, by their dotted keys."""

    @property
    def measured(self) -> Mapping[str, str] | None:
        """What each figure was measured on, in words; None if no figure was measured."""


AnyUncertain = TypeVar("AnyUncertain", bound=Uncertain)


def check(cluster: Uncertain) -> None:
    """Raise an error for an interval of a figure that the cluster lacks, or that does not contain the figure."""
    for key in cluster.uncertainty or {}:
        _figure(cluster, key)


def is_span(key: str) -> bool:
    """Whether the figure of a key is a span of time."""
    return any(re.fullmatch(text, key) for text in SPANS)


def check_measured(cluster: Measured) -> None:
    """Raise an error for a measured figure that runs can't tell, or that the cluster lacks."""
    for key in cluster.measured or {}:
        if not is_span(key) and key not in WHOLE and not any(re.fullmatch(text, key) for text in NUMBERS):
            raise wrong(
                f"measured.{key} is not a figure that is read from runs; give one such as failures.mtbf or "
                "stragglers.std"
            )
        if figure(cluster, key) is None:
            raise wrong(f"measured.{key} says what {key} was measured on, and the cluster does not say {key}")


def figure(cluster: object, key: str) -> object:
    """A figure of a cluster by its dotted key: a number, or the mean of a span in ticks; None if it is missing."""
    return getattr(cluster, key) if key in WHOLE else _at(cluster, key.split("."))


def interval(cluster: Uncertain, key: str) -> tuple[float, float] | None:
    """The ends of a figure's 90 % interval, times in ticks; None if it has none."""
    return _figure(cluster, key)[1:] if key in (cluster.uncertainty or {}) else None


def drawn(cluster: AnyUncertain, seed: int, number: int) -> AnyUncertain:
    """Draw possible cluster number `number`: its figures are drawn from their intervals."""
    for place, key in enumerate(sorted(cluster.uncertainty or {})):
        value, low, high = _figure(cluster, key)
        normal = float(normal_quantile(uniforms(seed, Stream.CALIBRATION, number, place, n=1))[0])
        cluster = _put(cluster, key.split("."), _within(key, _beside(value, low, high, normal)))
    return cluster


def _beside(value: float, low: float, high: float, normal: float) -> float:
    """A possible true value for a standard normal number: 0 gives the figure, 1.645 the interval's upper end.

    It is computed in logarithms if all three numbers are positive.
    """
    end, size = (high if normal > 0 else low), abs(normal) / NINETY
    if low > 0:
        return exp(log(value) + size * log(end / value))
    return value + size * (end - value)


def _within(key: str, value: float) -> float:
    least, most = next((ends for text, ends in NUMBERS.items() if re.fullmatch(text, key)), (0.0, float(ticks.LIMIT)))
    return min(max(value, least), most)


def _figure(cluster: Uncertain, key: str) -> tuple[float, float, float]:
    """A figure and its interval, times in ticks; raises an error for an unknown key or a wrong interval."""
    span = is_span(key)
    if not span and not any(re.fullmatch(text, key) for text in NUMBERS):
        raise wrong(
            f"uncertainty.{key} is not a figure that is read from runs, such as failures.mtbf or stragglers.std"
        )
    value = _at(cluster, key.split("."))
    if value is None:
        raise wrong(f"uncertainty.{key} has an interval, and the cluster does not say {key}")
    low, high = (_number(key, bound, span=span) for bound in (cluster.uncertainty or {})[key])
    if not low * (1 - 1e-5) <= value <= high * (1 + 1e-5):
        raise wrong(f"uncertainty.{key} does not hold {key} itself; an interval goes from below it to above it")
    return value, min(low, value), max(high, value)


def _number(key: str, bound: Any, *, span: bool) -> float:
    if span:
        return float(duration(bound, 0))
    least, most = next(ends for text, ends in NUMBERS.items() if re.fullmatch(text, key))
    if isinstance(bound, bool) or not isinstance(bound, (int, float)) or not least <= bound <= most:
        raise wrong(f"uncertainty.{key}: {bound!r:.40} should be a number from {least:g} to {most:g}")
    return float(bound)


def _at(section: Any, keys: list[str]) -> float | None:
    """The number at a place of a section, or the mean of a span; None if it is missing."""
    for part, after in _steps(keys):
        if section is None:
            return None
        if isinstance(section, dict):
            found = _named(section, [part, *after])
            return None if found is None else _at(section[found[0]], found[1])
        section = getattr(section, part, None)
    section = getattr(section, "mean", section)
    return float(section) if isinstance(section, (int, float)) and not isinstance(section, bool) else None


def _put(section: Any, keys: list[str], value: float) -> Any:
    """The section with another number at a place; a span keeps its shape."""
    part, *after = keys
    if isinstance(section, dict):
        found = _named(section, keys)
        if found is None:
            return section
        name, rest = found
        return {**section, name: _put(section[name], rest, value)}
    here = getattr(section, part)
    if after:
        return section.model_copy(update={part: _put(here, after, value)})
    if hasattr(here, "mean"):
        share = value / here.mean
        median = None if here.median is None else max(round(here.median * share), 1)
        return section.model_copy(
            update={part: here.model_copy(update={"mean": max(round(value), 1), "median": median})}
        )
    return section.model_copy(update={part: round(value) if isinstance(here, int) else value})


def _steps(keys: list[str]) -> Iterator[tuple[str, list[str]]]:
    return ((part, keys[place + 1 :]) for place, part in enumerate(keys))


def _named(section: dict[str, Any], keys: list[str]) -> tuple[str, list[str]] | None:
    """Split a path into a name, which may contain dots, and the keys after it."""
    for length in range(len(keys), 0, -1):
        if (name := ".".join(keys[:length])) in section:
            return name, keys[length:]
    return None
