"""For authors of searchers: checks what every searcher must do, over many orders of results.

>>> from simulator import asha
>>> check_searcher(lambda: asha(max_trials=9, max_length=9, divisor=3))
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np

from simulator.searchers.protocol import Idle, Job, Searcher

#: Greatest number of jobs of an endless searcher that are checked.
MOST_JOBS = 2000


def check_searcher(make: Callable[[], Searcher], *, seeds: int = 50, most_jobs: int = MOST_JOBS) -> None:
    """Raise AssertionError, which says what is wrong, if a searcher breaks the contract of all searchers.

    `make` makes a fresh searcher. Under each of `seeds` seeds its jobs are reported in random order, with random
    losses of which some are infinite, until it is done or has handed out `most_jobs` jobs. The checks are that

    1. WAIT comes only while a job is outstanding, DONE only when none is, and DONE is final;
    2. a trial has one job at a time, and goes up its bracket rung by rung: a job starts where the trial's last one
       ended and ends where its rung stands, which no other rung does;
    3. a trial whose loss was infinite trains no more;
    4. `progress` is between 0 and 1;
    5. the same reports in the same order give the same jobs.
    """
    for seed in range(seeds):
        first = _History(make(), seed, most_jobs).jobs
        again = _History(make(), seed, most_jobs).jobs
        assert first == again, f"under seed {seed} the same reports in the same order gave other jobs"
    assert first, "there was never a job"


class _History:
    """One search, and all jobs that it handed out, in order."""

    def __init__(self, searcher: Searcher, seed: int, most_jobs: int) -> None:
        self.jobs: list[Job] = []
        self._searcher = searcher
        self._outstanding: list[Job] = []
        self._reached: dict[int, Job] = {}  # by trial, its last job
        self._dead: set[int] = set()
        rng = np.random.default_rng(seed)
        while len(self.jobs) < most_jobs:
            if rng.random() < 0.6 or not self._outstanding:  # noqa: PLR2004  (ask a little more often than report)
                answer = searcher.next_job()
                if isinstance(answer, Idle):
                    if self._idle(answer):
                        return
                else:
                    self._begin(Job(*answer))
            if self._outstanding and rng.random() < 0.5:  # noqa: PLR2004
                job = self._outstanding.pop(int(rng.integers(len(self._outstanding))))
                loss = inf if rng.random() < 0.1 else float(rng.random())  # noqa: PLR2004
                if loss == inf:
                    self._dead.add(job.trial)
                searcher.report(job, loss)
            assert 0 <= searcher.progress <= 1, f"progress is {searcher.progress}"

    def _idle(self, answer: Idle) -> bool:
        """Whether the search is over."""
        if answer is Idle.WAIT:
            assert self._outstanding, "WAIT, and no job is outstanding whose report could change that"
            return False
        assert not self._outstanding, "DONE, and a job is outstanding"
        assert self._searcher.next_job() is Idle.DONE, "another answer after DONE"
        return True

    def _begin(self, job: Job) -> None:
        assert all(job.trial != other.trial for other in self._outstanding), f"{job}: its trial is training already"
        assert job.trial not in self._dead, f"{job}: its trial's loss was infinite"
        before = self._reached.get(job.trial)
        if before is None:
            assert (job.rung, job.from_resource) == (0, 0), f"{job}: a trial begins on rung 0, from nothing"
        else:
            expected = (before.bracket, before.rung + 1, before.to_resource)
            assert (job.bracket, job.rung, job.from_resource) == expected, f"{job} comes after {before}"
        rungs = self._searcher.brackets[job.bracket]
        assert rungs[job.rung] == job.to_resource > job.from_resource, f"{job}: the rungs stand at {rungs}"
        self._reached[job.trial] = job
        self._outstanding.append(job)
        self.jobs.append(job)
