"""Scenario blocks of other libraries' schedulers, with the names, defaults and rules of their arguments.

An argument that has no effect here is accepted as the library accepts it; `unused` names it, and a run reports it. An
argument whose effect is not simulated is an error.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from simulator.core.vocabulary import Advance
from simulator.scenario.base import Count
from simulator.scenario.drawn_brackets import drawn_brackets
from simulator.scenario.searcher_base import SearcherSection
from simulator.scenario.values import Length, Units
from simulator.searchers.dialects import optuna, ray, ray_hyperband, sklearn, syne_tune
from simulator.searchers.protocol import Searcher

Factor = Annotated[float, Field(gt=1, le=10**6, allow_inf_nan=False)]
WholeFactor = Annotated[int, Field(ge=2, le=10**6)]

_TO_FULL = "Number of units after which a trial ends and is fully trained."
_EVERY = (
    "Number of units between two reports of a trial. A trial also reports at its last unit. This is not "
    "an argument of the library."
)
_TIME = "Accepted without effect: here a trial reports after units of training."
_METRIC = "Accepted without effect: the loss of the curves is used in its place."
_MODE = (
    "max: recorded losses are to be maximised, and are shown with their sign changed. This holds for all "
    "searchers, because they share the curves."
)


def _ends_at(units: int, more: str = "", what: str = _TO_FULL) -> Any:
    return Field(units, description=what + more)


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("together", "{message}", {"message": message})


class LibrarySearcherSection(SearcherSection):
    """The parts that all these blocks share."""

    #: The argument that gives the number of units after which a trial ends.
    ends: ClassVar[str] = "max_t"
    #: Arguments that are accepted without effect.
    without_effect: ClassVar[tuple[str, ...]] = ()
    in_place: ClassVar[bool] = True
    advances_by: ClassVar[Advance | None] = "stops"

    def build(self, seed: int = 0) -> Searcher:
        """Make a fresh searcher; raises ValueError where its rungs don't fit. `seed` is that of drawn brackets."""
        weights = self.bracket_weights
        drawn = {} if weights is None else {"bracket_of": drawn_brackets(weights, seed)}
        return type(self).make(**self.options, **drawn)

    @property
    def trials(self) -> int | None:
        """The number of trials that start."""
        return int(getattr(self, self.counts))

    @property
    def max_length(self) -> Units:
        """Units of a trial trained in full."""
        return Units(getattr(self, self.ends))

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of the function that makes the searcher."""
        return self.model_dump(exclude={"name", "mode", "direction", "do_minimize", *self.without_effect})

    @property
    def said_direction(self) -> tuple[str, bool] | None:
        """The argument that says whether smaller is better, and its value; None if it was not given."""
        for key, smaller in (("mode", "min"), ("direction", "minimize"), ("do_minimize", True)):
            if key in self.model_fields_set and (said := getattr(self, key)) is not None:
                return key, said == smaller
        return None

    @property
    def smaller_is_better(self) -> bool:
        """Whether the losses are to be minimised."""
        return self.said_direction is None or self.said_direction[1]

    @property
    def bracket_weights(self) -> list[float] | None:
        """The probabilities of the brackets for a trial, up to a factor, if brackets are drawn."""
        return None

    @property
    def unused(self) -> list[str]:
        """The arguments that were given and have no effect."""
        return [key for key in self.without_effect if key in self.model_fields_set]


def _not_past(first: int, info: ValidationInfo) -> int:
    last = info.data.get("max_t")
    if last is not None and first > last:
        raise _wrong(f"grace_period is {first} and max_t {last}; it should not be greater")
    return first


Grace = Annotated[Count, AfterValidator(_not_past)]
_GRACE = "Number of units before which no trial is stopped."
_FACTOR = (
    "One in `reduction_factor` trials goes on. Each rung stands at `reduction_factor` times the units of "
    "the rung below."
)
_BRACKETS = (
    "Number of brackets. Each begins one rung higher than the one before. A trial's bracket is drawn at "
    "random; the first is the likeliest."
)
_SAMPLES = "Number of trials."


class _Ray(LibrarySearcherSection):
    counts: ClassVar[str] = "num_samples"
    retries_last: ClassVar[bool] = True
    without_effect: ClassVar[tuple[str, ...]] = ("time_attr", "metric", "stop_last_trials")

    num_samples: Count = Field(description=f"{_SAMPLES} It is an argument of TuneConfig.")
    time_attr: str = Field("training_iteration", description=_TIME)
    metric: str | None = Field(None, description=_METRIC)
    mode: Literal["min", "max"] | None = Field(None, description=_MODE)
    stop_last_trials: Literal[True] = Field(True, description="Only true is simulated: trials end at max_t.")
    report_every: Count = Field(1, description=_EVERY)


class RayAshaSection(_Ray):
    """Ray Tune's ASHAScheduler or AsyncHyperBandScheduler (ray 2.60): trials stop at once or go on in place."""

    make = ray.ray_asha

    name: Literal["ray_asha"]
    max_t: Length = _ends_at(100)
    grace_period: Grace = Field(1, description=_GRACE)
    reduction_factor: Factor = Field(4, description=_FACTOR)
    brackets: Annotated[int, Field(ge=1, le=64)] = Field(1, description=_BRACKETS)

    @property
    def bracket_weights(self) -> list[float] | None:
        """Softmax of the brackets' numbers of rungs."""
        return _drawn(self)


