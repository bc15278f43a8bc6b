"""The quick tier: `pytest --quick` runs the tests that need no process, browser, disk fault, benchmark or generated
page. Tests that start a process are not listed: such a test is skipped at the moment when it starts one.
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

# Every test draws its own pictures; tests/render/test_kept.py tests those that are kept.
os.environ["ASHA_SIM_KEPT"] = "off"

#: Folders that the quick tier leaves out: processes, browsers, faults of the machine, hostile input, benchmarks, and
#: generated pages, notebooks and pictures. Other long tests are marked as slow.
FOLDERS = ("faults/", "browser/", "sphinx/", "fuzz/", "benchmarks/", "docs/", "render/")
#: Audit events by which Python reports that a process is about to start.
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
    """Exclude all present objects from later collections of garbage: these are thousands of tests, and libraries.

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
