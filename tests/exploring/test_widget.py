"""The widget of a notebook: a page in a frame, whose questions its kernel answers. A browser is not needed here."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest

import simulator
from simulator.exploring.worlds import Worlds

pytest.importorskip("anywidget")

SCENARIO = """
title: "</title><script>alert(1)</script>"
searchers:
  SHA: {name: sha, max_trials: 27, max_length: 27, divisor: 3}
  ASHA: {name: asha, max_trials: 27, max_length: 27, divisor: 3}
curves: {kind: synthetic}
cluster: {workers: 4}
"""


class Kernel:
    """A page in front of a widget: asks, and collects what the widget sends."""

    def __init__(self, widget, monkeypatch):
        self.widget, self.told = widget, {}
        monkeypatch.setattr(widget, "send", self._take)
        monkeypatch.setattr("threading.Thread", Now)

    def _take(self, content, buffers):
        self.told[content["id"]] = content, buffers

    def ask(self, what, names, number="a-1"):
        self.widget._handle_custom_msg({"kind": "ask", "id": number, "what": what, "names": names}, [])
        return self.told.pop(number, (None, None))


class Now:
    """A thread that does its work at once."""

    def __init__(self, target, args, daemon):
        self._target, self._args = target, args

    def start(self):
        self._target(*self._args)


@pytest.fixture
def widget(monkeypatch):
    """What `explore` returns if the shell has a kernel."""
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["IPython"], "get_ipython", lambda: SimpleNamespace(kernel=object()))
        return simulator.explore(SCENARIO)


@pytest.fixture
def kernel(widget, monkeypatch):
    return Kernel(widget, monkeypatch)


@pytest.mark.parametrize("runs", [True, False])
def test_marimo_has_the_widget_too_where_it_runs_a_notebook(monkeypatch, runs):
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(running_in_notebook=lambda: runs))
    assert (type(simulator.explore(SCENARIO, seeds=1)).__name__ == "Explorable") == runs


def test_a_move_is_simulated(kernel):
    about, [content] = kernel.ask("world", {"cluster.workers": "8"})

    assert (about["ok"], about["name"]) == (True, "")
    assert [run["workers"] for run in json.loads(content)["scene"]["runs"]] == [8, 8]


def test_the_seeds_behind_a_move_are_told(kernel):
    about, [content] = kernel.ask("spread", {})

    assert about["ok"]
    assert json.loads(content)["said"][0].endswith("over 20 seeds).")


@pytest.mark.parametrize(("name", "begin"), [("picture.png", b"\x89PNG"), ("trace.zip", b"PK")])
def test_files_to_keep(kernel, name, begin):
    about, [content] = kernel.ask(name, {})

    assert (about["ok"], about["name"]) == (True, name)
    assert content.startswith(begin)


def test_a_value_that_there_is_not_is_told(kernel):
    about, [content] = kernel.ask("world", {"cluster.workers": "many"})

    assert not about["ok"]
    assert "many" in json.loads(content)["problem"]


@pytest.mark.parametrize(
    "said",
    [
        "hello",
        {"kind": "ask"},
        {"kind": "ask", "id": "a", "what": "../etc/passwd", "names": {}},
        {"kind": "cancel", "id": 3},
    ],
)
def test_a_message_that_is_not_a_question_is_ignored(kernel, said):
    kernel.widget._handle_custom_msg(said, [])

    assert kernel.told == {}


def test_a_move_that_nobody_waits_for_ends(kernel, monkeypatch):
    real = Worlds.loaded

    def cancelled(self, names):
        kernel.widget._handle_custom_msg({"kind": "cancel", "id": "a-1"}, [])
        return real(self, names)

    monkeypatch.setattr(Worlds, "loaded", cancelled)

    assert kernel.ask("world", {"cluster.workers": "8"}) == (None, None)


def test_where_no_widgets_are_shown_it_is_a_player(widget, tmp_path):
    data, _ = widget._repr_mimebundle_()
    widget.write(tmp_path / "page.html")

    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"].startswith("<iframe ")
    assert "<script>alert" not in widget.html + (tmp_path / "page.html").read_text()


def test_without_a_kernel_it_is_a_page_that_holds_its_worlds():
    assert "This page holds" in simulator.explore(SCENARIO, {"cluster.workers": [2, 4]}).html
