"""Scenario section `curves`: how good each trial is, and how long it takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.core.ticks import to_seconds
from simulator.core.vocabulary import Family
from simulator.curves.families import SCALED
from simulator.curves.files.tables import read_table
from simulator.curves.ordered import Ordered
from simulator.curves.presets import PRESETS, Preset
from simulator.curves.protocol import Curves
from simulator.curves.recorded import Recorded, Resampled, Shuffled
from simulator.curves.synthetic import Law, Like, Synthetic
from simulator.curves.unit_times import UnitTimes
from simulator.scenario.base import Section
from simulator.scenario.values import Duration

Loss = Annotated[float, Field(ge=-1e6, le=1e6)]
Correlation = Annotated[float, Field(ge=-1, le=1)]


#: A row of a law: a trial on which drawn trials are modelled.
Row = Annotated[list[Annotated[float, Field(ge=-1e9, le=1e9)]], Field(min_length=7, max_length=7)]


#: The number of one of a law's trials, and its spread.
OtherRow = Annotated[list[Annotated[float, Field(ge=0, le=1e9)]], Field(min_length=2, max_length=2)]


class RecordedSection(Section):
    """Learning curves from a file.

    Its columns are trial, resource, loss, elapsed_s (cumulative) and, where trials die, exit.
    """

    kind: Literal["recorded"]
    file: str = Field(
        description="A CSV, CSV.gz or Parquet file. It may have up to 512 MiB, also when it is unpacked, and as "
        "Parquet up to 20 million rows. A relative path starts at the scenario's folder."
    )
    smaller_is_better: bool = Field(
        True,
        description="false: larger values in the loss column are better. They are shown with their sign changed.",
    )
    interpolate: Literal["linear"] | None = Field(
        None,
        description="linear: a resource between two recorded ones is read on the straight line between "
        "them. Without this key such a resource is an error.",
    )
    resample: bool = Field(
        False, description="Draw trials from the recorded ones, with replacement. Then there is no last trial."
    )
    order: Literal["file", "shuffled"] = Field(
        "file",
        description="In which order `run` meets the trials. file: in the file's order, whatever the seed is. "
        "shuffled: in an order that the seed draws, as every comparison over seeds does.",
    )
    unit_time: Duration | None = Field(
        None, description="Median time that a unit takes, for a file without the column elapsed_s."
    )
    unit_time_sigma: Annotated[float, Field(ge=0, le=5)] = Field(
        0.0,
        description="How far trials differ in that time: the standard deviation of its logarithm. With 0 "
        "they are all alike.",
    )

    def build(self, folder: Path, seed: int) -> Recorded | Resampled | Shuffled:
        """Read the trials from the file; raises InputError for what is wrong in it."""
        times = None if self.unit_time is None else UnitTimes(self.unit_time, self.unit_time_sigma, seed)
        table = read_table(folder / self.file, smaller_is_better=self.smaller_is_better, unit_times=times)
        recorded = Recorded(table, interpolate=self.interpolate == "linear")
        if self.resample:
            return Resampled(recorded, seed)
        return Shuffled(recorded, seed) if self.order == "shuffled" else recorded

    @model_validator(mode="after")
    def _one_order(self) -> RecordedSection:
        if self.resample and self.order == "shuffled":
            raise PydanticCustomError(
                "together", "order is given together with resample, which draws trials in any order"
            )
        return self


class OtherLawSection(Section):
    """A law refitted to other pilots, drawn from those that there are."""

    diverged: Annotated[float, Field(ge=0, le=1)] = Field(0.0, description="Share of trials that diverge.")
    trials: Annotated[list[OtherRow], Field(min_length=1, max_length=1000)] = Field(
        description="Its trials: each the number, from 0, of one of the trials above, and its spread."
    )


class SyntheticSection(Section):
    """Made-up trials without end: loss = asymptote + gain * shape + waves + noise.

    The shape is 1 at the first unit and falls towards 0. The time that a unit takes is log-normal. A key that is
    left out has the preset's value, or without a preset its default.
    """

    kind: Literal["synthetic"]
    preset: Preset | None = Field(None, description="Trials like those of a measured set of curves of 50 units.")
    family: Family | Literal["hyperband"] = Field(
        "pow3",
        description="Shape of the curves, by LCDB's names. hyperband: the toy model of the Hyperband "
        "paper, given by alpha and beta.",
    )
    unit_time: Duration = Field(60_000_000, description="Median time that a unit takes.")
    unit_time_sigma: Annotated[float, Field(ge=0, le=5)] = Field(
        0.5,
        description="How far trials differ in the time that a unit takes: the standard deviation of its "
        "logarithm. With 0 they are all alike.",
    )
    unit_time_quality: Correlation = Field(
        0.0,
        description="Correlation between the time that a unit takes and how bad a trial is. With 1, the "
        "worse a trial is, the slower it is.",
    )
    unit_times: Annotated[list[Duration], Field(min_length=2, max_length=1000)] | None = Field(
        None, description="Evenly spaced quantiles of the time that a unit takes, instead of median and spread."
    )
    best: Loss = Field(0.1, description="Best loss that a trial can reach in the end (its asymptote).")
    worst: Loss = Field(1.0, description="Worst loss that a trial can reach in the end.")
    skew: Annotated[float, Field(gt=0, le=20)] = Field(
        1.0, description="Above 1, good trials are closer to each other, and bad trials are further apart."
    )
    levels: Annotated[list[Loss], Field(min_length=2, max_length=1000)] | None = Field(
        None, description="Evenly spaced quantiles of the asymptotes, instead of best, worst and skew."
    )
    gain: Annotated[float, Field(ge=0, le=1e6)] = Field(
        1.0, description="How far the loss after 1 unit is above the asymptote, in the median."
    )
    gain_sigma: Annotated[float, Field(ge=0, le=5)] = Field(
        0.5, description="Standard deviation of the gain's logarithm, across trials."
    )
    rate: Annotated[float, Field(gt=0, le=10)] = Field(
        0.7, description="How fast the loss falls: the median exponent of the shape."
    )
    rate_sigma: Annotated[float, Field(ge=0, le=5)] = Field(
        0.3, description="Standard deviation of the rate's logarithm, across trials."
    )
    scale: Annotated[float, Field(gt=0, le=1e6)] = Field(
        1.0, description="Median number of units before the shape falls; for pow4, exp4, logpower3, mmf4 and vap3."
    )
    scale_sigma: Annotated[float, Field(ge=0, le=5)] = Field(
        0.0, description="Standard deviation of the scale's logarithm, across trials."
    )
    crossings: Correlation = Field(
        0.0,
        description="1: trials that end well start badly, so that curves cross. -1: trials start in the "
        "order in which they end.",
    )
    waves: Annotated[float, Field(ge=0, le=1e6)] = Field(
        0.0, description="Standard deviation of slow ups and downs of the loss."
    )
    noise: Annotated[float, Field(ge=0, le=1e6)] = Field(
        0.0, description="Standard deviation of the random errors of the loss."
    )
    noise_units: Annotated[int, Field(ge=1, le=1000)] = Field(
        1,
        description="Number of units for which an error lasts. With 1, the errors of neighbouring units are "
        "independent.",
    )
    diverged: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="Share of the trials that diverge, after 5 units on average."
    )
    death_times: (
        Annotated[list[Annotated[float, Field(ge=0, le=1e9)]], Field(min_length=2, max_length=1000)] | None
    ) = Field(
        None,
        description="Evenly spaced quantiles of the number of units after which trials diverge, instead of "
        "5 units on average.",
    )
    trials: Annotated[list[Row], Field(min_length=1, max_length=1000)] | None = Field(
        None,
        description="What the drawn trials are like. Each drawn trial is like one of these rows: [asymptote, "
        "gain, rate, scale, seconds a unit, noise, spread of the asymptote]. The rows take the place of the "
        "single keys for these. `asha-sim curves fit` writes them.",
    )
    others: Annotated[list[OtherLawSection], Field(min_length=8, max_length=1000)] | None = Field(
        None,
        description="Laws refitted to other sets of the same pilots. They show a plan how uncertain so few pilots "
        "leave it. `asha-sim curves fit --laws` writes them.",
    )
    version: Literal[1, 2] = Field(
        2,
        description="Version of a fitted law. Version 1 has quantiles and correlations, version 2 has "
        "`trials`. Both are read.",
    )
    logarithmic: bool = Field(False, description="true: all these values are about the logarithm of the loss.")
    alpha: Annotated[float, Field(ge=0.01, le=100)] | None = Field(
        None,
        description="For hyperband: the envelope is units**(-1/alpha). With a greater alpha, losses fall "
        "more slowly.",
    )
    beta: Annotated[float, Field(ge=0.01, le=100)] | None = Field(
        None,
        description="For hyperband: a share x**beta of the trials is within x of the best. With a greater beta, "
        "good trials are rarer.",
    )

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, data: Any) -> Any:
        """Add the preset's values for the keys that the file does not give."""
        if isinstance(data, dict) and data.get("preset") in get_args(Preset):
            preset = section(PRESETS[data["preset"]])
            if {"unit_time", "unit_time_sigma"} & data.keys():
                preset.pop("unit_times", None)  # the value of the preset would have no effect
            return {**preset, **data}
        return data

    @model_validator(mode="after")
    def _sound(self) -> SyntheticSection:
        if self.best > self.worst:
            raise PydanticCustomError("best_worst", "best is greater than worst; smaller losses are better")
        if self.levels is not None and self.levels != sorted(self.levels):
            raise PydanticCustomError("together", "levels should rise: they are quantiles")
        if self.unit_times is not None and self.unit_times != sorted(self.unit_times):
            raise PydanticCustomError("together", "unit_times should rise: they are quantiles")
        if self.death_times is not None and self.death_times != sorted(self.death_times):
            raise PydanticCustomError("together", "death_times should rise: they are quantiles")
        self._check_trials()
        if [self.alpha is None, self.beta is None] != [self.family != "hyperband"] * 2:
            raise PydanticCustomError("together", "family hyperband goes with alpha and beta, and they with it")
        return self

    def _check_trials(self) -> None:
        """Check that the rows are possible, and that no key is given that has no effect beside them."""
        if self.trials is None:
            if self.others is not None:
                raise PydanticCustomError("together", "others are of a law with `trials`, which are not given")
            return
        for number, other in enumerate(self.others or ()):
            if not all(place.is_integer() and place < len(self.trials) for place, _ in other.trials):
                message = "others.{number} names a trial that is not there; they are numbered from 0 to {last}"
                raise PydanticCustomError("together", message, {"number": number, "last": len(self.trials) - 1})
        beside = [key for key in _OF_TRIALS if key in self.model_fields_set]
        if beside:
            message = "{key} is given together with trials, which say it for each trial; give one of the two"
            raise PydanticCustomError("together", message, {"key": beside[0]})
        for number, (_, _, rate, scale, unit, noise, spread) in enumerate(self.trials):
            if not (rate > 0 and scale > 0 and unit > 0 and noise >= 0 and spread >= 0):
                message = (
                    "trials.{number} has a rate, scale or time that is not above 0, or a noise or spread below 0"
                )
                raise PydanticCustomError("together", message, {"number": number})

    @property
    def law(self) -> Law:
        """The law that these values describe."""
        shape: dict[str, Any] = {
            "family": self.family,
            "skew": self.skew,
            "rate": self.rate,
            "rate_sigma": self.rate_sigma,
        }
        if self.alpha is not None and self.beta is not None:  # Hyperband, Li et al. 2018, section 5.3.2
            shape = {"family": "pow3", "skew": 1 / self.beta, "rate": 1 / self.alpha, "rate_sigma": 0.0}
        return Law(
            **shape,
            **{key: getattr(self, key) for key in _SAME},
            unit_s=to_seconds(self.unit_time),
            unit_sigma=self.unit_time_sigma,
            unit_quality=self.unit_time_quality,
            levels=tuple(self.levels or ()),
            unit_times=tuple(map(to_seconds, self.unit_times or ())),
            death_times=tuple(self.death_times or ()),
            trials=tuple(Like(*row) for row in self.trials or ()),
        )

    @property
    def other_laws(self) -> tuple[Law, ...]:
        """The laws of other pilots that the fit kept."""
        law = self.law
        return tuple(
            replace(
                law,
                diverged=other.diverged,
                trials=tuple(law.trials[int(place)]._replace(spread=spread) for place, spread in other.trials),
            )
            for other in self.others or ()
        )

    def build(self, _: Path, seed: int) -> Curves:
        """Make the trials that the seed draws."""
        return Synthetic(self.law, seed)


