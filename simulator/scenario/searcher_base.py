"""The base of all searcher blocks of a scenario, and number types with Determined's error texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from simulator.core.vocabulary import Advance
from simulator.scenario.base import Section
from simulator.scenario.values import Length
from simulator.searchers.protocol import Searcher

Divisor = Annotated[float, Field(gt=1, le=10**6, allow_inf_nan=False)]

#: Fields that are not arguments of `make`: they name the search, or have no effect on it.
_NO_OPTIONS = {
    "name", "metric", "smaller_is_better", "source_trial_id", "source_checkpoint_uuid", "train_stragglers",
    "max_time", "time_metric",
}  # fmt: skip


class SearcherSection(Section):
    """One search: its numbers, and the function `make` that makes the searcher from them."""

    make: ClassVar[Callable[..., Searcher]]
    #: The key that gives the number of trials.
    counts: ClassVar[str] = "max_trials"
    #: Whether a promoted trial goes on from its last result, if the cluster allows it.
    resumes: ClassVar[bool] = True
    #: Whether a trial that may go on does so at once, on its own worker.
    in_place: ClassVar[bool] = False
    #: Whether the library tries a lost trial again only when it has no other.
    retries_last: ClassVar[bool] = False
    #: What happens to a trial when its result arrives; None if there is only one rung.
    advances_by: ClassVar[Advance | None] = None

    name: str

    @property
    def advance(self) -> Advance | None:
        """How the searcher treats a trial when its result arrives; None with only one rung."""
        return self.advances_by

    @property
    def stepwise(self) -> bool:
        """Whether the searcher must hear reports that decide nothing."""
        return False

    @property
    def unused(self) -> list[str]:
        """Keys without effect that a note should name; none by default, since Determined's files always have some."""
        return []

    @property
    def doubts(self) -> list[str]:
        """Notes on entries of the block that may be meant otherwise; none by default."""
        return []

    @property
    def said_direction(self) -> tuple[str, bool] | None:
        """The key that says whether smaller is better, and its value; None if it was not given."""
        if "smaller_is_better" not in self.model_fields_set:
            return None
        return "smaller_is_better", bool(vars(self)["smaller_is_better"])

    @property
    def endless(self) -> bool:
        """Whether the search never ends by itself."""
        return False

    @property
    def trials(self) -> int | None:
        """The number of trials that start; None if it is not known before the run."""
        return None

    @property
    def promotes_one_in(self) -> float | None:
        """The divisor that defines mispromotions; None if no fixed share of a rung is promoted."""
        return None

    def goes_on_from_its_last_result(self, *, resume: bool) -> bool:
        """Whether a trial that trains further does so from its last result; `resume` is the cluster's setting.

        A trial that never left its worker has lost nothing, so the setting has no effect on it.
        """
        return self.resumes and (resume or self.in_place)

    def build(self, seed: int = 0) -> Searcher:  # noqa: ARG002  (most draw nothing)
        """Make a fresh searcher; raises ValueError if its rungs don't fit.

        `seed` is the seed of its random draws.
        """
        return type(self).make(**self.options)

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of the function that makes the searcher."""
        return self.model_dump(exclude=_NO_OPTIONS)


class OwnSearcherSection(SearcherSection):
    """A search of this project or of Determined."""

    max_length: Length = Field(
        description="Resource of a fully trained trial: a number of units, or one of {epochs: 16}, {batches: …} "
        "and {records: …}.",
    )


def broken(rule: str, given: object) -> PydanticCustomError:
    """An error with one of Determined's rules, such as "max_trials must be > 0", and the value that was given."""
    return PydanticCustomError("determined", "{rule}, not {given}", {"rule": rule, "given": str(given)[:40]})


def _above_zero(value: int, info: ValidationInfo) -> int:
    if value < 1:
        raise broken(f"{info.field_name} must be > 0", value)
    return value


def _not_negative(value: int, info: ValidationInfo) -> int:
    if value < 0:
        raise broken(f"{info.field_name} must be >= 0", value)
    return value


def _above_one(value: float, info: ValidationInfo) -> float:
    if not value > 1:
        raise broken(f"{info.field_name} must be > 1.0", value)
    return value


#: Types of numbers that have Determined's messages: a count, a count that may be 0, a count of rungs, a divisor.
AboveZero = Annotated[int, Field(le=10**9, json_schema_extra={"minimum": 1}), AfterValidator(_above_zero)]
NotNegative = Annotated[int, Field(le=10**9, json_schema_extra={"minimum": 0}), AfterValidator(_not_negative)]
Rungs = Annotated[int, Field(le=64, json_schema_extra={"minimum": 1}), AfterValidator(_above_zero)]
AboveOne = Annotated[
    float,
    Field(le=10**6, allow_inf_nan=False, json_schema_extra={"exclusiveMinimum": 1}),
    AfterValidator(_above_one),
]
