"""Where rungs stand and how many trials reach them, in exact arithmetic.

`floor(log(243) / log(3))` is 4 in floating point: powers are multiplied here, never taken from logarithms.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import floor

#: Greatest number of rungs of a bracket; more come from a mistyped divisor.
MOST_RUNGS = 64


def exact(divisor: float) -> Fraction:
    """The divisor as an exact decimal fraction: 2.5 is 5/2, and 1.1 is 11/10, and not a rounded binary number."""
    return Fraction(str(divisor))


def fitting_rungs(max_length: int, divisor: float) -> int:
    """How many rungs fit between one unit and `max_length`: floor(log_divisor(max_length)) + 1."""
    rungs, lowest, step = 0, Fraction(max_length), exact(divisor)
    while lowest >= 1:
        rungs, lowest = rungs + 1, lowest / step
        if rungs > MOST_RUNGS:
            raise ValueError(
                f"more than {MOST_RUNGS} rungs fit {max_length} units at a divisor of {divisor}; give num_rungs"
            )
    return rungs


def rung_resources(max_length: int, num_rungs: int, divisor: float) -> tuple[int, ...]:
    """The resource of each rung k, the lowest first: floor(max_length / divisor**(num_rungs - 1 - k)).

    Raises ValueError if a rung would be below one unit, or equal to its neighbour.
    """
    step = exact(divisor)
    resources = tuple(floor(max_length / step ** (num_rungs - 1 - rung)) for rung in range(num_rungs))
    if resources[0] < 1 or any(low >= high for low, high in pairwise(resources)):
        shown = ", ".join(str(resource) for resource in resources[:6]) + (", …" if num_rungs > 6 else "")  # noqa: PLR2004
        raise ValueError(f"{num_rungs} rungs would stand at {shown} of {max_length} units; each needs its own unit")
    return resources


def rung_sizes(trials: int, num_rungs: int, divisor: float) -> tuple[int, ...]:
    """The number of trials that reach each rung k: floor(trials / divisor**k) (Li et al., Algorithm 1, line 4).

    Raises ValueError if no trial would reach the top (the assertion of Algorithm 1, line 2).
    """
    step = exact(divisor)
    sizes = tuple(floor(trials / step**rung) for rung in range(num_rungs))
    if sizes[-1] < 1:
        needed = -floor(-(step ** (num_rungs - 1)))
        raise ValueError(f"{trials} trials leave none for the top of {num_rungs} rungs; it takes {needed} or more")
    return sizes


def bracket_units(resources: Sequence[int], sizes: Sequence[int]) -> int:
    """The units trained in all if `sizes[k]` trials train from the rung below up to `resources[k]`."""
    steps = (high - low for low, high in pairwise((0, *resources)))
    return sum(step * size for step, size in zip(steps, sizes, strict=True))
