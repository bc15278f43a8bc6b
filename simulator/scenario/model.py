"""The model of a scenario.

Field descriptions become scenarios/schema.json, which editors show.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from simulator.core.vocabulary import TimeUnit
from simulator.scenario.base import Section
from simulator.scenario.cluster import ClusterSection, StopSection
from simulator.scenario.curves import CurvesSection
from simulator.scenario.plan import PlanSection
from simulator.scenario.searchers import Searcher
from simulator.scenario.searches import SchedulerSection, SearchesSection
from simulator.scenario.values import Delay, Label


class Scenario(Section):
    """Searchers on the same trials and the same cluster."""

    title: str = Field("", max_length=200, description="Title above tables and pictures; default: the file's name.")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(0, description="Seed of everything that is drawn at random.")
    time_unit: TimeUnit = Field("s", description="Unit in which times are shown.")
    searchers: dict[Label, Searcher] = Field(
        max_length=16,
        description="The searchers, each under a label. `searcher:` with one block works too.",
        json_schema_extra={"minProperties": 1},
    )
    searches: Annotated[dict[Label, SearchesSection], Field(min_length=1, max_length=64)] | None = Field(
        None,
        description="Instead of `searchers`: searches that arrive at the cluster and share it. Those that "
        "are alike stand under one label.",
    )
    scheduler: SchedulerSection | None = Field(
        None, description="With `searches`: which search is served; default fifo."
    )
    warm_up: Delay | None = Field(
        None,
        description="With `searches`: searches that come before this time are left out of the figures. By default "
        "the time is found from the run (MSER-5).",
    )
    curves: CurvesSection
    cluster: ClusterSection
    stop: StopSection | None = None
    plan: PlanSection | None = Field(
        None, description="What `asha-sim plan` varies and answers. Other commands ignore it."
    )

    @property
    def smaller_is_better(self) -> bool:
        """Whether losses are minimised; if one block says that they are not, this holds for all."""
        blocks = (self.curves, *self.blocks.values())
        return all(getattr(block, "smaller_is_better", True) for block in blocks)

    @property
    def blocks(self) -> dict[tuple[str, ...], Searcher]:
        """The searchers by their path in the file: under `searchers`, or in `searches`."""
        if self.searches is not None:
            return {("searches", label, "searcher"): stream.searcher for label, stream in self.searches.items()}
        return {("searchers", label): searcher for label, searcher in self.searchers.items()}

    @model_validator(mode="before")
    @classmethod
    def _one_searcher(cls, data: object) -> object:
        """Read `searcher: {…}`, as Determined writes it, as `searchers:` with the block's name as its label."""
        if isinstance(data, dict) and "searcher" in data and "searchers" not in data:
            data = dict(data)
            block = data.pop("searcher")
            label = block.get("name") if isinstance(block, dict) else None
            data["searchers"] = {label if isinstance(label, str) else "searcher": block}
        return data

    @model_validator(mode="before")
    @classmethod
    def _shared(cls, data: object) -> object:
        """Check the sections; with `searches` it needs no `searchers`, nor `curves` if each search has its own."""
        if isinstance(data, dict) and "searches" in data:
            data = {"searchers": {}, **data} if "searcher" not in data else dict(data)
            streams = data["searches"]
            own = (
                [one.get("curves") for one in streams.values() if isinstance(one, dict)]
                if isinstance(streams, dict)
                else []
            )
            if "curves" not in data and own and all(own):
                data["curves"] = own[0]
        return data
