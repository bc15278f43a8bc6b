"""Hyperband (Li et al., JMLR 18(185), 2018), synchronous and asynchronous: brackets that begin at different rungs.

Bracket 0 begins at the lowest rung, and is the most aggressive; the last bracket trains every trial in full. The
paper's Algorithm 1 and its Table 1 disagree on the sizes of brackets, so there are two kinds of rounding.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import count
from math import ceil, floor
from typing import Literal

from simulator.searchers.bracket import Bracket
from simulator.searchers.geometry import bracket_units, exact, fitting_rungs, rung_resources, rung_sizes
from simulator.searchers.halving import barrier_bracket
from simulator.searchers.multi_bracket import Backfill, Rotation
from simulator.searchers.protocol import Searcher
from simulator.searchers.rules import Asynchronous

#: algorithm: ceil((s_max + 1) / (s + 1) * divisor**s) trials, as in Algorithm 1, line 3.
#: table: floor((s_max + 1) / (s + 1)) * divisor**s, which gives Table 1 and is what BOHB and DEHB run.
Rounding = Literal["algorithm", "table"]

#: Units and trials of each rung of one bracket.
Rungs = tuple[tuple[int, ...], tuple[int, ...]]


def hyperband_brackets(max_length: int, divisor: float = 4, rounding: Rounding = "algorithm") -> tuple[Rungs, ...]:
    """Units and trials of every bracket's rungs, the most aggressive bracket first.

    Raises ValueError if two rungs would have the same units.
    """
    most = fitting_rungs(max_length, divisor)
    brackets = []
    for rungs in range(most, 0, -1):
        power = exact(divisor) ** (rungs - 1)
        sizes = {"algorithm": ceil(Fraction(most, rungs) * power), "table": floor(most // rungs * power)}
        resources = rung_resources(max_length, rungs, divisor)
        if sizes[rounding] < power:  # only with `table`, which rounds down first
            raise ValueError(
                f"rounding: table gives the bracket of {rungs} rungs {sizes[rounding]} trials at a divisor of "
                f"{divisor}, and none would reach the top; use rounding: algorithm, or a whole divisor"
            )
        brackets.append((resources, rung_sizes(sizes[rounding], rungs, divisor)))
    return tuple(brackets)


def hyperband(*, max_length: int, divisor: float = 4, rounding: Rounding = "algorithm") -> Searcher:
    """All brackets of synchronous halving, once; a bracket begins when no earlier one has a job left.

    Raises ValueError if two rungs would have the same units.
    """
    brackets = hyperband_brackets(max_length, divisor, rounding)
    trials = count()
    return Backfill(lambda number: barrier_bracket(*brackets[number], trials, number), len(brackets))


def async_hyperband(
    *,
    max_length: int,
    divisor: float = 4,
    rounding: Rounding = "algorithm",
    max_trials: int | None = None,
    max_concurrent_trials: int | None = None,
) -> Searcher:
    """ASHA brackets in turn, each until it has used the units of the synchronous bracket that it replaces.

    This is the method of Li et al., arXiv 1810.05934, section 3.2. It counts units as if promoted trials resume.
    Without `max_trials` it never ends. Raises ValueError as `hyperband` does.
    """
    brackets = hyperband_brackets(max_length, divisor, rounding)
    trials = count()
    return Rotation(
        [
            Bracket(resources, Asynchronous(divisor), trials, number=number)
            for number, (resources, _) in enumerate(brackets)
        ],
        [bracket_units(resources, sizes) for resources, sizes in brackets],
        max_trials=max_trials,
        max_concurrent=max_concurrent_trials,
    )
