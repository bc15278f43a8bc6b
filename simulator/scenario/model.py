"""What a scenario may say. Field descriptions become scenarios/schema.json, which editors show."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.scenario.values import Duration, Label

Count = Annotated[int, Field(ge=1, le=10**9)]
Divisor = Annotated[float, Field(gt=1, le=10**6, allow_inf_nan=False)]


class Model(BaseModel):
    """Unknown keys are errors; nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Searcher(Model):
    max_length: Count = Field(description="Resource of a fully trained trial, in units (epochs, batches, …).")

    @property
    def endless(self) -> bool:
        """Whether it would go on for ever."""
        return False

    @property
    def trials(self) -> int | None:
        """How many trials it starts, as far as it is known before the run."""
        return None


class Sha(_Searcher):
    """Synchronous successive halving: nobody leaves a rung before it is full."""

    name: Literal["sha"]
    max_trials: Count = Field(description="Trials of a bracket.")
    divisor: Divisor = Field(4, description="One in so many trials is promoted.")
    num_rungs: Annotated[int, Field(ge=1, le=64)] | None = Field(
        None, description="Rungs from the top down; default: all that fit."
    )
    backfill: bool = Field(
        False, description="Begin another bracket whenever a worker would wait. Never ends by itself: give a stop."
    )

    @property
    def endless(self) -> bool:
        """Backfilling never ends."""
        return self.backfill

    @property
    def trials(self) -> int | None:
        """One bracket's trials, or unknown."""
        return None if self.backfill else self.max_trials


class Asha(_Searcher):
    """Asynchronous successive halving: a trial is promoted as soon as it is among the best 1 in `divisor` so far."""

    name: Literal["asha"]
    max_trials: Count | None = Field(None, description="Trials in all; default: no end, so give a stop.")
    divisor: Divisor = Field(4, description="One in so many trials is promoted.")
    num_rungs: Annotated[int, Field(ge=1, le=64)] | None = Field(
        None, description="Rungs from the top down; default: all that fit."
    )
    delayed: bool = Field(False, description="D-ASHA: never more promotions than 1 in `divisor` of the results.")
    max_concurrent_trials: Count | None = Field(None, description="Most jobs under way at once; default: no limit.")

    @property
    def endless(self) -> bool:
        """Without max_trials it never ends."""
        return self.max_trials is None

    @property
    def trials(self) -> int | None:
        """Trials in all, if limited."""
        return self.max_trials


class Random(_Searcher):
    """Every trial trained in full."""

    name: Literal["random"]
    max_trials: Count | None = Field(None, description="Trials in all; default: no end, so give a stop.")
    max_concurrent_trials: Count | None = Field(None, description="Most jobs under way at once; default: no limit.")

    @property
    def endless(self) -> bool:
        """Without max_trials it never ends."""
        return self.max_trials is None

    @property
    def trials(self) -> int | None:
        """Trials in all, if limited."""
        return self.max_trials


class Single(_Searcher):
    """One trial, trained in full."""

    name: Literal["single"]

    @property
    def trials(self) -> int | None:
        """One."""
        return 1


Searcher = Annotated[Sha | Asha | Random | Single, Field(discriminator="name")]


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


class Cluster(Model):
    """The pool of workers."""

    workers: Annotated[int, Field(ge=1, le=10**6)] = Field(description="How many work at once.")
    assignment: Literal["on_demand", "queued"] = Field(
        "on_demand",
        description="on_demand: a job is asked for when a worker is free. queued: after each report the searcher is "
        "asked until it waits, and jobs queue first-in first-out, as in Determined.",
    )
    resume: bool = Field(True, description="Promoted trials go on from where they were; false: from zero.")


class Stop(Model):
    """When to stop a run."""

    time: Duration = Field(description="At this time; what still runs is cut.")


class Scenario(Model):
    """Searchers on the same trials and the same cluster."""

    title: str = Field("", max_length=200, description="What it shows, for pictures; default: the file's name.")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(0, description="Of everything drawn at random.")
    time_unit: Literal["s", "min", "h", "d"] = Field("s", description="How times are shown.")
    searchers: dict[Label, Searcher] = Field(
        min_length=1, max_length=16, description="Label: searcher. `searcher:` with one block works too."
    )
    curves: Curves
    cluster: Cluster
    stop: Stop | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_searcher(cls, data: object) -> object:
        """`searcher: {…}`, as Determined writes it, is `searchers:` with the block's name as its label."""
        if isinstance(data, dict) and "searcher" in data and "searchers" not in data:
            data = dict(data)
            block = data.pop("searcher")
            label = block.get("name") if isinstance(block, dict) else None
            data["searchers"] = {label if isinstance(label, str) else "searcher": block}
        return data
