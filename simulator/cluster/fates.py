"""Conditions of work, such as stragglers, lost jobs and overheads, and the fate that they give to each attempt.

A fate is known when the attempt starts, since its draws depend on (trial, rung, attempt), and a machine's life on
(machine, spell). So two searchers under one seed meet the same stragglers and the same losses.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from math import ceil, floor, inf, log, log1p
from typing import Literal, NamedTuple

from simulator.cluster.attempts import Course, Overheads, Recovery, Rest
from simulator.cluster.durations import Span
from simulator.cluster.stragglers import Straggler
from simulator.core.streams import Drawn, Stream
from simulator.core.ticks import LIMIT
from simulator.trace.trace import Outcome

#: Random numbers are computed for this many trials at once; and the first block is for this many rungs.
BLOCK, RUNGS = 256, 4
#: This many slow spells of a machine are drawn at once; and the first block is for this many machines.
SPELLS, MACHINES = 24, 16
#: Number of gaps and spells that pass on a machine before a run, so that it is slow as often at the start as later
#: on. Where gaps are as uneven as those of spot machines, it is still slow a tenth too often at the start.
BEFORE = 16


@dataclass(frozen=True)
class Drop:
    """A running job is dropped with `probability` at the end of each `per` ticks."""

    probability: float
    per: int


@dataclass(frozen=True)
class SlowSpells:
    """Spells of `length` in which training takes `factor` times as long, with gaps of `every` between them.

    The spells begin long before the run, so a machine may be slow at the run's start. With `since` the first gap of
    each machine begins at that tick.
    """

    every: Span
    length: Span
    factor: float
    since: int | None = None


@dataclass(frozen=True)
class Conditions:
    """Conditions that make work longer than its curve says; an attempt fails by itself with probability `crash`."""

    straggler: Straggler | None = None
    straggler_per: Literal["job", "worker"] = "job"
    drop: Drop | None = None
    crash: float = 0.0
    slow: SlowSpells | None = None
    overheads: Overheads = field(default_factory=Overheads)
    recovery: Recovery = field(default_factory=Recovery)

    @property
    def ideal(self) -> bool:
        """Whether a job takes exactly its curve's time and is never lost by itself."""
        steady = self.straggler is None and self.slow is None
        return steady and self.drop is None and not self.crash and self.overheads == Overheads()


class Fate(NamedTuple):
    """An attempt's `length`, how it ends, its ticks of overhead and of lost training, and the units that are kept."""

    length: int
    outcome: Outcome
    overhead: int
    lost: int
    units: int


class _Slowness:
    """The slow spells of all machines; each draw depends on (machine, spell)."""

    def __init__(self, slow: SlowSpells, seed: int) -> None:
        self._slow, self._factor = slow, slow.factor
        self._begins = Drawn(seed, Stream.SLOW_START, block=1, abreast=MACHINES)
        self._gaps = Drawn(seed, Stream.SLOW_SPELL, slow.every.quantile, block=SPELLS, abreast=MACHINES)
        self._lengths = Drawn(seed, Stream.SLOW_LENGTH, slow.length.quantile, block=SPELLS, abreast=MACHINES)
        self._spells: dict[int, list[tuple[int, int]]] = {}  # by machine, (begin, end) of its spells so far

    def length(self, work: int, begin: int, machine: int) -> int:
        """Ticks that `work` takes: each tick of it takes one tick outside a spell and `factor` ticks inside."""
        now, left = begin, float(work)
        place = self._at(machine, begin)
        while True:
            start, end = self._spell(machine, place)
            if now < start:
                if left <= start - now:
                    return max(1, now + round(left) - begin)
                left -= start - now
                now = start
            if left * self._factor <= end - now:
                return max(1, now + round(left * self._factor) - begin)
            left -= (end - now) / self._factor
            now, place = end, place + 1

    def _at(self, machine: int, tick: int) -> int:
        """The index of the first spell that ends after a tick."""
        spells = self._spells.setdefault(machine, [])
        while not spells or spells[-1][1] <= tick:
            self._spell(machine, len(spells))
        return bisect_right(spells, tick, key=lambda spell: spell[1])

    def _spell(self, machine: int, number: int) -> tuple[int, int]:
        spells = self._spells.setdefault(machine, [])
        while len(spells) <= number:
            spell = len(spells)
            after = spells[-1][1] if spells else self._since(machine)
            begin = after + max(1, round(self._gaps.at(spell, machine)))
            spells.append((begin, begin + max(1, round(self._lengths.at(spell, machine)))))
        return spells[number]

    def _since(self, machine: int) -> int:
        """The tick at which a machine's first gap begins: long before the run, by a random number of cycles."""
        if self._slow.since is not None:
            return self._slow.since
        return -round((BEFORE + self._begins.at(0, machine)) * (self._slow.every.mean + self._slow.length.mean))


