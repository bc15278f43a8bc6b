"""Conditions of work: stragglers, lost jobs, overheads; and the fate they give to each attempt.

A fate is known when the attempt starts, since its draws belong to (trial, rung, attempt) and a machine's life to
(machine, spell). So two searchers under one seed meet the same stragglers and the same losses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor, inf, log, log1p
from typing import Literal, NamedTuple

from simulator.cluster.attempts import Course, Overheads, Recovery, Rest
from simulator.cluster.stragglers import Straggler
from simulator.streams import Drawn, Stream
from simulator.trace import Outcome

#: Trials are drawn so many at a time.
BLOCK = 256


@dataclass(frozen=True)
class Drop:
    """A job is dropped with `probability` at the end of each `per` ticks it has been running."""

    probability: float
    per: int


@dataclass(frozen=True)
class Conditions:
    """What makes work take longer than its curve says; `crash` is the probability that an attempt dies by itself."""

    straggler: Straggler | None = None
    straggler_per: Literal["job", "worker"] = "job"
    drop: Drop | None = None
    crash: float = 0.0
    overheads: Overheads = field(default_factory=Overheads)
    recovery: Recovery = field(default_factory=Recovery)

    @property
    def ideal(self) -> bool:
        """Whether a job takes just its curve's time and is never lost by itself."""
        return self.straggler is None and self.drop is None and not self.crash and self.overheads == Overheads()


class Fate(NamedTuple):
    """An attempt's `length`, how it ends, ticks of overhead and of lost training in it, units it leaves safe."""

    length: int
    outcome: Outcome
    overhead: int
    lost: int
    units: int


class Fates:
    """Draws the fates of attempts under `conditions` and a seed."""

    def __init__(self, conditions: Conditions, seed: int) -> None:
        self.conditions = conditions
        straggler = conditions.straggler
        self._factors = None if straggler is None else Drawn(seed, Stream.STRAGGLER, straggler.draw, BLOCK)
        self._drops = Drawn(seed, Stream.DROP, lambda rng, n: 1 - rng.random(n), BLOCK)
        self._crashes = Drawn(seed, Stream.CRASH, lambda rng, n: 1 - rng.random(n), BLOCK)

    def work(self, ticks: int, trial: int, rung: int, attempt: int, worker: int, speed: float) -> int:
        """Ticks that training of `ticks` takes here: times the straggler factor, over the worker's speed."""
        if self._factors is None:
            factor = 1.0
        elif self.conditions.straggler_per == "worker":
            factor = self._factors.at(worker)
        else:
            factor = self._factors.at(trial, rung, attempt)
        return ticks if factor == speed else max(1, round(ticks * factor / speed))

    def lead(self, *, begun: bool, promoted: bool, goes_on: bool) -> int:
        """Ticks before training: none where a trial goes on where it is, else to set it up and restore it.

        `begun` says that it has been trained, `promoted` that its last save is still to be paid.
        """
        overheads = self.conditions.overheads
        if goes_on:
            return 0
        return overheads.trial_start + begun * overheads.restore + promoted * overheads.save

    def of(
        self, course: Course, trial: int, rung: int, attempt: int, *, stay: float, why: Outcome, notice: int
    ) -> Fate:
        """The fate of an attempt whose worker stays for `stay` more ticks and then goes for the reason `why`."""
        after, outcome = min(
            (self._drop(trial, rung, attempt), Outcome.DROPPED),
            (self._crash(course.length, trial, rung, attempt), Outcome.DROPPED),
            (stay if stay < course.length else inf, why),
        )
        if after > course.length:
            return Fate(course.length, Outcome.COMPLETED, course.overhead, 0, course.units)
        spent = int(after)
        rest = self._rest(course, spent, warned=outcome is Outcome.PREEMPTED and notice >= course.save)
        return Fate(spent, outcome, rest.overhead, spent - rest.overhead - rest.kept, rest.units)

    def _rest(self, course: Course, spent: int, *, warned: bool) -> Rest:
        if self.conditions.recovery.on_loss != "resume":
            return Rest(min(course.lead, spent), 0, 0)
        return course.warned(spent) if warned else course.cut_short(spent)

    def _drop(self, trial: int, rung: int, attempt: int) -> float:
        drop = self.conditions.drop
        if drop is None or not drop.probability:
            return inf
        if drop.probability >= 1:
            return drop.per
        return (floor(log(self._drops.at(trial, rung, attempt)) / log1p(-drop.probability)) + 1) * drop.per

    def _crash(self, length: int, trial: int, rung: int, attempt: int) -> float:
        crash = self.conditions.crash
        if not crash:
            return inf
        drawn = self._crashes.at(trial, rung, attempt)
        # below the probability the draw is uniform again: it says how far the attempt got
        return ceil(drawn / crash * length) if drawn < crash else inf
