"""A `searcher:` block of a Determined experiment pastes in unchanged, and its mistakes are named as there."""

from __future__ import annotations

import pytest

from simulator.core.errors import InputError
from simulator.experiment.experiment import Experiment
from simulator.scenario.loading import load
from simulator.searchers.protocol import Job

REST = "curves: {kind: ordered}\ncluster: {workers: 4, assignment: queued}\n"

#: Blocks as Determined's documentation writes them, with all fields.
BLOCKS = {
    "single": """
      metric: validation_error
      smaller_is_better: true
      source_trial_id: null
      source_checkpoint_uuid: null
      max_length: {records: 6400}
    """,
    "random": """
      metric: validation_error
      max_length:
        epochs: 4
      max_trials: 12
      max_concurrent_trials: 0
    """,
    "grid": """
      metric: validation_error
      points: 6
      max_length: {epochs: 4}
      max_concurrent_trials: 2
    """,
    "sync_halving": """
      metric: validation_error
      num_rungs: 3
      max_length: {batches: 9}
      budget: {batches: 27}
      divisor: 3.0
      train_stragglers: true
    """,
    "adaptive": """
      metric: validation_error
      smaller_is_better: true
      mode: standard
      bracket_rungs: []
      max_length: {epochs: 16}
      budget: {epochs: 160}
      divisor: 4
      max_rungs: 3
      train_stragglers: false
    """,
    "adaptive_simple": """
      metric: validation_error
      max_length: {batches: 3200}
      max_trials: 8
      mode: standard
      divisor: 4
      max_rungs: 5
    """,
    "async_halving": """
      metric: validation_error
      num_rungs: 3
      max_length: {epochs: 12}
      max_trials: 12
      divisor: 3
      max_concurrent_trials: 3
      stop_once: false
    """,
    "adaptive_asha": """
      metric: validation_loss
      smaller_is_better: true
      mode: standard
      bracket_rungs: [3, 2]
      max_length:
        batches: 937
      max_trials: 16
      divisor: 4
      max_rungs: 5
      max_concurrent_trials: 16
      stop_once: true
    """,
}
TRIALS = {
    "single": 1,
    "random": 12,
    "grid": 6,
    "sync_halving": 11,
    "adaptive": 43,
    "adaptive_simple": 8,
    "async_halving": 12,
    "adaptive_asha": 16,
}


def scenario(tmp_path, block, rest=REST):
    path = tmp_path / "s.yaml"
    path.write_text("searcher:\n" + "\n".join(f"  {line}" for line in block.strip().splitlines()) + "\n" + rest)
    return path


def experiment(tmp_path, block, rest=REST):
    return Experiment(load(scenario(tmp_path, block, rest)))


def problems(tmp_path, block, rest=REST):
    with pytest.raises(InputError) as caught:
        experiment(tmp_path, block, rest)
    return str(caught.value).replace(str(tmp_path) + "/", "").splitlines()


def pasted(name):
    return f"name: {name}\n" + "\n".join(line[6:] for line in BLOCKS[name].strip("\n").splitlines()[:-1])


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_pastes_in_and_runs(tmp_path, name):
    made = experiment(tmp_path, pasted(name))
    spec = made.loaded.scenario.searchers[name]

    assert spec.trials == TRIALS[name]
    assert len(set(made.run(name).trial.tolist())) == TRIALS[name]


@pytest.mark.parametrize(
    ("name", "defaults"),
    [
        ("single: max_length", {"metric": None, "smaller_is_better": True, "source_trial_id": None, "source_checkpoint_uuid": None}),
        ("random: max_length", {"max_trials": None, "max_concurrent_trials": None}),
        ("grid: max_length, points", {"max_concurrent_trials": 0}),
        ("sync_halving: max_length, budget, num_rungs", {"divisor": 4, "train_stragglers": True}),
        ("adaptive: max_length, budget", {"divisor": 4, "mode": "standard", "max_rungs": 5, "bracket_rungs": [], "train_stragglers": True}),
        ("adaptive_simple: max_length, max_trials", {"divisor": 4, "mode": "standard", "max_rungs": 5}),
        ("async_halving: max_length, max_trials, num_rungs", {"divisor": 4, "max_concurrent_trials": 0, "stop_once": False}),
        (
            "adaptive_asha: max_length, max_trials",
            {"divisor": 4, "mode": "standard", "max_rungs": 5, "bracket_rungs": [], "max_concurrent_trials": 0, "stop_once": False},
        ),
    ],
)  # fmt: skip
def test_defaults(tmp_path, name, defaults):
    name, _, required = name.partition(": ")
    given = {"max_length": 16, "budget": 160, "max_trials": 9, "points": 5, "num_rungs": 2}
    lines = [f"name: {name}", *(f"{field}: {given[field]}" for field in required.split(", "))]
    rest = REST.replace("4, assignment: queued", "4") + "stop: {time: 1 h}\n"
    spec = experiment(tmp_path, "\n".join(lines), rest).loaded.scenario.searchers[name]

    assert {field: getattr(spec, field) for field in defaults} == defaults


