"""Scenario section `cluster.stragglers`: the factor by which a job takes longer than its curve says.

A model of stragglers is a class here and the distribution in simulator/cluster/stragglers.py that it builds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from simulator.cluster import stragglers
from simulator.scenario.base import Positive, Probability, Section, wrong


class StragglerSection(Section, ABC):
    """A distribution of factors; `per` says whether a factor is drawn for each attempt or once for each worker."""

    kind: str
    per: Literal["job", "worker"] = Field(
        "job", description="Whether the factor is drawn for each attempt at a job, or once for each worker."
    )

    @abstractmethod
    def build(self) -> stragglers.Straggler:
        """Make the distribution of factors."""

    @abstractmethod
    def worse(self, factor: float) -> Self:
        """The same model with stragglers that are `factor` times as bad; less than 1 makes them milder."""

    @property
    def least(self) -> float:
        """The least possible factor."""
        return 1.0


class HalfNormalStragglerSection(StragglerSection):
    """Factors of 1 + |z|, the model of the ASHA paper."""

    kind: Literal["half_normal"]
    std: Annotated[float, Field(ge=0, le=100)] = Field(
        0.5, description="Standard deviation of z in the factor 1 + |z|. The mean factor is 1 + 0.798 std."
    )

    def build(self) -> stragglers.Straggler:
        """Make the distribution of factors."""
        return stragglers.HalfNormal(self.std)

    def worse(self, factor: float) -> Self:
        """Multiply the time beyond a job's own by `factor`."""
        return self.model_copy(update={"std": self.std * factor})


class LogNormalStragglerSection(StragglerSection):
    """Log-normal factors with a mean of 1."""

    kind: Literal["log_normal"]
    sigma: Annotated[float, Field(ge=0, le=5)] = Field(
        0.15, description="Standard deviation of the factor's logarithm. Equal hosts show 0.02 to 0.25."
    )

    def build(self) -> stragglers.Straggler:
        """Make the distribution of factors."""
        return stragglers.LogNormal(self.sigma)

    def worse(self, factor: float) -> Self:
        """Multiply the spread by `factor`."""
        return self.model_copy(update={"sigma": self.sigma * factor})

    @property
    def least(self) -> float:
        """Always 0: a log-normal factor has no lower limit."""
        return 0.0


class ParetoStragglerSection(StragglerSection):
    """Pareto factors with a mean of 1."""

    kind: Literal["pareto"]
    alpha: Annotated[float, Field(gt=1.01, le=100)] = Field(
        2.5, description="Tail index. The smaller it is, the more jobs take very long."
    )

    def build(self) -> stragglers.Straggler:
        """Make the distribution of factors."""
        return stragglers.Pareto(self.alpha)

    def worse(self, factor: float) -> Self:
        """Divide the tail index by `factor`, but keep it large enough for a mean."""
        return self.model_copy(update={"alpha": max(self.alpha / factor, 1.01)})

    @property
    def least(self) -> float:
        """The scale of the distribution."""
        return (self.alpha - 1) / self.alpha


class TwoPointStragglerSection(StragglerSection):
    """A few jobs take several times as long."""

    kind: Literal["two_point"]
    probability: Probability = Field(
        0.05, description="Probability that a job is slow. Shared clusters show 2 to 5 %."
    )
    factor: Annotated[float, Field(ge=1, le=1e6)] = Field(4.0, description="How many times as long a slow job takes.")

    def build(self) -> stragglers.Straggler:
        """Make the distribution of factors."""
        return stragglers.TwoPoint(self.probability, self.factor)

    def worse(self, factor: float) -> Self:
        """Multiply a slow job's time beyond its own by `factor`."""
        return self.model_copy(update={"factor": 1 + (self.factor - 1) * factor})


class MeasuredStragglerSection(StragglerSection):
    """Factors with measured quantiles."""

    kind: Literal["quantiles"]
    values: Annotated[list[Positive], Field(min_length=2, max_length=10_000)] = Field(
        description="Evenly spaced quantiles, the least first. [1, 1, 1.02, 1.36, 3.6] ends with the greatest "
        "factor that was seen."
    )

    @model_validator(mode="after")
    def _rising(self) -> MeasuredStragglerSection:
        if sorted(self.values) != self.values:
            raise wrong("values fall; quantiles stand in order, least first")
        return self

    def build(self) -> stragglers.Straggler:
        """Make the distribution of factors."""
        return stragglers.Quantiles(tuple(self.values))

    def worse(self, factor: float) -> Self:
        """Multiply the time in excess of a job's own by `factor`; faster jobs stay unchanged."""
        return self.model_copy(
            update={"values": [1 + (value - 1) * factor if value > 1 else value for value in self.values]}
        )

    @property
    def least(self) -> float:
        """The least quantile."""
        return self.values[0]


Straggler = Annotated[
    HalfNormalStragglerSection
    | LogNormalStragglerSection
    | ParetoStragglerSection
    | TwoPointStragglerSection
    | MeasuredStragglerSection,
    Field(discriminator="kind"),
]

#: Every member of the union by its kind.
STRAGGLERS: dict[str, type[StragglerSection]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(Straggler)[0])
}
