"""A whole Determined experiment file: what is read of it, and what is said of one that can't be previewed."""

from __future__ import annotations

import pytest

from simulator.core.errors import InputError
from simulator.planning.previewing.file import preview_file
from simulator.scenario import yaml_text
from simulator.scenario.experiment_file import SUPPORTED, grid_points, is_experiment

EXPERIMENT = """\
name: mnist_adaptive
description: |
  as in the tutorial
data: {url: s3://somewhere}
hyperparameters:
  global_batch_size: 64
  n_filters: {type: int, minval: 8, maxval: 64}
  optimizer: {type: categorical, vals: [adam, sgd]}
searcher:
  name: adaptive_asha
  metric: validation_loss
  smaller_is_better: false
  max_length: {epochs: 64}
  max_trials: 100
  max_concurrent_trials: 16
entrypoint: model_def:MNistTrial
resources: {slots_per_trial: 2}
max_restarts: 3
"""

BLOCKS = {
    "single": "max_length: {epochs: 4}",
    "random": "max_length: {epochs: 4}, max_trials: 5",
    "grid": "max_length: {epochs: 4}, points: 6",
    "sync_halving": "max_length: 9, budget: 27, num_rungs: 3, divisor: 3",
    "adaptive": "max_length: 16, budget: 160",
    "adaptive_simple": "max_length: 16, max_trials: 8",
    "async_halving": "max_length: 9, num_rungs: 3, max_trials: 12",
    "adaptive_asha": "max_time: 64, time_metric: batches, max_trials: 12",
}


def write(tmp_path, text):
    path = tmp_path / "e.yaml"
    path.write_text(text)
    return path


def problems(tmp_path, text):
    with pytest.raises(InputError) as caught:
        preview_file(write(tmp_path, text))
    return str(caught.value).replace(str(tmp_path) + "/", "").splitlines()


def with_block(block):
    head, _, rest = EXPERIMENT.partition("searcher:\n")
    return f"{head}searcher: {{{block}}}\n{rest[rest.index('entrypoint') :]}"


@pytest.mark.slow
def test_the_searcher_of_an_experiment(tmp_path):
    [(label, seen)] = preview_file(write(tmp_path, EXPERIMENT)).items()

    assert label == "adaptive_asha"
    assert [bracket.rungs[0].trials.mean for bracket in seen.brackets] == [70, 22, 8]
    assert [bracket.busy_at_once for bracket in seen.brackets] == [6, 5, 5]


@pytest.mark.slow
@pytest.mark.parametrize("name", SUPPORTED)
def test_every_supported_searcher(tmp_path, name):
    assert list(preview_file(write(tmp_path, with_block(f"name: {name}, metric: loss, {BLOCKS[name]}")))) == [name]


@pytest.mark.slow
def test_the_project_s_own_in_a_file_of_nothing_but_a_block(tmp_path):
    path = write(tmp_path, "searcher: {name: hyperband, max_length: 27, divisor: 3}\n")

    assert [len(bracket.rungs) for bracket in preview_file(path)["hyperband"].brackets] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"searcher": {}, "name": "x"}, True),
        ({"name": "x"}, True),
        ({"searcher": {}, "curves": {}}, False),
        ({"searcher": {}, "cluster": {}}, False),
        ({"searchers": {}}, False),
        (["searcher"], False),
        (None, False),
    ],
)
def test_what_is_an_experiment(values, expected):
    assert is_experiment(values) is expected


