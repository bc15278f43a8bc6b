"""Scenario section `curves`: how good each trial is, and how long it takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.scenario.base import Model
from simulator.scenario.values import Duration


class Recorded(Model):
    """Learning curves from a file with the columns trial, resource, loss, elapsed_s (cumulative) and maybe exit."""

    kind: Literal["recorded"]
    file: str = Field(description="CSV, CSV.gz or Parquet; a relative path starts at the scenario's folder.")
    smaller_is_better: bool = Field(True, description="false: the loss column is to be maximised.")
    interpolate: Literal["linear"] | None = Field(
        None, description="How to read a resource between two recorded ones; default: an error."
    )
    resample: bool = Field(False, description="Draw trials from the recorded ones, with replacement, without end.")


class Synthetic(Model):
    """Trials without end: loss = asymptote + gain * units**-rate, and a log-normal time a unit."""

    kind: Literal["synthetic"]
    unit_time: Duration = Field(60_000_000, description="Median time a unit takes; default 1 min.")
    unit_time_sigma: Annotated[float, Field(ge=0, le=5)] = Field(
        0.5, description="Spread of the time a unit takes across trials, sd of its log; 0: all alike."
    )
    best: Annotated[float, Field(ge=-1e6, le=1e6)] = Field(0.1, description="Best asymptote a trial can have.")
    worst: Annotated[float, Field(ge=-1e6, le=1e6)] = Field(1.0, description="Worst asymptote a trial can have.")
    gain: Annotated[float, Field(ge=0, le=1e6)] = Field(1.0, description="Median loss above the asymptote at 1 unit.")
    gain_sigma: Annotated[float, Field(ge=0, le=5)] = Field(0.5, description="sd of the log of the gain.")
    rate: Annotated[float, Field(gt=0, le=10)] = Field(0.7, description="Median exponent of the power law.")
    rate_sigma: Annotated[float, Field(ge=0, le=5)] = Field(0.3, description="sd of the log of the rate.")

    @model_validator(mode="after")
    def _ordered(self) -> Synthetic:
        if self.best > self.worst:
            raise PydanticCustomError("best_worst", "best is greater than worst; smaller losses are better")
        return self


class Ordered(Model):
    """For closed-form checks: all units take equally long, and trials are better, or worse, one by one."""

    kind: Literal["ordered"]
    unit_time: Duration = Field(1_000_000, description="Time a unit takes; default 1 s.")
    order: Literal["worsening", "improving"] = Field(
        "worsening", description="worsening: trial i beats trial i + 1; improving: the other way round."
    )


Curves = Annotated[Recorded | Synthetic | Ordered, Field(discriminator="kind")]