class Fates:
    """Draws the fates of attempts under `conditions` and a seed."""

    def __init__(self, conditions: Conditions, seed: int) -> None:
        self.conditions = conditions
        straggler = conditions.straggler
        self._factors = None
        if straggler is not None:
            self._factors = Drawn(seed, Stream.STRAGGLER, straggler.quantile, block=BLOCK, abreast=RUNGS)
        self._per_worker = conditions.straggler_per == "worker"
        self._drops = Drawn(seed, Stream.DROP, block=BLOCK, abreast=RUNGS)
        self._crashes = Drawn(seed, Stream.CRASH, block=BLOCK, abreast=RUNGS)
        slow = conditions.slow
        self._slow = None if slow is None else _Slowness(slow, seed)
        self._crash = conditions.crash
        self._drop = conditions.drop if conditions.drop is not None and conditions.drop.probability else None
        self._log_kept = log1p(-self._drop.probability) if self._drop and self._drop.probability < 1 else -inf

    def training_ticks(self, ticks: int, trial: int, rung: int, attempt: int, worker: int, speed: float) -> int:
        """Ticks that a training of `ticks` by its curve takes, with the straggler factor and the worker's speed."""
        if self._factors is None:
            factor = 1.0
        elif self._per_worker:
            factor = self._factors.at(worker)
        else:
            factor = self._factors.at(trial, rung, attempt)
        return ticks if factor == speed else round(ticks * factor / speed) or 1

    def with_slow_spells(self, work: int, begin: int, machine: int) -> int:
        """Ticks that `work` ticks of training take on a machine from tick `begin` on, with its slow spells."""
        return work if self._slow is None else self._slow.length(work, begin, machine)

    def lead(self, *, begun: bool, promoted: bool, goes_on: bool) -> int:
        """Ticks before training: none if a trial goes on where it is, else those to set it up and restore it.

        `begun`: the trial has been trained before. `promoted`: its last save is still to be paid.
        """
        overheads = self.conditions.overheads
        if goes_on:
            return 0
        return overheads.trial_start + begun * overheads.restore + promoted * overheads.save

    def fate(
        self, course: Course, trial: int, rung: int, attempt: int, *, stay: float, why: Outcome, notice: int
    ) -> Fate:
        """The fate of an attempt whose worker stays for `stay` more ticks and then goes for the reason `why`."""
        after, outcome = min(
            (self.lost_after(course.length, trial, rung, attempt), Outcome.DROPPED),
            (stay if stay < course.length else inf, why),
        )
        if after > course.length:
            return Fate(course.length, Outcome.COMPLETED, course.overhead, 0, course.units)
        spent = int(after)
        rest = self._rest(course, spent, warned=outcome is Outcome.PREEMPTED and notice >= course.save)
        return Fate(spent, outcome, rest.overhead, spent - rest.overhead - rest.kept, rest.units)

    def lost_after(self, length: int, trial: int, rung: int, attempt: int) -> float:
        """Ticks until an attempt is dropped or crashes; a value above `length`, its whole length, means never."""
        after = inf
        if self._drop is not None:
            survived = log(self._drops.at(trial, rung, attempt)) / self._log_kept  # the number of checks that pass
            if survived < LIMIT:
                after = (floor(survived) + 1) * self._drop.per
        if self._crash:
            drawn = self._crashes.at(trial, rung, attempt)
            if drawn < self._crash:  # then drawn / crash is uniform: the share of the attempt before it
                after = min(after, ceil(drawn / self._crash * length))
        return after

    def _rest(self, course: Course, spent: int, *, warned: bool) -> Rest:
        if self.conditions.recovery.on_loss != "resume":
            return Rest(min(course.lead, spent), 0, 0)
        return course.cut_short_with_notice(spent) if warned else course.cut_short(spent)
