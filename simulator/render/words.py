"""All texts of pictures: English ones are here and in player_words.py, those of another language in a file.

A text has a key and may have places in braces, `{n}`, for numbers and names. `say` gives it in the current language
of pictures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING

from simulator.core import ticks
from simulator.render.player_words import PLAYER

if TYPE_CHECKING:
    from collections.abc import Iterator

Words = Mapping[str, str]

#: Every text of animations, plots, alternative texts and the player. A file of another language has the same keys.
ENGLISH: Words = MappingProxyType({
    # Numbers, times and amounts
    "decimal point": ".",
    "thousands separator": ",",
    "percent": "{n} %",
    "seconds": "{n} s",
    "minutes": "{n} min",
    "hours": "{n} h",
    "days": "{n} d",
    "worker seconds": "{n} worker-s",
    "worker minutes": "{n} worker-min",
    "worker hours": "{n} worker-h",
    "worker days": "{n} worker-d",
    "one worker": "{n} worker",
    "workers": "{n} workers",
    "one result": "{n} result",
    "results": "{n} results",
    "one trial": "{n} trial",
    "trials": "{n} trials",
    "one unit": "{n} unit",
    "units": "{n} units",
    "up to": "to {units}",
    "rung": "rung {rung}",
    "rung and units": "rung {rung} · {units}",
    # Meanings of colours
    "idle": "idle",
    "busy": "busy",
    "overhead": "overhead",
    "lost": "lost",
    "lost work": "lost work",
    "starting up": "starting up",
    "down": "down",
    "idle, lost or down": "idle, lost or down",
    "at work, by rung": "at work, by rung",
    "running now": "running now",
    "busy share": "busy share",
    "busy share of the workers": "busy share of the workers",
    "trained, by highest rung": "trained, by highest rung",
    "still to train": "still to train",
    "still to train in a running job": "still to train in a running job",
    # Animations
    "worker below a number": "worker",
    "workers below a number": "workers",
    "shown": "{n} shown",
    "running": "running",
    "busy so far": "busy so far",
    "idle so far": "idle so far",
    "trials started": "trials started",
    "best loss so far": "best loss so far",
    "idle while a promotion waits": "{time} idle while a promotion waits",
    "configurations shown": "{n} of {count} configurations shown",
    "workers shown": "{n} of {count} workers shown",
    "Configurations, furthest first": "Configurations, furthest first",
    "Workers": "Workers",
    "Workers busy over time": "Workers busy over time",
    "the run is over": "the run is over",
    "boot": "boot",
    "started and in full": "{started} started · {full} trained in full",
    "busy now": "busy now {share}",
    "busy so far, with its share": "busy so far {share}",
    "idle, with its time": "idle {time}",
    "every rung waits": "every rung waits for its slowest trial",
    "stops or goes on": "a trial stops or goes on as its result arrives",
    "promotes meanwhile": "promotes while others still train",
    "finished at": "finished at {time}",
    "stopped at": "stopped at {time}",
    "first barrier of one": "first barrier: {waiting} of {workers} waits for rung {rung}",
    "first barrier": "first barrier: {waiting} of {workers} wait for rung {rung}",
    "of a bracket": "{barrier} of bracket {bracket}",
    "first promotion": "first promotion at {time}, after {results}",
    "first that goes on": "first trial that goes on at {time}, after {results}",
    # Plots
    "busy workers": "busy workers",
    "searcher and share": "{label}: {share} busy",
    "time": "time ({unit})",
    "s": "s",
    "min": "min",
    "h": "h",
    "d": "d",
    "worker": "worker",
    "worker time": "worker time (worker-{unit})",
    "loss": "loss",
    "promoted": "promoted",
    "not promoted": "not promoted",
    "went on": "went on",
    "stopped": "stopped",
    "paused": "paused",
    "or in full": "{left}, or in full",
    "resource": "resource (units, cumulative)",
    "simple regret": "simple regret",
    "median": "median of {n} seeds, and what eight of ten lie between",
    "one seed": "one seed",
    "lines look alike": "{about}; beyond {n} searchers, lines look alike",
    "whose trial": "whose trial each worker trains",
    "there": "there",
    "without a worker": "of them without a worker",
    "searches": "searches",
    "searches that are there": "searches that have come and are not done",
    "share of the searches": "% of the searches",
    "stay": "stay, at most ({unit})",
    "how long searches stay": "how long searches stay",
    "how long searches wait and stay": "how long searches wait and stay",
    "stay, mean": "stay, mean",
    "wait, mean": "wait, mean",
    "twice as long": "stays twice as long from a load of {load} on",
    "load": "load: work that comes over what the cluster can do",
    "searches done": "searches done",
    "searches there": "searches there",
    "without a worker, now": "without a worker",
    "with a worker": "with a worker",
    "without": "without",
    "without one, or lost work": "without one, or lost work",
    # Alternative texts
    "alt of a run": "{label} keeps {workers} {share} busy ({unused}): {trials} started, {in_full}; {ending}.",
    "alt, in full": "{n} of them trained in full",
    "alt, none in full": "none in full",
    "alt, the first": "{in_full}, the first after {time}",
    "alt, unused": "{time} {kind}",
    "alt, in the log": "{text} The best loss is trial {trial}'s, which the log calls {name}.",
    "alt of several": "{label} keeps {workers} {share} busy, {ending} with {trials} and {best}",
    "alt of several, waiting":
        "{label} keeps {workers} {share} busy ({time} idle while a promotion waits), "
        "{ending} with {trials} and {best}",
    "alt, no result": "no result",
    "alt, best loss": "a best loss of {loss}",
    "alt, best loss in the log": "a best loss of {loss}, trial {trial}'s, which the log calls {name}",
    "one search": "{n} search",
    "several searches": "{n} searches",
    "alt of a shared cluster":
        "{searches} that share a cluster: {done} are done by {time}. On average {mean} are there at once, and "
        "at most {most}.",
    "alt of a shared cluster, busy":
        "{searches} that share a cluster keep its workers {share} busy: {done} are done by {time}. On average "
        "{mean} are there at once, and at most {most}.",
    "alt of stays": "Of searches that share a cluster, {parts}.",
    "alt of stays, none": "none of {label} is done",
    "alt of stays, one": "half of {label} stay {half} or less, 90 % {most}",
    "alt of loads":
        "At a load of {low} a search waits {wait} and stays {stay} on average, at {high} it waits "
        "{longest_wait} and stays {longest_stay}; stays never double.",
    "alt of loads, doubled":
        "At a load of {low} a search waits {wait} and stays {stay} on average, at {high} it waits "
        "{longest_wait} and stays {longest_stay}; stays have doubled at a load of {knee}.",
    **PLAYER,
})  # fmt: skip

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_NOUNS = {"unit": "one unit", "units": "units", "trial": "one trial", "trials": "trials"}
_AMOUNT = re.compile(r"(?P<amount>[\d,]+(\.\d+)?) ?(?P<unit>s|min|h|d|%|units?|trials?|)")
_words: ContextVar[Words] = ContextVar("_words", default=ENGLISH)


@contextmanager
def use_words(words: Words) -> Iterator[None]:
    """Draw with the texts `words` inside the block."""
    token = _words.set(words)
    try:
        yield
    finally:
        _words.reset(token)


def say(key: str, **places: object) -> str:
    """The text `key` in the current language, with its places filled."""
    return _words.get()[key].format(**places)


def template(key: str) -> str:
    """The text `key` in the current language, with its places in braces."""
    return _words.get()[key]


def of_pictures(words: Words) -> list[str]:
    """The texts that pictures themselves show; the texts of the player are drawn by the browser."""
    return [text for key, text in words.items() if key not in PLAYER]


def number(text: str) -> str:
    """A number written in English, "1,234.5", in the form of the current language."""
    words = _words.get()
    if words is ENGLISH:
        return text
    return text.translate({ord("."): words["decimal point"], ord(","): words["thousands separator"]})


def count(amount: int) -> str:
    """A whole number: "1,200"."""
    return number(f"{amount:,}")


def counted(amount: int, one: str, many: str) -> str:
    """An amount and its noun, by the keys of the noun for one and for many."""
    return say(one if amount == 1 else many, n=count(amount))


def workers(amount: int) -> str:
    """A number of workers as text."""
    return counted(amount, "one worker", "workers")


def trials(amount: int) -> str:
    """A number of trials as text."""
    return counted(amount, "one trial", "trials")


def units(amount: int) -> str:
    """A number of units of resource as text."""
    return counted(amount, "one unit", "units")


def time(shown: str) -> str:
    """A time as `ticks.show` writes it, "1.5 h"."""
    amount, _, unit = shown.rpartition(" ")
    return say(_UNITS[unit], n=number(amount))


def worker_time(shown: str) -> str:
    """Workers' time, written "617 worker-h"."""
    amount, _, unit = shown.rpartition(" worker-")
    return say(f"worker {_UNITS[unit]}", n=number(amount))


def percent(shown: str) -> str:
    """A share, written "42 %"."""
    return say("percent", n=number(shown.removesuffix(" %")))


def translated(shown: str) -> str:
    """An amount that is written in English, such as "1.5 h", "42%", "1,200" or "9 units", in the current language.

    Any other text stays as it is.
    """
    if _words.get() is ENGLISH:
        return shown
    matched = _AMOUNT.fullmatch(shown)
    if matched is None:
        return shown
    amount, unit = matched["amount"], matched["unit"]
    if unit in _UNITS:
        return time(f"{amount} {unit}")
    if unit == "%":
        return percent(f"{amount} %")
    return say(_NOUNS[unit], n=number(amount)) if unit in _NOUNS else number(amount)


def clock(tick: float, unit: str, digits: int = 1) -> str:
    """Ticks in a unit, as `ticks.show` has them."""
    return time(ticks.show(tick, unit, digits))