class RayHyperbandSection(_Ray):
    """Ray Tune's HyperBandScheduler (ray 2.60), synchronous: trials pause until their bracket halves."""

    make = ray_hyperband.ray_hyperband
    advances_by: ClassVar[Advance | None] = "halves"

    name: Literal["ray_hyperband"]
    max_t: Length = _ends_at(
        81,
        what="Most units of a trial. If it is not a power of reduction_factor, some brackets may end before it, and "
        "a trial counts as fully trained from the least of their ends on.",
    )
    reduction_factor: Factor = Field(
        3, description=f"{_FACTOR} Units are rounded down, and the number of trials that go on is rounded up."
    )
    pending: Count = Field(
        200,
        description="How many trials may wait in brackets to be started. This is not an argument of the scheduler.",
    )

    @property
    def stepwise(self) -> bool:
        """Always true: every report can change which bracket is next."""
        return True

    @property
    def doubts(self) -> list[str]:
        """Brackets that end before max_t; the first of each band does not."""
        try:
            plan = ray_hyperband.bracket_plan(self.max_t, self.reduction_factor)
        except ValueError:  # its rungs don't fit, which is reported as an error
            return []
        before = accumulate((size for size, _ in plan), initial=0)  # trials of the brackets that are filled before
        early = [filled for filled, (_, milestones) in zip(before, plan, strict=False) if milestones[-1] < self.max_t]
        some = bool(early) and self.num_samples > early[0]
        what = "some brackets end before" if some else "longer searches have brackets that end before"
        return _ends_early(self, "max_t", self.max_t, what)

    @property
    def max_length(self) -> Units:
        """Units of a trial trained in full, which may be fewer than max_t."""
        return Units(ray_hyperband.top(self.max_t, self.reduction_factor))


class _Optuna(LibrarySearcherSection):
    counts: ClassVar[str] = "n_trials"
    ends: ClassVar[str] = "max_resource"

    n_trials: Count = Field(description=f"{_SAMPLES} It is an argument of study.optimize.")
    direction: Literal["minimize", "maximize"] | None = Field(
        None, description=f"It is an argument of create_study. {_MODE.replace('max:', 'maximize:')}"
    )
    bootstrap_count: Annotated[int, Field(ge=0, le=10**9)] = Field(
        0,
        description="Number of trials that a rung needs before any trial goes on from it. Until then all "
        "trials are pruned there.",
    )
    report_every: Count = Field(1, description=_EVERY)


