"""The quick tier: `pytest --quick` runs what takes no process, browser, disk fault, benchmark or made page.

What starts a process is not listed: a test that is about to start one is skipped at that moment.
"""

from __future__ import annotations

import gc
import os
import sys

import pytest
from hypothesis import settings

from tests.support.budgets import FUZZ

# The same commit gives the same verdict: `make test` tries fixed examples, `make fuzz` new ones each time.
settings.register_profile("asha-simulator", derandomize=not FUZZ, database=None, deadline=None)
settings.load_profile("asha-simulator")

# Every test draws what it looks at; tests/render/test_kept.py says what is kept.
os.environ["ASHA_SIM_KEPT"] = "off"

#: Folders and modules that the quick tier leaves out. Processes, browsers, faults of the machine, hostile input and
#: benchmarks; pages, notebooks and pictures that are made; and what takes seconds of computing: closed forms over many
#: seeds, counts of steps, whole sweeps, every member of the unions, databases of other programs.
AT_LENGTH = (
    "faults/", "browser/", "sphinx/", "fuzz/", "benchmarks/", "docs/", "render/", "test_hostile", "test_edges", "test_quick_tier",
    "test_real_curves", "test_closed_forms", "test_counts", "test_effort", "test_many_results", "test_unions",
    "cluster/test_scenarios", "planning/test_sweep", "planning/test_plan_command", "test_fit", "test_recorder",
    "test_mlflow_runs", "test_optuna_study", "test_databases", "clusters_in_trouble_come_to_an_end", "test_intervals_cover",
    "a_hundred_thousand_times", "test_csv_is_what_python_would_write", "test_the_command", "test_blocks_of_another_sweep",
    "test_means_are_those_of_determined", "test_wheel", "test_more_points_than_tensorboard_shows",
)  # fmt: skip
#: What Python says when a process is about to start.
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec"}

_quick = False
_testing = False


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="leave out processes, browsers, faults and what takes long")


def pytest_configure(config):
    global _quick  # noqa: PLW0603
    _quick = config.getoption("--quick")
    config.addinivalue_line("markers", "slow: takes more than a second or two; the quick tier leaves it out")
    if _quick:
        sys.addaudithook(_refuse)


def pytest_collection_modifyitems(config, items):
    if _quick:
        left_out = [item for item in items if _at_length(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _at_length(item)]


def pytest_collection_finish():
    """Leave what is there by now out of every later collection of garbage: thousands of tests and whole libraries.

    Otherwise the benchmarks, which collect garbage before each turn, take four times as long.
    """
    gc.freeze()


def _at_length(item):
    _, _, path = item.nodeid.partition("tests/")
    return item.get_closest_marker("slow") is not None or any(part in path for part in AT_LENGTH)


def _refuse(event, _):
    if _testing and event in STARTS:
        pytest.skip("starts a process")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    global _testing  # noqa: PLW0603
    _testing = _quick
    try:
        return (yield)
    finally:
        _testing = False
