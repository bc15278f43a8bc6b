"""Scenario section `curves`: how good each trial is, and how long it takes."""

from __future__ import annotations

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
from simulator.curves.synthetic import Law, Synthetic
from simulator.curves.unit_times import UnitTimes
from simulator.scenario.base import Section
from simulator.scenario.values import Duration

Loss = Annotated[float, Field(ge=-1e6, le=1e6)]
Correlation = Annotated[float, Field(ge=-1, le=1)]


class RecordedSection(Section):
    """Learning curves from a file with the columns trial, resource, loss, elapsed_s (cumulative) and maybe exit."""

    kind: Literal["recorded"]
    file: str = Field(
        description="CSV, CSV.gz or Parquet, 512 MiB at most, unpacked too, and of Parquet 20 million rows; a "
        "relative path starts at the scenario's folder."
    )
    smaller_is_better: bool = Field(
        True, description="false: the loss column is to be maximised, and is shown negated."
    )
    interpolate: Literal["linear"] | None = Field(
        None, description="How to read a resource between two recorded ones; default: an error."
    )
    resample: bool = Field(False, description="Draw trials from the recorded ones, with replacement, without end.")
    order: Literal["file", "shuffled"] = Field(
        "file",
        description="In which order `run` meets the trials. file: as they stand there, whatever the seed; shuffled: "
        "in an order that the seed draws, as every comparison over seeds does.",
    )
    unit_time: Duration | None = Field(
        None, description="Median time a unit takes, for a file without the column elapsed_s."
    )
    unit_time_sigma: Annotated[float, Field(ge=0, le=5)] = Field(
        0.0, description="Spread of that time across trials, sd of its log; 0: all alike."
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
            raise PydanticCustomError("together", "order stands beside resample, which draws trials in any order")
        return self


class SyntheticSection(Section):
    """Trials without end: loss = asymptote + gain * what is left of it + waves + noise, and a log-normal time a unit.

    Every key left out has the preset's value, or without a preset its default.
    """

    kind: Literal["synthetic"]
    preset: Preset | None = Field(None, description="Trials like those of a measured set, over 50 units.")
    family: Family | Literal["hyperband"] = Field(
        "pow3", description="Shape, by LCDB's names; hyperband: the paper's toy model, by alpha and beta."
    )
    unit_time: Duration = Field(60_000_000, description="Median time a unit takes; default 1 min.")
    unit_time_sigma: Annotated[float, Field(ge=0, le=5)] = Field(
        0.5, description="Spread of the time a unit takes across trials, sd of its log; 0: all alike."
    )
    unit_time_quality: Correlation = Field(
        0.0, description="Correlation of the time a unit with how bad a trial is; 1: the worse, the slower."
    )
    unit_times: Annotated[list[Duration], Field(min_length=2, max_length=1000)] | None = Field(
        None, description="Evenly spaced quantiles of the time a unit, instead of median and spread."
    )
    best: Loss = Field(0.1, description="Best asymptote a trial can have.")
    worst: Loss = Field(1.0, description="Worst asymptote a trial can have.")
    skew: Annotated[float, Field(gt=0, le=20)] = Field(
        1.0, description="Greater than 1: good trials are closer to each other, bad ones further apart."
    )
    levels: Annotated[list[Loss], Field(min_length=2, max_length=1000)] | None = Field(
        None, description="Evenly spaced quantiles of the asymptotes, instead of best, worst and skew."
    )
    gain: Annotated[float, Field(ge=0, le=1e6)] = Field(1.0, description="Median loss above the asymptote at 1 unit.")
    gain_sigma: Annotated[float, Field(ge=0, le=5)] = Field(0.5, description="sd of the log of the gain.")
    rate: Annotated[float, Field(gt=0, le=10)] = Field(0.7, description="Median exponent of the shape.")
    rate_sigma: Annotated[float, Field(ge=0, le=5)] = Field(0.3, description="sd of the log of the rate.")
    scale: Annotated[float, Field(gt=0, le=1e6)] = Field(
        1.0, description="Median units before the shape falls; for pow4, exp4, logpower3, mmf4, vap3."
    )
    scale_sigma: Annotated[float, Field(ge=0, le=5)] = Field(0.0, description="sd of the log of the scale.")
    crossings: Correlation = Field(
        0.0, description="1: trials that end well start badly, so that curves cross; -1: they start as they end."
    )
    waves: Annotated[float, Field(ge=0, le=1e6)] = Field(0.0, description="sd of slow ups and downs of the loss.")
    noise: Annotated[float, Field(ge=0, le=1e6)] = Field(0.0, description="sd of independent errors of the loss.")
    diverged: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="Share of trials that diverge, after 5 units in the mean."
    )
    logarithmic: bool = Field(False, description="true: all of this is the logarithm of the loss.")
    alpha: Annotated[float, Field(ge=0.01, le=100)] | None = Field(
        None, description="hyperband: the envelope is units**(-1/alpha); greater: slower."
    )
    beta: Annotated[float, Field(ge=0.01, le=100)] | None = Field(
        None,
        description="hyperband: a share x**beta of trials is within x of the best; greater: good ones are rarer.",
    )

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, data: Any) -> Any:
        """The preset's values, under those the file gives."""
        if isinstance(data, dict) and data.get("preset") in get_args(Preset):
            return {**section(PRESETS[data["preset"]]), **data}
        return data

    @model_validator(mode="after")
    def _sound(self) -> SyntheticSection:
        if self.best > self.worst:
            raise PydanticCustomError("best_worst", "best is greater than worst; smaller losses are better")
        if self.levels is not None and self.levels != sorted(self.levels):
            raise PydanticCustomError("together", "levels should rise: they are quantiles")
        if self.unit_times is not None and self.unit_times != sorted(self.unit_times):
            raise PydanticCustomError("together", "unit_times should rise: they are quantiles")
        if [self.alpha is None, self.beta is None] != [self.family != "hyperband"] * 2:
            raise PydanticCustomError("together", "family hyperband goes with alpha and beta, and they with it")
        return self

    @property
    def law(self) -> Law:
        """What the engine draws from."""
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
        )

    def build(self, _: Path, seed: int) -> Curves:
        """Make the trials that the seed draws."""
        return Synthetic(self.law, seed)


