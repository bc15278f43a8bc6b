"""Sentences on how two searchers differ, replicate by replicate."""

from __future__ import annotations

from simulator.core.formatting import counted, percent
from simulator.planning.differences import Difference, told_apart
from simulator.planning.report.amounts import money, signed_money, signed_time, time, time_range


def difference(found: Difference, unit: str) -> str:
    """A sentence on a paired difference of times, or of shares if a target was missed."""
    one, other, where = found.one.label, found.other.label, found.one.cell.name
    if not found.pairs:
        return f"{where}: {one} and {other} never reached the target in the same replicate."
    if not found.whole:
        shares = f"{percent(found.one.reached)} and {percent(found.other.reached)} of runs"
        return (
            f"{where}: {one} and {other} reached the target in {shares}, so their times can't be compared: those "
            "that are missing are the slow ones."
        )
    if not found.alike:
        work = f"{found.one.units:,.0f} and {found.other.units:,.0f} units on average"
        return f"{where}: {one} and {other} did not do the same work ({work}), so their times can't be compared."
    span = f"{time(abs(found.seconds.estimate), unit)}"
    low, high = sorted((abs(found.seconds.low), abs(found.seconds.high)))
    pairs = counted(found.pairs, "pair")
    if not found.seen:
        low, high = found.seconds.low, found.seconds.high
        return (
            f"{where}: no difference in time seen between {one} and {other} ({one} minus {other} on average "
            f"{signed_time(low, unit)} to {signed_time(high, unit)}, {pairs})."
        )
    sooner, later = (other, one) if found.seconds.estimate > 0 else (one, other)
    return f"{where}: {sooner} is {span} sooner than {later} on average ({time_range(low, high, unit)}, {pairs})."


def dearer(found: Difference) -> str:
    """A sentence on a paired difference of cost."""
    one, other, where = found.one.label, found.other.label, found.one.cell.name
    low, high = found.cost.low, found.cost.high
    pairs = counted(found.replicates, "pair")
    if not told_apart(found.cost):
        span = f"{signed_money(low)} to {signed_money(high)}"
        return f"{where}: no difference in cost seen ({one} minus {other} on average {span}, {pairs})."
    cheap, dear = (other, one) if found.cost.estimate > 0 else (one, other)
    low, high = sorted((abs(low), abs(high)))
    return (
        f"{where}: {cheap} costs {money(abs(found.cost.estimate))} less than {dear} on average "
        f"({money(low)}–{money(high).removeprefix('$')}, {pairs})."
    )
