"""Groups of equal machines: their number, speed and price, and when they come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.cluster.durations import Span

Policy = Literal["fastest", "cheapest", "lowest"]
#: Machines that fail or go together: this number of neighbours, all of a group, or all of the cluster.
Together = int | Literal["group", "cluster"]


@dataclass(frozen=True)
class Failures:
    """A machine fails after `uptime` and is back after `repair`; `together` machines fail at once."""

    uptime: Span
    repair: Span
    together: Together = 1


@dataclass(frozen=True)
class Preemption:
    """A machine is taken away after `up`, with a warning `notice` ticks before, and given back after `down`.

    With `series`, recorded (up, down) ticks, each machine repeats the series from a place of its own. With
    `availability` the group repeats a recording of pairs (tick, machines that are there from then on), whose last
    tick is its end. The recording starts at a place that the seed draws; with `from_start`, at its first tick.
    `together` machines go at once. A group of them first comes after `first_wait`.
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
    """Hires as many machines as keep the share `target` of them in use, but never fewer than `least`.

    More are hired once there have been too few for `up_delay` ticks, and some are let go once there have been more
    than needed for `down_delay` ticks.
    """

    least: int = 0
    target: float = 1.0
    up_delay: int = 0
    down_delay: int = 0


@dataclass(frozen=True)
class MachineGroup:
    """`count` equal machines; `speed` divides the time of a job, `price` is the price of a machine per hour.

    The first joins at `join`, the last `ramp_up` later; all leave at `leave`. Each time that a machine comes up, it
    takes `start_up` ticks before it can work. `release` says when a machine is let go: at the run's end ("end"),
    after its last work ("drained"), after this number of ticks without work, from which on it can be hired again, or
    as a Scaling says. `billing` is the number of ticks that are only charged as a whole.
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
        """The tick at which the machine number `place` of the group (from 0) joins."""
        return self.join + (self.ramp_up * place // (self.count - 1) if self.count > 1 else 0)

    @property
    def rehires(self) -> bool:
        """Whether idle machines are let go, and hired again when there is work."""
        return not isinstance(self.release, str)

    @property
    def stays(self) -> bool:
        """Whether the machines come all at once, and stay for ever or until their last work is done."""
        goes = self.leave is not None or self.rehires or self.failures is not None or self.preemption is not None
        return not (self.ramp_up or goes)

    @property
    def opening(self) -> int:
        """The tick at which the first machine can work, if it stays that long."""
        return self.join + self.start_up

    @property
    def steady(self) -> bool:
        """Whether the machines can work from the start, and stay for ever or until their last work is done."""
        return self.stays and not self.opening
