"""The layers that `make lint` checks are those in the guide, and there are no circular imports."""

from __future__ import annotations

import re
import tomllib
from graphlib import TopologicalSorter

import grimp

from tests.support.runner import ROOT


def test_the_guide_draws_the_layers_that_are_held():
    guide = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    picture = re.search(r"^simulator/\n(.*?)^```", guide, re.M | re.S)[1]
    drawn = [
        name.rstrip("/") for names in re.findall(r"^  (\S+(?:, \S+)*)  ", picture, re.M) for name in names.split(", ")
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    place = {
        name.removeprefix("simulator."): number for number, layer in enumerate(layers) for name in layer.split(" | ")
    }
    del place["__main__"]

    assert sorted(drawn) == sorted(place)
    places = [place[name] for name in drawn]
    assert places == sorted(places)


def test_there_are_no_circular_imports():
    graph = grimp.build_graph("simulator")
    TopologicalSorter(
        {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    ).prepare()  # raises CycleError, which names the cycle