class OptunaSuccessiveHalvingSection(_Optuna):
    """Optuna's SuccessiveHalvingPruner (optuna 5.0): trials are pruned at once or go on in place."""

    make = optuna.optuna_successive_halving

    name: Literal["optuna_successive_halving"]
    without_effect: ClassVar[tuple[str, ...]] = ("study_name",)

    max_resource: Length = Field(
        description=f"{_TO_FULL} This is not an argument of the pruner, but the length of your loop."
    )
    study_name: str | None = Field(None, description="Accepted without effect.")
    min_resource: Annotated[int, Field(ge=1, le=10**9)] | Literal["auto"] = Field(
        "auto",
        description="Units at the first rung. auto: a hundredth of max_resource, rounded down, and at least 1. Then "
        "nothing is pruned before the first trial is complete.",
    )
    reduction_factor: WholeFactor = Field(4, description=_FACTOR)
    min_early_stopping_rate: Annotated[int, Field(ge=0, le=64)] = Field(
        0, description="How many of the lowest rungs are left out."
    )

    @property
    def stepwise(self) -> bool:
        """Whether the searcher must hear every report: once a trial is complete, any report may be deciding."""
        return self.min_resource == "auto"

    @model_validator(mode="after")
    def _one_start(self) -> OptunaSuccessiveHalvingSection:
        if self.bootstrap_count and self.min_resource == "auto":
            raise _wrong("bootstrap_count > 0 and min_resource auto exclude each other; give min_resource a number")
        return self


class OptunaHyperbandSection(_Optuna):
    """Optuna's HyperbandPruner (optuna 5.0): successive halving in brackets.

    The study's name decides which bracket a trial belongs to.
    """

    make = optuna.optuna_hyperband

    name: Literal["optuna_hyperband"]

    max_resource: Length = Field(description=f"{_TO_FULL} Give a number: auto is not simulated.")
    study_name: Annotated[str, Field(min_length=1, max_length=512)] = Field(
        description="Name of the study. It decides which bracket a trial belongs to. Without one Optuna draws a name."
    )
    min_resource: Annotated[int, Field(ge=1, le=10**9)] = Field(1, description="Units at the lowest rung.")
    reduction_factor: WholeFactor = Field(3, description=_FACTOR)

    @model_validator(mode="after")
    def _in_order(self) -> OptunaHyperbandSection:
        if self.min_resource > self.max_resource:
            raise _wrong(f"min_resource is {self.min_resource} and max_resource {int(self.max_resource)}; swap them")
        return self


