"""How much later one searcher ends than another, over several seeds, in one sentence."""

from __future__ import annotations

from math import exp

import numpy as np
from numpy.typing import NDArray

from simulator.planning import statistics
from simulator.results import LEVEL, Comparison

#: What one searcher or two searchers do that is compared, if makespans can't be.
FIRST = ("trains its first trial in full", "train their first trial in full")


def sentences(compared: Comparison) -> list[str]:
    """One sentence for each searcher but the first: SHA ends 12 % later than ASHA (7–18 % over 20 seeds).

    It gives the geometric mean of the ratio of two times, seed by seed, with its 95 % interval. If makespans can't be
    compared, the times are those of the first trial that was trained in full.
    """
    first, *others = compared.summaries
    return [_sentence(compared, first, label) for label in others]


def _sentence(compared: Comparison, first: str, label: str) -> str:
    if compared.comparable(first, label):
        return _of(
            ("ends", "end"), compared.values("makespan_s", first), compared.values("makespan_s", label), first, label
        )
    one, other = (compared.values("first_full_length_s", name) for name in (first, label))
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < 2:  # noqa: PLR2004  (no interval of one)
        return f"{first} and {label} do not do the same work, so their ends can't be compared."
    return _of(FIRST, one[both], other[both], first, label)


def _of(does: tuple[str, str], one: NDArray[np.float64], other: NDArray[np.float64], first: str, label: str) -> str:
    """A sentence that compares two lists of times; `does` says what one searcher does then, and what both do."""
    over = f"over {len(one):,} seeds"
    found = statistics.mean(np.log(np.maximum(one, 1e-9) / np.maximum(other, 1e-9)), LEVEL)
    if not found.low <= 0 <= found.high:
        (later, sooner), sign = ((first, label), 1) if found.estimate > 0 else ((label, first), -1)
        low, high = sorted(exp(sign * bound) - 1 for bound in (found.low, found.high))
        spread = f"{100 * low:.0f}–{100 * high:.0f} % {over}" if found.width else f"{over}, each time"
        return f"{later} {does[0]} {100 * (exp(sign * found.estimate) - 1):.0f} % later than {sooner} ({spread})."
    if not found.width:
        return f"{first} and {label} {does[1]} at the same time ({over}, each time)."
    low, high = (100 * (exp(bound) - 1) for bound in (found.low, found.high))
    return f"No difference is seen in when {first} and {label} {does[1]} ({low:+.0f} to {high:+.0f} % {over})."
