"""The texts of a picture that depend on the run."""

from __future__ import annotations

from math import isnan
from typing import NamedTuple

from simulator.core import ticks
from simulator.core.formatting import shortened
from simulator.render import words
from simulator.render.words import say
from simulator.trace import replay
from simulator.trace.levels import Levels
from simulator.trace.trace import Outcome, Trace

#: Number of characters that are shown of a name from a log, and of the value of a hyperparameter; and greatest number
#: of hyperparameters of a trial that are shown.
NAME, VALUE, MOST = 80, 24, 12


class Note(NamedTuple):
    """A note on a span of time, or on a moment; it is shown from tick `until` on, when it is known."""

    since: int
    until: int
    text: str


class Fates(NamedTuple):
    """Words for a trial that left its rung for the next, and for one that did not."""

    left: str
    stayed: str


#: Words by the searcher's `advance`.
FATES: dict[object, Fates] = {
    "stops": Fates("went on", "stopped"),
    "pauses": Fates("promoted", "paused"),
    "halves": Fates("promoted", "stopped"),
    None: Fates("promoted", "not promoted"),
}


def fates(trace: Trace) -> Fates:
    """The words for a run's search; a run without a searcher has general words."""
    return FATES[trace.meta.get("advance")]


def manner(trace: Trace) -> str:
    """A text on how trials were promoted in the run; empty if none was."""
    if replay.first_promotion(trace) is None:
        return ""
    if trace.meta.get("advance") == "stops":
        return say("stops or goes on")
    return say("every rung waits" if replay.synchronous(trace) else "promotes meanwhile")


def ending(trace: Trace, unit: str) -> str:
    """A text on how and when the run ended."""
    stopped = trace.stopped or trace.where(Outcome.CUT).any()
    return say("stopped at" if stopped else "finished at", time=words.clock(trace.makespan, unit))


def rungs(ladder: Levels) -> list[str]:
    """The names of a ladder's rungs, with their units."""
    if not ladder.rungs:
        return units(ladder)
    return [
        say("rung and units", rung=rung, units=words.units(resource))
        for rung, resource in zip(ladder.rungs, ladder.resources, strict=True)
    ]


def short_rungs(ladder: Levels) -> list[str]:
    """Short names of a ladder's rungs, for places with little room."""
    return [say("rung", rung=rung) for rung in ladder.rungs] or units(ladder)


def units(ladder: Levels) -> list[str]:
    """The units of each rung of a ladder."""
    known = [words.units(resource) for resource in ladder.resources]
    return [say("up to", units=one) for one in known] if ladder.sampled else known


def first_promotion_note(trace: Trace, unit: str) -> Note | None:
    """A note on the first barrier, or on the first promotion if no worker waited at a barrier."""
    barrier = replay.first_barrier(trace)
    if barrier is not None:
        text = say(
            "first barrier of one" if barrier.waiting == 1 else "first barrier",
            waiting=words.count(barrier.waiting), workers=words.workers(trace.workers), rung=barrier.rung,
        )  # fmt: skip
        if trace.bracket.any():
            text = say("of a bracket", barrier=text, bracket=barrier.bracket)
        return Note(barrier.since, barrier.until, text)
    promotion = replay.first_promotion(trace)
    if promotion is None:
        return None
    results = words.counted(promotion.results, "one result", "results")
    what = "first that goes on" if trace.meta.get("advance") == "stops" else "first promotion"
    text = say(what, time=words.time(_instant(promotion.tick, unit)), results=results)
    return Note(promotion.tick, promotion.tick, text)


def _instant(tick: int, unit: str) -> str:
    """A time with as many decimals, up to four, as make it differ from 0."""
    shown = (ticks.show(tick, unit, digits) for digits in range(1, 5))
    return next((text for text in shown if text != ticks.show(0, unit)), ticks.show(tick, unit))


def in_log(trace: Trace, trial: int) -> str:
    """A trial's name and hyperparameters in the log that it was imported from; empty without a log."""
    name = trace.names.get(trial)
    if name is None:
        return ""
    config = [
        f"{shortened(key, VALUE)} {shortened(str(value), VALUE)}"
        for key, value in trace.configs.get(trial, {}).items()
    ]
    if len(config) > MOST:
        config = [*config[:MOST], f"{len(config) - MOST} more"]
    return shortened(name, NAME) + (f" ({', '.join(config)})" if config else "")


def loss(value: float) -> str:
    """A loss in three digits; a dash for none."""
    return "–" if isnan(value) else words.number(f"{value:.3g}")


def percent(part: float, whole: float) -> str:
    """A share as a whole percentage; 0 % if the whole is 0."""
    return words.percent(f"{100 * part / whole if whole else 0:.0f} %")


def worker_time(amount: float, unit: str) -> str:
    """Worker ticks in a unit: "617 worker-h", with one decimal below ten."""
    value = amount / ticks.UNITS[unit]
    text = f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")  # noqa: PLR2004
    return words.worker_time(f"{text} worker-{unit}")
