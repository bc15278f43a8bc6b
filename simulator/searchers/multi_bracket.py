"""Several brackets as one searcher: side by side, one after the other, in turn, or with trials allotted to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from math import inf

from simulator.searchers.bracket import Bracket, standing_of
from simulator.searchers.progress import share_of_trials
from simulator.searchers.protocol import AnyJob, Idle, Job, OneByOne, Searcher
from simulator.searchers.rung import Standing


class SideBySide(OneByOne):
    """Asks its brackets in order; the jobs of bracket i must have the bracket number i."""

    def __init__(self, brackets: Iterable[Searcher]) -> None:
        self._brackets = tuple(brackets)
        self.resources = tuple(sorted({unit for bracket in self._brackets for unit in bracket.resources}))
        self.brackets = tuple(bracket.resources for bracket in self._brackets)
        self.max_length = min(bracket.max_length for bracket in self._brackets)

    def next_job(self) -> Job | Idle:
        """Return a job of the first bracket that has one; else WAIT if any bracket waits, else DONE."""
        answer = Idle.DONE
        for bracket in self._brackets:
            job = bracket.next_job()
            if isinstance(job, Job):
                return job
            if job is Idle.WAIT:
                answer = job
        return answer

    def report(self, job: AnyJob, loss: float) -> None:
        """Pass the call on to the bracket that handed out the job."""
        self._brackets[job[1]].report(job, loss)

    def standing(self, bracket: int, rung: int) -> Standing | None:
        """The standing of a rung of a bracket; None if its rule does not rank results."""
        return standing_of(self._brackets[bracket], bracket, rung)

    def withdraw(self, job: AnyJob) -> None:
        """Pass the call on to the bracket that handed out the job."""
        self._brackets[job[1]].withdraw(job)

    @property
    def progress(self) -> float:
        """The mean of the brackets' progress."""
        return sum(bracket.progress for bracket in self._brackets) / len(self._brackets)


class Backfill(OneByOne):
    """Begins another bracket whenever no bracket under way has a job, so that no worker waits.

    This is the synchronous SHA of the ASHA paper's experiments and of BOHB (Li et al., section 4.2). `begin(i)` makes
    bracket i, whose jobs must have the bracket number i. Bracket 0 has every rung of the others, and the same top.
    There are `brackets` brackets; by default they never end.
    """

    def __init__(self, begin: Callable[[int], Searcher], brackets: int | None = None) -> None:
        self._begin = begin
        self._brackets = inf if brackets is None else brackets
        self._begun = 1
        self._ended = 0.0  # sum of the progress of finished brackets
        first = begin(0)
        self._active = {0: first}
        self.resources = first.resources
        self.max_length = first.max_length
        self._rungs = [first.resources]

    def next_job(self) -> Job | Idle:
        """Return a job of the earliest bracket that has one, else the first job of a new bracket."""
        for number, bracket in list(self._active.items()):
            job = bracket.next_job()
            if isinstance(job, Job):
                return job
            if job is Idle.DONE:
                self._ended += self._active.pop(number).progress
        if self._begun >= self._brackets:
            return Idle.WAIT if self._active else Idle.DONE
        bracket = self._active[self._begun] = self._begin(self._begun)
        self._begun += 1
        self._rungs.append(bracket.resources)
        return bracket.next_job()

    def report(self, job: AnyJob, loss: float) -> None:
        """Pass the call on to the bracket that handed out the job."""
        self._active[job[1]].report(job, loss)

    def standing(self, bracket: int, rung: int) -> Standing | None:
        """The standing of a rung of a bracket; None if its rule does not rank results."""
        return standing_of(self._active[bracket], bracket, rung)

    def withdraw(self, job: AnyJob) -> None:
        """Pass the call on to the bracket that handed out the job."""
        self._active[job[1]].withdraw(job)

    @property
    def brackets(self) -> tuple[tuple[int, ...], ...]:
        """The resources of the rungs of each bracket begun so far."""
        return tuple(self._rungs)

    @property
    def progress(self) -> float:
        """The mean of the brackets' progress; brackets that have not begun count as 0."""
        return (self._ended + sum(bracket.progress for bracket in self._active.values())) / self._brackets


