"""An attempt at a job: how long it takes, and what remains of it when it is cut short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple


@dataclass(frozen=True)
class Overheads:
    """Worker time without training, in ticks: to set a trial up, and to `save` and `restore` a checkpoint."""

    trial_start: int = 0
    save: int = 0
    restore: int = 0


@dataclass(frozen=True)
class Recovery:
    """What happens to a job that is lost.

    resume: it is tried again from its last checkpoint; there is one every `checkpoint_every` units. restart: it is
    tried again from where it began. exit: its trial is reported as dead. After more than `max_restarts` losses
    (preemptions don't count) a trial is dead in any case, as in Determined. When `retry_after` ticks have
    passed, a lost job may be tried again: before all other jobs (first), or when there is no other job (last).
    """

    on_loss: Literal["resume", "restart", "exit"] = "resume"
    checkpoint_every: int = 1
    max_restarts: int = 5
    retry: Literal["first", "last"] = "first"
    retry_after: int = 0

    @property
    def at_once(self) -> bool:
        """Whether a lost job is tried again before all other jobs, and without delay."""
        return self.retry == "first" and not self.retry_after


class Rest(NamedTuple):
    """What is left of an attempt that is cut short: ticks of `overhead`, and ticks and `units` of training `kept`."""

    overhead: int
    kept: int
    units: int


class Course(NamedTuple):
    """The course of an attempt: `lead` ticks of overhead, then `work` ticks of training for `units` units.

    A checkpoint of `save` ticks follows every `every` units. The checkpoint at the end is not part of the attempt:
    the trial's next job pays for it, if it runs elsewhere. All units of an attempt are taken to be equally long.
    """

    lead: int
    work: int
    units: int
    every: int
    save: int

    @property
    def length(self) -> int:
        """Ticks from start to end."""
        return self.lead + self.work + self.save * self._checkpoints

    @property
    def overhead(self) -> int:
        """Ticks from start to end in which the trial is not trained."""
        return self.lead + self.save * self._checkpoints

    @property
    def _checkpoints(self) -> int:
        return (self.units - 1) // self.every if self.save else 0

    def cut_short(self, after: int) -> Rest:
        """What is left if the attempt ends after `after` ticks: everything up to the last complete checkpoint."""
        spent = after - self.lead
        if spent <= 0:
            return Rest(after, 0, 0)
        # checkpoint k is written once k * every units are trained and saved
        most = (self.units - 1) // self.every
        each = self.work * self.every / self.units + self.save
        done = min(most, int(spent / each) + 1)
        while done and self._kept(done * self.every) + done * self.save > spent:
            done -= 1
        return Rest(self.lead + done * self.save, self._kept(done * self.every), done * self.every)

    def cut_short_with_notice(self, after: int) -> Rest:
        """What is left if the attempt ends after `after` ticks and is told in time to save once more.

        The extra checkpoint is written at the end, and has all units that are whole by then.
        """
        rest = self.cut_short(after)
        left = after - rest.overhead - rest.kept - self.save
        units = rest.units + max(0, int(left * self.units / self.work)) if self.work else rest.units
        while units > rest.units and self._kept(units) - rest.kept > left:
            units -= 1
        if units <= rest.units or units >= self.units:
            return rest
        return Rest(rest.overhead + self.save, self._kept(units), units)

    def _kept(self, units: int) -> int:
        return round(self.work * units / self.units)
