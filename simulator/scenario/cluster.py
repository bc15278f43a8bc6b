"""Scenario sections `cluster` and `stop`: who does the work, and until when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.scenario.base import Model
from simulator.scenario.values import Duration


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
