"""Every decision of a run, result by result: the standing of the rung, which trial was promoted, and why."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from math import inf

from simulator.searchers.diary import Diary, Entry
from simulator.searchers.protocol import AnyJob
from simulator.trace import replay
from simulator.trace.decision import Decision, Verdict
from simulator.trace.trace import Trace

#: Greatest number of trials at work that a decision names.
AWAITED = 8
#: A trial, its bracket, and a rung or a resource.
Place = tuple[int, int, int]


def decisions(trace: Trace, diary: Diary) -> list[Decision]:
    """The decisions of a run, from its searcher's diary, in the order in which results were reported.

    A report that decides nothing and has no row of its own is left out.
    """
    reader = _DiaryReader(trace, diary.first)
    found = [reader.decision(entry) for entry in diary.entries]
    return [decision for decision in found if decision is not None]


class _DiaryReader:
    """Follows a diary and keeps what is known after each result."""

    def __init__(self, trace: Trace, first: Sequence[AnyJob]) -> None:
        self._max_length = trace.max_length
        settled = trace.where(*replay.SETTLED).tolist()
        columns = (trace.trial, trace.bracket, trace.rung, trace.to_resource)
        self._began: dict[Place, int] = {}
        self._ended: dict[Place, int] = {}
        for row, (trial, bracket, rung, to) in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
            self._began.setdefault((trial, bracket, rung), row)  # only the first attempt
            if settled[row]:
                self._ended[trial, bracket, to] = row
        self._losses: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
        self._left: defaultdict[tuple[int, int], int] = defaultdict(int)
        self._rung: dict[int, int] = {}  # by trial, the rung of its newest job
        self._at_work: defaultdict[tuple[int, int], dict[int, None]] = defaultdict(dict)
        for job in first:
            self._hand_out(job)

    def decision(self, entry: Entry) -> Decision | None:
        """The decision that followed the next entry; None if the report has no row."""
        trial, bracket, rung, _, to_resource = entry.job
        here = bracket, rung
        row = self._ended.get((trial, bracket, to_resource))
        self._at_work[here].pop(trial, None)
        rank, known = 0, self._losses[here]
        if row is not None and not entry.withdrawn:
            later = entry.standing is not None and entry.standing.later
            rank = (bisect_left if later else bisect_right)(known, entry.loss) + 1
            insort(known, entry.loss)
        left = self._left[here]
        promoted, handed_out = [], []
        for job in entry.handed_out:
            before = self._rung.get(job[0])
            self._hand_out(job)
            handed = self._began.get((job[0], job[1], job[2]), -1)  # -1 if the run ended before the job began
            if before is None or job[2] > before:  # not a further step of the same job
                handed_out.append(handed)
            if before is not None and job[2] > before:
                promoted.append(handed)
                self._left[job[1], before] += 1
        if row is None:
            return None
        others = [other for other in islice(self._at_work[here], AWAITED + 1) if other != trial]
        standing = entry.standing
        places, results, opens = (-1, len(known), inf) if standing is None else standing[:3]
        goes_up = any(job[0] == trial and job[2] > rung for job in entry.handed_out)
        return Decision(
            row=row,
            verdict=self._verdict(entry, rank, places, goes_up),
            rank=rank,
            results=results,
            places=places,
            opens=-1 if opens == inf else int(opens),
            left=left,
            promoted=tuple(one for one in promoted if one >= 0),
            handed_out=tuple(one for one in handed_out if one >= 0),
            at_work=len(self._at_work[here]) - (trial in self._at_work[here]),
            awaited=tuple(others[:AWAITED]),
        )

    def _hand_out(self, job: AnyJob) -> None:
        trial, bracket, rung, _, _ = job
        self._rung[trial] = rung
        self._at_work[bracket, rung][trial] = None

    def _verdict(self, entry: Entry, rank: int, places: int, goes_up: bool) -> Verdict:
        if entry.withdrawn or entry.loss == inf:
            return Verdict.DIED
        if goes_up:
            return Verdict.PROMOTED
        if entry.job[4] >= self._max_length:
            return Verdict.IN_FULL
        if places < 0:
            return Verdict.STAYS
        if places == 0:
            return Verdict.EARLY
        return Verdict.BEHIND if rank > places else Verdict.NEXT