#: Keys that mean the same in a scenario and in a law.
_SAME = (
    "best", "worst", "gain", "gain_sigma", "scale", "scale_sigma", "crossings", "waves", "noise", "diverged",
    "logarithmic",
)  # fmt: skip


def section(law: Law) -> dict[str, Any]:
    """The `curves:` section of a law, times in seconds, without what is as by default or comes to nothing."""
    values: dict[str, Any] = {"kind": "synthetic", "family": law.family}
    if law.unit_times:
        values["unit_times"] = list(law.unit_times)
    else:
        values |= {"unit_time": law.unit_s, "unit_time_sigma": law.unit_sigma}
    values["unit_time_quality"] = law.unit_quality
    values |= {"levels": list(law.levels)} if law.levels else {"best": law.best, "worst": law.worst, "skew": law.skew}
    values |= {name: getattr(law, name) for name in ("gain", "gain_sigma", "rate", "rate_sigma")}
    if law.family in SCALED:
        values |= {"scale": law.scale, "scale_sigma": law.scale_sigma}
    for name in ("crossings", "waves", "noise", "diverged"):
        values[name] = getattr(law, name)
    if law.logarithmic:
        values["logarithmic"] = True
    return values


class OrderedSection(Section):
    """For closed-form checks: all units take equally long, and trials are better, or worse, one by one."""

    kind: Literal["ordered"]
    unit_time: Duration = Field(1_000_000, description="Time a unit takes; default 1 s.")
    order: Literal["worsening", "improving"] = Field(
        "worsening", description="worsening: trial i beats trial i + 1; improving: the other way round."
    )

    def build(self, _: Path, __: int) -> Curves:
        """Make the trials, which nothing draws."""
        return Ordered(self.unit_time, improving=self.order == "improving")


CurvesSection = Annotated[RecordedSection | SyntheticSection | OrderedSection, Field(discriminator="kind")]

#: Every member of the union by its kind.
CURVES: dict[str, type[Section]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(CurvesSection)[0])
}
