"""The quick tier: `pytest --quick` runs what takes no process, browser, disk fault, benchmark or made page.

What starts a process is not listed: a test that is about to start one is skipped at that moment.
"""

from __future__ import annotations

import gc
import os
import sys

import pytest
from hypothesis import settings

# The same commit gives the same verdict: `make test` tries fixed examples, `make fuzz` new ones each time.
settings.register_profile("asha-simulator", derandomize="FUZZ" not in os.environ, database=None, deadline=None)
settings.load_profile("asha-simulator")

# Every test draws what it looks at; tests/render/test_kept.py says what is kept.
os.environ["ASHA_SIM_KEPT"] = "off"

#: Folders that the quick tier leaves out: processes, browsers, faults of the machine, hostile input and benchmarks, and
#: pages, notebooks and pictures that are made. Other tests that take long are marked as slow.
FOLDERS = ("faults/", "browser/", "sphinx/", "fuzz/", "benchmarks/", "docs/", "render/")
#: What Python says when a process is about to start.
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec"}

_quick = False
_testing = False


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="leave out processes, browsers, faults and what takes long")


def pytest_configure(config):
    global _quick  # noqa: PLW0603
    _quick = config.getoption("--quick")
    config.addinivalue_line("markers", "slow: takes more than half a second; the quick tier leaves it out")
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
    return item.get_closest_marker("slow") is not None or path.startswith(FOLDERS)


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
