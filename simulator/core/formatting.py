"""Amounts as people read them: never rounded so far that the words would be wrong."""

from __future__ import annotations

from simulator.core import ticks

#: A number that is shown off by more than this share of itself gets a second digit.
OFF = 0.1
#: Decimals that a share in per cent may need to differ from what it is not.
MOST_DECIMALS = 9


def counted(amount: int, noun: str) -> str:
    """An amount and its noun: "1 result", "1,200 results"."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def decimal(amount: float, digits: int = 1) -> str:
    """A number with at most so many decimals; a small one, which they would distort, in two digits."""
    text = f"{amount:,.{digits}f}"
    if abs(float(text.replace(",", "")) - amount) > OFF * abs(amount):
        return f"{amount:.2g}"
    return trimmed(text)


def trimmed(text: str) -> str:
    """A decimal number without zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def shortened(text: str, longest: int) -> str:
    """The text as it is, or its beginning and an ellipsis where it has more than `longest` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def time(amount: int, unit: str, digits: int = 1) -> str:
    """Ticks in a unit that may be a long one for them: "1.5 h", "0.033 h"."""
    return f"{decimal(amount / ticks.UNITS[unit], digits)} {unit}"


def percent(share: float, *, digits: int = 0, unlike: float | None = None) -> str:
    """A share in per cent: with the decimals it takes not to say always or never of what isn't.

    Nor does it look like `unlike`, another share, unless it equals that.
    """
    amount = 100 * share
    if digits == 0 and (99 < amount < 100 or 0 < amount < 1):  # noqa: PLR2004
        digits = 1
    others = [0.0, 100.0] if unlike is None else [0.0, 100.0, round(100 * unlike, MOST_DECIMALS)]
    texts = (f"{amount:.{decimals}f}" for decimals in range(digits, MOST_DECIMALS + 1))
    honest = (text for text in texts if all(float(text) != other or share == other / 100 for other in others))
    return f"{next(honest, f'{amount:.{digits}f}')} %"


def level(share: float) -> str:
    """A share that somebody gave, with all its decimals: "95 %", "99.95 %"."""
    return f"{100 * share:.10g} %"
