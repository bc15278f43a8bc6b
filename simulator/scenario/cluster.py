"""Scenario sections `cluster` and `stop`: the workers, their failures, and when a run ends.

Defaults follow public measurements; each description names its source.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from simulator.scenario.base import Count, Positive, Probability, Section, wrong
from simulator.scenario.stragglers import Straggler
from simulator.scenario.uncertainty import Bounds, check, check_measured
from simulator.scenario.values import Delay, Duration, Label

Money = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


#: Greatest number of trials that a cluster trains at once.
MOST_WORKERS = 1_000_000


class SpanSection(Section):
    """How long something lasts.

    With a mean alone it is exponential, with a shape it is Weibull, and with a median it is log-normal.
    """

    mean: Duration
    shape: Annotated[float, Field(gt=0.05, le=20)] = Field(
        1.0,
        description="Shape of the Weibull distribution. 1 is exponential, less than 1 is heavy-tailed, and more "
        "than 1 means that machines wear out.",
    )
    median: Duration | None = Field(
        None, description="Makes the span log-normal with this median, which is less than the mean."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> SpanSection:
        if self.median is not None and "shape" in self.model_fields_set:
            raise wrong("shape and median are both given; shape makes a Weibull, median a log-normal")
        if self.median is not None and self.mean < self.median:
            raise wrong("mean is less than median; the mean of a log-normal is greater than its median")
        return self


#: A bare duration is the mean of an exponential.
Span = Annotated[
    SpanSection,
    BeforeValidator(
        lambda value: value if isinstance(value, (dict, SpanSection)) else {"mean": value},
        json_schema_input_type=SpanSection | Annotated[float, Field(gt=0)] | str,
    ),
]


def _together(value: str) -> str:
    match = re.fullmatch(r"machine|group|cluster|(?:rack|zone) of ([1-9][0-9]{0,6})", value)
    if match is None:
        raise wrong(f"{value!r:.40} should be machine, group, cluster, or such as `rack of 4`")
    return value


def together_of(value: str) -> int:
    """The number of machines in a rack or a zone; 0 for any other value."""
    return int(value.rpartition(" of ")[2]) if " of " in value else 0


#: Machines that fail together: each alone, several side by side, a group, or the whole cluster.
Together = Annotated[
    str,
    AfterValidator(_together),
    Field(json_schema_extra={"pattern": "^(machine|group|cluster|(rack|zone) of [1-9][0-9]{0,6})$"}),
]


class FailuresSection(Section):
    """Machines that break and are repaired."""

    mtbf: Span = Field(
        "50677 h",
        validate_default=True,
        description="Mean time between failures of a machine: a duration (exponential), {mean, shape} (Weibull) "
        "or {median, mean} (log-normal). The default, 50,677 h, is that of Llama 3: 419 interruptions of 16,384 "
        "GPUs in 54 days.",
    )
    repair: Span = Field(
        "1 h",
        validate_default=True,
        description="How long a machine is down after a failure; default 1 h.",
    )
    together: Together = Field(
        "machine",
        description="Which machines fail at the same time: machine (each alone), rack of 4, zone of 16, group or "
        "cluster.",
    )


class PreemptionSection(Section):
    """Machines that are taken away and given back, as spot instances are."""

    up: Span = Field(
        {"median": "30 min", "mean": "2.5 h"},
        validate_default=True,
        description="How long a machine stays before it is taken away. The default is what public spot traces "
        "show: median 30 min, mean 2.5 h.",
    )
    down: Span = Field(
        {"median": "23 min", "mean": "1 h"},
        validate_default=True,
        description="How long a machine is away before it is given back. By default the median is 23 min, as in "
        "those traces, and the mean 1 h.",
    )
    notice: Delay = Field(
        0,
        description="Warning before a machine is taken away (30 s or 2 min in public clouds). In this time a "
        "checkpoint can be saved.",
    )
    series: str | None = Field(
        None,
        description="Instead of up and down: a CSV with the columns up_s and down_s. It is played back from "
        "a random place.",
    )
    together: Together = Field(
        "machine",
        description="Which machines are taken and given back at the same time: machine (each alone), rack of 4, "
        "zone of 16, group or cluster. Of 16 spot machines in one zone, nearly always either all or none are "
        "there.",
    )
    first_wait: Span | None = Field(
        None,
        description="How long it takes until there is capacity at the start; default none. After a loss, "
        "`down` says how long it takes.",
    )
    availability: str | None = Field(
        None,
        description="Instead of up and down: a CSV with the columns time_s and count. Each row says how many "
        "machines of the group were there from that time on. The last row is the end of the record, which is then "
        "played again from its beginning.",
    )
    play_from: Literal["random", "start"] = Field(
        "random",
        description="Where the record `availability` begins. random: at a place that the seed draws. "
        "start: at its start.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> PreemptionSection:
        if self.series is not None and {"up", "down"} & self.model_fields_set:
            raise wrong("series is given together with up or down; give series alone, or up and down")
        if (
            self.availability is not None
            and {"up", "down", "series", "together", "first_wait"} & self.model_fields_set
        ):
            raise wrong(
                "availability says when all of a group are there; up, down, series, together and first_wait go"
            )
        if self.availability is None and "play_from" in self.model_fields_set:
            raise wrong("play_from goes with availability")
        if self.series is not None and self.together != "machine":
            raise wrong("series is one machine's; for machines that go together give up and down, or availability")
        return self


class SlowSpellsSection(Section):
    """Machines that are slow for a while.

    A job takes longer for that part of its training that falls into a slow spell. Spells have come and gone since
    long before the run, so a machine may be slow at its start.
    """

    every: Span = Field(description="Time from the end of one slow spell of a machine to its next one.")
    length: Span = Field(description="How long a spell lasts. Measured spells last from under a minute to ten hours.")
    factor: Annotated[float, Field(gt=0, le=1e6)] = Field(
        4.0, description="How many times as long training takes during a spell."
    )

    @model_validator(mode="after")
    def _slow(self) -> SlowSpellsSection:
        if self.factor <= 1:
            raise wrong(f"factor is {self.factor:g} and makes nothing slow; give more than 1")
        return self


class IdleReleaseSection(Section):
    """Machines are let go after some time without work, and hired again when work waits."""

    idle: Duration = Field(
        description="How long a machine has no work before it is let go. When it is hired again, its worker_start "
        "passes before it works."
    )


class ScalingSection(Section):
    """A pool that grows and shrinks with the work of searches that share it, as cloud autoscalers have it.

    The group's `count` is the most. Machines are hired as long as too few are there for the trials that run and wait.
    """

    min: Annotated[int, Field(ge=0, le=10**6)] = Field(0, description="Number of machines that are never let go.")
    target: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0,
        description="Share of the hired machines that the trials should need. At 0.8 there are a quarter more "
        "machines than the trials need.",
    )
    up_delay: Delay = Field(
        0,
        description="How long there must be too few machines before more are hired. Then their worker_start passes "
        "before they work.",
    )
    down_delay: Delay = Field(
        600_000_000,
        description="How long there must be too many machines before those without work are let go.",
    )


def _release(value: object) -> object:
    if value not in ("end", "drained"):
        raise wrong(f"{value!r:.40} should be end, drained, or such as `{{idle: 10 min}}`")
    return value


Release = Annotated[
    Annotated[Literal["end", "drained"], BeforeValidator(_release), Tag("word")]
    | Annotated[IdleReleaseSection, Tag("span")],
    Discriminator(lambda value: "span" if isinstance(value, (dict, IdleReleaseSection)) else "word"),
]
Billing = Literal["second", "minute", "hour"]
RELEASE = (
    "When a machine is let go and no longer paid for. end: it is kept to the end of the run. drained: "
    "it is let go after its last work. {idle: 10 min}: it is let go after this time without work, and hired again "
    "when work waits."
)
BILLING = "For what time a machine is paid: by the second, or for every minute or every hour that was begun."


class DropsSection(Section):
    """Jobs that are lost although their worker goes on."""

    probability: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.001, description="Probability that a running job is dropped in each span `per` of its time."
    )
    per: Duration = Field(60_000_000, description="The span of time that the probability holds for.")


class RecoverySection(Section):
    """What happens to a job that is lost."""

    on_loss: Literal["resume", "restart", "exit"] = Field(
        "resume",
        description="resume: the job goes on from its last checkpoint. restart: the job begins again. "
        "exit: its trial dies.",
    )
    checkpoint_every: Count = Field(1, description="Number of units between two checkpoints.")
    max_restarts: Annotated[int, Field(ge=0, le=10_000)] = Field(
        5,
        description="How many jobs a trial may lose. When it loses one more it dies, as in Determined. "
        "Preemptions don't count.",
    )
    retry: Literal["first", "last"] = Field(
        "first",
        description="When a lost job is tried again. first: before all other jobs. last: when there is no other job, "
        "neither a new trial nor a promotion, as with Ray Tune.",
    )
    retry_after: Delay = Field(
        0,
        description="Time from a loss until the job may be tried again, such as until a heartbeat is missed, or "
        "until another process has started.",
    )


class OverheadsSection(Section):
    """Time of a worker in which nothing is trained."""

    worker_start: Delay = Field(0, description="Time from when a machine comes up until it can work.")
    trial_start: Delay = Field(0, description="Time to set a trial up, each time a job starts, promotions included.")
    save: Delay = Field(
        0,
        description="Time to save a checkpoint, after every `checkpoint_every` units of a job. A promotion pays for "
        "the checkpoint at the end of the job before it; a trial that goes on at once on its own worker does not.",
    )
    restore: Delay = Field(
        0,
        description="Time to restore a checkpoint. A promotion pays it, and so does a lost job that goes on "
        "from a checkpoint.",
    )


class GroupSection(Section):
    """Machines that are alike."""

    count: Annotated[int, Field(ge=1, le=10**6)] = Field(description="How many machines there are.")
    speed: Annotated[float, Field(ge=1e-3, le=1e3)] = Field(
        1.0, description="Speed of the machines: the time of a job is divided by it."
    )
    price: Money = Field(0.0, description="Price of one machine per hour, while it is up.")
    purchase_price: Money | None = Field(
        None, description="Price of buying one machine. Only plans of searches that share a cluster use it."
    )
    lifetime: Duration | None = Field(
        None, description="How long a bought machine is used. It is given together with purchase_price."
    )
    running_cost: Money = Field(
        0.0,
        description="Cost of running one bought machine per hour: power, room and people. It is given "
        "together with purchase_price.",
    )
    slots: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1, description="Number of slots of a machine, such as GPUs; see slots_per_trial."
    )
    join: Delay = Field(0, description="Time at which the first machine joins.")
    ramp_up: Delay = Field(
        0,
        description="How much later the last machine joins. The other machines join at even "
        "distances between the first and the last.",
    )
    leave: Duration | None = Field(None, description="Time at which all machines of the group leave; default never.")
    release: Release | None = Field(None, description=f"{RELEASE} Default: the cluster's.")
    billing: Billing | None = Field(None, description=f"{BILLING} Default: the cluster's.")
    scaling: ScalingSection | None = Field(
        None,
        description="How the group grows and shrinks with the work of `searches` that share it. It stands in place "
        "of release.",
    )
    failures: FailuresSection | None = None
    preemption: PreemptionSection | None = None

    @model_validator(mode="after")
    def _there_at_all(self) -> GroupSection:
        if (self.purchase_price is None) != (self.lifetime is None):
            raise wrong("purchase_price and lifetime go together: what a machine costs, and over how long")
        if self.purchase_price is None and "running_cost" in self.model_fields_set:
            raise wrong("running_cost goes with purchase_price and lifetime; a rented machine has its price")
        if self.scaling is not None and self.release is not None:
            raise wrong("release and scaling are both given; give one of them to say when machines are let go")
        if self.scaling is not None and self.scaling.min > self.count:
            raise wrong(f"scaling.min is {self.scaling.min:,} and the group has {self.count:,} machines at most")
        if self.leave is not None and self.leave <= self.join:
            raise wrong("leave is not after join; this group would never be there")
        for told in (self.failures, self.preemption):
            if told is not None and together_of(told.together) > self.count:
                raise wrong(f"{told.together} is larger than the group, which has {self.count:,} machines")
        return self


class ClusterSection(Section):
    """The pool of workers."""

    workers: Annotated[int, Field(ge=1, le=10**6)] | None = Field(
        None, description="Number of equal workers. Give either this or `groups`."
    )
    groups: Annotated[dict[Label, GroupSection], Field(min_length=1, max_length=64)] | None = Field(
        None, description="Groups of machines that are alike, each under a name."
    )
    assignment: Literal["on_demand", "queued"] = Field(
        "on_demand",
        description="on_demand: a job is asked for when a worker is free. queued: after each report the searcher "
        "is asked for jobs until it says that it waits, and the jobs stand in a queue, first in first out, as in "
        "Determined.",
    )
    resume: bool = Field(
        True,
        description="true: a promoted trial goes on from where it was. false: it is trained again from zero. "
        "It has no effect on the searchers of Ray Tune and Optuna and on syne_tune_stopping, whose trials always go "
        "on.",
    )
    policy: Literal["fastest", "cheapest", "lowest"] = Field(
        "fastest",
        description="Which idle worker gets the next job. Among equal workers it is the one with the lowest number.",
    )
    slots_per_trial: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1, description="Number of slots, such as GPUs, that a trial takes."
    )
    decision_time: Delay = Field(
        0,
        description="How long the scheduler takes to give out one job. It gives out one job after the other, and "
        "workers wait meanwhile.",
    )
    stragglers: Straggler | None = Field(None, description="By what factor jobs take longer than their curve says.")
    drops: DropsSection | None = None
    crashes: Probability = Field(
        0.0, description="Probability that an attempt dies by itself. In real clusters 1 to 5 % of users' jobs do."
    )
    failures: FailuresSection | None = Field(
        None, description="Failures of every machine whose group has no `failures` of its own."
    )
    preemption: PreemptionSection | None = Field(
        None, description="Preemption of every machine whose group has no `preemption` of its own."
    )
    slow_spells: SlowSpellsSection | None = Field(None, description="Times during which a machine is slow.")
    release: Release = Field("end", description=RELEASE)
    billing: Billing = Field("second", description=BILLING)
    recovery: RecoverySection = Field(default_factory=RecoverySection)
    overheads: OverheadsSection = Field(default_factory=OverheadsSection)
    max_wait: Duration | None = Field(
        None, description="The run is given up when there has been no worker for this long; default never."
    )
    uncertainty: dict[str, Bounds] | None = Field(
        None,
        description="90 % intervals of figures above by their dotted keys, such as failures.mtbf: [23 s, 307 s]. "
        "`asha-sim calibrate` writes them; a plan draws clusters from them, and what is not known is in its answer.",
    )
    measured: dict[str, Annotated[str, Field(max_length=100)]] | None = Field(
        None,
        description="What figures above were measured on, by their dotted keys, such as failures.mtbf: 23 lost "
        "attempts. `asha-sim calibrate` writes it; a plan's page says which figures are measured.",
    )

    @property
    def priced(self) -> bool:
        """Whether any machine has a price."""
        return any(group.price for group in (self.groups or {}).values())

    @property
    def tries_again(self) -> bool:
        """Whether jobs may be lost and tried again."""
        if self.recovery.on_loss == "exit":
            return False
        parts: list[ClusterSection | GroupSection] = [self, *(self.groups or {}).values()]
        if any(part.preemption for part in parts):  # does not count towards max_restarts
            return True
        losing = self.drops or self.crashes or any(part.failures for part in parts)
        return bool(losing and self.recovery.max_restarts)

    @model_validator(mode="after")
    def _sound(self) -> ClusterSection:
        if (self.workers is None) == (self.groups is None):
            raise wrong("give either workers or groups")
        for told in (self.failures, self.preemption):
            counts = [group.count for group in (self.groups or {}).values()] or [self.workers or 0]
            if told is not None and together_of(told.together) > min(counts):
                raise wrong(f"{told.together} is larger than a group, which has {min(counts):,} machines")
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
        check(self)
        check_measured(self)
        return self


class StopSection(Section):
    """When to stop a run: at the first of these. Jobs that are still running are cut."""

    time: Duration | None = Field(None, description="Stop at this time.")
    loss: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        None, description="Stop at the first result that is this good or better, in the unit of the curves."
    )
    full_length_trials: Count | None = Field(None, description="Stop after this many fully trained trials.")
    cost: Positive | None = Field(None, description="Stop when the machines that were up have cost this much.")

    @model_validator(mode="after")
    def _something(self) -> StopSection:
        if self.time is None and self.loss is None and self.full_length_trials is None and self.cost is None:
            raise wrong("gives nothing to stop at: give time, loss, full_length_trials or cost")
        return self
