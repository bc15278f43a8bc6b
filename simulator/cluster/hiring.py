"""A machine that is let go after some time without work, and hired again when work waits for it."""

from __future__ import annotations

from simulator.cluster.machines import Machine, Up

#: (start, end) of a span of time, in ticks.
Span = tuple[int, int]


class Hired:
    """A machine that is hired when the run begins, and let go once it has been idle for `idle` ticks.

    It is idle from the tick at which its last place ended its work, or at which it became ready if that is later.
    Work that comes at the very tick of its release keeps it hired. A machine that was let go comes and goes as
    before, but costs nothing and does no work; after it is hired again, it takes `start_up` ticks to be ready. If
    `idle` is inf, the caller says when to let it go. With `at_first` false it is not hired when the run begins.
    """

    def __init__(self, machine: Machine, idle: float, start_up: int, *, at_first: bool = True) -> None:
        self._machine, self._idle, self._start_up = machine, idle, start_up
        self._working = 0  # number of its places that have work
        self._idle_since = 0
        self._ready = 0  # the tick at which its last start after being hired again ends
        self._gone: int | None = None if at_first else 0  # the tick of its release; None while it is hired
        self._spans: list[Span] = []
        self._boots: list[Span] = []

    @property
    def up(self) -> Up | None:
        """The current or next spell at the tick of the last `at`."""
        return self._machine.up

    @property
    def let_go(self) -> bool:
        """Whether it is let go at the tick of the last `at`."""
        return self._gone is not None

    def at(self, now: int) -> Up | None:
        """The spell under way at `now`, else the next one, else None; `now` must not fall from call to call.

        For a machine that is let go, this is the spell in which it may be hired.
        """
        up = self._machine.up
        while up is not None:
            if self._gone is None and not self._working:
                limit = max(self._idle_since, up.ready, self._ready) + self._idle
                if limit < min(up.until, now):
                    self._gone = int(limit)
            if up.until > now:
                return up if self._ready <= up.ready else up._replace(ready=self._ready)
            up = self._machine.at(int(up.until))
        return None

    def take(self) -> None:
        """Note that one of its places has work."""
        self._working += 1

    def give_back(self, now: int) -> None:
        """Note that one of its places has ended its work."""
        self._working -= 1
        self._idle_since = now

    @property
    def idle(self) -> bool:
        """Whether it is hired, and none of its places has work."""
        return self._gone is None and not self._working

    def release(self, now: int) -> None:
        """Let it go at tick `now`; it must be hired and without work."""
        if not self.idle:
            raise ValueError("only a machine without work can be let go")
        self._gone = now

    def hire(self, now: int) -> None:
        """Hire it again at `now`; it must be let go, and its machine must have a spell."""
        if self._gone is None or self.up is None:
            raise ValueError("only a machine that was let go can be hired")
        self._spans.append((self._gone, now))
        self._gone, self._ready = None, now + self._start_up
        self._boots.append((now, int(min(self._ready, self.up.until))))

    def absences(self, until: int) -> tuple[list[Span], list[Span]]:
        """Spans before `until` in which it was let go, and spans in which it started up after being hired again."""
        self.at(until)
        spans = self._spans if self._gone is None else [*self._spans, (self._gone, until)]
        return _before(spans, until), _before(self._boots, until)


def _before(spans: list[Span], until: int) -> list[Span]:
    return [(start, min(end, until)) for start, end in spans if start < min(end, until)]
