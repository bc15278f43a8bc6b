"""Successive halving as in its pseudocode: every rung is one sorted list, of which the best are searched."""

from __future__ import annotations

from bisect import insort
from itertools import count
from math import inf

from simulator.searchers.protocol import Idle, Job


class SortingBracket:
    """`leaves(rung, n)` says how many of n results are the best; with `capped`, no more trials than that may ever
    leave. Without `reopens`, only a trial that entered the best when a result arrived may leave. With `stops`, a
    trial may leave only when its result arrives, and of equal losses the later is better. Without `replaces`, an
    invalid trial counts as dead.
    """

    def __init__(
        self,
        resources,
        leaves,
        *,
        number=0,
        trials=None,
        capped=False,
        reopens=True,
        stops=False,
        replaces=True,
        max_trials=None,
        max_concurrent=None,
    ):
        self.resources, self.leaves = resources, leaves
        self.number, self.trials = number, count() if trials is None else trials
        self.capped, self.reopens, self.stops, self.replaces = capped, reopens, stops, replaces
        self.max_trials = inf if max_trials is None else max_trials
        self.max_concurrent = inf if max_concurrent is None else max_concurrent
        self.results = [[] for _ in resources]  # (loss, arrival, trial), sorted
        self.may = [[] for _ in resources]  # trials that entered the best; those that go on, in order
        self.left = [set() for _ in resources]
        self.arrival = count()
        self.started = self.outstanding = 0

    def next_job(self):
        if self.outstanding >= self.max_concurrent:
            return Idle.WAIT
        job = self._promotion()
        if job is None:
            if self.started >= self.max_trials:
                return Idle.WAIT if self.outstanding else Idle.DONE
            self.started += 1
            job = Job(next(self.trials), self.number, 0, 0, self.resources[0])
        self.outstanding += 1
        return job

    def report(self, job, loss):
        self.outstanding -= 1
        self._record(job.rung, job.trial, loss)

    def withdraw(self, job):
        if not self.replaces:
            self.report(job, inf)
            return
        self.outstanding -= 1
        self.started -= 1
        for rung in range(len(self.resources)):
            self.results[rung] = [result for result in self.results[rung] if result[2] != job.trial]
            self.may[rung] = [trial for trial in self.may[rung] if trial != job.trial]
            self.left[rung].discard(job.trial)

    def start_no_more(self):
        self.max_trials = self.started

    def _promotion(self):
        for rung in range(len(self.resources) - 2, -1, -1):
            if self.stops:
                if self.may[rung]:
                    return self._job(self.may[rung].pop(0), rung + 1)
                continue
            best = self._best(rung)
            if self.capped and len(self.left[rung]) >= len(best):
                continue
            for loss, _, trial in best:
                if trial in self.left[rung] or not (self.reopens or trial in self.may[rung]):
                    continue
                self.left[rung].add(trial)
                if loss < inf:
                    return self._job(trial, rung + 1)
                self._record(rung + 1, trial, inf)  # dead trials complete the next rung at once
                return self._promotion()
        return None

    def _job(self, trial, rung):
        return Job(trial, self.number, rung, self.resources[rung - 1], self.resources[rung])

    def _best(self, rung):
        ranked = self.results[rung]
        return ranked[: self.leaves(rung, len(ranked))] if rung < len(self.resources) - 1 else []

    def _record(self, rung, trial, loss):
        before = {other for *_, other in self._best(rung)} if not self.reopens else set()
        insort(self.results[rung], (loss, next(self.arrival), trial))
        if self.stops and rung < len(self.resources) - 1:
            better = sum(other < loss for other, *_ in self.results[rung])
            if loss < inf and better < self.leaves(rung, len(self.results[rung])):
                self.may[rung].append(trial)
        elif not self.reopens:
            self.may[rung] += [other for *_, other in self._best(rung) if other not in before]


class SideBySide:
    """Asks its brackets one after the other."""

    def __init__(self, brackets):
        self.brackets, self.over = brackets, set()

    def next_job(self):
        answers = []
        for bracket in self.brackets:
            if bracket in self.over:
                continue
            answers.append(bracket.next_job())
            if isinstance(answers[-1], Job):
                return answers[-1]
            if answers[-1] is Idle.DONE:
                self.over.add(bracket)
        return Idle.WAIT if Idle.WAIT in answers else Idle.DONE

    def report(self, job, loss):
        self.brackets[job.bracket].report(job, loss)

    def withdraw(self, job):
        self.brackets[job.bracket].withdraw(job)


class OneAfterTheOther(SideBySide):
    """Begins the next of `brackets`, an iterator, whenever none that has begun has a job."""

    def __init__(self, brackets):
        super().__init__([next(brackets)])
        self.to_come = brackets

    def next_job(self):
        while not isinstance(answer := super().next_job(), Job):
            bracket = next(self.to_come, None)
            if bracket is None:
                return answer
            self.brackets.append(bracket)
        return answer


class InTurn(SideBySide):
    """Each bracket has the turn until its jobs have had its budget of units, or it has none."""

    def __init__(self, brackets, budgets, *, max_trials=None, max_concurrent=None):
        super().__init__(brackets)
        self.budgets, self.turn, self.spent = budgets, 0, 0
        self.max_trials = inf if max_trials is None else max_trials
        self.max_concurrent = inf if max_concurrent is None else max_concurrent

    def next_job(self):
        if sum(bracket.outstanding for bracket in self.brackets) >= self.max_concurrent:
            return Idle.WAIT
        for _ in range(len(self.brackets)):
            if self.spent >= self.budgets[self.turn]:
                self._pass_on()
            job = self.brackets[self.turn].next_job()
            if isinstance(job, Job):
                self.spent += job.to_resource - job.from_resource
                if job.rung == 0 and sum(bracket.started for bracket in self.brackets) == self.max_trials:
                    for bracket in self.brackets:
                        bracket.start_no_more()
                return job
            self._pass_on()
        return Idle.WAIT if any(bracket.outstanding for bracket in self.brackets) else Idle.DONE

    def _pass_on(self):
        self.turn, self.spent = (self.turn + 1) % len(self.brackets), 0
