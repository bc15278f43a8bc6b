"""The SimPy model uses only what SimPy documents: processes, events and the clock, and nothing private."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import simpy

import simulator
from simulator.cluster import model, one_search
from simulator.cluster.groups import MachineGroup
from simulator.cluster.one_search import OneSearch
from simulator.cluster.pool import MachinePool
from simulator.cluster.sharing import model as sharing_model
from simulator.cluster.spec import Cluster, Stop
from simulator.core.errors import InputError, Problem
from simulator.searchers.halving import asha, random
from tests.support.worlds import UNIT, World

PACKAGE = Path(simulator.__file__).parent


@pytest.mark.slow
def test_only_the_model_imports_simpy():
    importing = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "simpy" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "simpy")
    }

    assert importing == {"cluster/model.py"}


@pytest.mark.parametrize("model", [model, one_search, sharing_model])
def test_nothing_private_of_simpy_is_used(model):
    """The model's own private names follow `self`; any other name with an underscore at its beginning would be SimPy's."""
    private = {
        ast.unparse(node)
        for node in ast.walk(ast.parse(Path(model.__file__).read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and ast.unparse(node.value) not in {"self", "super()"}
    }

    assert private == set()


def made(searcher, cluster=None, stop=None, world=None):
    cluster = cluster or Cluster(2)
    pool = MachinePool(cluster.machines, slots_per_trial=1, policy="fastest", seed=0)
    return OneSearch(searcher, world or World(), cluster, pool, stop or Stop(), 0)


def test_simpys_clock_is_the_clock():
    running = made(asha(max_trials=9, max_length=9, divisor=3))
    columns = running.run()

    assert running.env.now == columns["end"].max() > 0


def test_a_worker_is_made_when_it_is_first_needed(monkeypatch):
    processes = []
    monkeypatch.setattr(
        simpy.Environment, "process", lambda env, life: processes.append(life) or simpy.Process(env, life)
    )
    made(random(max_trials=3, max_length=1), Cluster(1_000_000)).run()

    assert len(processes) == 3


def test_an_attempt_costs_one_event_and_a_worker_that_waited_one_more(monkeypatch):
    """For three trials of one unit on one worker, the events are the begin of its process, three timeouts, and the end of the run."""
    handled = []
    step = simpy.Environment.step
    monkeypatch.setattr(simpy.Environment, "step", lambda env: handled.append(env.now) or step(env))
    made(random(max_trials=3, max_length=1), Cluster(1)).run()

    assert len(handled) == 1 + 3 + 1


@pytest.mark.parametrize(
    "error", [InputError(Problem("curves.csv", "has no trial 7")), KeyError("x"), RuntimeError("y")]
)
def test_an_error_of_the_curves_or_the_searcher_is_raised_as_it_was(error):
    """SimPy alone would raise a copy that is made from the error's arguments."""

    def fail(trial, start, end):
        if trial == 2:
            raise error
        return UNIT

    with pytest.raises(type(error)) as caught:
        made(random(max_trials=3, max_length=1), Cluster((MachineGroup(1),)), world=World(ticks=fail)).run()

    assert caught.value is error
