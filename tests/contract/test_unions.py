"""Every searcher, straggler model and kind of curves that a scenario may name works with all commands.

The lists are the unions of simulator/scenario themselves, so whoever adds a member adds it here, too.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.core.streams import Stream, uniforms
from simulator.experiment.experiment import Experiment
from simulator.planning import planner
from simulator.planning.backend import WorkerPool
from simulator.planning.previewing.file import preview_file
from simulator.planning.report import report
from simulator.render import draw_all
from simulator.render.phrases import manner
from simulator.render.plots import files
from simulator.scenario.curves import CURVES
from simulator.scenario.determined import DeterminedSection
from simulator.scenario.experiment_file import SUPPORTED
from simulator.scenario.loading import load
from simulator.scenario.schema import schema_text
from simulator.scenario.searchers import SEARCHERS
from simulator.scenario.stragglers import STRAGGLERS
from simulator.trace import metrics

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
#: A value for each key that a block must have, and for some that it may have; a new required key must be added here
#: too.
VALUES = {
    "max_length": 16, "max_trials": 16, "divisor": 2, "points": 9, "budget": 160, "num_rungs": 2, "patience": 3,
    "values": [1, 1, 1.5, 4], "file": str(ROOT / "scenarios" / "curves" / "digits.csv.gz"),
    "unit_time": "1 min", "interpolate": "linear",
    "num_samples": 16, "n_trials": 16, "max_num_trials_started": 16, "n_candidates": 16, "max_t": 16, "max_resource": 16,
    "max_resources": 16, "study_name": "it", "version": "0.13",
}  # fmt: skip
SCENARIO = """\
title: every one
seed: 3
time_unit: min
searchers:
  it: {searcher}
curves: {curves}
cluster: {{workers: 3, stragglers: {stragglers}}}
plan: {{vary: {{cluster.workers: [2, 3]}}, replicates: {{min: 2, max: 2}}}}
"""


def block(tag, name, model, **more):
    """A block of a scenario that names a member of a union, with its required keys."""
    fields = model.model_fields
    missing = {key for key, field in fields.items() if field.is_required()} - {tag} - VALUES.keys()
    assert not missing, f"give VALUES a value for {missing}"
    known = {key: value for key, value in VALUES.items() if key in fields}
    if tag == "kind":
        known.pop("version", None)  # a searcher that is not a library's
    if name == "recorded":
        del known["unit_time"]
    return json.dumps({tag: name, **known, **more})


def scenario(folder, **parts):
    defaults = {
        "searcher": block("name", "sha", SEARCHERS["sha"]),
        "curves": "{kind: synthetic}",
        "stragglers": "{kind: two_point}",
    }
    path = folder / "s.yaml"
    path.write_text(SCENARIO.format(**defaults | parts))
    return path


def does_everything(path, out):
    """Run, preview, plan and draw a scenario as the commands do; returns its trace and its plan."""
    loaded = load(path)
    experiment = Experiment(loaded)
    trace = experiment.run("it")
    (seen,) = preview_file(path).values()
    planned = planner.answer(loaded, pool=WorkerPool(jobs=1))
    drawn = draw_all([trace], out, formats=["html"], styles=["timeline"], title="it", time_unit="min")
    files.write_plots({"it": [trace]}, out, kinds=["rungs", "regret"], formats=["png"], title="it", time_unit="min")

    assert len(trace) > 0
    assert seen.trials.min >= 1
    assert json.loads(report.json_text(planned))["answer"]
    assert all(path.stat().st_size for path in drawn)
    return trace, planned


@pytest.mark.parametrize("name", SEARCHERS)
def test_every_searcher(name, tmp_path):
    path = scenario(tmp_path, searcher=block("name", name, SEARCHERS[name]))
    trace, _ = does_everything(path, tmp_path / "out")
    spec = load(path).scenario.searchers["it"]

    assert spec.build() is not spec.build(), "each run has a searcher of its own"
    assert metrics.trials_started(trace) == spec.trials
    assert spec.build().max_length == spec.max_length
    assert (spec.promotes_one_in is None) == (metrics.summarize(trace).mispromotions is None)
    assert (spec.advance is None) == (len(spec.build().resources) == 1), "whether trials stop or pause is told"
    assert trace.meta.get("advance") == spec.advance
    assert manner(trace).startswith("a trial stops") == (spec.advance == "stops") or not manner(trace)


@pytest.mark.parametrize("kind", STRAGGLERS)
def test_every_straggler_model(kind, tmp_path):
    path = scenario(tmp_path, stragglers=block("kind", kind, STRAGGLERS[kind]))
    trace, planned = does_everything(path, tmp_path / "out")
    spec = load(path).scenario.cluster.stragglers
    numbers = uniforms(0, Stream.STRAGGLER, n=4000)
    same, less, more = (spec.worse(factor).build().quantile(numbers) for factor in (1, 0.5, 2))
    drawn = spec.build().quantile(numbers)

    assert len(trace) > 0
    assert (same == drawn).all()
    assert less.std() < drawn.std() < more.std(), "the same draws, further from or nearer to each other"
    assert spec.least <= drawn.min()
    assert {variation.quantity for variation, _ in planned.sensitivity} >= {"trial time", "straggler level"}


@pytest.mark.parametrize("kind", CURVES)
def test_every_kind_of_curves(kind, tmp_path):
    does_everything(scenario(tmp_path, curves=block("kind", kind, CURVES[kind])), tmp_path / "out")


UNIONS = [("name", SEARCHERS), ("kind", STRAGGLERS), ("kind", CURVES)]


@pytest.mark.parametrize(
    ("tag", "name", "model"), [(tag, name, model) for tag, union in UNIONS for name, model in union.items()]
)
def test_it_is_in_the_schema_and_in_the_reference(tag, name, model):
    known = json.loads(schema_text())["$defs"][model.__name__.removesuffix("Section")]
    page = (ROOT / "docs" / "scenario-reference.md").read_text(encoding="utf-8")
    _, _, told = page.partition(f"### `{tag}: {name}`\n")

    assert known["properties"][tag]["const"] == name
    assert all(field.description for key, field in model.model_fields.items() if key != tag)
    assert told.strip().startswith(model.__doc__.strip().splitlines()[0]), "make docs"
    assert all(f"`{key}`" in told for key in model.model_fields)


def test_an_experiment_file_may_name_every_searcher(tmp_path):
    """An experiment file may name a searcher of Determined, or any other searcher if it has only the block."""
    assert set(SUPPORTED) == {name for name, model in SEARCHERS.items() if issubclass(model, DeterminedSection)}
    for name, model in SEARCHERS.items():
        (tmp_path / "e.yaml").write_text(f"searcher: {block('name', name, model)}\n")
        assert preview_file(tmp_path / "e.yaml")
