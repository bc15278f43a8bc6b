"""What a run of very many trials takes, said before it begins instead of after minutes and gigabytes."""

from __future__ import annotations

from simulator.core.formatting import counted

#: What a million trials of SHA or ASHA take, measured: a million and a half attempts of 4 to 8 microseconds, in some
#: 300 bytes each.
SECONDS, GIGABYTES = 10.0, 0.45
#: Gigabytes beyond which they are told as terabytes.
BIG = 1000
#: Trials from which on it is worth a word, and the most that synthetic and ordered curves draw.
WORTH_A_WORD, MOST = 5_000_000, 20_000_000


def effort(trials: int) -> str:
    """Time and memory of a run of so many trials, and what that goes by."""
    millions = trials / 1e6
    return (
        f"{trials:,} trials would take some {_time(SECONDS * millions)} and {_memory(GIGABYTES * millions)}, as a "
        f"million take some {SECONDS:g} s and {GIGABYTES:g} GB"
    )


def _time(seconds: float) -> str:
    """A time in the largest unit of which there are two, about."""
    units = (("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0))
    name, unit = next(((name, unit) for name, unit in units if seconds >= 2 * unit), ("second", 1.0))
    return counted(round(seconds / unit), name)


def _memory(gigabytes: float) -> str:
    unit, size = ("TB", gigabytes / 1000) if gigabytes > BIG else ("GB", gigabytes)
    return f"{float(f'{size:.2g}'):g} {unit}"
