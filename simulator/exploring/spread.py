"""How much later one searcher ends than another, over several seeds, in one sentence."""

from __future__ import annotations

from math import exp

import numpy as np
from numpy.typing import NDArray

from simulator.planning import statistics
from simulator.results import LEVEL, Comparison

#: Sentences for one searcher and for two if makespans can't be compared.
FIRST = ("trains its first trial in full", "train their first trial in full")


def sentences(compared: Comparison) -> list[str]:
    """One sentence for each searcher beside the first: SHA ends 12 % later than ASHA (7–18 % over 20 seeds).

    It is of the ratio of two times, seed by seed: its geometric mean, and the 95 % interval of that. Where makespans
    don't compare it is of the first trial that was trained in full.
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
    """A sentence on two lists of times, of what one searcher `does` and of what both do."""
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
