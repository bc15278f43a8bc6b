"""Ray Tune's HyperBandScheduler (ray 2.60.0), synchronous: trials pause at a milestone until their bracket halves.

The rules are those of `ray/tune/schedulers/hyperband.py`, with one difference. If a trial dies after its bracket has
halved once, Ray Tune does not check the bracket again, and the trials that are paused there wait for ever. Here they
go on.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from itertools import count, pairwise
from math import ceil, inf, log

from simulator.searchers.protocol import AnyJob, Idle, Job, OneByOne, Searcher


def ray_hyperband(
    *,
    num_samples: int | None,
    max_t: int = 81,
    reduction_factor: float = 3,
    report_every: int = 1,
    pending: int = 200,
) -> Searcher:
    """HyperBandScheduler: bands of brackets; the first bracket that is filled trains its trials in full.

    Up to `pending` trials are put into brackets before they start. Trials report every `report_every` units and at
    `max_t`. Raises ValueError if a milestone would not be beyond the one before, or if trials would be paused for
    ever.
    """
    for _, milestones in bracket_plan(max_t, reduction_factor):
        for milestone, following in pairwise(milestones):
            report = min(-(-milestone // report_every) * report_every, max_t)
            if report >= following:
                raise ValueError(
                    f"report_every is {report_every}, so a report at {report} units jumps over the milestones "
                    f"{milestone} and {following}, and Ray Tune never runs such a trial again; give a smaller one"
                )
    return Bands(num_samples, max_t, reduction_factor, report_every, pending)


def bracket_plan(max_t: int, reduction_factor: float) -> list[tuple[int, tuple[int, ...]]]:
    """Nominal size and milestones of each bracket of a band, in order of filling; brackets below a unit are left out.

    Raises ValueError if a milestone would not be beyond the one before.
    """
    most = round(log(max_t) / log(reduction_factor)) + 1  # rounded half to even, as by numpy
    plan = []
    for halvings in range(most):
        milestone = int(max_t * reduction_factor**-halvings)
        if not milestone:
            continue
        milestones = [milestone]
        for _ in range(halvings):
            milestone = int(min(milestone * reduction_factor, max_t))
            if milestone <= milestones[-1]:
                raise ValueError(
                    f"reduction_factor {reduction_factor} moves a milestone from {milestones[-1]} to {milestone} "
                    f"units; take a greater one, or max_t further from {max_t}"
                )
            milestones.append(milestone)
        plan.append((ceil(most / (halvings + 1) * reduction_factor**halvings), tuple(milestones)))
    return plan


def top(max_t: int, reduction_factor: float) -> int:
    """Units at which a trial ends: the least of the brackets' last milestones."""
    return min(milestones[-1] for _, milestones in bracket_plan(max_t, reduction_factor))


class _Bracket:
    """A bracket of a band: its live trials, their progress, and those that may run."""

    def __init__(
        self, number: int, band: int, size: int, milestones: tuple[int, ...], max_t: int, factor: float
    ) -> None:
        self.number = number
        self.band = band
        self.milestones = milestones
        self.stage = 0  # number of halvings so far
        self.size = size  # nominal size
        self.live: dict[
            int, tuple[int, float]
        ] = {}  # trial -> units and loss of its last result; trials in order of arrival
        self.behind = 0  # live trials that have not reached the milestone
        self.runnable: list[int] = []  # a heap of the trials that wait for a worker
        self._factor = factor
        self._done = 0  # units that its trials have reported
        self._work = self._nominal_work(max_t)

    def add(self, trial: int) -> None:
        """Add a new trial."""
        self.live[trial] = (0, inf)
        self.behind += 1
        heappush(self.runnable, trial)

    @property
    def filled(self) -> bool:
        """Whether the bracket has as many live trials as its nominal size."""
        return len(self.live) == self.size

    @property
    def milestone(self) -> int:
        """Units up to which trials train before the next halving."""
        return self.milestones[self.stage]

    @property
    def halved_out(self) -> bool:
        """Whether all trials have reached the last milestone."""
        return self.stage == len(self.milestones) - 1 and not self.behind

    @property
    def completion(self) -> float:
        """The share of the bracket's nominal work that is done."""
        return 1.0 if self.halved_out else min(self._done / self._work, 1.0)

    def take(self, trial: int, units: int, loss: float) -> bool:
        """Take a result; returns whether the trial has not yet reached the milestone."""
        self._done += units - self.live[trial][0]
        self.live[trial] = (units, loss)
        if units < self.milestone:
            return True
        self.behind -= 1
        return False

    def drop(self, trial: int) -> None:
        """Forget a trial."""
        units, _ = self.live.pop(trial)
        self.behind -= units < self.milestone

    def halve(self) -> None:
        """If all trials have reached the milestone, keep the best, up to the next size; of equal losses, the later.

        A trial that is already past the next milestone does not run again. If all trials are, the bracket never
        changes again, since Ray Tune checks a bracket only when one of its trials reports.
        """
        if self.behind or self.stage == len(self.milestones) - 1:
            return
        self.stage += 1
        self.size = ceil(self.size / self._factor)
        ranked = sorted(self.live, key=lambda trial: -self.live[trial][1])
        for trial in ranked[: -self.size]:
            del self.live[trial]
        self.runnable = sorted(trial for trial, (units, _) in self.live.items() if units < self.milestone)
        self.behind = len(self.runnable)

    def _nominal_work(self, max_t: int) -> int:
        units, size, work = self.milestones[0], self.size, 0
        most = max_t - units
        for _ in self.milestones:
            work += size * units
            size = ceil(size / self._factor)
            units = int(min(units * self._factor, most))
        return work


