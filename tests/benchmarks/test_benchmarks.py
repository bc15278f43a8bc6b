"""A small `make bench`: every table has its rows. Its measurements are not tested."""

from importlib.util import find_spec

import pytest

from tests.benchmarks import bench, measure, peers, processes, stages
from tests.benchmarks.workload import LIBRARIES, SEARCHES, TROUBLES


@pytest.fixture(autouse=True)
def one_turn(monkeypatch):
    """Each case once: before every turn all garbage is collected, which is slow in a process that holds many tests."""
    monkeypatch.setattr(bench, "turns", lambda trials: 1)


def rows(table):
    """The first cell of each row under the head, up to an empty line."""
    return [line.split("  ")[0] for line in table.split("\n\n")[0].splitlines()[1:]]


def test_against_floors():
    shown = bench.against_floors((100, 300), (5,))

    assert rows(shown) == ["100", "300"]


def test_in_trouble():
    assert rows(bench.in_trouble((100,), 5)) == list(TROUBLES)


def test_growth():
    assert rows(bench.growth((300, 600), (16, 64), 5)) == list(SEARCHES)


def test_libraries():
    assert rows(bench.libraries(60, 5, turns=1)) == ["asha", *LIBRARIES]


def test_stages():
    assert len(rows(stages.compare((50,), turns=1))) == 7


def test_processes():
    assert rows(processes.compare(1))[2] == "asha-sim --version"


@pytest.mark.skipif(not all(find_spec(peer.module) for peer in peers.PEERS), reason="group bench is not installed")
def test_peers():
    assert "installed" not in peers.compare((50, 100))


def test_an_exponent_is_a_slope():
    assert measure.exponent([10, 100, 1000], [1, 100, 10_000]) == pytest.approx(2)
