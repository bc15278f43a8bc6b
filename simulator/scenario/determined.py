"""The searcher blocks of Determined's experiment files, with its fields, defaults and rules (0.14.6 and 0.38)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from simulator.core.vocabulary import Advance
from simulator.scenario.searcher_base import AboveOne, AboveZero, NotNegative, OwnSearcherSection, Rungs, broken
from simulator.scenario.values import Budget, Units
from simulator.searchers import determined, halving
from simulator.searchers import determined_layouts as layouts

_MODES = ("aggressive", "standard", "conservative")
_MOST_TRIALS = 2000  # Determined's limit for grid and adaptive_simple

#: Concurrency in Determined 0.20.2 and later, for a block that gives none.
_CONCURRENT_SINCE_0_20_2 = 16


def _mode(value: object) -> object:
    if value not in _MODES:
        raise broken(f"invalid adaptive mode: should be {', '.join(_MODES)}", value)
    return value


def _at_most_2000(value: int, info: ValidationInfo) -> int:
    if value > _MOST_TRIALS:
        what = "number of trials for grid search" if info.field_name == "points" else info.field_name
        raise broken(f"{what} must be <= {_MOST_TRIALS}", value)
    return value


Mode = Annotated[Literal["aggressive", "standard", "conservative"], BeforeValidator(_mode)]
UpTo2000 = Annotated[AboveZero, Field(json_schema_extra={"maximum": _MOST_TRIALS}), AfterValidator(_at_most_2000)]

_MODE = (
    "aggressive: only the bracket with the most rungs. standard: half of the brackets. conservative: all brackets."
)
_CONCURRENT = "How many jobs may be under way at once; 0 means no limit."


class DeterminedSection(OwnSearcherSection):
    """A searcher of Determined's, with the keys that all of them accept."""

    metric: str | None = Field(
        None, description="Name of the validation metric. The loss of the curves is used in its place."
    )
    smaller_is_better: bool = Field(
        True,
        description="false: recorded losses are to be maximised, and are shown with their sign changed. This "
        "holds for all searchers, because they share the curves.",
    )
    source_trial_id: int | None = Field(None, description="Accepted without effect: every trial starts from nothing.")
    source_checkpoint_uuid: str | None = Field(
        None, description="Accepted without effect: every trial starts from nothing."
    )


class SingleSection(DeterminedSection):
    """One trial, trained in full."""

    make = halving.single

    name: Literal["single"]

    @property
    def trials(self) -> int | None:
        """One."""
        return 1


class RandomSection(DeterminedSection):
    """Random search: every trial is trained in full."""

    make = halving.random

    name: Literal["random"]
    max_trials: AboveZero | None = Field(
        None, description="Number of trials. Without it the search never ends, so give a stop."
    )
    max_concurrent_trials: NotNegative | None = Field(None, description=_CONCURRENT)

    @property
    def endless(self) -> bool:
        """Whether the search never ends, because max_trials is missing."""
        return self.max_trials is None

    @property
    def trials(self) -> int | None:
        """The number of trials, if it is limited."""
        return self.max_trials


class GridSection(DeterminedSection):
    """Grid search: every point of the grid is trained in full.

    A point is a trial, so the grid is given by its number of points.
    """

    make = determined.grid

    name: Literal["grid"]
    points: UpTo2000 = Field(description="Number of points of the grid: the product of the hyperparameters' counts.")
    max_concurrent_trials: NotNegative = Field(0, description=_CONCURRENT)

    @property
    def trials(self) -> int | None:
        """One a point."""
        return self.points


class _Budgeted(DeterminedSection):
    budget: Budget = Field(description="Resource for all trials together, in the unit of max_length.")
    train_stragglers: bool = Field(
        True, description="Accepted without effect. It has no effect in Determined either."
    )

    @field_validator("budget")
    @classmethod
    def _same_unit(cls, budget: Units, info: ValidationInfo) -> Units:
        length = info.data.get("max_length")
        if isinstance(length, Units) and length.unit and budget.unit and length.unit != budget.unit:
            rule = "max_length and budget must be specified in terms of the same unit"
            raise broken(f"{rule}: {length.unit} there", budget.unit)
        return budget


class SyncHalvingSection(_Budgeted):
    """Determined's synchronous halving: a trial is promoted once it is certain to be among the best."""

    make = determined.sync_halving
    advances_by: ClassVar[Advance | None] = "halves"

    name: Literal["sync_halving"]
    num_rungs: Rungs = Field(description="Number of rungs, from the top down.")
    divisor: AboveOne = Field(4, description="One in `divisor` trials is promoted.")

    @property
    def trials(self) -> int | None:
        """The number of trials that the budget pays for."""
        return layouts.sync_halving_layout(**self.options).sizes[0]