ALL = f"supported: {', '.join(SUPPORTED)}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nentrypoint: a:B\n", f"e.yaml:1:1: searcher: is missing: a preview is of a search; {ALL}"),
        ("name: x\nsearcher:\n", f"e.yaml:2:1: searcher: is missing: a preview is of a search; {ALL}"),
        ("name: x\nsearcher: adaptive_asha\n", "e.yaml:2:1: searcher: should be keys and values, such as `name: adaptive_asha`"),
        ("name: x\nsearcher:\n  metric: loss\n", f"e.yaml:2:1: searcher.name: is missing; {ALL}"),
        ("name: x\nsearcher:\n  metric: loss\n  name: [1]\n", f"e.yaml:4:3: searcher.name: is missing; {ALL}"),
        (
            "name: x\nsearcher:\n  metric: loss\n  name: custom\n",
            f"e.yaml:4:3: searcher.name: custom: a custom searcher decides in code of its own; {ALL}",
        ),
        (
            "searcher:\n  name: pbt\n",
            f"e.yaml:2:3: searcher.name: pbt: population-based training copies trials and changes them on the way; {ALL}",
        ),
        (
            "searcher:\n  name: sync_random\n",
            f"e.yaml:2:3: searcher.name: 'sync_random' is not supported: a searcher of another version, or none; {ALL}",
        ),
        ("searcher:\n  name: adaptive_ahsa\n", "e.yaml:2:3: searcher.name: 'adaptive_ahsa' is not supported: did you mean adaptive_asha?"),
        (
            "searcher:\n  name: adaptive\n  target_trial_steps: 128\n  step_budget: 400\n",
            "e.yaml:3:3: searcher.target_trial_steps: counts steps, as before 0.13; give max_length, such as {batches: 100}",
        ),
        ("name: x\nsearcher: {name: random, max_length: 4}\n", "e.yaml:2:1: searcher: never ends: give it max_trials"),
        ("name: x\nsearcher: {name: asha, max_length: 4}\n", "e.yaml:2:1: searcher: never ends: give it max_trials"),
        ("name: x\nsearcher: {name: random, max_length: 4, max_trials: 0}\n", "e.yaml:2:41: searcher.max_trials: max_trials must be > 0, not 0"),
        ("name: x\nsearcher: {name: single, max_lenght: 4}\n", "e.yaml:2:26: searcher.max_lenght: unknown key; did you mean max_length?"),
        (
            "name: x\nsearcher: {name: async_halving, max_length: 4, max_trials: 3, num_rungs: 64, divisor: 1000000}\n",
            "e.yaml:2:1: searcher: 64 rungs are too many for a divisor of 1e+06",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_previewed(tmp_path, text, said):
    assert said in problems(tmp_path, text)


def test_a_scenario_s_mistakes_are_told_as_elsewhere(tmp_path):
    text = "searcher: {name: sha, max_trials: 27, max_length: 27, divisor: 3}\ncurves: {kind: ordered}\n"

    assert problems(tmp_path, text) == ["e.yaml:1:1: cluster: is missing"]
    assert preview_file(write(tmp_path, text + "cluster: {workers: 3}\n"))["sha"].workers[1].workers == 3


# -- the grid's points -------------------------------------------------------------------------------------------------

GRID = "searcher: {name: grid, metric: loss, max_length: {epochs: 4}}\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parameters", "points"),
    [
        ("a: 64", 1),
        ("a: {type: const, val: 3}", 1),
        ("a: {type: categorical, vals: [1, 2, 3]}", 3),
        ("a: {type: int, minval: 1, maxval: 9, count: 4}", 4),
        ("a: {type: int, minval: 1, maxval: 3, count: 9}", 3),
        ("a: {type: double, minval: 0.1, maxval: 0.5, count: 5}", 5),
        ("a: {type: log, base: 10, minval: -4, maxval: -1, count: 4}\n  b: {type: categorical, vals: [x, y]}\n  c: [1, 2]", 8),
        ("a: {b: {type: double, minval: 0, maxval: 1, count: 2}, c: {type: categorical, vals: [1, 2, 3]}}", 6),
    ],
)  # fmt: skip
def test_points_of_a_grid(tmp_path, parameters, points):
    path = write(tmp_path, f"{GRID}hyperparameters:\n  {parameters}\n")

    assert grid_points(yaml_text.read_document(path)) == points
    assert preview_file(path)["grid"].trials.mean == points


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("a: {type: int, minval: 1, maxval: 9}", "e.yaml:3:3: hyperparameters.a: must specify count for grid search"),
        ("b: 1\n  a: {x: {type: log, minval: 1, maxval: 9}}", "e.yaml:4:7: hyperparameters.a.x: must specify count for grid search"),
        ("a: {type: double, minval: 1, maxval: 9, count: 0}", "e.yaml:3:3: hyperparameters.a: count should be a whole number above 0"),
        ("a: {type: double, minval: 1, maxval: 9, count: true}", "e.yaml:3:3: hyperparameters.a: count should be a whole number above 0"),
        ("a: {type: int, count: 2}", "e.yaml:3:3: hyperparameters.a: needs minval and maxval, whole numbers in this order"),
        ("a: {type: categorical}", "e.yaml:3:3: hyperparameters.a: needs `vals`, a list of values"),
        ("a: {type: gauss}", "e.yaml:3:3: hyperparameters.a: 'gauss' is not a type of hyperparameter; the types are int, double, log, categorical or const"),
        (
            "a: {type: double, minval: 1, maxval: 9, count: 2001}",
            "e.yaml:1:1: searcher.points: number of trials for grid search must be <= 2000, not 2001",
        ),
    ],
)  # fmt: skip
def test_a_grid_without_a_number_of_points(tmp_path, parameters, said):
    assert problems(tmp_path, f"{GRID}hyperparameters:\n  {parameters}\n") == [said]


@pytest.mark.parametrize("text", ["", "hyperparameters: {}\n", "hyperparameters: 3\n"])
def test_a_grid_without_hyperparameters(tmp_path, text):
    [said] = problems(tmp_path, GRID + text)

    assert said.endswith("hyperparameters: are missing: their counts make the grid; or give the searcher `points`")
