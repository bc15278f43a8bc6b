"""A simulation leaves Python's garbage collector as it found it."""

from __future__ import annotations

import gc

import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.cluster.pool import MachineGroup
from simulator.errors import RunError
from simulator.searchers.halving import random
from simulator.ticks import LIMIT
from tests.worlds import World


@pytest.fixture(autouse=True)
def _as_before():
    yield
    gc.unfreeze()
    gc.enable()


def run(groups=2, **world):
    return simulate(random(max_trials=3, max_length=2), World(**world), Cluster(groups))


@pytest.mark.parametrize("groups", [2, (MachineGroup(1), MachineGroup(1))], ids=["plain", "with troubles"])
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


def test_it_is_off_meanwhile_and_nothing_stays_frozen():
    seen = []
    run(loss=lambda trial, resource: seen.append(gc.isenabled()) or 1.0)

    assert seen == [False] * 3
    assert gc.get_freeze_count() == 0


def test_what_a_caller_has_frozen_stays_frozen():
    gc.freeze()
    frozen = gc.get_freeze_count()
    run()

    assert 0.9 * frozen < gc.get_freeze_count() <= frozen  # some of it may have died since