class AdaptiveSection(_Budgeted):
    """Several brackets of `sync_halving` side by side, on equal shares of a budget."""

    make = determined.adaptive
    advances_by: ClassVar[Advance | None] = "halves"

    name: Literal["adaptive"]
    bracket_rungs: list[Rungs] = Field(
        [], max_length=64, description="Number of rungs of each bracket; by default `mode` decides."
    )
    divisor: AboveOne = Field(4, description="One in `divisor` trials is promoted.")
    mode: Mode = Field("standard", description=_MODE)
    max_rungs: Rungs = Field(5, description="Number of rungs of the bracket that has the most.")

    @field_validator("budget")
    @classmethod
    def _more_than_one_trial(cls, budget: Units, info: ValidationInfo) -> Units:
        length = info.data.get("max_length")
        if length is not None and budget <= length:
            raise broken(f"budget must be > max_length, which is {length}", int(budget))
        return budget

    @property
    def trials(self) -> int | None:
        """The number of trials that the budget pays for."""
        return sum(layout.sizes[0] for layout in layouts.adaptive_layouts(**self.options))


class AdaptiveSimpleSection(DeterminedSection):
    """Several brackets of `sync_halving` side by side, on equal shares of the trials."""

    make = determined.adaptive_simple
    advances_by: ClassVar[Advance | None] = "halves"

    name: Literal["adaptive_simple"]
    max_trials: UpTo2000 = Field(description="Number of trials. Each bracket has at least one.")
    divisor: AboveOne = Field(4, description="One in `divisor` trials is promoted.")
    mode: Mode = Field("standard", description=_MODE)
    max_rungs: Rungs = Field(5, description="Number of rungs of the bracket that has the most.")

    @property
    def trials(self) -> int | None:
        """At least one a bracket."""
        return sum(layout.sizes[0] for layout in layouts.adaptive_simple_layouts(**self.options))


def _either_length(schema: dict[str, Any]) -> None:
    schema["required"].remove("max_length")
    schema["anyOf"] = [{"required": ["max_length"]}, {"required": ["max_time", "time_metric"]}]


class _Asynchronous(DeterminedSection):
    model_config = ConfigDict(json_schema_extra=_either_length)

    max_trials: AboveZero = Field(description="Number of trials.")
    divisor: AboveOne = Field(4, description="One in `divisor` trials is promoted.")
    max_concurrent_trials: NotNegative = Field(
        0,
        description="How many jobs may be under way at once. Brackets share it evenly, and each has at least one. "
        "0: as many as the lowest rung of async_halving needs to promote a trial to the top; in adaptive_asha each "
        "bracket has as many as the last bracket has trials, and at least `divisor`.",
    )
    stop_once: bool = Field(
        False, description="true: whether a trial goes on is decided once, when its result arrives."
    )
    max_time: AboveZero | None = Field(
        None,
        description="Determined 0.38: takes the place of max_length. It implies stop_once, and 16 "
        "concurrent trials unless another number is given.",
    )
    time_metric: str | None = Field(None, description="Determined 0.38: the unit of max_time.")

    @property
    def advance(self) -> Advance | None:
        """Whether the searcher stops trials, or pauses them."""
        return "stops" if self.stop_once else "pauses"

    @property
    def promotes_one_in(self) -> float | None:
        """The divisor; None with stop_once, since a trial is then compared only with the results before its own."""
        return None if self.stop_once else self.divisor

    @model_validator(mode="before")
    @classmethod
    def _newest(cls, data: Any) -> Any:
        """Read `max_time`, which in the newest release means stopping at the same rungs."""
        if not isinstance(data, dict) or not {"max_time", "time_metric"} & data.keys():
            return data
        if data.get("max_time") is None or data.get("time_metric") is None:
            given = "max_time" if data.get("max_time") is not None else "time_metric"
            rule = f"the `{data.get('name')}` searcher requires `max_time` and `time_metric` to be set"
            raise broken(rule, f"`{given}` alone")
        concurrent = {"max_concurrent_trials": _CONCURRENT_SINCE_0_20_2}
        return concurrent | data | {"max_length": data["max_time"], "stop_once": True}


class AsyncHalvingSection(_Asynchronous):
    """Determined's asynchronous halving: each result promotes at most one trial, or else starts a new one."""

    make = determined.async_halving

    name: Literal["async_halving"]
    num_rungs: Rungs = Field(description="Number of rungs, from the top down.")

    @property
    def trials(self) -> int | None:
        """Number of trials."""
        return self.max_trials


class AdaptiveAshaSection(_Asynchronous):
    """Several brackets of `async_halving` side by side, each with its share of the trials."""

    make = determined.adaptive_asha

    name: Literal["adaptive_asha"]
    bracket_rungs: list[Rungs] = Field(
        [], max_length=64, description="Number of rungs of each bracket; by default `mode` decides."
    )
    mode: Mode = Field("standard", description=_MODE)
    max_rungs: Rungs = Field(
        5, description="Number of rungs of the bracket that has the most, if trials and length allow that many."
    )

    @property
    def trials(self) -> int | None:
        """At least one a bracket."""
        options = {key: value for key, value in self.options.items() if key != "stop_once"}
        return sum(layout.max_trials for layout in layouts.adaptive_asha_layouts(**options))