class _SyneTune(LibrarySearcherSection):
    counts: ClassVar[str] = "max_num_trials_started"
    without_effect: ClassVar[tuple[str, ...]] = (
        "metric", "resource_attr", "max_resource_attr", "time_attr", "random_seed", "searcher", "type",
    )  # fmt: skip
    #: Arguments of only one version.
    of_version: ClassVar[dict[str, str]] = {
        "mode": "0.13", "resource_attr": "0.13", "max_resource_attr": "0.13", "type": "0.13",
        "do_minimize": "0.16", "time_attr": "0.16",
    }  # fmt: skip

    max_num_trials_started: Count = Field(description=f"{_SAMPLES} It is an argument of StoppingCriterion.")
    metric: str | None = Field(None, description=_METRIC)
    random_seed: int | None = Field(
        None, description="Accepted without effect: the scenario's seed is used in its place."
    )
    searcher: Literal["random", "random_search"] | None = Field(
        None, description="Accepted without effect: no searcher here proposes configurations."
    )
    max_t: Length = _ends_at(100, " The default is that of 0.16; 0.13 has none.")
    grace_period: Grace = Field(1, description=_GRACE)
    reduction_factor: Factor = Field(
        3,
        description=f"{_FACTOR} Version 0.13: units are rounded, and the share of trials that goes on is the units "
        "of a rung divided by those of the next rung or, at the last rung, by max_t.",
    )
    mode: Literal["min", "max"] | None = Field(None, description=f"Version 0.13. {_MODE}")
    resource_attr: str | None = Field(None, description=f"Version 0.13. {_TIME}")
    max_resource_attr: str | None = Field(
        None, description="Version 0.13. Accepted without effect: max_t says when a trial ends."
    )

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of the function that makes the searcher."""
        return {**super().options, "maximised": self.mode == "max"}

    @property
    def doubts(self) -> list[str]:
        """A note on a default that the version does not have."""
        if "max_t" in self.model_fields_set or self.version != "0.13":  # type: ignore[attr-defined]
            return []
        return [f"max_t is {int(self.max_t)}, the default of version 0.16; version 0.13 has no default"]

    @model_validator(mode="after")
    def _of_the_version(self) -> Self:
        version = self.version  # type: ignore[attr-defined]
        for key, of in self.of_version.items():
            if key in self.model_fields_set and of != version:
                raise _wrong(f"{key} is an argument of version {of}, and version is {version}; leave it out")
        if version == "0.13":
            if self.reduction_factor < 2:  # noqa: PLR2004
                raise _wrong(f"reduction_factor is {self.reduction_factor}; version 0.13 takes 2 or more")
            if self.grace_period == self.max_t:
                raise _wrong(
                    f"grace_period and max_t are both {self.grace_period}; version 0.13 needs a greater max_t"
                )
        return self


def _as_text(value: object) -> object:
    """A version that was written as a number, as text."""
    return str(value) if isinstance(value, float) else value


class SyneTuneStoppingSection(_SyneTune):
    """Syne Tune's ASHA by stopping: HyperbandScheduler of 0.13, AsynchronousSuccessiveHalving of 0.16."""

    make = syne_tune.syne_tune_stopping

    name: Literal["syne_tune_stopping"]
    version: Annotated[Literal["0.13", "0.16"], BeforeValidator(_as_text)] = Field(
        description="Version of Syne Tune. The rule depends on it."
    )
    brackets: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description=f"{_BRACKETS} Of version 0.13 only 1 is simulated."
    )
    type: Literal["stopping"] | None = Field(
        None, description="Version 0.13. Only stopping is simulated; `syne_tune_promotion` is the type promotion."
    )
    do_minimize: bool | None = Field(None, description=f"Version 0.16. {_MODE.replace('max:', 'false:')}")
    time_attr: str | None = Field(None, description=f"Version 0.16. {_TIME}")
    report_every: Count = Field(1, description=_EVERY)

    @model_validator(mode="after")
    def _one_bracket(self) -> SyneTuneStoppingSection:
        if self.version == "0.13" and self.brackets > 1:
            raise _wrong(f"brackets is {self.brackets}; of version 0.13 only 1 is simulated")
        return self

    @property
    def bracket_weights(self) -> list[float] | None:
        """Softmax of the brackets' numbers of rungs."""
        return _drawn(self)


