"""The time and memory of a run with very many trials, as a note before it begins."""

from __future__ import annotations

from simulator.core.formatting import counted

#: Measured seconds and gigabytes for a million trials of SHA or ASHA, which make 1.5 million attempts of 4 to 8
#: microseconds and about 300 bytes each.
SECONDS, GIGABYTES = 10.0, 0.45
#: Number of gigabytes from which on the text says terabytes.
BIG = 1000
#: Number of trials from which on a run's time and memory are noted; and the most that synthetic and ordered curves
#: draw.
WORTH_A_WORD, MOST = 5_000_000, 20_000_000


def effort(trials: int, *, stepwise: bool = False) -> str:
    """A sentence on the time and memory of a run of `trials` trials, and on what that estimate rests.

    A `stepwise` searcher hears every report. Its runs take several times as long: ray_hyperband took 50 s a million
    at max_t 81, and the time grows with the number of reports.
    """
    millions, more = trials / 1e6, " or more" if stepwise else ""
    time, memory = f"{_time(SECONDS * millions)}{more}", f"{_memory(GIGABYTES * millions)}{more}"
    rests = f"as a million take some {SECONDS:g} s and {GIGABYTES:g} GB"
    if stepwise:
        rests += " with a searcher that does not hear every report; this one does"
    return f"{trials:,} trials would take some {time} and {memory}, {rests}"


def _time(seconds: float) -> str:
    """A time in the largest unit that fits about twice into it."""
    units = (("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0))
    name, unit = next(((name, unit) for name, unit in units if seconds >= 2 * unit), ("second", 1.0))
    return counted(round(seconds / unit), name)


def _memory(gigabytes: float) -> str:
    unit, size = ("TB", gigabytes / 1000) if gigabytes > BIG else ("GB", gigabytes)
    return f"{float(f'{size:.2g}'):g} {unit}"
