"""Scenario sections `searches` and `scheduler`: searches that arrive at one cluster, and the order of service."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from simulator.cluster.sharing.claims import DEFAULT_PRIORITY, Scheduler
from simulator.cluster.sharing.fair_share import FairShare
from simulator.cluster.sharing.fifo import Fifo
from simulator.cluster.sharing.priority import Priority
from simulator.scenario.base import Count, Section, wrong
from simulator.scenario.curves import CurvesSection
from simulator.scenario.searchers import Searcher
from simulator.scenario.values import Delay, Duration


class PoissonArrivals(Section):
    """Searches that come at random and independently of each other. The gaps between them are exponential."""

    kind: Literal["poisson"]
    mean_gap: Duration = Field(
        description="Mean time from one search to the next, and from the start to the first search."
    )

    @property
    def endless(self) -> bool:
        """Always true: the arrivals never stop by themselves."""
        return True


class RegularArrivals(Section):
    """Searches that come after equal gaps. The first comes at the start."""

    kind: Literal["every"]
    gap: Duration = Field(description="Time from one search to the next.")
    jitter: Delay = Field(
        0,
        description="Each search is late by a random time of its own, up to this long. It "
        "may not be longer than the gap.",
    )

    @property
    def endless(self) -> bool:
        """Always true: the arrivals never stop by themselves."""
        return True

    @model_validator(mode="after")
    def _in_order(self) -> RegularArrivals:
        if self.jitter > self.gap:
            raise wrong("jitter is more than gap, and searches would come out of order; give at most the gap")
        return self


class ListedArrivals(Section):
    """Searches that come at given times."""

    kind: Literal["at"]
    times: Annotated[list[Delay], Field(min_length=1, max_length=10_000)] = Field(
        description="When each search comes, counted from the start, in order."
    )

    @property
    def endless(self) -> bool:
        """Always false: each given time is one arrival."""
        return False

    @model_validator(mode="after")
    def _in_order(self) -> ListedArrivals:
        for place, (one, other) in enumerate(zip(self.times, self.times[1:], strict=False), 1):
            if other < one:
                raise wrong(f"times are out of order: entry {place} of the list is before entry {place - 1}")
        return self


class RecordedArrivals(Section):
    """Searches that come when recorded searches came."""

    kind: Literal["recorded"]
    file: str = Field(description="A CSV with the column arrival_s: seconds from the start, in order.")

    @property
    def endless(self) -> bool:
        """Always false: each row of the file is one arrival."""
        return False

    def path(self, folder: Path) -> Path:
        """The path of the file."""
        return folder / self.file


Arrivals = Annotated[
    PoissonArrivals | RegularArrivals | ListedArrivals | RecordedArrivals, Field(discriminator="kind")
]

#: Every member of the union by its kind.
ARRIVALS: dict[str, type[Section]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(Arrivals)[0])
}


class SearchesSection(Section):
    """Searches that are alike and arrive one after the other."""

    searcher: Searcher
    curves: CurvesSection | None = Field(
        None,
        description="Curves of their trials. Each search draws trials of its own. Default: the curves of "
        "the scenario.",
    )
    arrivals: Arrivals
    count: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(None, description="How many searches come.")
    until: Duration | None = Field(None, description="Time until which searches come.")
    slots_per_trial: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        None,
        description="Number of slots that a trial takes. They are on one machine. Where no machine has that many, "
        "they are on whole idle machines of equal size whose number of slots divides it. Default: the cluster's.",
    )
    weight: Annotated[float, Field(le=1e9, allow_inf_nan=False)] = Field(
        1.0,
        description="Weight of a search under the policy fair_share. A search of twice the weight gets twice the "
        "share.",
        json_schema_extra={"exclusiveMinimum": 0},
    )
    priority: Annotated[int, Field(ge=1, le=99)] = Field(
        DEFAULT_PRIORITY,
        description="Priority under the policy priority: a number from 1 to 99. The smaller it "
        "is, the more urgent the search is.",
    )
    max_slots: Count | None = Field(None, description="How many slots one search may hold at once.")

    @property
    def expected(self) -> float:
        """The mean number of searches that come; 1 if they never stop or come from a file."""
        arrivals, most = self.arrivals, inf if self.count is None else float(self.count)
        if isinstance(arrivals, ListedArrivals):
            most = min(most, len(arrivals.times))
        elif self.until is not None and not isinstance(arrivals, RecordedArrivals):
            most = min(
                most, self.until / (arrivals.gap if isinstance(arrivals, RegularArrivals) else arrivals.mean_gap)
            )
        return max(1.0, most) if most < inf else 1.0

    @model_validator(mode="after")
    def _sound(self) -> SearchesSection:
        if not self.weight > 0:
            raise wrong(f"weight is {self.weight:g}; a search of no weight would never run: give more than 0")
        if self.max_slots is not None and self.max_slots < (self.slots_per_trial or 1):
            raise wrong(
                f"max_slots is {self.max_slots} and a trial takes {self.slots_per_trial}: none could ever run"
            )
        if isinstance(self.arrivals, ListedArrivals) and (self.count or 0) > len(self.arrivals.times):
            raise wrong(
                f"count is {self.count} and arrivals.times has {len(self.arrivals.times)}; leave out count, or give "
                "more times"
            )
        return self


class SchedulerSection(Section):
    """Which search is served when several have work."""

    policy: Literal["fifo", "fair_share", "priority"] = Field(
        "fifo",
        description="fifo: searches are served in the order of their arrival, and a later one gets what an "
        "earlier one can't use now. fair_share: each search gets its share by weight, as in Determined, and "
        "trials above the share are stopped. priority: the most urgent search is served first.",
    )
    preemption: bool = Field(
        False,
        description="With the policy priority: less urgent trials are stopped for more urgent ones, and go "
        "on later from a checkpoint.",
    )

    @model_validator(mode="after")
    def _own_options(self) -> SchedulerSection:
        if "preemption" in self.model_fields_set and self.policy != "priority":
            always = "always stops trials above their share" if self.policy == "fair_share" else "never stops a trial"
            raise wrong(f"preemption goes with policy priority; {self.policy} {always}")
        return self

    def build(self) -> Scheduler:
        """Make a fresh scheduler."""
        if self.policy == "fifo":
            return Fifo()
        return FairShare() if self.policy == "fair_share" else Priority(preemption=self.preemption)
