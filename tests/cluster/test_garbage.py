"""A simulation leaves Python's garbage collector as it was; it is off while the model runs."""

from __future__ import annotations

import gc
import weakref

import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.cluster.groups import MachineGroup
from simulator.core.errors import RunError
from simulator.core.ticks import LIMIT
from simulator.searchers.halving import random
from tests.support.worlds import World


@pytest.fixture(autouse=True)
def _as_before():
    yield
    gc.enable()


TWO_GROUPS = (MachineGroup(1), MachineGroup(1))  # the model runs this cluster


def run(groups=TWO_GROUPS, **world):
    return simulate(random(max_trials=3, max_length=2), World(**world), Cluster(groups))


@pytest.mark.parametrize("groups", [2, TWO_GROUPS], ids=["fast", "model"])
def test_on_stays_on_and_off_stays_off(groups):
    for switch in (gc.enable, gc.disable):
        switch()
        before = gc.isenabled()
        run(groups)

        assert gc.isenabled() is before


def test_a_run_that_fails_turns_it_on_again():
    with pytest.raises(RunError):
        run(ticks=lambda *_: LIMIT + 1)

    assert gc.isenabled()


def test_it_is_off_while_the_model_runs_and_nothing_more_is_frozen():
    seen, frozen = [], gc.get_freeze_count()
    run(loss=lambda trial, resource: seen.append(gc.isenabled()) or 1.0)

    assert seen == [False] * 3
    assert gc.get_freeze_count() == frozen


@pytest.mark.parametrize("groups", [2, TWO_GROUPS], ids=["fast", "model"])
def test_a_run_leaves_no_cycles_of_garbage(groups):
    gc.disable()
    searcher = random(max_trials=3, max_length=2)
    simulate(searcher, World(), Cluster(groups))
    known = weakref.ref(searcher)
    del searcher

    assert known() is None


def test_runs_do_not_put_off_a_full_garbage_collection():
    gc.collect()
    for _ in range(5):
        gc.collect(1)  # each collection is a step towards a full one
        run()

    assert gc.get_count()[2] >= 5
