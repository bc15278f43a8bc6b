"""Amounts as people read them, never rounded so far that the text becomes untrue."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.core import ticks

#: Rounding error, as a share of the number, above which two significant digits are written instead.
OFF = 0.1
#: Greatest number of decimals of a percentage, for a share that would else read as 0 %, 100 % or another given share.
MOST_DECIMALS = 9


def counted(amount: int, noun: str) -> str:
    """An amount and its noun: "1 result", "1,200 results"."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def listed(words: Sequence[str], joint: str) -> str:
    """Words as a sentence lists them: "a, b and c", where `joint` is "and"."""
    *most, last = words
    return f"{', '.join(most)} {joint} {last}" if most else last


def decimal(amount: float, digits: int = 1) -> str:
    """A number with at most `digits` decimals, or two significant digits if the decimals would distort it."""
    text = f"{amount:,.{digits}f}"
    if abs(float(text.replace(",", "")) - amount) > OFF * abs(amount):
        return f"{amount:.2g}"
    return trimmed(text)


def trimmed(text: str) -> str:
    """A decimal number without zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def shortened(text: str, longest: int) -> str:
    """The text as it is, or its beginning and an ellipsis if it has more than `longest` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def time(amount: int, unit: str, digits: int = 1) -> str:
    """Ticks in a given unit of time, even if they are much less than one unit: "1.5 h", "0.033 h"."""
    return f"{decimal(amount / ticks.UNITS[unit], digits)} {unit}"


def percent(share: float, *, digits: int = 0, unlike: float | None = None) -> str:
    """A share in per cent, with enough decimals that only 0 reads as "0 %" and only 1 as "100 %".

    It also reads differently from `unlike`, another share, unless the two are equal.
    """
    amount = 100 * share
    if digits == 0 and (99 < amount < 100 or 0 < amount < 1):  # noqa: PLR2004
        digits = 1
    others = [0.0, 100.0] if unlike is None else [0.0, 100.0, round(100 * unlike, MOST_DECIMALS)]
    texts = (f"{amount:.{decimals}f}" for decimals in range(digits, MOST_DECIMALS + 1))
    honest = (text for text in texts if all(float(text) != other or share == other / 100 for other in others))
    return f"{next(honest, f'{amount:.{digits}f}')} %"


def level(share: float) -> str:
    """A share that a user gave, in per cent with all its decimals: "95 %", "99.95 %"."""
    return f"{100 * share:.10g} %"