class SyneTunePromotionSection(_SyneTune):
    """Syne Tune's ASHA by promotion (HyperbandScheduler of 0.13, type promotion): trials pause until promoted."""

    make = syne_tune.syne_tune_promotion

    name: Literal["syne_tune_promotion"]
    in_place: ClassVar[bool] = False
    advances_by: ClassVar[Advance | None] = "pauses"
    version: Annotated[Literal["0.13"], BeforeValidator(_as_text)] = Field(
        "0.13", description="Version of Syne Tune. Later versions have no promotion."
    )
    type: Literal["promotion"] | None = Field(
        None, description="Only promotion is simulated; `syne_tune_stopping` is the type stopping."
    )
    brackets: Literal[1] = Field(1, description="Number of brackets. Only 1 is simulated.")

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of the function that makes the searcher."""
        return {key: value for key, value in super().options.items() if key not in {"version", "brackets"}}


class SklearnHalvingSection(LibrarySearcherSection):
    """scikit-learn's HalvingGridSearchCV and HalvingRandomSearchCV (1.9): rounds, each trained from zero."""

    make = sklearn.sklearn_halving

    name: Literal["sklearn_halving"]
    counts: ClassVar[str] = "n_candidates"
    resumes: ClassVar[bool] = False
    in_place: ClassVar[bool] = False
    advances_by: ClassVar[Advance | None] = "halves"
    without_effect: ClassVar[tuple[str, ...]] = (
        "resource", "scoring", "cv", "random_state", "refit", "return_train_score", "n_jobs", "verbose",
    )  # fmt: skip

    max_resources: Annotated[int, Field(ge=1, le=10**9)] = Field(
        description="No round trains for more units than this. Give a number: auto is not simulated."
    )
    n_candidates: Count | Literal["exhaust"] = Field(
        description="Number of candidates of the first round; for a grid, its number of points. exhaust: "
        "max_resources // min_resources."
    )
    min_resources: Count | Literal["exhaust", "smallest"] = Field(
        "exhaust",
        description="Units of the first round. smallest: 1. exhaust: as many as bring the last round near "
        "max_resources. The default is that of HalvingGridSearchCV; with `n_candidates: exhaust` it is smallest, as "
        "in HalvingRandomSearchCV. Where the resource is a number of samples, both depend on cv and on the classes, "
        "so give a number.",
    )
    factor: Factor = Field(
        3, description="One in `factor` candidates is kept. Each round is `factor` times as long as the round before."
    )
    aggressive_elimination: bool = Field(
        False,
        description="true: the first round's units are repeated until few enough candidates are left for "
        "the other rounds.",
    )
    resource: str | None = Field(None, description=_TIME)
    scoring: str | None = Field(None, description=_METRIC)
    cv: int | None = Field(None, description="Accepted without effect: a trial is one candidate with all its folds.")
    random_state: int | None = Field(
        None, description="Accepted without effect: the scenario's seed is used in its place."
    )
    refit: bool | None = Field(None, description="Accepted without effect: the last fit is not simulated.")
    return_train_score: bool | None = Field(None, description="Accepted without effect.")
    n_jobs: int | None = Field(None, description="Accepted without effect: the cluster's workers take its place.")
    verbose: int | None = Field(None, description="Accepted without effect.")

    @model_validator(mode="before")
    @classmethod
    def _as_random_search(cls, data: object) -> object:
        """Set the default of HalvingRandomSearchCV, the only class that has `n_candidates: exhaust`."""
        if isinstance(data, dict) and data.get("n_candidates") == "exhaust" and "min_resources" not in data:
            return {**data, "min_resources": "smallest"}
        return data

    @model_validator(mode="after")
    def _known_start(self) -> SklearnHalvingSection:
        if self.n_candidates == self.min_resources == "exhaust":
            raise _wrong("n_candidates and min_resources cannot both be exhaust; give one a number")
        if self.resource == "n_samples" and isinstance(self.min_resources, str):
            raise _wrong("min_resources of n_samples depends on cv and the number of classes; give it as a number")
        if not isinstance(self.min_resources, str) and self.min_resources > self.max_resources:
            raise _wrong(
                f"min_resources is {self.min_resources} and max_resources {self.max_resources}; "
                "it should not be greater"
            )
        return self

    @property
    def doubts(self) -> list[str]:
        """Notes on the default in which the two classes differ, and on a last round shorter than max_resources."""
        found = []
        if "min_resources" not in self.model_fields_set:
            found.append(
                "min_resources is exhaust, the default of HalvingGridSearchCV; HalvingRandomSearchCV has smallest"
            )
        return found + _ends_early(self, "max_resources", self.max_resources)

    @property
    def trials(self) -> int | None:
        """Candidates of the first round."""
        if isinstance(self.n_candidates, int):
            return self.n_candidates
        return self.max_resources // (self.min_resources if isinstance(self.min_resources, int) else 1)

    @property
    def max_length(self) -> Units:
        """Units of the last round, which may be fewer than max_resources."""
        return Units(sklearn.rounds(**_renamed(self.options))[0][-1])

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of the function that makes the searcher."""
        return {**super().options, "n_candidates": self.trials}


def _ends_early(block: LibrarySearcherSection, key: str, units: int, what: str = "no trial trains to") -> list[str]:
    """A note if trials that end by themselves may have fewer than the `units` that the argument `key` says."""
    try:
        last = int(block.max_length)
    except ValueError:  # its rungs don't fit, which is reported as an error
        return []
    if last >= units:
        return []
    return [f"{what} {key}, {int(units)} units; a trial counts as trained in full from {last} units on"]


def _renamed(options: dict[str, Any]) -> dict[str, Any]:
    return {("aggressive" if key == "aggressive_elimination" else key): value for key, value in options.items()}


def _drawn(block: RayAshaSection | SyneTuneStoppingSection) -> list[float] | None:
    if block.brackets == 1:
        return None
    return ray.bracket_weights(block.max_t, block.grace_period, block.reduction_factor, block.brackets)
