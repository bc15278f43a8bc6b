"""Every decision and its reason as data: for the nine configurations by hand, and for every searcher from its trace."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.core.ticks import PER_SECOND
from simulator.curves.ordered import Ordered
from simulator.curves.synthetic import Law, Synthetic
from simulator.scenario.searchers import SEARCHERS
from simulator.searchers.diary import Diary
from simulator.searchers.halving import asha, sha
from simulator.trace.decision import Verdict
from simulator.trace.decisions import decisions
from simulator.trace.joining import joined
from simulator.trace.replay import SETTLED
from tests.support.union import BLOCKS

PROMOTED, IN_FULL, DIED, EARLY, BEHIND, NEXT, STAYS = Verdict


class Nine(Ordered):
    """The nine configurations of Figures 1 and 2 of the ASHA paper; the best first, they are 7, 0, 5, 4, 1, 6, 8, 2, 3. A unit takes a second."""

    def train(self, trial, from_resource, to_resource):
        return (to_resource - from_resource) * PER_SECOND, float([7, 0, 5, 4, 1, 6, 8, 2, 3].index(trial)), None


def told(searcher, curves, cluster, *, stepwise=False):
    diary = Diary(searcher)
    trace = simulate(diary, curves, cluster)
    trace = joined(trace) if stepwise else trace
    return trace, decisions(trace, diary)


def lines(trace, found):
    """Trial, rung, verdict, rank, results, places, and the trials promoted."""
    return [
        (int(trace.trial[one.row]), int(trace.rung[one.row]), one.verdict, one.rank, one.results, one.places,
         tuple(int(trace.trial[row]) for row in one.promoted))
        for one in found
    ]  # fmt: skip


def test_nine_configurations_by_sha():
    """There are thirteen results; no trial leaves a rung before it is full."""
    trace, found = told(sha(max_trials=9, max_length=9, divisor=3), Nine(PER_SECOND), Cluster(1))
    assert lines(trace, found) == [
        (0, 0, EARLY, 1, 1, 0, ()),
        (1, 0, EARLY, 2, 2, 0, ()),
        (2, 0, EARLY, 3, 3, 0, ()),
        (3, 0, EARLY, 4, 4, 0, ()),
        (4, 0, EARLY, 2, 5, 0, ()),
        (5, 0, EARLY, 2, 6, 0, ()),
        (6, 0, EARLY, 5, 7, 0, ()),
        (7, 0, EARLY, 1, 8, 0, ()),
        (8, 0, BEHIND, 7, 9, 3, (7,)),
        (7, 1, EARLY, 1, 1, 0, (0,)),
        (0, 1, EARLY, 2, 2, 0, (5,)),
        (5, 1, BEHIND, 3, 3, 1, (7,)),
        (7, 2, IN_FULL, 1, 1, 0, ()),
    ]
    assert [one.opens for one in found[:8]] == [9] * 8


def test_nine_configurations_by_asha():
    """There are thirteen results; with the SHA run that makes 26."""
    trace, found = told(asha(max_trials=9, max_length=9, divisor=3), Nine(PER_SECOND), Cluster(1))
    assert lines(trace, found) == [
        (0, 0, EARLY, 1, 1, 0, ()),
        (1, 0, EARLY, 2, 2, 0, ()),
        (2, 0, BEHIND, 3, 3, 1, (0,)),
        (0, 1, EARLY, 1, 1, 0, ()),
        (3, 0, BEHIND, 4, 4, 1, ()),
        (4, 0, BEHIND, 2, 5, 1, ()),
        (5, 0, PROMOTED, 2, 6, 2, (5,)),
        (5, 1, EARLY, 2, 2, 0, ()),
        (6, 0, BEHIND, 5, 7, 2, ()),
        (7, 0, PROMOTED, 1, 8, 2, (7,)),
        (7, 1, PROMOTED, 1, 3, 1, (7,)),
        (7, 2, IN_FULL, 1, 1, 0, ()),
        (8, 0, BEHIND, 7, 9, 3, ()),
    ]


def test_who_is_awaited_and_who_starts():
    trace, found = told(sha(max_trials=3, max_length=3, divisor=3), Nine(PER_SECOND), Cluster(2))
    assert [one.awaited for one in found] == [(1, 2), (2,), (), ()]
    assert [[int(trace.trial[row]) for row in one.handed_out] for one in found] == [[2], [], [0], []]


def members():
    return [
        pytest.param(name, place, id=f"{name}-{place}")
        for name, blocks in BLOCKS.items()
        for place in range(len(blocks))
    ]


def made(name, place):
    return SEARCHERS[name].model_validate({"name": name, **BLOCKS[name][place]}, strict=False)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 5])
@pytest.mark.parametrize(("name", "place"), members())
def test_every_searchers_decisions_are_those_of_its_trace(name, place, workers):
    """Counted from the trace alone: each result comes once and in order, with its rank and the promoted trials."""
    block = made(name, place)
    diary = Diary(block.build())
    curves = Synthetic(Law(unit_sigma=0.8, noise=0.05), 3)
    trace = simulate(diary, curves, Cluster(workers), stop=None if not block.endless else 10**12, seed=3)
    trace = joined(trace) if block.stepwise else trace
    found = decisions(trace, diary)
    rows = [one.row for one in found]
    settled = np.flatnonzero(trace.where(*SETTLED))
    assert rows == sorted(settled.tolist(), key=lambda row: (trace.end[row], row)) or set(rows) == set(
        settled.tolist()
    )
    assert np.all(np.diff(trace.end[rows]) >= 0)
    seen = {}
    begun = {}
    for row in range(len(trace)):
        begun.setdefault((int(trace.trial[row]), int(trace.bracket[row]), int(trace.rung[row])), row)
    climbed = [row for one in found for row in one.promoted]
    assert len(climbed) == len(set(climbed))
    for one in found:
        trial, bracket, rung = (int(column[one.row]) for column in (trace.trial, trace.bracket, trace.rung))
        losses = seen.setdefault((bracket, rung), [])
        losses.append(trace.loss[one.row])
        assert (
            sum(loss < trace.loss[one.row] for loss in losses)
            < one.rank
            <= sum(loss <= trace.loss[one.row] for loss in losses)
        )
        assert one.results == len(losses)
        up = [row for row in one.promoted if trace.trial[row] == trial]
        assert (one.verdict is Verdict.PROMOTED) == bool(up)
        if up:
            assert trace.start[up[0]] == trace.end[one.row]
            assert one.places < 0 or one.rank <= one.places
        if one.verdict is Verdict.BEHIND:
            assert one.rank > one.places > 0
        if one.verdict is Verdict.EARLY:
            assert one.places == 0
        if one.verdict is Verdict.IN_FULL:
            assert trace.to_resource[one.row] >= trace.max_length
        assert trial not in one.awaited
        assert set(one.promoted) <= set(one.handed_out)


def test_a_result_without_a_later_job_is_of_a_trial_that_stays():
    """Under a rule that decides once, a trial that does not go on has no later job."""
    trace, found = told(
        SEARCHERS["async_halving"].model_validate({"name": "async_halving", **BLOCKS["async_halving"][1]}).build(),
        Synthetic(Law(), 0), Cluster(4),
    )  # fmt: skip
    behind = {int(trace.trial[one.row]): int(trace.rung[one.row]) for one in found if one.verdict is Verdict.BEHIND}
    assert behind
    for trial, rung in behind.items():
        assert trace.rung[trace.trial == trial].max() == rung
