"""The results that the Python API returns; a terminal and a notebook show them as a table and sentences."""

from simulator.results.comparison import LEVEL, Comparison
from simulator.results.picture import Picture
from simulator.results.plans import Planned, PlannedShared, Previewed
from simulator.results.runs import Attempt, Results, Shared

__all__ = [
    "LEVEL", "Attempt", "Comparison", "Picture", "Planned", "PlannedShared", "Previewed", "Results", "Shared",
]  # fmt: skip