#: Keys that a scenario and a law share.
_SAME = (
    "best", "worst", "gain", "gain_sigma", "scale", "scale_sigma", "crossings", "waves", "noise", "diverged",
    "noise_units", "logarithmic",
)  # fmt: skip


#: Keys that `trials` replaces.
_OF_TRIALS = (
    "preset", "alpha", "beta", "best", "worst", "skew", "levels", "gain", "gain_sigma", "rate", "rate_sigma", "scale",
    "scale_sigma", "crossings", "waves", "noise", "unit_time", "unit_time_sigma", "unit_time_quality", "unit_times",
)  # fmt: skip


def section(law: Law) -> dict[str, Any]:
    """The `curves:` section of a law: times in seconds, without values that are defaults or have no effect."""
    values: dict[str, Any] = {"kind": "synthetic", "family": law.family}
    if law.trials:
        values |= {
            "version": 2,
            "diverged": law.diverged,
            "noise_units": law.noise_units,
            "logarithmic": law.logarithmic,
        }
        values |= {"death_times": list(law.death_times)} if law.death_times else {}
        return values | {"trials": [list(row) for row in law.trials]}
    if law.unit_times:
        values["unit_times"] = list(law.unit_times)
    if not law.unit_times or (law.unit_s, law.unit_sigma) != (Law.unit_s, Law.unit_sigma):
        values |= {"unit_time": law.unit_s, "unit_time_sigma": law.unit_sigma}
    values["unit_time_quality"] = law.unit_quality
    values |= {"levels": list(law.levels)} if law.levels else {"best": law.best, "worst": law.worst, "skew": law.skew}
    values |= {name: getattr(law, name) for name in ("gain", "gain_sigma", "rate", "rate_sigma")}
    if law.family in SCALED:
        values |= {"scale": law.scale, "scale_sigma": law.scale_sigma}
    for name in ("crossings", "waves", "noise", "diverged"):
        values[name] = getattr(law, name)
    if law.noise_units > 1:
        values["noise_units"] = law.noise_units
    if law.death_times:
        values["death_times"] = list(law.death_times)
    if law.logarithmic:
        values["logarithmic"] = True
    return values


class OrderedSection(Section):
    """For checks against closed forms.

    Every unit takes the same time, and each trial is better than the next one, or worse.
    """

    kind: Literal["ordered"]
    unit_time: Duration = Field(1_000_000, description="Time that a unit takes.")
    order: Literal["worsening", "improving"] = Field(
        "worsening", description="worsening: trial i beats trial i + 1. improving: trial i + 1 beats trial i."
    )

    def build(self, _: Path, __: int) -> Curves:
        """Make the trials; nothing in them is random."""
        return Ordered(self.unit_time, improving=self.order == "improving")


CurvesSection = Annotated[RecordedSection | SyntheticSection | OrderedSection, Field(discriminator="kind")]

#: Every member of the union by its kind.
CURVES: dict[str, type[Section]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(CurvesSection)[0])
}
