"""The contract of searchers (simulator/searchers/protocol.py), checked at every step by a model that makes no decisions.

The model keeps the results of every rung in order and checks whether each answer was allowed. It does not know when a
dead trial "completes" the next rung at once, so where trials die it checks bounds only;
tests/support/oracles/sorting_bracket.py checks the exact values.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, deque
from itertools import count
from math import inf

from simulator.searchers.protocol import Idle, Job


def within(number, limit):
    return limit is None or number <= limit


class Bracket:
    """The results of a bracket, and the trials that left its rungs."""

    def __init__(self, law):
        self.law = law
        rungs = range(len(law.resources))
        self.results = [[] for _ in rungs]  # (loss, arrival, trial), best first
        self.place = [{} for _ in rungs]  # the result of each trial
        self.left = [set() for _ in rungs]
        self.going_on = [deque() for _ in rungs]  # under the stopping rule, first come first
        self.died = Counter()  # by rung
        self.outstanding = self.trials = self.withdrawn = 0

    def record(self, job, loss, arrival):
        self.outstanding -= 1
        result = (loss, arrival, job.trial)
        insort(self.results[job.rung], result)
        self.place[job.rung][job.trial] = result
        if loss == inf:
            self.died[job.rung] += 1
        n = len(self.results[job.rung])
        better = bisect_left(self.results[job.rung], (loss,))
        if self.law.kind == "stopping" and loss < inf and better < self.law.leaves(job.rung, n):
            self.going_on[job.rung].append(job.trial)

    def forget(self, job):
        self.outstanding -= 1
        self.trials -= 1
        self.withdrawn += 1
        for rung in range(job.rung):
            self.results[rung].remove(self.place[rung].pop(job.trial))
            self.left[rung].discard(job.trial)

    def start(self, job):
        self.outstanding += 1
        assert within(self.outstanding, self.law.max_concurrent), "no more at once than its limit"
        if job.rung == 0:
            self.trials += 1
            assert within(self.trials, self.law.max_trials), "no more trials than its limit"
        else:
            self.promote(job.trial, job.rung - 1)

    def promote(self, trial, rung):
        law, result = self.law, self.place[rung][trial]
        assert result[0] < inf, "the dead do not train"
        assert trial not in self.left[rung], "a trial leaves a rung once"
        place = bisect_left(self.results[rung], result)
        n = len(self.results[rung]) + sum(self.died[below] for below in range(rung))
        if law.kind == "stopping":
            assert self.going_on[rung].popleft() == trial, "decided as the result came, and in that order"
        elif law.kind == "barrier":
            assert n >= law.sizes[rung], "nobody leaves before the rung is full"
            assert place < law.sizes[rung + 1], "the promoted are the best by (loss, arrival)"
        elif law.kind == "certain":
            assert place < n + law.sizes[rung + 1] - law.sizes[rung], "no result to come can displace it"
        else:
            assert place < law.part(n), "at the moment of promotion it is among the best floor(n / divisor)"
            if law.kind == "delayed":
                assert len(self.left[rung]) < law.part(n), "no more than floor(n / divisor) have ever left"
        self.left[rung].add(trial)

    def check_end(self):
        """Check that, at the end of the search, no trial is left that may leave its rung."""
        law = self.law
        for rung, results in enumerate(self.results[:-1]):
            best = {trial for loss, _, trial in results[: self.allowed(rung, len(results))] if loss < inf}
            left = self.left[rung]
            if law.kind == "stopping":
                assert not self.going_on[rung]
            elif law.kind == "delayed":
                full = len(left) >= self.allowed(rung, len(results))
                assert best <= left or full or self.died  # dead trials that left count, too
            elif law.reopens or not self.withdrawn:
                assert best <= left
            if law.kind in {"barrier", "certain"} and not self.withdrawn:
                assert best == left, "the promoted are exactly the best"

    def allowed(self, rung, n):
        return self.law.sizes[rung + 1] if self.law.kind in {"barrier", "certain"} else self.law.part(n)


class Promises:
    """A searcher, its twin and its oracle, with the same reports; raises AssertionError at the first broken promise.

    `drawn` comes from tests/contract/drawn.py. `outstanding` are the jobs to be reported or withdrawn.
    """

    def __init__(self, drawn):
        self.drawn = drawn
        self.searcher, self.twin, self.oracle = drawn.make(), drawn.make(), drawn.oracle()
        self.outstanding: list[Job] = []
        self.brackets = {}
        self.last = {}  # trial -> its last job
        self.arrivals = count()
        self.over = False
        self.progress = self.searcher.progress
        self.clean = True  # nothing withdrawn so far
        assert self.progress == 0

    def ask(self):
        return self.check(self.searcher.next_job())

    def report_and_next(self, place, loss):
        """Report and ask in one call, which must give the same as two calls."""
        job = self.outstanding.pop(place)
        answer = self.searcher.report_and_next(job, loss)
        for each in (self.twin, self.oracle):
            each.report(job, loss)
        self.brackets[job.bracket].record(job, loss, next(self.arrivals))
        return self.check(answer)

    def check(self, answer):
        assert self.twin.next_job() == answer, "same reports in the same order, same jobs"
        assert self.oracle.next_job() == answer, "sorting all results at every step decides the same"
        assert answer is Idle.DONE or not self.over, "DONE is final"
        if answer is Idle.DONE:
            assert not self.outstanding, "DONE only when no job is outstanding"
            self.over = True
        elif answer is Idle.WAIT:
            assert self.outstanding, "WAIT only while a job is outstanding"
        if isinstance(answer, Idle):
            self.check_progress()
            return answer
        job = Job(*answer)  # it may be a plain tuple
        self.check_job(job)
        self.outstanding.append(job)
        assert within(len(self.outstanding), self.drawn.max_concurrent), "no more at once than its limit"
        return answer

    def check_job(self, job):
        searcher, before = self.searcher, self.last.get(job.trial)
        bracket = self.brackets.setdefault(job.bracket, Bracket(self.drawn.law(job.bracket)))
        if before is None:
            assert job.trial == len(self.last), "new trials are numbered 0, 1, 2, …"
            assert (job.rung, job.from_resource) == (0, 0)
        else:
            assert before not in self.outstanding, "one job a trial at a time"
            assert (job.bracket, job.rung) == (before.bracket, before.rung + 1), "a trial climbs rung by rung"
            assert job.from_resource == before.to_resource
        assert job.to_resource == bracket.law.resources[job.rung] > job.from_resource
        assert searcher.brackets[job.bracket] == bracket.law.resources
        assert job.to_resource in searcher.resources
        bracket.start(job)
        self.last[job.trial] = job
        assert within(sum(each.trials for each in self.brackets.values()), self.drawn.max_trials)

    def report(self, place, loss):
        job = self.outstanding.pop(place)
        self.searcher.report(tuple(job), loss)
        for each in (self.twin, self.oracle):
            each.report(job, loss)
        self.brackets[job.bracket].record(job, loss, next(self.arrivals))

    def withdraw(self, place):
        job = self.outstanding.pop(place)
        for each in (self.searcher, self.twin, self.oracle):
            each.withdraw(job)
        bracket = self.brackets[job.bracket]
        if bracket.law.replaces:
            self.clean = False
            bracket.forget(job)
        else:
            bracket.record(job, inf, next(self.arrivals))

    def check_progress(self):
        """Check the progress, which is only read when no job is outstanding.

        Between a result and the job that follows from it, it is not certain which trials are closed.
        """
        now = self.searcher.progress  # the twin's is not read: reading it must change nothing
        assert 0 <= now <= 1
        assert now >= self.progress - 1e-12 or not self.clean, "progress does not fall unless a result vanishes"
        self.progress = now

    def check_end(self):
        """Call it once the search is over."""
        assert self.over
        assert [self.ask() for _ in range(3)] == [Idle.DONE] * 3
        for bracket in self.brackets.values():
            bracket.check_end()
        deaths = sum(sum(bracket.died.values()) for bracket in self.brackets.values())
        if not deaths and len(self.brackets) == len(self.searcher.brackets):
            assert self.searcher.progress == 1
