"""Scenario section `plan`: what to vary, what is asked of the answer, and how sure it should be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from simulator.core import escaping, ticks
from simulator.scenario.base import Count, Positive, Section, wrong
from simulator.scenario.cluster import Money
from simulator.scenario.values import Duration, Moment, moment

#: Greatest number of replicates of a cell.
MOST = 100_000


def _axis(value: Any) -> list[Any] | dict[str, Any]:
    """Read the values of a varied key: a list of values, or a name for each value."""
    if not isinstance(value, (list, dict)):
        message = "should be a list of values, or a name for each: [8, 16], {spot: …, on demand: …}"
        raise PydanticCustomError("together", message)
    if not value:
        raise PydanticCustomError("together", "is empty; give at least one value")
    names = value if isinstance(value, dict) else [one for one in value if isinstance(one, str)]
    for name in names:
        if not escaping.visible(name):
            raise PydanticCustomError("together", "{name} shows nothing; give a name", {"name": ascii(name)[:40]})
    return value


Axis = Annotated[
    Any,
    PlainValidator(
        _axis,
        json_schema_input_type=Annotated[list[Any], Field(min_length=1)]
        | Annotated[dict[str, Any], Field(min_length=1)],
    ),
]


class ReplicatesSection(Section):
    """How many seeds each cell of the grid is run with.

    Seeds are added until the interval of the answer is narrow enough.
    """

    min: Annotated[int, Field(ge=2, le=MOST)] = Field(50, description="Smallest number of seeds.")
    max: Annotated[int, Field(ge=2, le=MOST)] = Field(400, description="Largest number of seeds.")
    width: Annotated[float, Field(gt=0, le=1)] = Field(
        0.1,
        description="How wide the interval may be at most. It is the interval of the share of runs in time (0.1: "
        "10 points). Where no deadline, budget or target is given, it is the interval of the mean time, as a "
        "share of that time.",
    )
    settle: Annotated[int, Field(ge=2, le=MOST)] | None = Field(
        None,
        description="With a deadline: how many seeds the options that may be the answer may have, so that another "
        "seed of the plan seldom changes what it recommends and names. They are added until that is settled. Without "
        "this key none are added.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> ReplicatesSection:
        for name in ("max", "settle"):
            most = getattr(self, name)
            if most is not None and most < self.min:
                raise wrong(f"{name} is less than min; give at least as many")
        return self


def _replicates(value: Any) -> Any:
    """Read a bare number as both the smallest and the largest number of seeds."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if not 2 <= value <= MOST:  # noqa: PLR2004  (one run has no spread)
        raise wrong(f"{value} should be from 2 to {MOST:,}")
    return {"min": value, "max": value}


def _until(value: Any, info: ValidationInfo) -> Any:
    """The seconds from the plan's start until a day and time; any other value as it is."""
    until = moment(value)
    if until is None:
        return value
    if "start" not in info.data:  # the value is wrong, which is reported
        return 1
    start: datetime | None = info.data["start"]
    if start is None:
        raise wrong(f"{value!r} is a day and time; give `start` too, such as `start: 2026-12-04 18:00`, or a span")
    if (start.tzinfo is None) != (until.tzinfo is None):
        raise wrong("only one of start and deadline has a time zone; give both of them one, or none")
    if until <= start:
        raise wrong(f"{value!r} is not after the start, {day_and_time_text(start)}; give a later one")
    return (until - start).total_seconds()


def day_and_time_text(day_and_time: datetime) -> str:
    """A day and time in the form "2026-12-04 18:00"."""
    return day_and_time.isoformat(" ", "seconds" if day_and_time.second else "minutes")


def _some(axes: dict[str, Any]) -> dict[str, Any]:
    if not axes:
        raise wrong("is empty; name a key and its values: {cluster.workers: [8, 16]}")
    return axes