@pytest.mark.parametrize("length", ["16", "{epochs: 16}", "{batches: 16}", "{records: 16}"])
def test_the_unit_of_a_length_never_changes_the_search(tmp_path, length):
    spec = experiment(tmp_path, f"name: single\nmax_length: {length}").loaded.scenario.searchers["single"]

    assert spec.build().next_job() == Job(0, 0, 0, 0, 16)


ADAPTIVE = "name: adaptive\nmax_length: {epochs: 16}\nbudget: {epochs: 160}"
ASYNC = "name: async_halving\nmax_length: {epochs: 16}\nmax_trials: 9\nnum_rungs: 2"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (ADAPTIVE.replace("160", "16"), "s.yaml:4:3: searcher.budget: budget must be > max_length, which is 16, not 16"),
        (ADAPTIVE.replace("160", "0"), "s.yaml:4:3: searcher.budget: budget must be > 0, not 0"),
        (
            ADAPTIVE.replace("epochs: 160", "batches: 160"),
            "s.yaml:4:3: searcher.budget: max_length and budget must be specified in terms of the same unit: epochs there, not batches",
        ),
        (ADAPTIVE + "\ndivisor: 1", "s.yaml:5:3: searcher.divisor: divisor must be > 1.0, not 1.0"),
        (ADAPTIVE + "\ndivisor: .nan", "searcher.divisor: nan should be a finite number"),
        (ADAPTIVE + "\nmode: fast", "s.yaml:5:3: searcher.mode: invalid adaptive mode: should be aggressive, standard, conservative, not fast"),
        (ADAPTIVE + "\nmax_rungs: 0", "searcher.max_rungs: max_rungs must be > 0, not 0"),
        (ADAPTIVE + "\nmax_rungs: 65", "searcher.max_rungs: 65 should be less than or equal to 64"),
        (ADAPTIVE + "\nbracket_rungs: [3, 0]", "s.yaml:5:22: searcher.bracket_rungs.1: bracket_rungs must be > 0, not 0"),
        (ADAPTIVE + "\nmax_trials: 9", "searcher.max_trials: unknown key; did you mean max_rungs?"),
        (ADAPTIVE.replace("16}", "0}"), "s.yaml:3:3: searcher.max_length: max_length must be > 0, not 0"),
        (
            ADAPTIVE.replace("epochs: 16}", "epochs: 16, batches: 3}"),
            "s.yaml:3:3: searcher.max_length: invalid length: {'epochs': 16, 'batches': 3} should have exactly one of records, batches, epochs",
        ),
        (ADAPTIVE.replace("epochs: 16}", "weeks: 3}"), "invalid length: {'weeks': 3} should have exactly one of"),
        (ADAPTIVE.replace("epochs: 16}", "epochs: 1.5}"), "1.5 should be a whole number, or one of records, batches, epochs with one: {epochs: 16}"),
        (ADAPTIVE.replace("epochs: 16}", "epochs: true}"), "true should be a whole number"),
        (ADAPTIVE.replace("16}", f"{10**10}}}"), f"{10**10} should be less than or equal to 1000000000"),
        (ADAPTIVE.replace("160", f"{10**13}"), f"{10**13} should be less than or equal to 1000000000000"),
        ("name: adaptive_simple\nmax_length: 9\nmax_trials: 2001", "s.yaml:4:3: searcher.max_trials: max_trials must be <= 2000, not 2001"),
        ("name: adaptive_simple\nmax_length: 9\nmax_trials: 0", "searcher.max_trials: max_trials must be > 0, not 0"),
        ("name: grid\nmax_length: 9\npoints: 2001", "searcher.points: number of trials for grid search must be <= 2000, not 2001"),
        ("name: grid\nmax_length: 9", "searcher.points: is missing"),
        ("name: random\nmax_length: 9\nmax_trials: 0", "searcher.max_trials: max_trials must be > 0, not 0"),
        ("name: random\nmax_length: 9\nmax_trials: 2\nmax_concurrent_trials: -1", "max_concurrent_trials must be >= 0, not -1"),
        ("name: random\nmax_length: 9\nmax_concurrent_trials: 0", "would queue jobs without end: give it max_concurrent_trials"),
        (ASYNC + "\nmax_concurrent_trials: -1", "searcher.max_concurrent_trials: max_concurrent_trials must be >= 0, not -1"),
        (ASYNC.replace("rungs: 2", "rungs: 0"), "searcher.num_rungs: num_rungs must be > 0, not 0"),
        (ASYNC.replace("rungs: 2", "rungs: 64\ndivisor: 1000000"), "s.yaml:1:1: searcher: 64 rungs are too many for a divisor of 1e+06"),
        (
            ASYNC.replace("max_length: {epochs: 16}", "max_time: 16"),
            "searcher: the `async_halving` searcher requires `max_time` and `time_metric` to be set, not `max_time` alone",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_place(tmp_path, block, said):
    found = problems(tmp_path, block)

    assert any(said in line for line in found), found


def test_the_newest_release_s_block_is_the_stopping_rule(tmp_path):
    block = "name: adaptive_asha\nmetric: loss\nmax_time: 100\ntime_metric: batches\nmax_trials: 40\nmode: aggressive"
    newest = experiment(tmp_path, block)
    old = experiment(
        tmp_path,
        "name: adaptive_asha\nmax_length: 100\nmax_trials: 40\nmode: aggressive\nstop_once: true\nmax_concurrent_trials: 16",
    )

    assert newest.run("adaptive_asha").to_resource.tolist() == old.run("adaptive_asha").to_resource.tolist()


# -- smaller_is_better: in the searcher's block, in the curves', or both -------------------------------------------


@pytest.mark.parametrize(
    ("block", "curves", "best"),
    [
        ("", "", 0),
        ("smaller_is_better: true", "", 0),
        ("smaller_is_better: false", "", 2),
        ("", ", smaller_is_better: false", 2),
        ("smaller_is_better: false", ", smaller_is_better: false", 2),
    ],
)
def test_a_metric_may_be_maximised(tmp_path, block, curves, best):
    (tmp_path / "c.csv").write_text(
        "trial,resource,loss,elapsed_s\n"
        + "".join(f"{trial},{unit},{trial},{unit}\n" for trial in range(3) for unit in (1, 3))
    )
    rest = REST.replace("kind: ordered", f"kind: recorded, file: c.csv{curves}")
    made = experiment(
        tmp_path, f"name: sync_halving\nnum_rungs: 2\nmax_length: 3\nbudget: 5\ndivisor: 3\n{block}", rest
    )

    trace = made.run("sync_halving")
    assert trace.trial[trace.to_resource == 3].tolist() == [best]


def test_contradictory_directions(tmp_path):
    rest = REST.replace("kind: ordered", "kind: recorded, file: c.csv, smaller_is_better: true")
    block = "name: single\nmax_length: 3\nsmaller_is_better: false"

    assert problems(tmp_path, block, rest) == [
        "s.yaml:5:39: curves.smaller_is_better: is true here and false elsewhere; searchers share the curves"
    ]
    assert problems(tmp_path, block) == [
        "s.yaml:4:3: searcher.smaller_is_better: false is for recorded curves; ordered losses are to be minimised"
    ]


def test_a_search_that_needs_more_trials_than_are_recorded(tmp_path):
    (tmp_path / "c.csv").write_text("trial,resource,loss,elapsed_s\n0,16,1,1\n")
    rest = REST.replace("kind: ordered", "kind: recorded, file: c.csv")

    [said] = problems(tmp_path, ADAPTIVE, rest)
    assert said == "s.yaml:1:1: searcher: starts 107 trials and 1 are recorded; say `resample: true` under curves"


@pytest.mark.parametrize(
    ("block", "trials"),
    [
        ("name: hyperband\nmax_length: 81\ndivisor: 3", 143),
        ("name: hyperband\nmax_length: 81\ndivisor: 3\nrounding: table", 128),
        ("name: async_hyperband\nmax_length: {epochs: 81}\ndivisor: 3\nmax_trials: 200", 200),
    ],
)
def test_hyperband(tmp_path, block, trials):
    made = experiment(tmp_path, block, REST.replace(", assignment: queued", ""))
    [label] = made.labels

    assert made.loaded.scenario.searchers[label].trials == trials
    assert len(set(made.run(label).trial.tolist())) == trials


def test_asynchronous_hyperband_never_ends_by_itself(tmp_path):
    block = "name: async_hyperband\nmax_length: 81\ndivisor: 3"

    assert any("never ends: give it max_trials" in line for line in problems(tmp_path, block))
    rest = REST.replace("queued", "on_demand") + "stop: {time: 1 min}\n"
    assert experiment(tmp_path, block, rest).run("async_hyperband").makespan == 60_000_000
