"""With any scenario document, `check`, `preview` and `run` end well, or name file, line and column."""

from __future__ import annotations

import json
import re
import tempfile
from copy import deepcopy
from itertools import product
from math import inf
from pathlib import Path

import pytest
from hypothesis import given

from simulator.core.errors import InputError
from simulator.experiment.experiment import Experiment
from simulator.experiment.sharing import SharedExperiment
from simulator.planning.sharing.planner import check_shared
from simulator.scenario import yaml_text
from simulator.scenario.experiment_file import check_experiment, is_experiment
from simulator.scenario.loading import Loaded, load
from simulator.scenario.loading import check_document as checked
from tests.fuzz.documents import (
    AVAILABLE,
    CURVES,
    NUMBERS,
    SMALL,
    SPELLS,
    TEXTS,
    TREES,
    TREES_OF,
    above,
    documents,
    places,
    written,
)
from tests.fuzz.oracle import asha_sim, check, content, tally
from tests.support.budgets import FUZZ, budget
from tests.support.runner import LIMIT, alarm

#: Beginnings of a refusal: a place in the document, or a line of a file that the document names.
PLACES = re.compile(r"(s\.yaml:\d+:\d+|(curves|spells|available)\.csv:\d+:\d+|\S*/?\w+(\.\w+)?:\d+:\d+): .")
#: Greatest number of trials. A longer run is valid, but a time limit could not distinguish it from a hang.
MOST = 100


@given(documents())
@budget(test=150, fuzz=20_000)
def test_any_document(raw):
    tally["documents"] += 1
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        (folder / "s.yaml").write_bytes(raw)
        (folder / "curves.csv").write_text(CURVES)
        (folder / "spells.csv").write_text(SPELLS)
        (folder / "available.csv").write_text(AVAILABLE)
        before = content(folder)
        looked = asha_sim("check", "s.yaml", cwd=folder)
        check(looked, PLACES, before, folder)
        small = looked.returncode == 0 and is_small(load(folder / "s.yaml"))
        if len(raw) % 4 == 0 and (looked.returncode or small):
            check(asha_sim("preview", "s.yaml", "--json", cwd=folder), PLACES, before, folder)
        if small:
            ran = asha_sim("run", "s.yaml", "--out", "out", "--json", cwd=folder)
            check(ran, PLACES, before, folder)
            tally["runs"] += 1
            if ran.returncode == 0:
                labels = json.loads(ran.stdout).get("searchers")
                made = {path.name for path in (folder / "out").iterdir()}
                if labels is None:  # searches that share a cluster have one trace
                    assert made >= {"summary.json", "trace.csv"}, sorted(made)
                else:
                    assert made == {"summary.json", *labels}, sorted(made)


@pytest.mark.parametrize("number", range(len(SMALL)))
def test_every_odd_value_in_every_place(tmp_path, number):
    """Every entry of each valid document is replaced by each odd number, text and tree; `make test` tries a part of these."""
    (tmp_path / "curves.csv").write_text(CURVES)
    (tmp_path / "spells.csv").write_text(SPELLS)
    (tmp_path / "available.csv").write_text(AVAILABLE)
    sound = TREES_OF[True][number]
    odd = (*NUMBERS, *TEXTS, *TREES)
    for at, (where, value) in enumerate(product(places(sound), odd)):
        if FUZZ or at % 23 == 0:
            tally["documents"] += 1
            tree = deepcopy(sound)
            above(tree, where)[where[-1]] = value
            raw = written(tree).encode("utf-8", "surrogatepass")
            with alarm(LIMIT):
                judge(raw, tmp_path)


def judge(raw: bytes, folder: Path) -> None:
    """Make all parts of a document, or check that the refusal names a place."""
    try:
        document = yaml_text.parse(raw, folder / "s.yaml")
        if is_experiment(document.values):
            check_experiment(document)
        else:
            loaded = checked(document)
            many = loaded.scenario.searches is not None
            made = SharedExperiment(loaded) if many else Experiment(loaded)
            if many and loaded.scenario.plan is not None and loaded.scenario.plan.target is not None:
                check_shared(made.loaded)
    except InputError as error:
        for problem in error.problems:
            assert problem.line, problem
            assert problem.column, problem
            assert str(problem).isprintable(), problem


def many_of(stream) -> float:
    """The greatest number of searches of a label."""
    listed = getattr(stream.arrivals, "times", None)
    return min(len(listed) if listed else inf, stream.count or inf)


def is_small(loaded: Loaded) -> bool:
    """Whether all searchers of a scenario together are done in a second, whatever their cluster does."""
    scenario = loaded.scenario
    if scenario.searches is not None:
        spans = {label: many_of(stream) for label, stream in scenario.searches.items()}
        return sum(many * (scenario.searches[label].searcher.trials or MOST) for label, many in spans.items()) <= MOST
    jobs = sum(spec.trials or 0 for spec in scenario.searchers.values())
    endless = [spec for spec in scenario.searchers.values() if spec.endless]
    if endless:
        stop, unit = scenario.stop and scenario.stop.time, getattr(scenario.curves, "unit_time", None)
        if not stop or not unit or getattr(scenario.curves, "unit_time_sigma", 0) > 1:
            return False
        workers = sum(group.count * group.slots for group in (scenario.cluster.groups or {}).values())
        jobs += stop / unit * (workers or scenario.cluster.workers or 1) * len(endless)
    return jobs <= MOST
