"""Times, money, worker-hours and shares, as reports write them."""

from __future__ import annotations

from math import isfinite

from simulator.core import formatting, ticks
from simulator.core.formatting import percent, trimmed
from simulator.planning.options import Option, Share
from simulator.planning.statistics import Interval


def share(interval: Interval | Share, unlike: float | None = None) -> str:
    """A share with its interval, "95 % (90–98 %)"; it reads the same as `unlike` only if the two are equal."""
    middle = percent(interval.estimate, unlike=unlike)
    _, _, decimals = middle.removesuffix(" %").partition(".")
    for digits in range(len(decimals), len(decimals) + 4):
        low, high = (trimmed(f"{100 * bound:.{digits}f}") for bound in (interval.low, interval.high))
        if low != high or interval.low == interval.high:
            break
    return f"{middle} ({f'{low}–{high}' if low != high else low} %)"


def time(seconds: float, unit: str) -> str:
    """Seconds as a time in a unit, with a decimal where it matters; "never" for an infinite time."""
    if not isfinite(seconds):
        return "never"
    amount = ticks.from_seconds(seconds)
    return formatting.time(amount, unit, 0 if amount >= 1000 * ticks.UNITS[unit] else 1)


def money(amount: float) -> str:
    """An amount of money, with cents where they matter."""
    if 0 < amount < 0.01:  # noqa: PLR2004
        return f"${amount:.2g}"
    return f"${amount:,.0f}" if amount >= 100 else f"${amount:,.2f}"  # noqa: PLR2004


def hours(amount: float) -> str:
    """Worker-hours, with a decimal where it matters."""
    return f"{amount:,.0f}" if amount >= 10 else f"{amount:.1f}" if amount >= 1 else f"{amount:.2g}"  # noqa: PLR2004


def expense(option: Option, priced: bool) -> str:
    """An option's mean cost with its interval, or its mean worker-hours if nothing has a price."""
    mean_hours = option.mean_hours
    if not priced:
        text = f"{hours(mean_hours.estimate)} worker-hours"
        span = f"{hours(mean_hours.low)}–{hours(mean_hours.high)}"
        return f"{text} on average" + ("" if mean_hours.low == mean_hours.high else f" ({span})")
    spent = option.mean_cost
    text = f"{hours(mean_hours.estimate)} worker-hours, {money(spent.estimate)}"
    span = f"{money(spent.low)}–{money(spent.high).removeprefix('$')}"
    return f"{text} on average" + ("" if spent.low == spent.high else f" ({span})")


def time_range(low: float, high: float, unit: str) -> str:
    """Two times in seconds, "5–6 h"."""
    return f"{time(low, unit).removesuffix(f' {unit}')}–{time(high, unit)}"


def signed_time(seconds: float, unit: str) -> str:
    """A difference of times, with a minus sign if it is below 0."""
    return f"−{time(-seconds, unit)}" if ticks.from_seconds(seconds) < 0 else time(abs(seconds), unit)


def signed_money(amount: float) -> str:
    """A difference of money, with a minus sign if it is below 0."""
    return f"−{money(-amount)}" if amount < 0 else money(amount)
