"""Groups of machines alike: how many, how fast, at what price, and when they come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.cluster.durations import Span

Policy = Literal["fastest", "cheapest", "lowest"]
#: Machines that share a fate: so many that stand side by side, all of a group, or all of the cluster.
Together = int | Literal["group", "cluster"]


@dataclass(frozen=True)
class Failures:
    """A machine fails after `uptime` and is back after `repair`, and others `together` with it."""

    uptime: Span
    repair: Span
    together: Together = 1


@dataclass(frozen=True)
class Preemption:
    """A machine is taken away after `up` and given back after `down`; `notice` ticks before, it is told.

    With `series`, (up, down) ticks as recorded, each machine plays it from a place of its own, round and round. With
    `availability` the group does: (tick, machines that are there from then on), the last at its end; all machines are
    at one place of it, drawn by the seed or, with `from_start`, its first. Machines `together` go at once; the first
    time they are there after `first_wait`.
    """

    up: Span | None = None
    down: Span | None = None
    notice: int = 0
    series: tuple[tuple[int, int], ...] = ()
    together: Together = 1
    first_wait: Span | None = None
    availability: tuple[tuple[int, int], ...] = ()
    from_start: bool = False


@dataclass(frozen=True)
class Scaling:
    """So many machines are hired that the share `target` of them is needed, but never fewer than `least`.

    They are hired once too few have been there for `up_delay` ticks, and let go once there have been more than
    needed for `down_delay`.
    """

    least: int = 0
    target: float = 1.0
    up_delay: int = 0
    down_delay: int = 0


@dataclass(frozen=True)
class MachineGroup:
    """`count` machines alike. `speed` divides the time of a job, `price` is money a machine and hour.

    The first joins at `join`, the last `ramp_up` later; all leave at `leave`. Whenever one comes up, it takes
    `start_up` ticks before it can work. `release` says when it is let go: kept to the `end`, `drained` when it has
    ended its last work, or after so many ticks without work, to be hired again, or as a Scaling says. `billing` is
    the span of ticks that is paid in whole.
    """

    count: int
    name: str = "workers"
    speed: float = 1.0
    price: float = 0.0
    slots: int = 1
    join: int = 0
    ramp_up: int = 0
    leave: int | None = None
    start_up: int = 0
    failures: Failures | None = None
    preemption: Preemption | None = None
    release: Literal["end", "drained"] | int | Scaling = "end"
    billing: int = 1

    def joins(self, place: int) -> int:
        """When its machine at a place joins."""
        return self.join + (self.ramp_up * place // (self.count - 1) if self.count > 1 else 0)

    @property
    def rehires(self) -> bool:
        """Whether its machines are let go while they are idle, and hired again."""
        return not isinstance(self.release, str)

    @property
    def stays(self) -> bool:
        """Whether its machines come all at once, and for ever, or until their last work is done."""
        goes = self.leave is not None or self.rehires or self.failures is not None or self.preemption is not None
        return not (self.ramp_up or goes)

    @property
    def opening(self) -> int:
        """When its first machine can work, if it stays so long."""
        return self.join + self.start_up

    @property
    def steady(self) -> bool:
        """Whether its machines are there from the start, and for ever, or until their last work is done."""
        return self.stays and not self.opening