class Rotation(OneByOne):
    """Takes jobs from one bracket until their units reach its budget, then from the next, round after round.

    This is asynchronous Hyperband (Li et al., arXiv 1810.05934, section 3.2). `budgets[i]` is bracket i's share of a
    round in units, and the jobs of bracket i must have the bracket number i. A bracket keeps its rungs from round to
    round; if it has no job, the next one has its turn. `max_trials` and `max_concurrent` limit all brackets together;
    None means no limit.
    """

    def __init__(
        self,
        brackets: Iterable[Bracket],
        budgets: Sequence[int],
        *,
        max_trials: int | None = None,
        max_concurrent: int | None = None,
    ) -> None:
        self._brackets = tuple(brackets)
        self._budgets = tuple(budgets)
        self._max_trials = max_trials
        self._unstarted = inf if max_trials is None else max_trials
        self._max_concurrent = inf if max_concurrent is None else max_concurrent
        self._outstanding = 0
        self._turn = 0
        self._spent = 0
        self.resources = tuple(sorted({unit for bracket in self._brackets for unit in bracket.resources}))
        self.brackets = tuple(bracket.resources for bracket in self._brackets)
        self.max_length = min(bracket.max_length for bracket in self._brackets)

    def next_job(self) -> Job | Idle:
        """Return a job of the bracket whose turn it is."""
        if self._outstanding >= self._max_concurrent:
            return Idle.WAIT
        for _ in self._brackets:
            if self._spent >= self._budgets[self._turn]:
                self._pass_on()
            job = self._brackets[self._turn].next_job()
            if isinstance(job, Job):
                self._spent += job.to_resource - job.from_resource
                self._outstanding += 1
                if job.rung == 0:
                    self._count_trial()
                return job
            self._pass_on()
        return Idle.WAIT if self._outstanding else Idle.DONE

    def report(self, job: AnyJob, loss: float) -> None:
        """Pass the call on to the bracket that handed out the job."""
        self._outstanding -= 1
        self._brackets[job[1]].report(job, loss)

    def standing(self, bracket: int, rung: int) -> Standing | None:
        """The standing of a rung of a bracket; None if its rule does not rank results."""
        return standing_of(self._brackets[bracket], bracket, rung)

    def withdraw(self, job: AnyJob) -> None:
        """Pass the call on to the bracket that handed out the job."""
        self._outstanding -= 1
        self._unstarted += 1
        self._brackets[job[1]].withdraw(job)

    @property
    def progress(self) -> float:
        """Progress by the trials of all brackets."""
        if self._max_trials is None:
            return 0.0
        return share_of_trials([bracket.ledger for bracket in self._brackets], self._max_trials)

    def _pass_on(self) -> None:
        self._turn = (self._turn + 1) % len(self._brackets)
        self._spent = 0

    def _count_trial(self) -> None:
        self._unstarted -= 1
        if self._unstarted == 0:
            for bracket in self._brackets:
                bracket.start_no_more()


class Allotment(OneByOne):
    """Starts trials in order of their numbers, each in the bracket that `bracket_of` gives.

    A trial that may go on does so before another starts. The jobs of `brackets[i]` must have the bracket number i;
    the bracket must take its trials from `allotted(bracket_of, i)` and have no limit. `max_trials` None means no
    limit.
    """

    def __init__(
        self, brackets: Iterable[Bracket], bracket_of: Callable[[int], int], *, max_trials: int | None = None
    ) -> None:
        self._brackets = tuple(brackets)
        self._bracket_of = bracket_of
        self._max_trials = max_trials
        self._unstarted = inf if max_trials is None else max_trials
        self._outstanding = 0
        self._trials = count()
        self._going_on: deque[int] = deque()  # numbers of brackets, once for each of their trials that may go on
        self.resources = tuple(sorted({unit for bracket in self._brackets for unit in bracket.resources}))
        self.brackets = tuple(bracket.resources for bracket in self._brackets)
        self.max_length = min(bracket.max_length for bracket in self._brackets)
        self.in_place = all(bracket.in_place for bracket in self._brackets)

    def next_job(self) -> Job | Idle:
        """Return the job of a trial that goes on, else of a new one."""
        while self._going_on:
            bracket = self._brackets[self._going_on.popleft()]
            if bracket.ready:
                self._outstanding += 1
                return bracket.next_job()
        if self._unstarted <= 0:
            return Idle.WAIT if self._outstanding else Idle.DONE
        self._unstarted -= 1
        self._outstanding += 1
        return self._brackets[self._bracket_of(next(self._trials))].next_job()

    def report(self, job: AnyJob, loss: float) -> None:
        """Pass the call on to the trial's bracket."""
        self._outstanding -= 1
        bracket = self._brackets[job[1]]
        bracket.report(job, loss)
        if bracket.ready:
            self._going_on.append(job[1])

    def report_and_next(self, job: AnyJob, loss: float) -> AnyJob | Idle:
        """Report `job` and return the next job in one call; mostly the same trial goes on, or another one starts."""
        bracket = self._brackets[job[1]]
        bracket.report(job, loss)
        if bracket.ready:
            if not self._going_on:
                return bracket.next_job()
            self._going_on.append(job[1])
        elif not self._going_on and self._unstarted > 0:
            self._unstarted -= 1
            return self._brackets[self._bracket_of(next(self._trials))].next_job()
        self._outstanding -= 1
        return self.next_job()

    def standing(self, bracket: int, rung: int) -> Standing | None:
        """The standing of a rung of a bracket; None if its rule does not rank results."""
        return standing_of(self._brackets[bracket], bracket, rung)

    def withdraw(self, job: AnyJob) -> None:
        """Pass the call on to the trial's bracket; another trial may start instead, in its own bracket."""
        self._outstanding -= 1
        self._unstarted += 1
        self._brackets[job[1]].withdraw(job)

    @property
    def progress(self) -> float:
        """Progress by the trials of all brackets."""
        if self._max_trials is None:
            return 0.0
        return share_of_trials([bracket.ledger for bracket in self._brackets], self._max_trials, lingering=False)


def allotted(bracket_of: Callable[[int], int], bracket: int) -> Iterator[int]:
    """The numbers of the trials that `bracket_of` puts into `bracket`; they never end."""
    return (trial for trial in count() if bracket_of(trial) == bracket)
