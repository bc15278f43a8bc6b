"""Scenario section `searchers`: which search, with which numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.scenario.base import Count, Model

Divisor = Annotated[float, Field(gt=1, le=10**6, allow_inf_nan=False)]


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
