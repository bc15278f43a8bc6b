"""Time is counted in integer ticks of one microsecond, so that three steps of 0.1 s meet one of 0.3 s.

Seconds exist only at the border: `from_seconds` rounds once on the way in, `to_seconds` divides on the way out.
"""

from __future__ import annotations

PER_SECOND = 1_000_000

#: Length in ticks of each unit of time that a scenario may use.
UNITS = {
    "s": PER_SECOND,
    "min": 60 * PER_SECOND,
    "h": 3600 * PER_SECOND,
    "d": 24 * 3600 * PER_SECOND,
}

#: Longest run, in ticks: about 285 years. Up to 2**53, ticks are exact as floats.
LIMIT = 2**53

#: Error text for a run that would last longer.
TOO_LONG = "it would last more than 285 years; shorten the units, or give a stop"


def from_seconds(seconds: float) -> int:
    """Seconds to the nearest tick (half to even)."""
    return round(seconds * PER_SECOND)


def to_seconds(ticks: int) -> float:
    """Ticks to seconds; below 2**33 s, about 272 years, distinct ticks give distinct floats."""
    return ticks / PER_SECOND


def show(ticks: float, unit: str, digits: int = 1) -> str:
    """Ticks as people read them: `show(5_400_000_000, "h")` is "1.5 h"; whole numbers carry no decimals."""
    amount = ticks / UNITS[unit]
    text = f"{amount:,.{digits}f}"
    return f"{text.removesuffix('.' + '0' * digits)} {unit}"
