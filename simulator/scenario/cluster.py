"""Scenario sections `cluster` and `stop`: who does the work, under what conditions, and until when.

Defaults are what public measurements suggest; each says where from.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from simulator.scenario.base import Count, Model, Positive, Probability, wrong
from simulator.scenario.stragglers import Straggler
from simulator.scenario.values import Delay, Duration, Label

Money = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


#: Trials that a cluster has room for at once.
MOST_WORKERS = 1_000_000


class SpanModel(Model):
    """How long something lasts: exponential; with a shape, Weibull; with a median, log-normal."""

    mean: Duration
    shape: Annotated[float, Field(gt=0.05, le=20)] = Field(
        1.0, description="Weibull shape: 1 exponential, less heavy-tailed, more wearing out."
    )
    median: Duration | None = Field(None, description="Makes it log-normal; less than the mean.")

    @model_validator(mode="after")
    def _one_kind(self) -> SpanModel:
        if self.median is not None and "shape" in self.model_fields_set:
            raise wrong("shape and median stand together; shape makes a Weibull, median a log-normal")
        if self.median is not None and self.mean < self.median:
            raise wrong("mean is less than median; a log-normal's mean is the greater of the two")
        return self


#: A bare duration is the mean of an exponential.
Span = Annotated[
    SpanModel,
    BeforeValidator(
        lambda value: value if isinstance(value, (dict, SpanModel)) else {"mean": value},
        json_schema_input_type=SpanModel | Annotated[float, Field(gt=0)] | str,
    ),
]


class FailuresSection(Model):
    """Machines that break and are repaired."""

    mtbf: Span = Field(
        "50677 h",
        validate_default=True,
        description="Mean time between failures of a machine: a duration (exponential), {mean, shape} (Weibull) or "
        "{median, mean} (log-normal). Default 50,677 h, as for Llama 3: 419 interruptions of 16,384 GPUs in 54 days.",
    )
    repair: Span = Field(
        "1 h",
        validate_default=True,
        description="How long a machine is down; default 1 h.",
    )


class PreemptionSection(Model):
    """Machines that are taken away and given back, as spot instances are."""

    up: Span = Field(
        {"median": "30 min", "mean": "2.5 h"},
        validate_default=True,
        description="How long a machine stays; default as public spot traces show: median 30 min, mean 2.5 h.",
    )
    down: Span = Field(
        {"median": "23 min", "mean": "1 h"},
        validate_default=True,
        description="How long until it is back; default median 23 min as there, mean 1 h.",
    )
    notice: Delay = Field(
        0, description="Warning before it goes (30 s or 2 min in public clouds): time to save a checkpoint."
    )
    series: str | None = Field(
        None, description="Instead of up and down: a CSV with the columns up_s, down_s, played from a random place."
    )

    @model_validator(mode="after")
    def _one_source(self) -> PreemptionSection:
        if self.series is not None and {"up", "down"} & self.model_fields_set:
            raise wrong("series stands beside up or down; give the one or the others")
        return self


class DropsSection(Model):
    """Jobs that are lost while their worker lives."""

    probability: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.001, description="Of being dropped in each span `per`."
    )
    per: Duration = Field(60_000_000, description="Default 1 min.")


class RecoverySection(Model):
    """What happens to a job that is lost."""

    on_loss: Literal["resume", "restart", "exit"] = Field(
        "resume", description="resume: from its last checkpoint; restart: from the job's start; exit: its trial dies."
    )
    checkpoint_every: Count = Field(1, description="Units between checkpoints.")
    max_restarts: Annotated[int, Field(ge=0, le=10_000)] = Field(
        5, description="Losses after which a trial dies, as in Determined; preemptions don't count."
    )


class OverheadsSection(Model):
    """Worker time that trains nothing."""

    worker_start: Delay = Field(0, description="From when a machine comes up until it can work.")
    trial_start: Delay = Field(0, description="To set a trial up on a worker.")
    save: Delay = Field(0, description="To save a checkpoint.")
    restore: Delay = Field(0, description="To restore one.")


class GroupSection(Model):
    """Machines that are alike."""

    count: Annotated[int, Field(ge=1, le=10**6)] = Field(description="How many.")
    speed: Annotated[float, Field(ge=1e-3, le=1e3)] = Field(1.0, description="Divides the time of a job.")
    price: Money = Field(0.0, description="Money for a machine and hour, while it is up.")
    slots: Annotated[int, Field(ge=1, le=10_000)] = Field(1, description="Slots of a machine; see slots_per_trial.")
    join: Delay = Field(0, description="When the first machine joins.")
    ramp_up: Delay = Field(0, description="How much later the last one does.")
    leave: Duration | None = Field(None, description="When all of them leave; default never.")
    failures: FailuresSection | None = None
    preemption: PreemptionSection | None = None

    @model_validator(mode="after")
    def _there_at_all(self) -> GroupSection:
        if self.leave is not None and self.leave <= self.join:
            raise wrong("leave is not after join; this group would never be there")
        return self


class ClusterSection(Model):
    """The pool of workers."""

    workers: Annotated[int, Field(ge=1, le=10**6)] | None = Field(
        None, description="How many equal workers there are, or `groups` of them."
    )
    groups: Annotated[dict[Label, GroupSection], Field(min_length=1, max_length=64)] | None = Field(
        None, description="Name: machines that are alike."
    )
    assignment: Literal["on_demand", "queued"] = Field(
        "on_demand",
        description="on_demand: a job is asked for when a worker is free. queued: after each report the searcher is "
        "asked until it waits, and jobs queue first-in first-out, as in Determined.",
    )
    resume: bool = Field(True, description="Promoted trials go on from where they were; false: from zero.")
    policy: Literal["fastest", "cheapest", "lowest"] = Field(
        "fastest", description="Which idle worker is taken; ties by number."
    )
    slots_per_trial: Annotated[int, Field(ge=1, le=10_000)] = Field(1, description="Slots that a trial takes.")
    stragglers: Straggler | None = Field(None, description="By what factor jobs take longer.")
    drops: DropsSection | None = None
    crashes: Probability = Field(0.0, description="Of an attempt to die by itself; user jobs show 1 to 5 %.")
    failures: FailuresSection | None = Field(None, description="Of all machines whose group says nothing else.")
    preemption: PreemptionSection | None = Field(None, description="Of all machines whose group says nothing else.")
    recovery: RecoverySection = Field(default_factory=RecoverySection)
    overheads: OverheadsSection = Field(default_factory=OverheadsSection)
    max_wait: Duration | None = Field(
        None, description="Give the run up when there has been no worker for so long; default never."
    )

    @property
    def priced(self) -> bool:
        """Whether anything costs money."""
        return any(group.price for group in (self.groups or {}).values())

    @model_validator(mode="after")
    def _sound(self) -> ClusterSection:
        if (self.workers is None) == (self.groups is None):
            raise wrong("give workers or groups, the one or the other")
        for name, group in (self.groups or {}).items():
            if group.slots < self.slots_per_trial:
                raise wrong(
                    f"slots_per_trial is {self.slots_per_trial} and a machine of {name} has {group.slots} slots; "
                    "a trial fits on one machine"
                )
        places = sum(group.count * (group.slots // self.slots_per_trial) for group in (self.groups or {}).values())
        if places > MOST_WORKERS:
            raise wrong(f"the groups have room for {places:,} trials at once; the most is {MOST_WORKERS:,}")
        if self.workers is not None and self.slots_per_trial > 1:
            raise wrong("slots_per_trial needs groups with slots; plain workers have one")
        return self


class StopSection(Model):
    """When to stop a run, at the first of these; what still runs is cut."""

    time: Duration | None = Field(None, description="At this time.")
    loss: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        None, description="At the first result this good or better, as the curves have it."
    )
    full_length_trials: Count | None = Field(None, description="After so many fully trained trials.")
    cost: Positive | None = Field(None, description="When the machines that were up have cost so much.")

    @model_validator(mode="after")
    def _something(self) -> StopSection:
        if self.time is None and self.loss is None and self.full_length_trials is None and self.cost is None:
            raise wrong("names nothing to stop at: give time, loss, full_length_trials or cost")
        return self
