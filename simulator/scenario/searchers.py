"""Scenario section `searchers`: the kinds of search, and their numbers."""

from __future__ import annotations

from math import ceil
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from simulator.core.vocabulary import Advance
from simulator.scenario.base import Count
from simulator.scenario.determined import (
    AdaptiveAshaSection,
    AdaptiveSection,
    AdaptiveSimpleSection,
    AsyncHalvingSection,
    GridSection,
    RandomSection,
    SingleSection,
    SyncHalvingSection,
)
from simulator.scenario.dialects import (
    OptunaHyperbandSection,
    OptunaSuccessiveHalvingSection,
    RayAshaSection,
    RayHyperbandSection,
    SklearnHalvingSection,
    SyneTunePromotionSection,
    SyneTuneStoppingSection,
)
from simulator.scenario.searcher_base import Divisor, OwnSearcherSection, SearcherSection
from simulator.searchers.geometry import bracket_units
from simulator.searchers.halving import asha, sha
from simulator.searchers.hyperband import async_hyperband, hyperband, hyperband_brackets


class ShaSection(OwnSearcherSection):
    """Synchronous successive halving: no trial leaves a rung before the rung is full."""

    make = sha
    advances_by: ClassVar[Advance | None] = "halves"

    name: Literal["sha"]
    max_trials: Count = Field(description="Number of trials of a bracket.")
    divisor: Divisor = Field(4, description="One in `divisor` trials is promoted.")
    num_rungs: Annotated[int, Field(ge=1, le=64)] | None = Field(
        None, description="Number of rungs, from the top down; default: all that fit."
    )
    backfill: bool = Field(
        False,
        description="true: another bracket begins whenever a worker would wait. Then the search never ends "
        "by itself, so give a stop.",
    )

    @property
    def promotes_one_in(self) -> float | None:
        """The divisor."""
        return self.divisor

    @property
    def endless(self) -> bool:
        """Backfilling never ends."""
        return self.backfill

    @property
    def trials(self) -> int | None:
        """The trials of one bracket; None if brackets repeat for ever."""
        return None if self.backfill else self.max_trials


class AshaSection(OwnSearcherSection):
    """Asynchronous successive halving: a trial is promoted as soon as it is among the best 1 in `divisor` so far."""

    make = asha
    advances_by: ClassVar[Advance | None] = "pauses"

    name: Literal["asha"]
    max_trials: Count | None = Field(
        None, description="Number of trials. Without it the search never ends, so give a stop."
    )
    divisor: Divisor = Field(4, description="One in `divisor` trials is promoted.")
    num_rungs: Annotated[int, Field(ge=1, le=64)] | None = Field(
        None, description="Number of rungs, from the top down; default: all that fit."
    )
    delayed: bool = Field(
        False, description="true: D-ASHA, which never promotes more than 1 in `divisor` of the results."
    )
    max_concurrent_trials: Count | None = Field(
        None, description="How many jobs may be under way at once; default: no limit."
    )

    @property
    def promotes_one_in(self) -> float | None:
        """The divisor."""
        return self.divisor

    @property
    def endless(self) -> bool:
        """Without max_trials it never ends."""
        return self.max_trials is None

    @property
    def trials(self) -> int | None:
        """Trials in all, if limited."""
        return self.max_trials


_ROUNDING = (
    "Number of trials of the bracket with s + 1 of m rungs. algorithm: ceil(m / (s + 1) * "
    "divisor**s), as in the paper's Algorithm 1. table: floor(m / (s + 1)) * divisor**s, as in the paper's Table "
    "1 and in BOHB."
)


class HyperbandSection(OwnSearcherSection):
    """Brackets of synchronous halving, one for each lowest rung.

    The next bracket begins when no job is left. Each bracket runs once.
    """

    make = hyperband
    advances_by: ClassVar[Advance | None] = "halves"

    name: Literal["hyperband"]
    divisor: Divisor = Field(4, description="One in `divisor` trials is promoted.")
    rounding: Literal["algorithm", "table"] = Field("algorithm", description=_ROUNDING)

    @property
    def promotes_one_in(self) -> float | None:
        """The divisor."""
        return self.divisor

    @property
    def trials(self) -> int | None:
        """The trials of all brackets together."""
        brackets = hyperband_brackets(self.max_length, self.divisor, self.rounding)
        return sum(sizes[0] for _, sizes in brackets)


class AsyncHyperbandSection(OwnSearcherSection):
    """Brackets of asynchronous halving, which take turns.

    A turn ends when its jobs make up the units of the bracket of `hyperband`, or more.
    """

    make = async_hyperband
    advances_by: ClassVar[Advance | None] = "pauses"

    name: Literal["async_hyperband"]
    max_trials: Count | None = Field(
        None, description="Number of trials. Without it the search never ends, so give a stop."
    )
    divisor: Divisor = Field(4, description="One in `divisor` trials is promoted.")
    rounding: Literal["algorithm", "table"] = Field("algorithm", description=_ROUNDING)
    max_concurrent_trials: Count | None = Field(
        None, description="How many jobs may be under way at once; default: no limit."
    )

    @property
    def endless(self) -> bool:
        """Without max_trials it never ends."""
        return self.max_trials is None

    @property
    def trials(self) -> int | None:
        """Trials in all, if limited."""
        return self.max_trials

    def trials_a_turn_if_none_is_promoted(self) -> list[int]:
        """How many new trials make up the units of each bracket's turn; empty if its rungs don't fit."""
        try:
            brackets = hyperband_brackets(self.max_length, self.divisor, self.rounding)
        except ValueError:  # reported as an error later
            return []
        return [ceil(bracket_units(resources, sizes) / resources[0]) for resources, sizes in brackets]


Searcher = Annotated[
    ShaSection
    | AshaSection
    | HyperbandSection
    | AsyncHyperbandSection
    | RandomSection
    | SingleSection
    | GridSection
    | SyncHalvingSection
    | AdaptiveSection
    | AdaptiveSimpleSection
    | AsyncHalvingSection
    | AdaptiveAshaSection
    | RayAshaSection
    | RayHyperbandSection
    | OptunaSuccessiveHalvingSection
    | OptunaHyperbandSection
    | SyneTuneStoppingSection
    | SyneTunePromotionSection
    | SklearnHalvingSection,
    Field(discriminator="name"),
]

#: All kinds of searcher by the name that a scenario gives them; every list of searchers is made from this.
SEARCHERS: dict[str, type[SearcherSection]] = {
    get_args(model.model_fields["name"].annotation)[0]: model for model in get_args(get_args(Searcher)[0])
}
