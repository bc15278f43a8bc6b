"""Environment variables that could end a command are checked before it begins."""

from __future__ import annotations

import os

import pytest

from simulator.cli import surroundings
from simulator.core.errors import InputError, RunError
from simulator.planning.backend import WorkerPool
from simulator.planning.planner import answer
from simulator.planning.report import folder
from simulator.planning.report.one_search import contents
from tests.support.plans import loaded


@pytest.mark.parametrize("name", ["LOKY_MAX_CPU_COUNT", "POLARS_MAX_THREADS"])
@pytest.mark.parametrize("text", ["abc", "0", "", "-1", "1.5", " ", "9" * 90, "²", "1000000", "4\x0b", "4 4", "１"])
def test_a_variable_that_is_not_a_count(name, text, monkeypatch):
    monkeypatch.setenv(name, text)
    with pytest.raises(InputError, match=rf"^{name}: .* should be a whole number from 1 on"):
        surroundings.prepare()


@pytest.mark.parametrize("text", ["4", " 4 ", "          4", "4\n", "0000000000004", "999999"])
def test_a_variable_that_is_a_count(text, monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", text)
    surroundings.prepare()


@pytest.mark.parametrize("name", surroundings.PASSED_OVER)
@pytest.mark.parametrize("text", ["", "abc", "0", "1.5"])
def test_variables_that_no_command_uses_are_taken_out(name, text, monkeypatch):
    monkeypatch.setenv(name, text)
    surroundings.prepare()

    assert name not in os.environ


@pytest.mark.slow
@pytest.mark.parametrize("error", [ValueError, OSError, RuntimeError])
def test_a_report_that_cannot_be_drawn_leaves_the_numbers(error, tmp_path, monkeypatch):
    def broken(_):
        raise error("no font")

    monkeypatch.setattr(folder, "page", broken)
    with pytest.raises(
        RunError, match=r"plan.html: can't be drawn: no font; plan.json, table.csv and plan.md are written"
    ):
        folder.write(contents(answer(loaded(tmp_path), pool=WorkerPool(jobs=1))), tmp_path / "out")

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["plan.json", "plan.md", "table.csv"]