class Bands(OneByOne):
    """The brackets, band after band; a free worker gets a trial of the least complete bracket of the first band."""

    def __init__(
        self, num_samples: int | None, max_t: int, reduction_factor: float, report_every: int, pending: int
    ) -> None:
        self._plan = bracket_plan(max_t, reduction_factor)
        self._max_t, self._factor, self._every = max_t, reduction_factor, report_every
        self._max_trials = num_samples
        self._unadded = inf if num_samples is None else num_samples
        self._most_pending = pending
        self._trials = count()
        self._unstarted: set[int] = set()
        self._brackets: list[_Bracket] = []
        self._bands: list[list[_Bracket]] = []
        self._waiting: list[int] = []  # a heap of the bands that may have a trial for a free worker
        self._going_on: deque[tuple[int, _Bracket]] = deque()
        self._outstanding = 0
        self._ended = 0
        self.resources = tuple(sorted({unit for _, milestones in self._plan for unit in milestones}))
        self.max_length = top(max_t, reduction_factor)
        self.in_place = True

    @property
    def brackets(self) -> tuple[tuple[int, ...], ...]:
        """The resources of each bracket's rungs, for all brackets begun so far."""
        return tuple(bracket.milestones for bracket in self._brackets)

    def next_job(self) -> Job | Idle:
        """Return a job that lasts to the next report: of a trial that goes on, else of the trial that is next."""
        self._add_trials()
        chosen = self._going_on.popleft() if self._going_on else self._choose()
        if chosen is None:
            return Idle.WAIT if self._outstanding else Idle.DONE
        trial, bracket = chosen
        self._unstarted.discard(trial)
        self._outstanding += 1
        units, _ = bracket.live[trial]
        report = min((units // self._every + 1) * self._every, self._max_t)
        return Job(trial, bracket.number, bracket.stage, units, report)

    def report(self, job: AnyJob, loss: float) -> None:
        """Take the result of `job`; a dead trial leaves its bracket."""
        trial, number, _, _, units = job
        self._outstanding -= 1
        bracket = self._brackets[number]
        if loss == inf:
            self._ended += 1
            bracket.drop(trial)
        elif bracket.take(trial, units, loss):
            self._going_on.append((trial, bracket))
            return
        living = len(bracket.live)
        bracket.halve()
        self._ended += living - len(bracket.live)
        self._line_up(bracket)
        if loss != inf and bracket.runnable and trial in bracket.live and units < bracket.milestone:
            bracket.runnable.remove(trial)
            self._going_on.append((trial, bracket))

    def withdraw(self, job: AnyJob) -> None:
        """Withdraw the trial of `job`; another may be added in its place."""
        self._unadded += 1
        self._ended -= 1
        self.report(job, inf)

    @property
    def progress(self) -> float:
        """The share of the trials that will not train again."""
        if not self._max_trials:
            return 0.0
        paused_for_good = sum(len(bracket.live) for bracket in self._brackets if bracket.halved_out)
        return min(1.0, (self._ended + paused_for_good) / self._max_trials)

    def _add_trials(self) -> None:
        while self._unadded > 0 and len(self._unstarted) < self._most_pending:
            self._unadded -= 1
            trial = next(self._trials)
            self._unstarted.add(trial)
            if not self._brackets or self._brackets[-1].filled:
                number = len(self._brackets)
                size, milestones = self._plan[number % len(self._plan)]
                if number % len(self._plan) == 0:
                    self._bands.append([])
                made = _Bracket(number, len(self._bands) - 1, size, milestones, self._max_t, self._factor)
                self._brackets.append(made)
                self._bands[-1].append(made)
            self._brackets[-1].add(trial)
            self._line_up(self._brackets[-1])

    def _line_up(self, bracket: _Bracket) -> None:
        if bracket.runnable and bracket.band not in self._waiting:  # a band has few brackets
            heappush(self._waiting, bracket.band)

    def _choose(self) -> tuple[int, _Bracket] | None:
        while self._waiting:
            ready = [bracket for bracket in self._bands[self._waiting[0]] if bracket.runnable]
            if ready:
                bracket = min(ready, key=lambda one: one.completion)
                return heappop(bracket.runnable), bracket
            heappop(self._waiting)
        return None