class TargetSection(Section):
    """When a search has done what it is for. The run stops there. By default that is when the search is over.

    A loss counts only for a fully trained trial, because a lucky early loss is not the loss of a model that one
    could use.
    """

    loss: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        None, description="When a result is this good or better, in the unit of the curves."
    )
    quantile: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None,
        description="When a result is as good as this share of the candidates when they are fully trained: 0.01 "
        "is the best 1 %.",
    )
    full_length_trials: Count | None = Field(None, description="After this many fully trained trials.")
    stay: Duration | None = Field(
        None,
        description="For searches that share a cluster: how long a search may take from its arrival until it is "
        "done. `confidence` is the share of the searches that should keep to it.",
    )
    at: Literal["full_length", "any"] = Field(
        "full_length",
        description="Which results count for loss and quantile. full_length: only those of fully trained trials. "
        "any: early results too, though the same trial may be worse when it is fully trained.",
    )

    @model_validator(mode="after")
    def _one(self) -> TargetSection:
        given = (self.loss, self.quantile, self.full_length_trials, self.stay)
        if sum(value is not None for value in given) != 1:
            raise wrong("give one of loss, quantile, full_length_trials, or stay of searches that share a cluster")
        if self.stay is not None and "at" in self.model_fields_set:
            raise wrong("at goes with loss or quantile; a stay is of whole searches")
        if self.full_length_trials is not None and "at" in self.model_fields_set:
            raise wrong("at goes with loss or quantile; full_length_trials are at full length anyway")
        return self


class PlanSection(Section):
    """A grid of clusters and searches, and the question that it should answer."""

    vary: Annotated[dict[str, Axis], AfterValidator(_some)] = Field(
        json_schema_extra={"minProperties": 1},
        description="Keys of the scenario, written with dots, each with its values: a list of them, or a name for "
        "each. A value that has keys of its own is merged into what stands there; null takes a key away (RFC "
        "7396). Keys that are joined by ` & ` change together.",
    )
    start: Moment | None = Field(
        None,
        description="Day and time at which the search starts, such as 2026-12-04 18:00. A deadline that is "
        "a day and time needs it.",
    )
    deadline: Annotated[Duration | None, BeforeValidator(_until)] = Field(
        None,
        description="When the target should be reached: a span such as 62 h or, with `start`, a day and time such "
        "as 2026-12-07 09:00.",
    )
    budget: Positive | None = Field(None, description="Money that may be spent until then.")
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = Field(
        0.95,
        description="How sure the answer should be: the share of the runs that have to meet deadline and "
        "budget. It is also the level of every interval.",
    )
    choose_by: Literal["lower_bound", "estimate"] = Field(
        "lower_bound",
        description="lower_bound: an option may be recommended if it is shown, with confidence `assurance`, that "
        "its share of runs is no less than asked. estimate: it may be recommended if the share of the runs that "
        "were made is no less than asked.",
    )
    assurance: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.8,
        description="One-sided confidence of that bound. It is needed because the best-looking of many options is "
        "often worse than it looks.",
    )
    target: TargetSection | None = None
    price: Money | None = Field(
        None, description="Price of one plain worker per hour. Groups have prices of their own."
    )
    replicates: Annotated[
        ReplicatesSection,
        BeforeValidator(_replicates, json_schema_input_type=ReplicatesSection | Annotated[int, Field(ge=2)]),
    ] = Field(default_factory=ReplicatesSection)
    pilot_sets: Annotated[int, Field(ge=8, le=1000)] = Field(
        24,
        description="For trials that are drawn from pilots (curves with resample or with fitted trials): how many "
        "other sets of pilots are drawn from the pilots that there are. They show what so few pilots leave "
        "unknown.",
    )
    limit: Count = Field(100_000, description="Largest number of runs. A larger plan is refused.")
    pilots: Count | None = Field(
        None, description="How many recorded trials the synthetic curves were fitted to. The report names it."
    )

    @property
    def asked(self) -> bool:
        """Whether the plan asks for something that a run can fail to do."""
        return self.deadline is not None or self.budget is not None or self.target is not None

    @property
    def due(self) -> str | None:
        """Day and time of the deadline as text; None if the plan has no start or no deadline."""
        if self.start is None or self.deadline is None:
            return None
        return day_and_time_text(
            self.start + timedelta(microseconds=self.deadline // (ticks.PER_SECOND // 1_000_000))
        )
